# Real git-lfs pushes to and pulls from mhub serve, which keeps chunks and hands out whole objects.
. "$(dirname "$0")/../e2e/common.sh"
use_git_lfs
start_hub
git_login
mhub repo create team/model --type model

step "push"
git init -q work
(
  cd work
  git lfs track '*.bin' '*.safetensors' >/dev/null
  gen_noise blob.bin 20M 1
  gen_weights model.safetensors 20M 2
  : >empty.bin
  echo text >a.txt
  git add . && git commit -qm "First"
  git remote add origin "$HUB/team/model"
  git push -q origin main
)

step "clone"
git clone -q "$HUB/team/model" a
expect_same_tree work a
(cd a && git lfs fsck >"$T/fsck") || { cat "$T/fsck" >&2; fail "git lfs fsck"; }

step "change and pull"
gen_edit insert work/blob.bin 1000 1K 3
(cd work && git add . && git commit -qm "Second" && git push -q origin main)
git -C a pull -q
expect_same_tree work a
(cd a && git lfs fsck >/dev/null) || fail "git lfs fsck after a pull"

step "the hub stored the second version's chunks only once"
expect_at_most "bytes in the hub's folder" "$(disk_bytes "$HUB_DATA")" $((48 * 1048576))

step "objects of a private repository need a token"
mhub repo create team/secret --type model --private
(cd work && git push -q "$HUB/team/secret" main)
oid=$(sha256sum <work/blob.bin | cut -d ' ' -f 1)
body=$(jq -nc --arg oid "$oid" '{operation: "download", transfers: ["basic"], objects: [{oid: $oid, size: 1}]}')
code=$(curl -s -o "$T/body" -w '%{http_code}' -H 'Content-Type: application/vnd.git-lfs+json' \
  -d "$body" "$HUB/team/secret.git/info/lfs/objects/batch")
case $code in 401 | 403 | 404) ;; *) fail "batch without a token answers $code" ;; esac

step "a wrong object is refused"
gen_noise wrong 1M 9
body=$(jq -nc --arg oid "$oid" '{operation: "upload", transfers: ["basic"],
  objects: [{oid: ("0" * 64), size: 1048576}]}')
answer=$(curl -sf -u "token:$MHUB_TOKEN" -H 'Content-Type: application/vnd.git-lfs+json' \
  -H 'Accept: application/vnd.git-lfs+json' -d "$body" "$HUB/team/model.git/info/lfs/objects/batch")
href=$(jq -er '.objects[0].actions.upload.href' <<<"$answer")
mapfile -t headers < <(jq -r '.objects[0].actions.upload.header // {} | to_entries[] | "-H", "\(.key): \(.value)"' <<<"$answer")
code=$(curl -s -o "$T/body" -w '%{http_code}' -u "token:$MHUB_TOKEN" "${headers[@]}" -T wrong "$href")
case $code in 4??) ;; *) fail "an object with a wrong hash was answered with $code" ;; esac
