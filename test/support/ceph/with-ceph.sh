#!/usr/bin/env bash
# with-ceph.sh CMD…: runs CMD with a real S3 store (DAGMAR_TEST_S3_* in its environment), stops the store
# whatever happens, and ends with CMD's exit code. Where there can be no store it says so and runs CMD without.
set -uo pipefail
[ $# -gt 0 ] || { echo "usage: with-ceph.sh CMD…" >&2; exit 2; }
here=$(cd "$(dirname "$0")" && pwd)

skip() {
  echo "The suite against a real S3 store is SKIPPED: $1" >&2
  exec "${@:2}"
}

if ! reason=$(bash "$here/install.sh"); then skip "$reason" "$@"; fi
if [ "$(id -u)" != 0 ]; then skip "Ceph's daemons are started as root only." "$@"; fi

scratch=$(mktemp -d)
trap 'bash "$here/stop.sh" "$scratch/ceph"; rm -rf "$scratch"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
if ! bash "$here/start.sh" "$scratch/ceph"; then
  echo "Ceph is installed but did not start." >&2
  tail -n 5 "$scratch"/ceph/log/*.out >&2
  exit 1
fi
set -a
# shellcheck disable=SC1091
. "$scratch/ceph/env"
set +a
"$@"
