# A clone or pull cut in the middle goes on where it stopped; nothing half-made bears a file's name.
. "$(dirname "$0")/../e2e/common.sh"
start_hub
start_proxy
size=$((64 * SCALE * 1048576))
make_repo team/model
gen_noise model/blob.bin "$(scaled 64)" 1
mhub -C model push -m "First"

step "clone killed, then run again in the same folder"
half_come() { [ "$(json_get .down "$T/proxy.stats")" -gt $((before + size / 2)) ] || ! kill -0 "$client" 2>/dev/null; }
code=0
for _ in 1 2 3 4 5 6 7 8; do # a clone that was quicker than the kill is tried again
  rm -rf b
  before=$(proxy_bytes down)
  mhub clone "$HUB/team/model" b 2>"$T/err" & client=$!
  wait_until half_come
  kill -KILL "$client" 2>/dev/null || true
  code=0
  wait "$client" 2>/dev/null || code=$?
  [ $code -eq 0 ] || break
done
[ $code -eq 137 ] || fail "every clone was over before it could be killed"
first=$(($(proxy_bytes down) - before))
[ ! -e b/blob.bin ] || [ "$(stat -c %s b/blob.bin)" -lt 200 ] || cmp b/blob.bin model/blob.bin ||
  fail "a half-made file is visible under its name"
before=$(proxy_bytes down)
mhub clone "$HUB/team/model" b
second=$(($(proxy_bytes down) - before))
echo "killed after $first of $size bytes; the second clone received $second"
expect_same_tree model b
expect_clean b
expect_at_most "second clone" "$second" $((size * 85 / 100))
left=$(find b -name '*.tmp*' -o -name '.mhub-*' | grep -v '/\.git/' || true)
[ -z "$left" ] || fail "left behind: $left"

step "pull interrupted by Ctrl-C"
gen_noise model/second.bin "$(scaled 64)" 2
mhub -C model push -m "Second"
before=$(proxy_bytes down)
(trap - INT; exec mhub -C b pull) 2>"$T/err" & client=$!
wait_until half_come
kill -INT "$client" 2>/dev/null || true
code=0
wait "$client" || code=$?
case $code in 130) ;; 0) echo "the pull was over before the signal" ;; *) cat "$T/err" >&2; fail "exit code $code after SIGINT" ;; esac
[ ! -e b/second.bin ] || [ "$(stat -c %s b/second.bin)" -lt 200 ] || cmp b/second.bin model/second.bin ||
  fail "a half-made file is visible under its name"
mhub -C b pull
expect_same_tree model b
expect_clean b
mhub -C b fsck

step "connections reset: the clone gets through by itself"
proxy_command cut-down $((size / 2))
mhub clone "$HUB/team/model" c
expect_same_tree model c

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
