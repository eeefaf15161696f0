# push, clone and pull killed or failing at each named point: run again, they finish the work.
. "$(dirname "$0")/../e2e/common.sh"
points=$(fault_points src)
start_hub
make_repo team/base
gen_noise base/first.bin 2M 1
mhub -C base push -m "First"
reached=0 number=0
for point in $points; do
  for action in kill fail stop; do
    number=$((number + 1)) # other bytes each time, or the hub has them and nothing is sent
    name=m$number-$action
    mhub repo create "team/$name" --type model >/dev/null
    mhub clone "$HUB/team/$name" push 2>/dev/null
    gen_noise push/blob.bin 3M "$number"
    commit_all push "First" >/dev/null 2>&1
    with_fault "$point:1=$action" mhub -C push push
    if was_reached "$point"; then
      reached=$((reached + 1))
      expect_fault_told push "$action" "$point"
      mhub -C push push >"$T/out" 2>"$T/err" || { cat "$T/err" >&2; fail "second push after $action at $point"; }
    fi
    with_fault "$point:1=$action" mhub clone "$HUB/team/$name" clone
    if was_reached "$point"; then
      reached=$((reached + 1))
      expect_fault_told clone "$action" "$point"
      [ $code -eq 0 ] || mhub clone "$HUB/team/$name" clone >"$T/out" 2>"$T/err" ||
        { cat "$T/err" >&2; fail "second clone after $action at $point"; }
    fi
    expect_same_tree push clone
    gen_edit overwrite push/blob.bin 100000 50000 $((number + 5000))
    mhub -C push push -m "Second" >/dev/null 2>&1
    with_fault "$point:1=$action" mhub -C clone pull
    if was_reached "$point"; then
      reached=$((reached + 1))
      expect_fault_told pull "$action" "$point"
      mhub -C clone pull >"$T/out" 2>"$T/err" || { cat "$T/err" >&2; fail "second pull after $action at $point"; }
    fi
    expect_same_tree push clone
    mhub -C clone fsck >/dev/null
    expect_clean push
    expect_clean clone
    rm -rf push clone
  done
done
echo "$reached kills and failures"
[ $reached -gt 0 ] || fail "no point was reached"

step "the points of whole-object transfers and of merges"
python3 "$SOURCE/tests/support/basic_lfs_filter.py" "$HUB" "$T/filter.port" 2>"$T/filter.log" &
filter=$!
AT_EXIT='kill $filter'
wait_until test -s "$T/filter.port"
chunked=$HUB whole=http://127.0.0.1:$(cat "$T/filter.port")
for point in lfs.put push.object_sent pull.bytes_written; do
  for action in kill fail stop; do
    number=$((number + 1))
    name=whole-$number passed=''
    mhub repo create "team/$name" --type model >/dev/null
    export MHUB_ENDPOINT=$whole
    mhub clone "$whole/team/$name" push 2>/dev/null
    gen_noise push/blob.bin 3M $number
    gen_noise push/other.bin 1M $((number + 7000))
    commit_all push "First" >/dev/null 2>&1
    with_fault "$point:1=$action" mhub -C push push
    if was_reached "$point"; then
      passed=1
      expect_fault_told push "$action" "$point"
      mhub -C push push >"$T/out" 2>"$T/err" || { cat "$T/err" >&2; fail "second push after $action at $point"; }
    fi
    with_fault "$point:1=$action" mhub clone "$whole/team/$name" clone
    if was_reached "$point"; then
      passed=1
      expect_fault_told clone "$action" "$point"
      [ $code -eq 0 ] || mhub clone "$whole/team/$name" clone >"$T/out" 2>"$T/err" ||
        { cat "$T/err" >&2; fail "second clone after $action at $point"; }
    fi
    [ -n "$passed" ] || fail "a transfer of whole objects does not reach $point"
    expect_same_tree push clone
    export MHUB_ENDPOINT=$chunked
    rm -rf push clone
  done
done

step "a merge with a conflict"
mhub init template >/dev/null
gen_noise template/base.bin 2M 1
commit_all template "Base" >/dev/null 2>&1
mhub -C template switch -c side
gen_noise template/base.bin 2M 2
commit_all template "Side" >/dev/null 2>&1
mhub -C template switch main
gen_noise template/base.bin 2M 3
commit_all template "Main" >/dev/null 2>&1
head=$(git -C template rev-parse HEAD)
for action in kill fail; do
  cp -a template work
  with_fault "merge.index_written:1=$action" mhub -C work merge side
  was_reached merge.index_written || fail "a merge with a conflict does not reach merge.index_written"
  expect_fault_told merge "$action" merge.index_written
  expect_exit 3 mhub -C work commit -m "Forgets the other side"
  expect_equal HEAD "$(git -C work rev-parse HEAD)" "$head"
  mhub -C work fsck >/dev/null
  rm -rf work
done

# Every point but those of add, commit, the hub, and files without git, which have scripts of their own.
# shellcheck disable=SC2046
expect_reached $(fault_points src | grep -vxE '(serve|commit|store|upload|download)\..*')
stop_hub
mhub admin fsck --data "$HUB_DATA"
