# Sourced by the scripts here: a folder of its own, a hub on loopback, ways to run and to say; says the machine.
# shellcheck shell=bash
root=$(cd "$(dirname "$0")/.." && pwd)
mhub=$root/build/release/mhub
gen=$root/build/release/tests/data/gen_data
[ -x "$mhub" ] && [ -x "$gen" ] || { echo "build release first, see the head of $0" >&2; exit 1; }

work=$(mktemp -d "${TMPDIR:-/tmp}/mhub-figures.XXXXXX")
hub_pid=''
finish() {
  [ -z "$hub_pid" ] || { kill "$hub_pid" 2>/dev/null; wait "$hub_pid" 2>/dev/null; }
  rm -rf "$work"
}
trap finish EXIT
cd "$work"
export no_proxy=127.0.0.1,localhost NO_PROXY=127.0.0.1,localhost
export HOME=$work/home XDG_CONFIG_HOME=$work/home/.config GIT_CONFIG_NOSYSTEM=1
mkdir home
printf '[user]\n\tname = Bench\n\temail = bench@example.org\n' >home/.gitconfig

# run OUT COMMAND…: sets seconds and peak_kib.
run() {
  local out=$1
  shift
  python3 - "$out" "$@" <<'PY' >run.result
import os, resource, subprocess, sys, time
with open(sys.argv[1], "wb") as out, open("last.err", "wb") as err:
    start = time.monotonic()
    code = subprocess.call(sys.argv[2:], stdin=subprocess.DEVNULL, stdout=out, stderr=err)
    seconds = time.monotonic() - start
if code != 0:
    sys.stderr.write(open("last.err").read())
    sys.exit(f"exit code {code}: {sys.argv[2:]}")
print(f"{seconds:.3f} {resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss}")
PY
  read -r seconds peak_kib <run.result
}
bytes_of() { stat -c %s "$1"; }
say() { printf '%-58s %s\n' "$1" "$2"; }
speed() { python3 -c "print(f'{$1 / 1e6 / $2:,.0f} MB/s')"; }
mib() { python3 -c "print(f'{$1 / 1024:,.0f} MiB')"; }
percent() { python3 -c "print(f'{100 * $1 / $2:.2f} %')"; }
sent() { python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["transfer"]["sent_bytes"])' "$1"; }

"$mhub" serve --data hub --listen 127.0.0.1:0 --json >ready.json 2>hub.log </dev/null &
hub_pid=$!
while [ ! -s ready.json ]; do kill -0 $hub_pid; sleep 0.05; done
field() { python3 -c 'import json, sys; print(json.loads(open("ready.json").readline())[sys.argv[1]])' "$1"; }
MHUB_ENDPOINT=$(field url)
MHUB_TOKEN=$(field admin_token)
export MHUB_ENDPOINT MHUB_TOKEN
hub_peak() { awk '/^VmHWM:/ { print $2 }' "/proc/$hub_pid/status"; }

say "machine" "$(nproc) cores, $(awk -F ': ' '/model name/ { print $2; exit }' /proc/cpuinfo), $(date -I)"
