# What mhub pushed, git and git-lfs clone, change and push.
. "$(dirname "$0")/../e2e/common.sh"
use_git_lfs
start_hub
git_login
make_repo team/model
gen_weights model/model.safetensors 16M 1
gen_noise model/blob.bin 4M 2
: >model/empty.txt
printf 'no newline' >model/short.txt
mhub -C model push -m "By mhub"
expect_clean model

step "git clones with git-lfs"
git clone -q "$HUB/team/model" theirs
expect_same_tree model theirs
(cd theirs && git lfs fsck >"$T/fsck") || { cat "$T/fsck" >&2; fail "git lfs fsck"; }
[ -z "$(git -C theirs status --porcelain)" ] || fail "git status is not clean"

step "git changes and pushes, mhub pulls"
gen_edit tune theirs/model.safetensors 10 3
(cd theirs && git add . && git commit -qm "By git" && git push -q)
mhub -C model pull
expect_same_tree model theirs
expect_clean model

step "git works in mhub's clone"
gen_noise model/blob.bin 4M 9
git -C model add . && git -C model commit -qm "By git in mhub's clone" && git -C model push -q
git -C theirs pull -q
expect_same_tree model theirs
mhub -C model status
mhub -C model fsck
git -C model stash list >/dev/null
git -C model checkout -q HEAD~1
git -C model checkout -q main
expect_same_tree model theirs
# git wrote this index last, so git-lfs has to answer for files that it takes for racy.
[ -z "$(git -C model status --porcelain)" ] || fail "git status is not clean: $(git -C model status --porcelain)"
