# push, clone and pull killed or failing at each named point: run again, they finish the work.
. "$(dirname "$0")/../e2e/common.sh"
points=$(grep -rhoE 'fault_point\("[a-z0-9_.]+"\)' "$SOURCE/src" | sed 's/.*"\(.*\)".*/\1/' | sort -u)
start_hub
make_repo team/base
gen_noise base/first.bin 2M 1
mhub -C base push -m "First"
reached=0 number=0
for point in $points; do
  number=$((number + 1))
  for action in kill fail stop; do
    name=m$number-$action
    mhub repo create "team/$name" --type model >/dev/null
    mhub clone "$HUB/team/$name" push 2>/dev/null
    gen_noise push/blob.bin 3M "$number"
    commit_all push "First" >/dev/null 2>&1
    code=0
    MHUB_FAULT=$point:1=$action mhub -C push push >"$T/out" 2>"$T/err" || code=$?
    if [ $code -ne 0 ]; then
      reached=$((reached + 1))
      step "push, $action at $point: exit code $code"
      [ $action != stop ] || expect_equal "exit code after a stop" $code 130
      mhub -C push push >"$T/out" 2>"$T/err" || { cat "$T/err" >&2; fail "second push after $action at $point"; }
    fi
    code=0
    MHUB_FAULT=$point:1=$action mhub clone "$HUB/team/$name" clone >"$T/out" 2>"$T/err" || code=$?
    if [ $code -ne 0 ]; then
      reached=$((reached + 1))
      step "clone, $action at $point: exit code $code"
      [ $action != stop ] || expect_equal "exit code after a stop" $code 130
      mhub clone "$HUB/team/$name" clone >"$T/out" 2>"$T/err" ||
        { cat "$T/err" >&2; fail "second clone after $action at $point"; }
    fi
    expect_same_tree push clone
    gen_edit overwrite push/blob.bin 100000 50000 4
    mhub -C push push -m "Second" >/dev/null 2>&1
    code=0
    MHUB_FAULT=$point:1=$action mhub -C clone pull >"$T/out" 2>"$T/err" || code=$?
    if [ $code -ne 0 ]; then
      reached=$((reached + 1))
      step "pull, $action at $point: exit code $code"
      [ $action != stop ] || expect_equal "exit code after a stop" $code 130
      mhub -C clone pull >"$T/out" 2>"$T/err" || { cat "$T/err" >&2; fail "second pull after $action at $point"; }
    fi
    expect_same_tree push clone
    mhub -C clone fsck >/dev/null
    git -C clone fsck --full >/dev/null 2>&1 || fail "git fsck"
    rm -rf push clone
  done
done
echo "$reached kills and failures"
[ $reached -gt 0 ] || fail "no point was reached"
stop_hub
mhub admin fsck --data "$HUB_DATA"
