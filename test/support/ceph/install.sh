#!/usr/bin/env bash
# Makes sure that Ceph's programs are here: installs Debian's packages where they are missing and that is allowed.
# Exit 0: they are here. Exit 1: they are not, and the reason was printed.
set -euo pipefail
programs="ceph ceph-mon ceph-osd ceph-authtool monmaptool radosgw radosgw-admin"

list_missing() {
  local program
  for program in $programs; do command -v "$program" >/dev/null 2>&1 || echo "$program"; done
}

[ -z "$(list_missing)" ] && exit 0
if ! command -v apt-get >/dev/null 2>&1; then
  echo "Ceph is not installed and there is no apt-get to install it with."
  exit 1
fi
if [ "$(id -u)" != 0 ]; then
  echo "Ceph is not installed and only root may install it: apt-get install --no-install-recommends radosgw ceph-mon ceph-osd"
  exit 1
fi
log=$(mktemp)
export DEBIAN_FRONTEND=noninteractive
if ! { apt-get update -qq && apt-get install -y -qq --no-install-recommends radosgw ceph-mon ceph-osd; } >"$log" 2>&1; then
  echo "Ceph's packages could not be installed: $(tail -n 1 "$log")"
  rm -f "$log"
  exit 1
fi
rm -f "$log"
missing=$(list_missing)
if [ -n "$missing" ]; then
  echo "Ceph's packages are installed, and yet these programs are missing: ${missing//$'\n'/ }"
  exit 1
fi
