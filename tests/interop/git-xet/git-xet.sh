# Real git-xet, the transfer agent of git-lfs, pushes chunks to mhub serve. Run by scripts/test-git-xet.sh, which
# puts git-xet first in PATH: it is in no package registry.
. "$(dirname "$0")/../../e2e/common.sh"
use_git_lfs
command -v git-xet >/dev/null || fail "git-xet is not in PATH"
start_hub -v
git_login
mhub repo create team/model --type model
git xet install

# lines_logged TEXT: how often the hub's log holds it.
lines_logged() { grep -cF -- "$1" "$HUB_LOG" || true; }

step "push"
git init -q work
(
  cd work
  git lfs track '*.bin' '*.safetensors' >/dev/null
  gen_noise blob.bin 20M 1
  gen_weights model.safetensors 20M 2
  echo text >a.txt
  git add . && git commit -qm "First"
  git remote add origin "$HUB/team/model"
  git push -q origin main
)
[ "$(lines_logged /v1/xorbs/)" -gt 0 ] || fail "no xorb was sent"
[ "$(lines_logged 'PUT /team/model')" -eq 0 ] || fail "a file went up whole"

step "mhub and git-lfs read the same bytes"
mhub clone "$HUB/team/model" ours
expect_same_tree work ours
git clone -q "$HUB/team/model" theirs
expect_same_tree work theirs
(cd theirs && git lfs fsck >"$T/fsck") || { cat "$T/fsck" >&2; fail "git lfs fsck"; }
mhub admin fsck --data "$HUB_DATA"

step "a change sends its chunks only"
start_proxy
printf 'http://token:%s@%s\n' "$MHUB_TOKEN" "${HUB#http://}" >>"$HOME/.git-credentials"
git -C work remote set-url origin "$HUB/team/model"
gen_edit overwrite work/blob.bin 1000000 10000 3
(cd work && git commit -qam "Second" && git push -q origin main)
expect_at_most "bytes sent" "$(proxy_bytes up)" $((2 * 1048576))
mhub -C ours pull
expect_same_tree work ours

step "what mhub pushed, git-xet need not send"
gen_noise ours/more.bin 12M 4
mhub -C ours push -m "By mhub"
git -C work pull -q origin main
expect_same_tree work ours
mhub repo create team/copy --type model
before=$(proxy_bytes up)
git -C work push -q "$HUB/team/copy" main
expect_at_most "bytes sent" $(($(proxy_bytes up) - before)) $((1 << 20))
mhub clone "$HUB/team/copy" copy
expect_same_tree work copy

step "a private repository, and a stranger's token"
mhub repo create team/secret --type model --private
git -C work push -q "$HUB/team/secret" main
mhub clone "$HUB/team/secret" secret
expect_same_tree work secret
mhub admin user create mallory --data "$HUB_DATA"
stranger=$(mhub admin token create mallory --scope write --data "$HUB_DATA" --json | jq -er .token)
stranger_url=http://mallory:$stranger@${HUB#http://}/team/secret
expect_exit 128 git -C work push -q "$stranger_url" main:theirs
