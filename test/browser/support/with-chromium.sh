#!/usr/bin/env bash
# Runs a command where Debian's Chromium is installed, or can be. $DAGMAR_TEST_CHROMIUM names another browser.
set -euo pipefail
if [ -z "${DAGMAR_TEST_CHROMIUM:-}" ]; then
  if ! command -v chromium >/dev/null; then
    [ "$(id -u)" = 0 ] || { echo "Install chromium, or name a browser in DAGMAR_TEST_CHROMIUM." >&2; exit 1; }
    (apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium) >/dev/null
  fi
  DAGMAR_TEST_CHROMIUM=$(command -v chromium)
fi
export DAGMAR_TEST_CHROMIUM
exec "$@"
