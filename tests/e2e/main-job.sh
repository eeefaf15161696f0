# The main job: weights go in on one machine and come out on another, bit for bit, and back.
. "$(dirname "$0")/common.sh"
start_hub

step "create, clone, add, commit, push"
mhub repo create team/model --type model
mhub clone "$HUB/team/model" a
gen_weights a/model.safetensors "$(scaled 64)" 1
gen_noise a/tokenizer.bin 300K 2
echo '{"hidden_size": 1024}' >a/config.json
mkdir -p a/sub/deeper && echo text >a/sub/deeper/notes.txt
mhub -C a add .
mhub -C a commit -m "First weights"
mhub -C a push
expect_clean a
git -C a cat-file -p HEAD:model.safetensors | head -n 1 | grep -qx 'version https://git-lfs.github.com/spec/v1' ||
  fail "model.safetensors is not a pointer in git"
git -C a cat-file -p HEAD:config.json | grep -q hidden_size || fail "config.json is not an ordinary blob"

step "clone elsewhere"
mhub clone "$HUB/team/model" b
expect_same_tree a b
expect_clean b
expect_equal "commit" "$(git -C a rev-parse HEAD)" "$(git -C b rev-parse HEAD)"

step "change, push, pull"
gen_edit tune a/model.safetensors 5 11
rm -r a/sub  # git leaves empty folders where rm left them
gen_noise a/added.bin 2M 3
mhub -C a add -A
mhub -C a commit -m "Second weights"
mhub -C a push
mhub -C b pull
expect_same_tree a b
expect_clean a
expect_clean b

step "and the other way round"
gen_edit insert b/model.safetensors 1000 1K 12
mhub -C b push -m "Third weights"
mhub -C a pull
expect_same_tree a b
expect_clean a
expect_clean b

step "nothing to do is fine"
mhub -C a push
mhub -C a pull
mhub -C a fsck
mhub -C b fsck
# What a clone has is its working files, and these are read.
expect_equal "large files read" "$(mhub -C b fsck --json | jq .working_files)" \
  "$(mhub -C b ls-files --json | jq length)"

step "an older version comes back"
mhub -C a switch -c old HEAD~2
mhub clone "$HUB/team/model" c
git -C c rev-parse HEAD~2 >/dev/null
mhub -C c switch -c old HEAD~2
expect_same_tree a c
mhub -C c switch main
expect_same_tree b c

step "the hub is sound, stops and starts again with everything"
stop_hub
mhub admin fsck --data "$HUB_DATA"
restart_hub
mhub clone "$HUB/team/model" d
expect_same_tree b d
