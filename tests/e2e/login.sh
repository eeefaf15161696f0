# A token can be kept: in a file that only its owner can read, for that host alone.
. "$(dirname "$0")/common.sh"
start_hub
token=$MHUB_TOKEN
unset MHUB_TOKEN
expect_exit 4 mhub repo create team/model --type model
printf '%s\n' "$token" | mhub login "$HUB" --token-stdin
mhub whoami
mhub repo create team/model --type model
mhub clone "$HUB/team/model" a
gen_noise a/x.bin 1M 1
mhub -C a push -m "With a stored token"
found=$(grep -rlF -- "$token" "$HOME" || true)
[ -n "$found" ] || fail "where is the token?"
while read -r file; do expect_equal "mode of $file" "$(stat -c %a "$file")" 600; done <<<"$found"
mhub logout "$HUB"
! grep -rqF -- "$token" "$HOME" || fail "logout left the token"
expect_exit 4 mhub repo create team/other --type model

step "one of the tokens that Hugging Face's tools keep, for their hub alone"
export HF_ENDPOINT=$HUB HF_HOME=$T/hf
expect_exit 1 mhub login --stored work
expect_err "hf auth login"
mkdir -p "$HF_HOME"
printf '[home]\nhf_token = hf_nothing\n\n[work]\nhf_token = %s\n' "$token" >"$HF_HOME/stored_tokens"
expect_exit 1 mhub login --stored elsewhere
expect_err "home, work"
expect_exit 4 mhub login --stored home
expect_exit 2 mhub login --stored work http://127.0.0.1:1
mhub login --stored work
rm "$HF_HOME/stored_tokens"
mhub repo create team/other --type model
