# The hub killed at each named point of its own: started again, it holds what it had acknowledged.
. "$(dirname "$0")/../e2e/common.sh"
points=$(fault_points src/serve src/store)
start_hub
reached=0 number=0
for point in $points; do
  number=$((number + 1))
  mhub repo create "team/m$number" --type model >/dev/null
  mhub clone "$HUB/team/m$number" work 2>/dev/null
  gen_noise work/blob.bin 3M "$number"
  commit_all work "First" >/dev/null 2>&1
  stop_hub
  : >"$T/reached"
  MHUB_FAULT=$point:1=kill MHUB_FAULT_LOG=$T/reached run_hub "127.0.0.1:$HUB_PORT"
  code=0
  mhub -C work push >"$T/out" 2>"$T/err" || code=$?
  if kill -0 "$HUB_PID" 2>/dev/null; then
    ! was_reached "$point" || fail "the hub passed $point and lives"
    [ $code -eq 0 ] || { cat "$T/err" >&2; fail "push failed though the hub lives"; }
    stop_hub
  else
    reached=$((reached + 1))
    step "hub killed at $point; the push ended with $code"
    wait "$HUB_PID" 2>/dev/null || true
    HUB_PID=''
  fi
  cat "$T/reached" >>"$T/reached.all"
  run_hub "127.0.0.1:$HUB_PORT"
  mhub -C work push >"$T/out" 2>"$T/err" || { cat "$T/err" >&2; fail "second push after $point"; }
  mhub clone "$HUB/team/m$number" clone 2>/dev/null
  expect_same_tree work clone
  rm -rf work clone
done
echo "$reached kills"
# shellcheck disable=SC2046
expect_reached $(fault_points src/serve)
stop_hub
mhub admin fsck --data "$HUB_DATA"
