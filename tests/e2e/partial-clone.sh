# --include, --exclude and --no-data leave pointers in place of data; the rest can come later.
. "$(dirname "$0")/common.sh"
start_hub
make_repo team/model
gen_noise model/big.bin 4M 1
gen_noise model/small.safetensors 2M 2
echo text >model/a.txt
mhub -C model push -m "First"

is_pointer() { [ "$(wc -c <"$1")" -lt 200 ] && head -n 1 "$1" | grep -q git-lfs; }
mhub clone --no-data "$HUB/team/model" none
is_pointer none/big.bin || fail "--no-data fetched big.bin"
is_pointer none/small.safetensors || fail "--no-data fetched small.safetensors"
expect_same_file none/a.txt model/a.txt
expect_clean none

mhub clone --include '*.safetensors' "$HUB/team/model" some
is_pointer some/big.bin || fail "--include fetched big.bin"
expect_same_file some/small.safetensors model/small.safetensors
expect_clean some

mhub clone --exclude '*.safetensors' "$HUB/team/model" rest
is_pointer rest/small.safetensors || fail "--exclude fetched small.safetensors"
expect_same_file rest/big.bin model/big.bin

step "a commit in a clone without data keeps the pointers"
echo more >>none/a.txt
mhub -C none push -m "Text only"
mhub -C model pull
expect_same_file none/a.txt model/a.txt
[ "$(stat -c %s model/big.bin)" -eq $((4 * 1048576)) ] || fail "the pull damaged big.bin"

step "the data comes when asked for"
mhub -C none pull --include '*'
expect_same_tree model none
expect_clean none
