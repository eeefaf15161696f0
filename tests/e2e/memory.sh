# Memory does not grow with the file: add, push, clone and restore of 1 GiB stay under 256 MiB each.
# The most is a clone's: eight ranges travel at once.
. "$(dirname "$0")/common.sh"
! ldd "$MHUB_BIN" | grep -qE "lib[at]san" || skip "a sanitizer's memory says nothing"
limit_kib=$((256 * 1024))
# bounded NAME COMMAND…: the most memory that the command had at once.
bounded() {
  local name=$1 peak_kib
  shift
  peak_kib=$(python3 - "$@" <<'PY'
import resource, subprocess, sys
code = subprocess.call(sys.argv[1:], stdin=subprocess.DEVNULL, stdout=sys.stderr)
if code != 0:
    sys.exit(f"exit code {code}: {sys.argv[1:]}")
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
PY
  )
  expect_at_most "peak memory of $name in KiB" "$peak_kib" "$limit_kib"
}
start_hub
make_repo team/model
gen_noise model/blob.bin "$((1024 * SCALE))M" 1
bounded add mhub -C model add .
bounded commit mhub -C model commit -m "Large"
bounded push mhub -C model push
bounded clone mhub clone "$HUB/team/model" b
expect_same_tree model b
rm b/blob.bin
bounded restore mhub -C b restore blob.bin
expect_same_tree model b
expect_at_most "peak memory of the hub in KiB" "$(awk '/^VmHWM:/ { print $2 }' "/proc/$HUB_PID/status")" $((512 * 1024))
