# A repository made by git and git-lfs is cloned, changed and pushed by mhub.
. "$(dirname "$0")/../e2e/common.sh"
use_git_lfs
start_hub
git_login
mhub repo create team/model --type model
git init -q theirs
(
  cd theirs
  git lfs track '*.bin' >/dev/null
  gen_noise blob.bin 8M 1
  gen_noise other.bin 1M 2
  echo text >a.txt
  git add . && git commit -qm "By git-lfs"
  git remote add origin "$HUB/team/model"
  git push -q -u origin main
)

step "mhub clones it"
mhub clone "$HUB/team/model" ours
expect_same_tree theirs ours
expect_clean ours

step "mhub changes and pushes"
gen_edit overwrite ours/blob.bin 5000 100K 3
gen_noise ours/new.bin 3M 4
mhub -C ours push -m "By mhub"
expect_clean ours

step "git-lfs pulls"
git -C theirs pull -q
expect_same_tree theirs ours
(cd theirs && git lfs fsck >"$T/fsck") || { cat "$T/fsck" >&2; fail "git lfs fsck"; }

step "git-lfs changes, mhub pulls"
gen_edit insert theirs/blob.bin 77 1K 5
(cd theirs && git add . && git commit -qm "By git-lfs again" && git push -q)
mhub -C ours pull
expect_same_tree theirs ours
expect_clean ours

step "mhub in the git-lfs clone itself"
mhub -C theirs status
gen_noise theirs/third.bin 1M 6
mhub -C theirs push -m "By mhub in git's clone"
expect_clean theirs
mhub -C ours pull
expect_same_tree theirs ours
