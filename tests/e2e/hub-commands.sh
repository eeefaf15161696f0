# Repositories looked at, moved, opened and closed, copied and found, over the network alone.
. "$(dirname "$0")/common.sh"
start_hub
make_repo team/model --private
gen_noise model/w.safetensors 300K 1
mhub -C model track '*.safetensors'
echo text >model/README.md
mhub -C model push -m "First"
head=$(git -C model rev-parse HEAD)

step "info"
mhub repo info team/model --json >"$T/info"
expect_equal "name" "$(json_get .id "$T/info")" team/model
expect_equal "commit" "$(json_get .sha "$T/info")" "$head"
expect_equal "privacy" "$(json_get .private "$T/info")" true
expect_equal "large files" "$(json_get .large_files "$T/info")" 1
expect_equal "files" "$(json_get .files "$T/info")" "$(git -C model ls-files | wc -l)"
expect_equal "URL" "$(json_get .url "$T/info")" "$HUB/team/model"
expect_exit 0 mhub repo info "$HUB/team/model"
expect_out "private"
expect_out "$head"
expect_exit 0 mhub repo info team/model --revision main
HF_ENDPOINT=$HUB expect_exit 0 mhub repo info hf:team/model
expect_exit 1 mhub repo info team/none
expect_exit 1 mhub repo info team/model --revision none
expect_exit 2 mhub repo info team/model/more
expect_exit 2 mhub repo info hf:team/model --hub "$HUB"
expect_equal "gates" "$(mhub repo info team/model --json | jq .gated)" false
# An address without a type means what --type says, as a short name does, and not always a model.
expect_exit 1 mhub repo info "$HUB/team/model" --type dataset
expect_exit 2 mhub repo info "$HUB/datasets/team/model" --type model
expect_exit 2 mhub download "http://me:secret@127.0.0.1:1/nothing"
expect_err "names no repository"
if grep -qF secret "$T/err"; then fail "a message shows a password"; fi

# What a repository is called is read alike by all commands.
for name in team/model "$HUB/team/model" "http://me:$MHUB_TOKEN@${HUB#http://}/team/model"; do
  expect_exit 0 mhub repo info "$name"
  expect_exit 0 mhub download "$name" README.md --local-dir read
done
HF_ENDPOINT=$HUB expect_exit 0 mhub repo info hf://team/model
HF_ENDPOINT=$HUB expect_exit 0 mhub download hf://team/model README.md --local-dir read
expect_exit 0 mhub download team/model README.md --hub "$HUB" --local-dir read
expect_exit 0 mhub repo info team/model --repo-type model
expect_exit 2 mhub download "$HUB/team/model" --hub "$HUB"
# A name alone is one's own, and behind hf: one of Hugging Face's oldest.
mhub upload alone model/README.md
expect_exit 0 mhub repo info admin/alone
expect_exit 0 mhub repo info alone
expect_exit 0 mhub download alone README.md --local-dir read
HF_ENDPOINT=$HUB expect_exit 1 mhub download hf:alone README.md --local-dir fresh
HF_ENDPOINT=$HUB expect_exit 1 mhub repo info hf:alone

step "settings"
(unset MHUB_TOKEN; expect_exit 4 mhub clone "$HUB/team/model" anonymous)
mhub repo settings team/model --public
expect_equal "privacy" "$(mhub repo info team/model --json | jq .private)" false
(unset MHUB_TOKEN; mhub clone --no-data "$HUB/team/model" anonymous)
mhub repo settings team/model --private --json >"$T/settings"
expect_equal "privacy" "$(json_get .private "$T/settings")" true
expect_exit 2 mhub repo settings team/model
expect_exit 2 mhub repo settings team/model --private --public
expect_exit 0 mhub repo settings team/model --gated manual
expect_out "is gated"
expect_equal "gates" "$(mhub repo info team/model --json | jq -r .gated)" manual
expect_equal "privacy" "$(mhub repo info team/model --json | jq .private)" true
mhub repo settings team/model --gated auto --public --json >"$T/settings"
expect_equal "what is set" "$(jq -c '[.private, .gated]' "$T/settings")" '[false,"auto"]'
expect_equal "gates" "$(mhub repo info team/model --json | jq -r .gated)" auto
mhub repo settings team/model --gated false --private --json >"$T/settings"
expect_equal "what is set" "$(jq -c '[.private, .gated]' "$T/settings")" '[true,false]'
expect_equal "gates" "$(mhub repo info team/model --json | jq .gated)" false
expect_exit 2 mhub repo settings team/model --gated maybe

step "move"
expect_exit 0 mhub repo move team/model other
expect_out "$HUB/team/other"
expect_equal "commit" "$(mhub repo info team/other --json | jq -r .sha)" "$head"
mhub -C model fetch # its old name still leads there
mhub repo create team/taken --type model
expect_exit 3 mhub repo move team/other team/taken
expect_exit 1 mhub repo move team/none team/new
expect_exit 2 mhub repo move team/other datasets/team/new

step "duplicate"
mhub repo duplicate team/other team/twin --public --json >"$T/twin.json"
expect_equal "URL" "$(json_get .url "$T/twin.json")" "$HUB/team/twin"
mhub clone team/twin twin
expect_same_tree model twin
(unset MHUB_TOKEN; mhub clone --no-data "$HUB/team/twin" open-twin)
expect_exit 3 mhub repo duplicate team/other team/twin
mhub repo duplicate team/other mine
expect_exit 0 mhub repo info admin/mine
expect_out "private"

step "search"
mhub repo create team/words --type dataset
mhub search twin --json >"$T/found"
expect_equal "what was found" "$(jq -r '.[].id' "$T/found")" team/twin
expect_equal "data sets" "$(mhub search datasets --author team --json | jq -r '.[].id')" team/words
expect_equal "limit" "$(mhub search --author team --limit 1 --json | jq length)" 1
expect_exit 0 mhub search twin
expect_out "NAME"
expect_out "team/twin"
expect_exit 0 mhub search nothing-like-this
expect_err "nothing found"
(unset MHUB_TOKEN; expect_equal "what anybody finds" "$(mhub search other --json | jq length)" 0)
expect_exit 2 mhub search
expect_exit 2 mhub search datasets
expect_exit 2 mhub search x --sort size
