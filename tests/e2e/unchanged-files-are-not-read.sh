# Neither mhub status nor git status reads a large file again whose stat data has not changed.
. "$(dirname "$0")/common.sh"
mhub init work
gen_noise work/big.bin 64M 1
mhub -C work add .
mhub -C work commit -m "First"
grep -q 'filter=lfs' work/.gitattributes || fail "no attributes for data"
sleep 1.1
mhub -C work status >/dev/null
read_of() { # bytes that a command reads, as the kernel counts them
  (
    "$@" >/dev/null 2>&1
    awk '$1 == "rchar:" { print $2 }' "/proc/$BASHPID/io"
  )
}
# A child's counters are added to its parent's once it has been waited for.
base=$(read_of true)
expect_at_most "bytes read by mhub status" $(($(read_of mhub -C work status) - base)) 4000000
expect_at_most "bytes read by git status" $(($(read_of git -C work status) - base)) 4000000
expect_at_most "bytes read by mhub add ." $(($(read_of mhub -C work add .) - base)) 4000000
expect_clean work

step "a file that changed is seen"
gen_edit flip work/big.bin 1000
mhub -C work status --json | grep -q big.bin || fail "status misses a change"
