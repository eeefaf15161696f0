# mhub upload and mhub download killed or failing at each of their points: run again, they finish the work.
. "$(dirname "$0")/../e2e/common.sh"
own=$(fault_points src/sync | grep -xE '(down|up)load\..*')
start_hub
number=0
for point in $own push.xorb_sent push.shard_sent pull.chunk_written; do
  for action in kill fail stop; do
    number=$((number + 1)) # other bytes each time, or the hub has them and nothing is sent
    name=admin/m$number
    export XDG_CACHE_HOME=$T/cache-$number
    mkdir folder
    gen_noise folder/blob.bin 3M "$number"
    echo "$number" >folder/small.txt
    with_fault "$point:1=$action" mhub upload "$name" folder
    if was_reached "$point"; then
      expect_fault_told upload "$action" "$point"
      mhub upload "$name" folder >"$T/out" 2>"$T/err" || { cat "$T/err" >&2; fail "second upload after $action at $point"; }
    fi
    for whole in 0 1; do
      export HF_HUB_DISABLE_XET=$whole
      with_fault "$point:1=$action" mhub download "$name" --cache-dir "$XDG_CACHE_HOME/$whole"
      if was_reached "$point"; then
        expect_fault_told download "$action" "$point"
      fi
      seen=$(mhub download "$name" --cache-dir "$XDG_CACHE_HOME/$whole" 2>"$T/err") ||
        { cat "$T/err" >&2; fail "second download after $action at $point"; }
      expect_same_file folder/blob.bin "$seen/blob.bin"
      expect_same_file folder/small.txt "$seen/small.txt"
    done
    rm -rf folder "$XDG_CACHE_HOME"
  done
done
# shellcheck disable=SC2086
expect_reached $own
stop_hub
mhub admin fsck --data "$HUB_DATA"
