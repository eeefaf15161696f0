# Ctrl-C while add, push and clone are at work: they end at once with 130, and run again they finish.
. "$(dirname "$0")/../e2e/common.sh"
start_hub
start_proxy
size=$((64 * SCALE * 1048576))
make_repo team/model
gen_noise model/blob.bin "$(scaled 64)" 1

# started COMMAND…: as from a shell prompt, which a background job of a script is not: it ignores SIGINT.
started() { (trap - INT; exec "$@") >"$T/out" 2>"$T/err" </dev/null & client=$!; }
stalled_or_over() { proxy_is_stalled || ! kill -0 "$client" 2>/dev/null; }
interrupted() { # NAME
  local code=0 start=$SECONDS
  kill -INT "$client" 2>/dev/null || { cat "$T/err" >&2; fail "$1 was over before the signal"; }
  wait "$client" || code=$?
  [ "$code" -eq 130 ] || { cat "$T/err" >&2; fail "exit code $code, not 130, after SIGINT"; }
  expect_at_most "seconds until $1 ended" $((SECONDS - start)) 8 # a silent hub is waited for far longer
}

step "add"
# Nothing holds a local command, so this one may be over; then it must have done its work.
started mhub -C model add .
at_work_or_over() {
  [ -n "$(find model/.git/mhub -type f -size +64k 2>/dev/null | head -n 1)" ] || ! kill -0 "$client" 2>/dev/null
}
wait_until at_work_or_over
code=0
kill -INT "$client" 2>/dev/null || true
wait "$client" || code=$?
case $code in 0 | 130) ;; *) cat "$T/err" >&2; fail "exit code $code after SIGINT" ;; esac
[ ! -e model/.git/index.lock ] || fail "index.lock was left behind"
mhub -C model fsck
commit_all model "First"
expect_clean model

step "push"
proxy_command stall-up $((size / 2))
started mhub -C model push
wait_until stalled_or_over
interrupted push
proxy_command pass
expect_clean model
[ -z "$(git -C "$(ls -d "$HUB_DATA"/git/*.git)" for-each-ref)" ] || fail "a ref went ahead of its data"
mhub -C model push

step "clone"
proxy_command stall-down $((size / 2))
started mhub clone "$HUB/team/model" b
wait_until stalled_or_over
interrupted clone
proxy_command pass
[ ! -e b/blob.bin ] || [ "$(stat -c %s b/blob.bin)" -lt 200 ] || fail "a half-made file bears its name"
mhub clone "$HUB/team/model" b
expect_same_tree model b
expect_clean b
