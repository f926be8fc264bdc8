#!/usr/bin/env bash
# start.sh DIR: a real S3 store on loopback. Ceph's RADOS Gateway with one monitor and one OSD that keeps everything in
# memory (4 GiB, never given back: restart it between heavy tests). DIR is made and must not exist; logs, keys and pids go there.
# Writes DIR/env with DAGMAR_TEST_S3_ENDPOINT, _ACCESS_KEY, _SECRET_KEY and _REGION. As root, because the daemons want to be.
set -euo pipefail
dir=$(realpath -m "${1:?usage: start.sh DIR}")
mkdir -p "$(dirname "$dir")"
mkdir "$dir"
mkdir "$dir"/{mon,osd,rgw,log,run}

# Three ports that are free just now: the gateway's, and the monitor's two.
read -r port mon_v2 mon_v1 < <(node -e '
  const { createServer } = require("node:net");
  const servers = [0, 1, 2].map(() => createServer().listen(0, "127.0.0.1"));
  Promise.all(servers.map((s) => new Promise((done) => s.once("listening", done)))).then(() => {
    console.log(servers.map((s) => s.address().port).join(" "));
    for (const s of servers) s.close();
  });')

conf=$dir/ceph.conf
keyring=$dir/keyring
fsid=$(cat /proc/sys/kernel/random/uuid)
osd_id=$(cat /proc/sys/kernel/random/uuid)
cat >"$conf" <<CONF
[global]
fsid = $fsid
keyring = $keyring
mon host = [v2:127.0.0.1:$mon_v2/0,v1:127.0.0.1:$mon_v1/0]
mon initial members = a
mon data = $dir/mon
mon data avail warn = 1
mon data avail crit = 1
mon allow pool size one = true
paxos propose interval = 0.05
paxos min wait = 0.01
public addr = 127.0.0.1
cluster addr = 127.0.0.1
ms bind ipv6 = false
osd objectstore = memstore
memstore device bytes = 4294967296
osd data = $dir/osd
osd journal = $dir/osd/journal
osd crush chooseleaf type = 0
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 8
osd pool default pgp num = 8
osd pool default pg autoscale mode = off
osd class load list = *
osd class default list = *
rgw data = $dir/rgw
rgw dns name = 127.0.0.1
rgw frontends = beast endpoint=127.0.0.1:$port
rgw thread pool size = 32
rgw enable gc threads = false
rgw enable lc threads = false
rgw enable quota threads = false
rgw run sync thread = false
run dir = $dir/run
admin socket = $dir/run/\$name.asok
log file = $dir/log/\$name.log
crash dir = $dir/crash
CONF

# start NAME PROGRAM ARGS…: in a session of its own, so that a Ctrl-C meant for the tests does not reach it.
start() {
  local name=$1
  shift
  setsid "$@" >"$dir/log/$name.out" 2>&1 </dev/null &
  echo $! >"$dir/run/$name.pid"
}

wait_for() {
  local what=$1 tries=$2
  shift 2
  for _ in $(seq "$tries"); do
    if "$@" >/dev/null 2>&1; then return 0; fi
    sleep 0.1
  done
  echo "Ceph: $what did not come up; see $dir/log" >&2
  return 1
}

listens() { (exec 3<>"/dev/tcp/127.0.0.1/$port"); }
authorise() { ceph-authtool "$keyring" --gen-key "$@" >/dev/null; }

ceph-authtool --create-keyring "$keyring" >/dev/null
authorise -n mon. --cap mon 'allow *'
authorise -n client.admin --cap mon 'allow *' --cap osd 'allow *' --cap mgr 'allow *'
authorise -n osd.0 --cap mon 'allow profile osd' --cap osd 'allow *' --cap mgr 'allow profile osd'
authorise -n client.rgw.a --cap mon 'allow rw' --cap osd 'allow rwx'
monmaptool --create --fsid "$fsid" --addv a "[v2:127.0.0.1:$mon_v2,v1:127.0.0.1:$mon_v1]" "$dir/monmap" >/dev/null
ceph-mon -c "$conf" -i a --mkfs --monmap "$dir/monmap" --keyring "$keyring" >"$dir/log/mon-mkfs.out" 2>&1
start mon ceph-mon -c "$conf" -i a -f
wait_for "the monitor" 100 timeout 5 ceph -c "$conf" --connect-timeout 3 osd new "$osd_id"
ceph-osd -c "$conf" -i 0 --mkfs --osd-uuid "$osd_id" >"$dir/log/osd-mkfs.out" 2>&1
start osd ceph-osd -c "$conf" -i 0 -f

access_key=TESTKEY$(head -c 6 /dev/urandom | od -An -tx1 | tr -d ' \n' | tr 'a-f' 'A-F')
secret_key=$(head -c 20 /dev/urandom | od -An -tx1 | tr -d ' \n')
timeout 60 radosgw-admin -c "$conf" user create --uid=test --display-name=test \
  --access-key="$access_key" --secret-key="$secret_key" >"$dir/log/user.out" 2>&1
start rgw radosgw -c "$conf" -n client.rgw.a -f
wait_for "the gateway" 300 listens

cat >"$dir/env" <<ENV
DAGMAR_TEST_S3_ENDPOINT=http://127.0.0.1:$port
DAGMAR_TEST_S3_ACCESS_KEY=$access_key
DAGMAR_TEST_S3_SECRET_KEY=$secret_key
DAGMAR_TEST_S3_REGION=us-east-1
ENV
