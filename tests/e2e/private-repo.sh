# A private repository is there for its members and for nobody else.
. "$(dirname "$0")/common.sh"
start_hub
make_repo team/secret --private
gen_noise secret/blob.bin 3M 5
mhub -C secret push -m "First"
make_repo team/open
gen_noise open/blob.bin 1M 6
mhub -C open push -m "First"
oid=$(sha256sum <secret/blob.bin | cut -d ' ' -f 1)
xet=$(mhub -C secret ls-files --json | jq -er '.[] | select(.path == "blob.bin") | .xet_hash')

step "without a token"
(
  unset MHUB_TOKEN
  mhub clone "$HUB/team/open" anonymous-open
  expect_same_tree open anonymous-open
  expect_exit 4 mhub clone "$HUB/team/secret" anonymous-secret
  [ ! -e anonymous-secret/blob.bin ] || fail "data of a private repository"
)
code_of() { curl -s -o "$T/body" -w '%{http_code}' "$@"; }
for path in "team/secret.git/info/refs?service=git-upload-pack" "team/secret/info/refs?service=git-upload-pack" \
  "team/secret.git/info/lfs/objects/$oid" "v1/reconstructions/$xet" "api/models/team/secret/xet-read-token/main"; do
  code=$(code_of "$HUB/$path")
  case $code in 401 | 403 | 404) ;; *) fail "GET /$path without a token answers $code" ;; esac
  code=$(code_of -H "Authorization: Bearer nonsense" "$HUB/$path")
  case $code in 401 | 403 | 404) ;; *) fail "GET /$path with a wrong token answers $code" ;; esac
done

step "a token with read scope reads and does not write"
mhub admin user create reader --data "$HUB_DATA"
reader=$(mhub admin token create reader --scope read --data "$HUB_DATA" --json | jq -er .token)
MHUB_TOKEN=$reader mhub clone "$HUB/team/open" reader-open
gen_noise reader-open/new.bin 1M 9
MHUB_TOKEN=$reader expect_exit 4 mhub -C reader-open push -m "Denied"
code=0
MHUB_TOKEN=$reader mhub clone "$HUB/team/secret" reader-secret 2>"$T/err" || code=$?
case $code in 1 | 4) ;; *) fail "clone of somebody's private repository ended with $code" ;; esac

step "a token with write scope writes in its own namespace and in no other"
writer=$(mhub admin token create reader --scope write --data "$HUB_DATA" --json | jq -er .token)
MHUB_TOKEN=$writer mhub repo create reader/own --type model
MHUB_TOKEN=$writer expect_exit 4 mhub repo create team/foreign --type model
MHUB_TOKEN=$writer expect_exit 4 mhub -C reader-open push

step "a CAS token for one repository opens no other"
read_token=$(curl -sf -H "Authorization: Bearer $MHUB_TOKEN" \
  "$HUB/api/models/team/open/xet-read-token/main" | jq -er .accessToken)
code=$(code_of -H "Authorization: Bearer $read_token" "$HUB/v1/reconstructions/$xet")
case $code in 401 | 403 | 404) ;; *) fail "a token of team/open reconstructs team/secret's file: $code" ;; esac

step "list shows it only to those who may read it"
mhub repo list --json | jq -es 'flatten | map(.id // .name) | any(. == "team/secret")' >/dev/null ||
  fail "the owner does not see team/secret"
(unset MHUB_TOKEN; mhub repo list --json | jq -es 'flatten | map(.id // .name) | any(. == "team/secret") | not' >/dev/null) ||
  fail "anybody sees team/secret"

step "deleted is gone"
mhub repo delete team/secret --yes
expect_exit 1 mhub clone "$HUB/team/secret" again
