# add and commit killed at each named point: the store opens, fsck is clean, a second run finishes.
. "$(dirname "$0")/../e2e/common.sh"
# The binary names its own points, so that a new one is tested from the day it is there.
points=$(grep -rhoE 'fault_point\("[a-z0-9_.]+"\)' "$SOURCE/src" | sed 's/.*"\(.*\)".*/\1/' | sort -u)
[ -n "$points" ] || fail "no fault points found"
mhub init template
gen_noise template/first.bin 2M 1
mhub -C template add .
mhub -C template commit -m "First"
gen_noise template/blob.bin 5M 2
gen_weights template/model.safetensors 3M 3
echo text >template/a.txt
reached=0
for point in $points; do
  for action in kill fail stop; do
    for command in add commit; do
      rm -rf work
      cp -a template work
      [ $command = add ] || mhub -C work add .
      code=0
      MHUB_FAULT=$point:1=$action mhub -C work "$command" \
        $([ $command = add ] && echo . || echo -m Second) >"$T/out" 2>"$T/err" || code=$?
      [ $code -ne 0 ] || continue # this command does not pass that point
      reached=$((reached + 1))
      step "$command, $action at $point: exit code $code"
      [ $action != stop ] || expect_equal "exit code after a stop" $code 130
      mhub -C work fsck >"$T/out" 2>"$T/err" || { cat "$T/out" "$T/err" >&2; fail "fsck after $action at $point"; }
      mhub -C work add .
      [ -z "$(mhub -C work diff --cached --json 2>/dev/null | jq -r 'if type == "array" then .[] else . end' | head -n 1)" ] ||
        mhub -C work commit -m "Second" >/dev/null 2>&1 || true
      git -C work rev-parse -q --verify HEAD >/dev/null || fail "no HEAD"
      git -C work fsck --full >/dev/null 2>&1 || fail "git fsck after $action at $point"
      mhub -C work fsck >/dev/null
      find work/.git -name 'index.lock' | grep -q . && fail "index.lock was left behind"
    done
  done
done
echo "$reached kills and failures"
[ $reached -gt 0 ] || fail "no point was reached"
