# Sourced first by every test script: an own folder, an own HOME, any failing line ends the test.
#
#   . "$(dirname "$0")/common.sh"          (../e2e/common.sh from interop and fault)
#   start_hub                              sets HUB, MHUB_ENDPOINT, MHUB_TOKEN; stopped on exit
#
# The environment gives MHUB_BIN and GEN_DATA; by default those of build/dev. MHUB_TEST_SCALE=16
# turns the 64 MiB files into 1 GiB ones. MHUB_TEST_KEEP=1 leaves the folder and names it.
# shellcheck shell=bash

set -Eeuo pipefail
shopt -s inherit_errexit

SOURCE=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
MHUB_BIN=$(realpath "${MHUB_BIN:-$SOURCE/build/dev/mhub}")
GEN_DATA=$(realpath "${GEN_DATA:-$(dirname "$MHUB_BIN")/tests/data/gen_data}")
SCALE=${MHUB_TEST_SCALE:-1}
KEEP=${MHUB_TEST_KEEP:-}

# Settings of whoever runs the tests must not reach them.
while read -r name; do
  case $name in MHUB_BIN) ;; MHUB_* | GIT_* | HF_* | *_proxy | *_PROXY) unset "$name" ;; esac
done < <(compgen -e)

T=$(mktemp -d "${TMPDIR:-/tmp}/mhub-test.XXXXXX")
export HOME=$T/home XDG_CONFIG_HOME=$T/home/.config XDG_CACHE_HOME=$T/home/.cache
export XDG_DATA_HOME=$T/home/.local/share XDG_RUNTIME_DIR=$T/run
export GIT_CONFIG_NOSYSTEM=1 GIT_TERMINAL_PROMPT=0 LC_ALL=C TZ=UTC NO_COLOR=1
export no_proxy=127.0.0.1,localhost NO_PROXY=127.0.0.1,localhost
mkdir -p "$HOME" "$XDG_RUNTIME_DIR" "$T/bin"
ln -s "$MHUB_BIN" "$T/bin/mhub"
PATH=$T/bin:$PATH
cat >"$HOME/.gitconfig" <<'CONFIG'
[user]
	name = Test
	email = test@example.org
[init]
	defaultBranch = main
[advice]
	detachedHead = false
CONFIG
cd "$T"

HUB_PID='' PROXY_PID='' HUB_DATA=$T/hub HUB_LOG=$T/hub.log
# A script that has more to put away sets this to commands that on_exit runs; a trap of its own would
# lose the exit code.
AT_EXIT=''

on_error() {
  local code=$? line=$1
  echo "--- failed: ${BASH_SOURCE[1]}:$line: exit code $code: $BASH_COMMAND" >&2
  return "$code"
}
trap 'on_error $LINENO' ERR

on_exit() {
  local code=$?
  trap - ERR
  set +e
  cd /
  [ -z "$PROXY_PID" ] || kill "$PROXY_PID" 2>/dev/null
  [ -z "$HUB_PID" ] || { kill "$HUB_PID" 2>/dev/null; wait "$HUB_PID" 2>/dev/null; }
  if [ "$code" -ne 0 ] && [ "$code" -ne 77 ] && [ -f "$HUB_LOG" ]; then
    echo "--- the hub's log ends with:" >&2
    tail -n 30 "$HUB_LOG" >&2
  fi
  eval "$AT_EXIT"
  if [ -n "$KEEP" ]; then
    echo "--- kept $T" >&2
  else
    chmod -R u+rwX "$T" 2>/dev/null
    rm -rf "$T"
  fi
  exit "$code"
}
trap on_exit EXIT

# --- saying what is wrong ------------------------------------------------------------------------

fail() { echo "FAIL: $*" >&2; exit 1; }
skip() { echo "SKIP: $*"; exit 77; }
step() { echo "== $*"; }

# expect_exit CODE COMMAND…: runs it, keeps what it says in $T/out and $T/err.
expect_exit() {
  local want=$1 got=0
  shift
  "$@" >"$T/out" 2>"$T/err" </dev/null || got=$?
  [ "$got" -eq "$want" ] || {
    sed 's/^/  out: /' "$T/out" | tail -n 20 >&2
    sed 's/^/  err: /' "$T/err" | tail -n 20 >&2
    fail "exit code $got, not $want: $*"
  }
}

# expect_err TEXT: the last expect_exit said this on stderr.
expect_err() { grep -qiF -- "$1" "$T/err" || { cat "$T/err" >&2; fail "stderr does not say: $1"; }; }
expect_out() { grep -qF -- "$1" "$T/out" || { cat "$T/out" >&2; fail "stdout does not say: $1"; }; }

expect_same_file() { cmp -- "$1" "$2" || fail "$1 and $2 differ"; }

# expect_same_tree A B: the same names and bytes outside .git.
expect_same_tree() { diff -r --exclude=.git -- "$1" "$2" || fail "the trees $1 and $2 differ"; }

expect_at_most() { # WHAT VALUE LIMIT
  echo "$1: $2 (at most $3)"
  [ "$2" -le "$3" ] || fail "$1 is $2, over $3"
}

expect_equal() { [ "$2" = "$3" ] || fail "$1 is '$2', not '$3'"; }

json_get() { jq -er "$1" "$2"; }

# expect_clean REPO: git's own view of a repository that mhub wrote.
expect_clean() {
  local status
  git -C "$1" fsck --full --strict --no-dangling >"$T/fsck" 2>&1 || { cat "$T/fsck" >&2; fail "git fsck $1"; }
  status=$(git -C "$1" -c filter.lfs.process= -c filter.lfs.clean= -c filter.lfs.required=false status --porcelain)
  [ -z "$status" ] || fail "git status in $1 says: $status"
  if command -v git-lfs >/dev/null; then
    (cd "$1" && git lfs fsck --pointers >"$T/fsck" 2>&1) || { cat "$T/fsck" >&2; fail "git lfs fsck --pointers $1"; }
  fi
}

# disk_bytes PATH…: what du says, in bytes allocated.
disk_bytes() { du -sB1 -c -- "$@" | tail -n 1 | cut -f 1; }

# --- data ----------------------------------------------------------------------------------------

scaled() { echo "$(($1 * SCALE))M"; }
gen_noise() { "$GEN_DATA" noise "$1" "$2" "${3:-1}"; }
gen_weights() { "$GEN_DATA" weights "$@"; }
gen_edit() { "$GEN_DATA" "$@"; }

# --- the hub -------------------------------------------------------------------------------------

# Waits until COMMAND succeeds, 30 s at most; longer where the files are larger.
wait_until() {
  local i
  for ((i = 0; i < 600 * SCALE; i++)); do
    "$@" && return 0
    sleep 0.05
  done
  fail "waited $((30 * SCALE)) s for: $*"
}

hub_is_ready() { # jq takes an empty file for a success
  [ -s "$T/hub.json" ] && jq -e 'select(.event == "ready")' "$T/hub.json" >/dev/null 2>&1
}
hub_is_ready_or_gone() { hub_is_ready || ! kill -0 "$HUB_PID" 2>/dev/null; }

run_hub() { # LISTEN [OPTIONS…]
  local listen=$1 attempt logged
  shift
  touch "$HUB_LOG"
  for attempt in 1 2 3 4 5; do
    : >"$T/hub.json"
    logged=$(wc -l <"$HUB_LOG")
    mhub serve --data "$HUB_DATA" --listen "$listen" --json "$@" >"$T/hub.json" 2>>"$HUB_LOG" </dev/null &
    HUB_PID=$!
    wait_until hub_is_ready_or_gone
    hub_is_ready && break
    # The port of a hub that was stopped may be a passing connection's for a moment.
    [ "$attempt" -lt 5 ] && tail -n +$((logged + 1)) "$HUB_LOG" | grep -q 'is in use' || fail "mhub serve ended"
    sleep 1
  done
  HUB=$(head -n 1 "$T/hub.json" | jq -er .url)
  HUB_PORT=${HUB##*:}
}

# start_hub [OPTIONS of mhub serve]: an empty hub, with its admin's token in the environment.
start_hub() {
  run_hub 127.0.0.1:0 "$@"
  MHUB_TOKEN=$(head -n 1 "$T/hub.json" | jq -er .admin_token)
  export HUB MHUB_ENDPOINT=$HUB MHUB_TOKEN
}

stop_hub() {
  local code=0
  kill -TERM "$HUB_PID"
  wait "$HUB_PID" || code=$?
  HUB_PID=''
  [ "$code" -eq 0 ] || fail "mhub serve ended with exit code $code after SIGTERM"
}

kill_hub() {
  kill -KILL "$HUB_PID"
  wait "$HUB_PID" 2>/dev/null || true
  HUB_PID=''
}

# restart_hub [OPTIONS]: again, on the same data and port.
restart_hub() {
  local through=$HUB
  [ -z "$HUB_PID" ] || stop_hub
  run_hub "127.0.0.1:$HUB_PORT" "$@"
  [ -z "$PROXY_PID" ] || HUB=$through
}

# start_proxy [OPTIONS of tcp_proxy.py]: everything goes through a proxy that counts bytes and can
# break connections; HUB and MHUB_ENDPOINT then name the proxy.
start_proxy() {
  : >"$T/proxy.stats"
  python3 "$SOURCE/tests/support/tcp_proxy.py" --target "127.0.0.1:$HUB_PORT" --stats "$T/proxy.stats" "$@" \
    2>>"$T/proxy.log" &
  PROXY_PID=$!
  wait_until test -s "$T/proxy.stats"
  HUB=http://127.0.0.1:$(json_get .port "$T/proxy.stats")
  export HUB MHUB_ENDPOINT=$HUB
}

stop_proxy() {
  kill "$PROXY_PID"
  wait "$PROXY_PID" 2>/dev/null || true
  PROXY_PID=''
}

# proxy_command cut-up 1000000: see tcp_proxy.py. When it returns, the command is in force and
# proxy.stats was written after it.
proxy_command() {
  echo "$*" >"$T/proxy.command.new"
  mv "$T/proxy.command.new" "$T/proxy.stats.command"
  wait_until test ! -e "$T/proxy.stats.command"
}

# Bytes that went to the hub (up) or came from it (down) since the proxy started, once none moves:
# a client that was killed may have left some in the sockets.
proxy_bytes() {
  local last='' now
  while true; do
    proxy_command report
    now=$(json_get ".$1" "$T/proxy.stats")
    [ "$now" != "$last" ] || break
    last=$now
  done
  echo "$now"
}

# How often connections were cut or a byte flipped: a fault that never came proves nothing.
proxy_did() {
  proxy_command report
  json_get ".$1" "$T/proxy.stats"
}

# After proxy_command stall-up N or stall-down N: the bytes went through and nothing passes now.
proxy_is_stalled() { jq -e .stalled "$T/proxy.stats" >/dev/null; }

# make_repo NAME [OPTIONS]: a repository on the hub and a clone of it in ./BASENAME.
make_repo() {
  local name=$1
  shift
  mhub repo create "$name" --type model "$@" >/dev/null
  mhub clone "$HUB/$name" "${name##*/}" 2>"$T/err" || { cat "$T/err" >&2; fail "clone of $name"; }
}

# commit_all REPO MESSAGE
commit_all() { mhub -C "$1" add . && mhub -C "$1" commit -m "$2"; }

# Lets git and git-lfs log in at the hub.
git_login() {
  git config --global credential.helper store
  printf 'http://token:%s@%s\n' "$MHUB_TOKEN" "${HUB#http://}" >>"$HOME/.git-credentials"
  chmod 600 "$HOME/.git-credentials"
}

use_git_lfs() {
  command -v git-lfs >/dev/null || skip "git-lfs is not installed"
  git lfs install --skip-repo >/dev/null
}

# --- fault points --------------------------------------------------------------------------------

# fault_points FOLDER…: the names in these sources, so that a new one is tested from the day it is there.
fault_points() {
  (cd "$SOURCE" && grep -rhoE 'fault_point\("[a-z0-9_.]+"\)' "$@") | sed 's/.*"\(.*\)".*/\1/' | sort -u
}

# with_fault NAME:N=ACTION COMMAND…: sets code; out, err and the points that were reached are kept.
with_fault() {
  local fault=$1
  shift
  : >"$T/reached"
  code=0
  MHUB_FAULT=$fault MHUB_FAULT_LOG=$T/reached "$@" >"$T/out" 2>"$T/err" </dev/null || code=$?
  sort -u "$T/reached" >>"$T/reached.all"
}
was_reached() { grep -qxF -- "$1" "$T/reached"; }

# expect_fault_told WHAT ACTION POINT: the exit code that belongs to the action. A stop may come when
# the last step is done; then the work has to be there, which the caller looks at.
expect_fault_told() {
  step "$1, $2 at $3: exit code $code"
  case $2:$code in
    kill:137 | stop:130 | stop:0) ;;
    kill:* | stop:*) cat "$T/err" >&2; fail "exit code $code after $2 at $3" ;;
    fail:0) cat "$T/err" >&2; fail "$1 went on as if nothing had failed at $3" ;;
  esac
}

# expect_reached POINT…: some command of this script passed each of them.
expect_reached() {
  local point
  for point in "$@"; do
    grep -qxF -- "$point" "$T/reached.all" || fail "nothing here reaches the fault point $point"
  done
}
