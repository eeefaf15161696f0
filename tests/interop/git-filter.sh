# Plain git, with mhub as its filter, adds, commits, clones and switches large files.
. "$(dirname "$0")/../e2e/common.sh"
start_hub
git_login
mhub repo create team/model --type model >/dev/null

step "install"
mhub install
expect_equal process "$(git config --global filter.lfs.process)" "mhub filter-process"
expect_equal required "$(git config --global filter.lfs.required)" true
git config --global filter.lfs.process "git-lfs filter-process"
expect_exit 3 mhub install
expect_err "--force"
mhub install --force
expect_exit 1 mhub -C "$T" install --local

step "git add and commit"
git init -q work
git -C work remote add origin "$HUB/team/model"
gen_noise work/blob.bin 20M 1
gen_weights work/model.safetensors 8M 2
: >work/empty.bin
for i in 1 2 3 4 5 6 7 8; do gen_noise "work/part-$i.bin" 300K "2$i"; done
cp work/part-1.bin work/twin.bin
mkdir work/deep
head -c 100 /dev/urandom >work/deep/tiny.bin
echo text >work/a.txt
mhub -C work track '*.bin' '*.safetensors'
git -C work add .
git -C work commit -qm "First"
git -C work show HEAD:blob.bin | grep -q "^oid sha256:$(sha256sum <work/blob.bin | cut -d ' ' -f 1)$" || fail "no pointer"
git -C work cat-file -e HEAD:empty.bin
expect_equal "empty" "$(git -C work cat-file -s HEAD:empty.bin)" 0
[ -z "$(git -C work status --porcelain)" ] || fail "git sees changes"
[ -z "$(mhub -C work status --json | jq -r '(.staged + .unstaged)[]')" ] || fail "mhub sees changes"
mhub -C work fsck

step "checkout from the store, without a network"
cp -r work before
rm work/blob.bin work/deep/tiny.bin work/twin.bin
git -C work -c remote.origin.url=http://127.0.0.1:9/team/model checkout -q -- .
expect_same_tree work before
mhub -C work push origin main

step "git clone from the hub"
git clone -q "$HUB/team/model" a 2>"$T/err" || { cat "$T/err" >&2; fail "git clone"; }
expect_same_tree work a
git -C a fsck --full --strict --no-dangling
[ -z "$(git -C a status --porcelain)" ] || fail "git sees changes in the clone"
[ -z "$(ls -A a/.git/mhub-partial/filter 2>/dev/null)" ] || fail "files were left behind"
mhub -C a fsck

step "a branch and back"
git -C a switch -qc side
gen_edit insert a/blob.bin 1000 1K 3
gen_noise a/part-2.bin 300K 99
git -C a commit -qam "On the side"
sum=$(sha256sum <a/blob.bin)
git -C a switch -q main
expect_same_tree work a
git -C a switch -q side
expect_equal "blob.bin on side" "$(sha256sum <a/blob.bin)" "$sum"
git -C a diff --exit-code main~0 side -- part-3.bin >/dev/null
git -C a archive main blob.bin | tar -xO blob.bin | cmp - work/blob.bin || fail "git archive"

step "a linked work tree"
git -C a worktree add -q ../linked main 2>"$T/err" || { cat "$T/err" >&2; fail "git worktree add"; }
expect_same_tree work linked

step "a file whose bytes are nowhere to be had fails by name"
git clone -q "$HUB/team/model" b
git -C b remote set-url origin http://127.0.0.1:9/team/model
rm b/blob.bin b/a.txt
code=0
git -C b checkout -q -- . >"$T/out" 2>"$T/err" || code=$?
[ $code -ne 0 ] || fail "git checked out what is not there"
grep -q "blob.bin" "$T/err" || { cat "$T/err" >&2; fail "the file is not named"; }
expect_same_file b/a.txt work/a.txt

step "pointers on demand"
mhub install --no-data
git clone -q "$HUB/team/model" c
grep -q "^oid sha256:" c/blob.bin || fail "blob.bin is no pointer"
mhub -C c pull
expect_same_tree work c
mhub install --remove
! git config --global filter.lfs.process || fail "the setting is still there"
