# A hub by itself: ready line, one at a time, graceful stop, restart with the same data, administration.
. "$(dirname "$0")/common.sh"
start_hub
head -n 1 "$T/hub.json" | jq -e '.event == "ready" and (.url | startswith("http://127.0.0.1:"))' >/dev/null
expect_equal "mode of the data folder" "$(stat -c %a "$HUB_DATA")" 700
expect_equal "mode of what lies in it" \
  "$(stat -c %a "$HUB_DATA"/{git,store,hooks,home,tmp} | sort -u)" 700
expect_equal "mode of the catalog" "$(stat -c %a "$HUB_DATA/catalog.db")" 600
expect_exit 2 mhub serve --data "$T/never" --idle-timeout 0

step "one hub at a time"
expect_exit 7 mhub serve --data "$HUB_DATA" --listen 127.0.0.1:0

step "users, tokens, repositories from the hub's machine"
mhub admin user create ann --data "$HUB_DATA"
expect_exit 3 mhub admin user create ann --data "$HUB_DATA"
token=$(mhub admin token create ann --scope write --data "$HUB_DATA" --json | jq -er .token)
mhub admin token list --data "$HUB_DATA" --json | jq -e 'map(select(.user == "ann")) | length == 1' >/dev/null
! mhub admin token list --data "$HUB_DATA" | grep -qF "$token" || fail "the list shows the token"
expect_equal "who the token belongs to" "$(MHUB_TOKEN=$token mhub whoami)" ann
MHUB_TOKEN=$token mhub repo create own --type model
mhub admin repo list --data "$HUB_DATA" --json | jq -e 'map(.id) == ["ann/own"]' >/dev/null
id=$(mhub admin token list ann --data "$HUB_DATA" --json | jq -er '.[0].id')
mhub admin token revoke "$id" --data "$HUB_DATA"
MHUB_TOKEN=$token expect_exit 4 mhub whoami

step "no token lies in the data folder"
! grep -rqF -- "$token" "$HUB_DATA" || fail "ann's token lies in the data folder"
! grep -rqF -- "$MHUB_TOKEN" "$HUB_DATA" || fail "the admin's token lies in the data folder"

step "usage, check, garbage"
make_repo team/model
gen_noise model/blob.bin 2M 1
mhub -C model push -m "First"
mhub admin usage --data "$HUB_DATA" --json | jq -e . >/dev/null
mhub admin fsck --data "$HUB_DATA"
mhub admin gc --data "$HUB_DATA" --dry-run
mhub admin gc --data "$HUB_DATA"
mhub clone "$HUB/team/model" b
expect_same_tree model b

step "stops on SIGTERM, starts again, tells no token a second time"
stop_hub
chmod 755 "$HUB_DATA" "$HUB_DATA/git"    # as after a restore from a backup
restart_hub
expect_equal "mode of git/ after a start" "$(stat -c %a "$HUB_DATA/git")" 700
head -n 1 "$T/hub.json" | jq -e 'has("admin_token") | not' >/dev/null || fail "the token was told again"
mhub -C b pull
expect_equal "answer to a request that makes no sense" \
  "$(curl -s -o /dev/null -w '%{http_code}' --path-as-is "$HUB/../../etc/passwd")" 404
