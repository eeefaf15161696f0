# A push cut in the middle goes on where it stopped: connection lost, client killed, hub killed.
. "$(dirname "$0")/../e2e/common.sh"
start_hub
start_proxy
# What counts as arrived is a whole xorb of 64 MiB, and four travel at once.
size=$((384 * SCALE * 1048576))

pushed_bytes() { # bytes sent while COMMAND ran
  local before
  before=$(proxy_bytes up)
  "$@"
  sent=$(($(proxy_bytes up) - before))
}

# At three quarters nothing passes any more, so the push is alive when something is killed.
stalled_or_over() { proxy_is_stalled || ! kill -0 "$client" 2>/dev/null; }
started_push() { # REPO
  before=$(proxy_bytes up)
  proxy_command stall-up $((size * 3 / 4))
  mhub -C "$1" push 2>"$T/err" & client=$!
  wait_until stalled_or_over
  proxy_is_stalled || { cat "$T/err" >&2; fail "the push was over before three quarters were sent"; }
}

step "client killed"
make_repo team/one
gen_noise one/blob.bin "$(scaled 384)" 1
commit_all one "First"
started_push one
kill -KILL "$client"
wait "$client" 2>/dev/null || true
proxy_command pass
first=$(($(proxy_bytes up) - before))
mhub -C one fsck
pushed_bytes mhub -C one push
echo "killed after $first of $size bytes; the second push sent $sent"
expect_at_most "second push" "$sent" $((size * 9 / 10))
mhub clone "$HUB/team/one" one-clone
expect_same_tree one one-clone
expect_clean one

step "hub killed"
make_repo team/two
gen_noise two/blob.bin "$(scaled 384)" 2
commit_all two "First"
started_push two
kill_hub
proxy_command pass
code=0
wait "$client" || code=$?
expect_equal "exit code of a push whose hub died" "$code" 5
first=$(($(proxy_bytes up) - before))
restart_hub
pushed_bytes mhub -C two push
echo "hub killed after $first of $size bytes; the second push sent $sent"
expect_at_most "second push" "$sent" $((size * 9 / 10))
mhub clone "$HUB/team/two" two-clone
expect_same_tree two two-clone

step "connections reset: the push gets through by itself"
make_repo team/three
gen_noise three/blob.bin "$(scaled 64)" 3
commit_all three "First"
proxy_command cut-up $((32 * SCALE * 1048576))
mhub -C three push
expect_equal "times that connections were reset" "$(proxy_did cut)" 1
mhub clone "$HUB/team/three" three-clone
expect_same_tree three three-clone

step "all is sound afterwards"
for repo in one two three; do mhub -C $repo fsck; done
stop_hub
mhub admin fsck --data "$HUB_DATA"
