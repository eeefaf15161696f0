# A clone or pull cut in the middle goes on where it stopped; nothing half-made bears a file's name.
. "$(dirname "$0")/../e2e/common.sh"
start_hub
start_proxy
size=$((64 * SCALE * 1048576))
make_repo team/model
gen_noise model/blob.bin "$(scaled 64)" 1
mhub -C model push -m "First"

# At half of what a command receives nothing comes any more, so it is alive when it is killed.
stalled_or_over() { proxy_is_stalled || ! kill -0 "$client" 2>/dev/null; }
# started COMMAND…: runs it up to the stall, as a program started from a shell prompt.
started() {
  before=$(proxy_bytes down)
  proxy_command stall-down $((size / 2))
  (trap - INT; exec "$@") >"$T/out" 2>"$T/err" </dev/null & client=$!
  wait_until stalled_or_over
}
# ended CODE SIGNAL: what becomes of it after the signal.
ended() {
  local code=0
  kill "-$2" "$client" 2>/dev/null || { cat "$T/err" >&2; fail "it was over before the signal"; }
  wait "$client" 2>/dev/null || code=$?
  [ "$code" -eq "$1" ] || { cat "$T/err" >&2; fail "exit code $code, not $1, after SIG$2"; }
  proxy_command pass
  first=$(($(proxy_bytes down) - before))
}
nothing_half_made() { # FILE WANT
  [ ! -e "$1" ] || [ "$(stat -c %s "$1")" -lt 200 ] || cmp "$1" "$2" ||
    fail "a half-made file is visible under its name"
}
received_by() { # COMMAND…
  before=$(proxy_bytes down)
  "$@"
  second=$(($(proxy_bytes down) - before))
}

step "clone killed, then run again in the same folder"
started mhub clone "$HUB/team/model" b
ended 137 KILL
nothing_half_made b/blob.bin model/blob.bin
received_by mhub clone "$HUB/team/model" b
echo "killed after $first of $size bytes; the second clone received $second"
expect_same_tree model b
expect_clean b
expect_at_most "second clone" "$second" $((size * 85 / 100))
left=$(find b -name '*.tmp*' -o -name '.mhub-*' | grep -v '/\.git/' || true)
[ -z "$left" ] || fail "left behind: $left"

step "pull killed, then run again"
gen_noise model/second.bin "$(scaled 64)" 2
mhub -C model push -m "Second"
started mhub -C b pull
ended 137 KILL
nothing_half_made b/second.bin model/second.bin
received_by mhub -C b pull
echo "killed after $first of $size bytes; the second pull received $second"
expect_same_tree model b
expect_clean b
expect_at_most "second pull" "$second" $((size * 85 / 100))

step "pull interrupted by Ctrl-C ends at once, though nothing comes"
gen_noise model/third.bin "$(scaled 64)" 3
mhub -C model push -m "Third"
started mhub -C b pull
start=$SECONDS
ended 130 INT
expect_at_most "seconds until it ended" $((SECONDS - start)) 8 # a silent hub is waited for far longer
nothing_half_made b/third.bin model/third.bin
received_by mhub -C b pull
expect_at_most "pull after the interrupted one" "$second" $((size * 85 / 100))
expect_same_tree model b
expect_clean b
mhub -C b fsck

step "connections reset: the clone gets through by itself"
proxy_command cut-down $((size / 2))
mhub clone "$HUB/team/model" c
expect_same_tree model c
expect_equal "times that connections were reset" "$(proxy_did cut)" 1

step "one byte damaged on its way is noticed and fetched again, or refused"
proxy_command flip-down $((size / 2))
code=0
mhub clone "$HUB/team/model" d 2>"$T/err" || code=$?
case $code in
  0) ;;
  5 | 6) mhub clone "$HUB/team/model" d ;;
  *) cat "$T/err" >&2; fail "exit code $code after a damaged byte" ;;
esac
expect_same_tree model d
expect_equal "damaged bytes" "$(proxy_did flipped)" 1
