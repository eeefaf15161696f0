# add and commit killed at each named point: the store opens, fsck is clean, a second run finishes.
. "$(dirname "$0")/../e2e/common.sh"
# The binary names its own points, so that a new one is tested from the day it is there.
points=$(fault_points src)
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
      [ $command = add ] || mhub -C work add . >/dev/null 2>&1
      with_fault "$point:1=$action" mhub -C work "$command" $([ $command = add ] && echo . || echo -m Second)
      was_reached "$point" || continue # this command does not pass that point
      expect_fault_told "$command" "$action" "$point"
      reached=$((reached + 1))
      mhub -C work fsck >"$T/out" 2>"$T/err" || { cat "$T/out" "$T/err" >&2; fail "fsck after $action at $point"; }
      mhub -C work add . >"$T/out" 2>"$T/err" || { cat "$T/err" >&2; fail "add after $action at $point"; }
      # A commit that was made before the kill is there; otherwise this one makes it.
      git -C work diff --cached --quiet HEAD || mhub -C work commit -m "Second" >/dev/null
      git -C work cat-file -e HEAD:blob.bin || fail "blob.bin is in no commit after $action at $point"
      expect_equal "commits" "$(git -C work rev-list --count HEAD)" 2
      expect_clean work
      mhub -C work fsck >/dev/null
      ! find work/.git -name 'index.lock' | grep -q . || fail "index.lock was left behind"
    done
  done
done
echo "$reached kills and failures"
[ $reached -gt 0 ] || fail "no point was reached"

# shellcheck disable=SC2046
expect_reached $(fault_points src/store) commit.written repo.index_rename
