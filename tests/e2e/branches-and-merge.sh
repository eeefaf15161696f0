# Branches, tags, merge, restore, rm: words of git mean what they mean in git.
. "$(dirname "$0")/common.sh"
start_hub
make_repo team/model
gen_noise model/base.bin 2M 1
mhub -C model push -m "Base"

step "a branch of its own and back"
mhub -C model switch -c experiment
gen_noise model/base.bin 2M 2
gen_noise model/extra.bin 1M 3
mhub -C model add .
mhub -C model commit -m "Experiment"
cp -r model experiment-copy
mhub -C model switch main
[ ! -e model/extra.bin ] || fail "extra.bin is still there on main"
"$GEN_DATA" noise want 2M 1
expect_same_file model/base.bin want
expect_clean model
mhub -C model push -u origin experiment || mhub -C model push origin experiment

step "merge"
echo note >model/note.txt
mhub -C model add note.txt
mhub -C model commit -m "Note"
mhub -C model merge experiment
"$GEN_DATA" noise want 2M 2
expect_same_file model/base.bin want
[ -e model/note.txt ] && [ -e model/extra.bin ] || fail "merge lost a file"
expect_equal parents "$(git -C model rev-list --parents -n 1 HEAD | wc -w)" 3
mhub -C model push
expect_clean model

step "a merge conflict in data keeps both sides at hand"
mhub -C model switch -c left
gen_noise model/base.bin 2M 31
mhub -C model add base.bin && mhub -C model commit -m "Left"
mhub -C model switch main
gen_noise model/base.bin 2M 32
mhub -C model add base.bin && mhub -C model commit -m "Right"
expect_exit 3 mhub -C model merge left
expect_err base.bin
cp model/base.bin in-conflict
"$GEN_DATA" noise want32 2M 32
expect_exit 3 mhub -C model restore .
expect_err base.bin
expect_same_file model/base.bin in-conflict
expect_equal stages "$(git -C model ls-files -u | wc -l)" 3
expect_exit 3 mhub -C model switch left
expect_exit 3 mhub -C model switch -c elsewhere
cp -r model merging
mhub -C merging restore --staged .
expect_equal stages "$(git -C merging ls-files -u | wc -l)" 0
mhub -C merging restore --source HEAD base.bin
expect_same_file merging/base.bin want32
mhub -C merging switch --discard-changes left
[ ! -e merging/.git/MERGE_HEAD ] || fail "the merge came along to another branch"
git -C merging diff --cached --exit-code >/dev/null || fail "the index is not left's"
mhub -C model merge --abort
expect_clean model
"$GEN_DATA" noise want 2M 32
expect_same_file model/base.bin want

step "tags and restore"
mhub -C model tag v1
mhub -C model push origin v1
expect_clean model
rm model/base.bin
gen_edit overwrite model/extra.bin 10 10 1
mhub -C model restore base.bin extra.bin
expect_same_file model/base.bin want
expect_clean model
mhub clone "$HUB/team/model" b
git -C b rev-parse v1 >/dev/null || fail "the tag did not come"
git -C b rev-parse origin/experiment >/dev/null || fail "the branch did not come"

step "git agrees after whatever writes the index or refs"
mhub -C b fetch
expect_clean b
mhub -C b restore --source origin/experiment~1 base.bin
mhub -C b add base.bin # the old bytes under the new commit are a change like any other
mhub -C b commit -m "Back"
expect_clean b
mhub -C b track '*.odd'
mhub -C b add .gitattributes
mhub -C b commit -m "Tracked"
expect_clean b
mhub -C b untrack '*.odd'
mhub -C b add .gitattributes
mhub -C b commit -m "Untracked"
expect_clean b
mhub -C model prune
expect_clean model
mhub -C model fsck

step "a branch that would not move forward is left alone, which fetch and pull do not hide"
aside=$(git -C b commit-tree -m "Aside" 'HEAD^{tree}')
git -C b branch aside "$aside"
expect_exit 1 mhub -C b fetch origin main:aside
grep -q "rejected.*aside.*non-fast-forward" "$T/out" "$T/err" || fail "the branch left alone is not named"
expect_equal "aside" "$(git -C b rev-parse aside)" "$aside"
expect_exit 1 mhub -C b --json fetch origin main:aside
expect_equal "rejected in JSON" "$(json_get '.rejected[0].name' "$T/out")" refs/heads/aside
expect_exit 0 mhub -C b fetch origin +main:aside
git -C b config remote.origin.fetch 'refs/heads/*:refs/remotes/origin/*'
tracked=$(git -C b rev-parse origin/main)
git -C b update-ref refs/remotes/origin/main "$aside"
expect_exit 3 mhub -C b pull
expect_err "non-fast-forward"
git -C b update-ref refs/remotes/origin/main "$tracked"
git -C b config remote.origin.fetch '+refs/heads/*:refs/remotes/origin/*'

step "rm, and a change in the way is not overwritten"
mhub -C model rm extra.bin
[ ! -e model/extra.bin ] || fail "rm left the file"
mhub -C model commit -m "Removed"
expect_clean model
gen_noise model/base.bin 2M 77
expect_exit 3 mhub -C model switch experiment
"$GEN_DATA" noise want 2M 77
expect_same_file model/base.bin want
