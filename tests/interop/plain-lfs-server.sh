# mhub against a hub that offers only the basic LFS transfer.
. "$(dirname "$0")/../e2e/common.sh"
start_hub
mhub repo create team/model --type model
python3 "$SOURCE/tests/support/basic_lfs_filter.py" "$HUB" "$T/filter.port" 2>"$T/filter.log" &
filter=$!
AT_EXIT='kill $filter'
wait_until test -s "$T/filter.port"
export MHUB_ENDPOINT=http://127.0.0.1:$(cat "$T/filter.port")
mhub clone "$MHUB_ENDPOINT/team/model" a
gen_noise a/blob.bin 6M 1
mhub -C a push -m "Whole objects"
mhub clone "$MHUB_ENDPOINT/team/model" b
expect_same_tree a b
gen_edit overwrite a/blob.bin 1000 1000 2
mhub -C a push -m "Again"
mhub -C b pull
expect_same_tree a b
expect_clean a
expect_clean b
