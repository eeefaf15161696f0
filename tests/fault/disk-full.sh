# No space left: the command says so and what to free, loses nothing, and works once there is room.
. "$(dirname "$0")/../e2e/common.sh"
[ "$(id -u)" -eq 0 ] || skip "mounting a small tmpfs needs root"
mkdir small
mount -t tmpfs -o size=12m tmpfs small 2>/dev/null || skip "this machine allows no mount"
AT_EXIT='umount -l "$T/small"'

step "add"
mhub init small/work
gen_noise small/work/a.bin 2M 1
mhub -C small/work add .
mhub -C small/work commit -m "First"
gen_noise big.bin 5M 2
mv big.bin small/work/
expect_exit 1 mhub -C small/work add big.bin
expect_err "space"
mhub -C small/work fsck
git -C small/work fsck --full >/dev/null 2>&1
mount -o remount,size=40m small
mhub -C small/work add big.bin
mhub -C small/work commit -m "Second"
mhub -C small/work fsck
expect_clean small/work

step "clone"
start_hub
make_repo team/model
gen_noise model/blob.bin 30M 3
mhub -C model push -m "First"
expect_exit 1 mhub clone "$HUB/team/model" small/clone
expect_err "space"
mount -o remount,size=120m small
mhub clone "$HUB/team/model" small/clone
expect_same_tree model small/clone

step "the hub's own disk"
stop_hub
rm -rf small/work small/clone
mkdir small/hub
HUB_DATA=$T/small/hub
mount -o remount,size=20m small
start_hub
make_repo team/full
gen_noise full/blob.bin 30M 4
code=0
mhub -C full push -m "Too much" 2>"$T/err" || code=$?
[ $code -ne 0 ] || fail "a push to a full hub succeeded"
cat "$T/err"
mount -o remount,size=120m small
mhub -C full push
mhub clone "$HUB/team/full" full-clone
expect_same_tree full full-clone
stop_hub
mhub admin fsck --data "$HUB_DATA"
