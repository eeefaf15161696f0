# 0 done, 1 failed, 2 usage, 3 conflict, 4 not authorised, 5 network, 6 corrupt, 7 busy, 130 interrupted.
. "$(dirname "$0")/common.sh"
start_hub
make_repo team/model
gen_noise model/blob.bin 2M 5
mhub -C model push -m "First"
mhub clone "$HUB/team/model" b

step "2: usage"
expect_exit 2 mhub --no-such-option
expect_exit 2 mhub no-such-command
expect_exit 2 mhub clone
expect_exit 2 mhub serve
expect_exit 0 mhub --help
expect_exit 0 mhub push --help
expect_exit 0 mhub version

step "1: failed"
expect_exit 1 mhub -C "$T" status
expect_err "not in a git repository"
expect_exit 1 mhub -C model add no-such-file

step "3: conflict"
gen_noise model/blob.bin 2M 6
mhub -C model push -m "Second"
gen_noise b/other.bin 1M 7
expect_exit 3 mhub -C b push -m "Diverged"
expect_err "pull"
gen_noise b/blob.bin 2M 8
expect_exit 3 mhub -C b pull
expect_same_file b/blob.bin <("$GEN_DATA" noise "$T/want" 2M 8 && cat "$T/want")

step "4: not authorised"
MHUB_TOKEN=nonsense expect_exit 4 mhub -C model push -m "Denied" --allow-empty
MHUB_TOKEN=nonsense expect_exit 4 mhub repo create team/third --type model
(unset MHUB_TOKEN; expect_exit 4 mhub repo create team/third --type model)

step "5: network"
expect_exit 5 env MHUB_ENDPOINT=http://127.0.0.1:9 mhub clone http://127.0.0.1:9/team/model nowhere
[ ! -e nowhere ] || [ -d nowhere ] || fail "clone left something odd"

step "no token in any output"
expect_quiet() {
  expect_exit 0 mhub "$@"
  ! grep -qF -- "$MHUB_TOKEN" "$T/out" "$T/err" || fail "the token was printed by: $*"
}
expect_quiet whoami
expect_quiet -C model remote -v
expect_quiet -vv -C model fetch
expect_quiet -C model config --list
! grep -qF -- "$MHUB_TOKEN" "$HUB_LOG" || fail "the token is in the hub's log"
! grep -rqF -- "$MHUB_TOKEN" model/.git/config || fail "the token is in .git/config"
