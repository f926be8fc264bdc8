#!/usr/bin/env bash
# stop.sh DIR: ends the daemons that start.sh started there, by their pids, and removes DIR. SIGTERM would take them
# seven seconds and more, and there is nothing to save: all of it was in memory.
set -uo pipefail
dir=$(realpath -m "${1:?usage: stop.sh DIR}")
[ -d "$dir/run" ] || exit 0
for file in "$dir"/run/*.pid; do
  [ -f "$file" ] || continue
  pid=$(cat "$file")
  # Only what was started with this folder's configuration: a number may have been given to another process since.
  if tr '\0' '\n' <"/proc/$pid/cmdline" 2>/dev/null | grep -qxF "$dir/ceph.conf"; then kill -9 "$pid"; fi
done
rm -rf "$dir"
