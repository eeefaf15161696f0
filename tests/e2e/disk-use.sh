# The data exists once on disk: after a clone at most 1.02 times the logical size is used.
. "$(dirname "$0")/common.sh"
start_hub
make_repo team/model
gen_noise model/blob.bin "$(scaled 64)" 5
gen_weights model/weights.safetensors "$(scaled 64)" 6
mhub -C model push -m "First"

mhub clone "$HUB/team/model" b
expect_same_tree model b
logical=$(du -sb --exclude=.git b | cut -f 1)
expect_at_most "disk used by the clone" "$(disk_bytes b)" $((logical + logical / 50))

step "and still after a pull"
gen_edit tune model/weights.safetensors 10 7
mhub -C model push -m "Second"
mhub -C b pull
expect_same_tree model b
expect_at_most "disk used by the clone after a pull" "$(disk_bytes b)" $((logical * 112 / 100))

step "prune gives back what the hub holds"
mhub -C model prune
logical=$(du -sb --exclude=.git model | cut -f 1)
expect_at_most "disk used by the pusher after prune" "$(disk_bytes model)" $((logical * 102 / 100))
mhub -C model fsck
mhub -C model switch -c old HEAD~1
mhub -C b switch -c old HEAD~1
expect_same_tree model b
