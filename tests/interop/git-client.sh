# Real git clones from and pushes to mhub serve, as from any forge.
. "$(dirname "$0")/../e2e/common.sh"
start_hub
git_login
mhub repo create team/code --type model

step "push a history, with more than one megabyte of pack"
git init -q work
gen_noise work/blob 3M 1
git -C work add . && git -C work commit -qm "First"
for i in $(seq 1 50); do echo "$i" >>work/log.txt; git -C work add . && git -C work commit -qm "Change $i"; done
git -C work tag v1
git -C work tag -a -m "Annotated" v2
git -C work remote add origin "$HUB/team/code"
git -C work push -q origin main --tags

step "clone, with .git in the URL and without, protocol 0 and 2, shallow"
git clone -q "$HUB/team/code" a
git clone -q "$HUB/team/code.git" b
git -c protocol.version=0 clone -q "$HUB/team/code" c
git clone -q --depth 3 "$HUB/team/code" d
for clone in a b c; do
  expect_same_tree work $clone
  expect_equal "commit" "$(git -C $clone rev-parse HEAD)" "$(git -C work rev-parse HEAD)"
  git -C $clone rev-parse v1 v2 >/dev/null
  git -C $clone fsck --full >/dev/null 2>&1
done
expect_equal "depth" "$(git -C d rev-list --count HEAD)" 3

step "fetch what is new, delete, refuse what is not a fast-forward"
echo new >work/new.txt
git -C work add . && git -C work commit -qm "New" && git -C work push -q origin main main:side
git -C a pull -q
expect_same_tree work a
git -C work push -q origin :side
! git -C a ls-remote --exit-code origin side >/dev/null || fail "the branch is still there"
git -C b commit -q --allow-empty -m "Diverged"
! git -C b push -q origin HEAD:main 2>/dev/null || fail "a push that is no fast-forward was taken"

step "no anonymous push; a private repository is invisible"
rm "$HOME/.git-credentials"
git clone -q "$HUB/team/code" e
git -C e commit -q --allow-empty -m "Anonymous"
! git -C e push -q origin HEAD:main 2>"$T/err" || fail "an anonymous push was taken"
mhub repo create team/secret --type model --private
! git clone -q "$HUB/team/secret" f 2>"$T/err" || fail "an anonymous clone of a private repository"
