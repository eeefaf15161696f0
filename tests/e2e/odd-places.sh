# Remotes that are no hub, work trees on another file system, an umask, files that share chunks.
. "$(dirname "$0")/common.sh"
start_hub
make_repo team/model
gen_noise model/base.bin 8M 1
cat model/base.bin model/base.bin >model/twice.bin
for i in 1 2 3 4 5 6 7 8 9 10 11 12; do
  cp model/base.bin "model/tuned-$i.bin"
  gen_noise tail 64K "10$i"
  cat tail >>"model/tuned-$i.bin"
done
echo '#!/bin/sh' >model/run.bin
gen_noise tail 2M 7
cat tail >>model/run.bin
chmod +x model/run.bin
mkdir model/copies
cp model/base.bin model/copies/one.bin
mhub -C model push -m "Base and what was made of it"

step "a remote that is a folder is left out, and the hub is asked"
mhub clone --no-data "$HUB/team/model" partial
git init -q --bare folder.git
git -C partial remote rename origin hub
git -C partial remote add origin "$T/folder.git"
git -C partial remote add elsewhere git@example.invalid:team/model
mhub -C partial pull hub main
expect_same_tree model partial
expect_clean partial
expect_exit 0 mhub -C partial prune --verify-remote
rm partial/base.bin
mhub -C partial restore base.bin
expect_same_file partial/base.bin model/base.bin

step "files that share chunks do not fetch them each anew"
mhub clone --json "$HUB/team/model" b >clone.json
expect_same_tree model b
received=$(jq -s '[.. | .received_bytes? // empty] | max' clone.json)
expect_at_most "bytes of 14 alike files" "$received" $((80 << 20))

step "the umask counts"
(umask 027 && mhub clone "$HUB/team/model" private)
expect_equal "mode of a large file" "$(stat -c %a private/base.bin)" 640
expect_equal "mode of a large program" "$(stat -c %a private/run.bin)" 750
expect_clean private

step "the work tree lies on another file system than the git folder"
if [ -w /dev/shm ] && [ "$(stat -c %d /dev/shm)" != "$(stat -c %d "$T")" ]; then
  far=$(mktemp -d /dev/shm/mhub-test.XXXXXX)
  AT_EXIT="rm -rf $far"
  git -C model worktree add -q --no-checkout "$far/work" -b far
  mhub -C "$far/work" restore --staged --worktree .
  expect_same_tree model "$far/work"
  [ "$(find "$far/work" -name '*mhub*' | wc -l)" -eq 0 ] || fail "scratch files were left behind"
fi

step "a file changed behind git's back can be put right"
git -C b config core.trustctime false
cp -p b/base.bin before
printf 'X' | dd of=b/base.bin bs=1 seek=100 conv=notrunc status=none
touch -r before b/base.bin
expect_exit 6 mhub -C b fsck
expect_out "base.bin"
expect_err "mhub restore"
mhub -C b restore base.bin
expect_same_file b/base.bin model/base.bin
expect_exit 0 mhub -C b fsck

step "names with glob characters, and a dry run"
gen_noise 'model/odd.v[1]' 2M 9
gen_noise 'model/new.weights' 2M 10
mhub -C model add --dry-run --json . >dry.json
expect_equal "large files of the dry run" "$(jq -s '[.. | objects | select(.large == true)] | length' dry.json)" 2
mhub -C model add .
expect_equal "pointers in the index" "$(git -C model grep --cached -l 'git-lfs.github.com' -- 'new.weights' ':(literal)odd.v[1]' | wc -l)" 2

step "a project may say in .lfsconfig where its large files are"
make_repo team/data
make_repo team/code
gen_noise code/big.bin 2M 91
mhub -C code push -m "Its data beside it"
printf '[lfs]\n\turl = http://nobody:secret@%s/team/data.git/info/lfs\n' "${HUB#http://}" >code/.lfsconfig
mhub -C code push -m "Its data elsewhere, says the project"
mhub clone --no-data "$HUB/team/code" code2
expect_exit 1 mhub -C code2 pull # that is where it is looked for, and it is not there
mhub -C code2 config lfs.url "$HUB/team/code.git/info/lfs"
mhub -C code2 pull # the user's own setting counts
expect_same_file code/big.bin code2/big.bin
gen_noise code/more.bin 2M 92
expect_exit 3 mhub -C code push -m "More" # the data goes there, and the hub of the commits misses it
