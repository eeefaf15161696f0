#!/usr/bin/env bash
# Downloads by many clients at once, beside nginx with the same files, both on loopback: of one large file by all of
# them, then of a file of its own by each. While all fetch the one file, another client asks for small things, one at
# a time.
#
#   bench/downloads.sh [CLIENTS [SIZE [OWN_SIZE]]]      50 1G 64M by default
#
# Uses build/release as figures.sh does, curl and nginx (the packages of [bench] in
# scripts/dependencies.txt). Needs three times the size of all these files of free space under $TMPDIR.
set -euo pipefail
clients=${1:-50}
size=${2:-1G}
own_size=${3:-64M}
. "$(dirname "$0")/common.sh"
nginx=$(command -v nginx || echo /usr/sbin/nginx)
[ -x "$nginx" ] || { echo "nginx is missing: apt-get install nginx-light" >&2; exit 1; }

"$mhub" repo create me/big >/dev/null
"$mhub" clone me/big big >/dev/null 2>&1
"$gen" noise big/blob.bin "$size" 1
for i in $(seq "$clients"); do "$gen" noise "big/own$i.bin" "$own_size" "1$i"; done
"$mhub" -C big push -m "Big" >/dev/null 2>&1
total=$(($(bytes_of big/blob.bin) * clients))
digest=$(openssl dgst -sha256 -r big/blob.bin | cut -d ' ' -f 1)

mkdir -p nginx/logs
nginx_port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
cat >nginx/nginx.conf <<CONF
daemon off;
worker_processes auto;
pid nginx.pid;
error_log logs/error.log;
events {}
http { access_log off; sendfile on; server { listen 127.0.0.1:$nginx_port; root $work/big; } }
CONF
chmod 755 "$work" # its workers run as another user
"$nginx" -p "$work/nginx/" -c nginx.conf 2>nginx/err &
nginx_pid=$!
trap 'kill "$nginx_pid" 2>/dev/null; wait "$nginx_pid" 2>/dev/null; finish' EXIT
until curl -s -o /dev/null "http://127.0.0.1:$nginx_port/blob.bin" -r 0-0; do kill -0 "$nginx_pid"; sleep 0.05; done

printf 'header = "Authorization: Bearer %s"\n' "$MHUB_TOKEN" >auth # off the command line
[ "$(curl -sfL -K auth "$MHUB_ENDPOINT/me/big/resolve/main/blob.bin" | openssl dgst -sha256 -r | cut -d ' ' -f 1)" = "$digest" ]

# download NAME URL TOTAL: `clients` transfers of one curl, @ in URL being their numbers; sets seconds.
download() {
  { cat auth; echo 'location'; for i in $(seq "$clients"); do printf 'url = "%s"\noutput = "/dev/null"\n' "${2/@/$i}"; done; } >transfers
  run out curl -sSf -Z --parallel-immediate --parallel-max "$clients" -K transfers
  say "$1" "$(speed "$3" "$seconds")"
}
download "nginx, $clients at once" "http://127.0.0.1:$nginx_port/blob.bin" "$total"
nginx_s=$seconds
python3 - small.stop >small.txt <<'PY' &
import http.client, os, statistics, sys, time
from urllib.parse import urlsplit
address = urlsplit(os.environ["MHUB_ENDPOINT"])
headers = {"Authorization": "Bearer " + os.environ["MHUB_TOKEN"]}
asked = {"HEAD resolve": ("HEAD", "/me/big/resolve/main/.gitattributes"), "info": ("GET", "/api/models/me/big")}
times = {name: [] for name in asked}
link = http.client.HTTPConnection(address.hostname, address.port, timeout=120)
while not os.path.exists(sys.argv[1]):
    for name, (method, path) in asked.items():
        start = time.monotonic()
        link.request(method, path, headers=headers)
        answer = link.getresponse()
        answer.read()
        assert answer.status == 200, (name, answer.status)
        times[name].append((time.monotonic() - start) * 1000)
    time.sleep(0.02)
for name, each in times.items():
    each.sort()
    print(f"{name}, {len(each)} times meanwhile|median {statistics.median(each):.0f} ms, "
          f"99 % within {each[int(len(each) * 0.99)]:.0f} ms, at most {each[-1]:.0f} ms")
PY
small=$!
download "mhub serve, $clients at once" "$MHUB_ENDPOINT/me/big/resolve/main/blob.bin" "$total"
touch small.stop
wait "$small"
say "of nginx's speed" "$(percent "$nginx_s" "$seconds")"
while IFS='|' read -r name figures; do say "$name" "$figures"; done <small.txt
own_total=$(($(bytes_of big/own1.bin) * clients))
cat big/own*.bin >/dev/null
download "nginx, a file for each" "http://127.0.0.1:$nginx_port/own@.bin" "$own_total"
nginx_s=$seconds
download "mhub serve, a file for each" "$MHUB_ENDPOINT/me/big/resolve/main/own@.bin" "$own_total"
say "of nginx's speed" "$(percent "$nginx_s" "$seconds")"
say "the hub's peak memory" "$(mib "$(hub_peak)")"
