# Sourced first by the tests that use Hugging Face's Python client, unmodified, with its chunk client hf_xet.
# CLIENT_BIN names another installation of the client.
# shellcheck shell=bash
. "$(dirname "${BASH_SOURCE[0]}")/../e2e/common.sh"

CLIENT_BIN=${CLIENT_BIN:-$SOURCE/build/hf-client/bin}
[ -x "$CLIENT_BIN/hf" ] || skip "Hugging Face's client is not installed (scripts/setup.sh: make_hf_client)"
"$CLIENT_BIN/python" -c 'import hf_xet' || skip "hf_xet is not installed"
export HF_HUB_DISABLE_TELEMETRY=1 HF_HUB_DISABLE_PROGRESS_BARS=1 HF_HUB_DISABLE_UPDATE_CHECK=1
export PYTHONDONTWRITEBYTECODE=1 PYTHONUTF8=1

# run_hf WORDS…: as the hub's admin, or as whose HF_TOKEN is; what it says is kept in $T/hf.out and $T/hf.err.
run_hf() { HF_TOKEN=${HF_TOKEN:-$MHUB_TOKEN} "$CLIENT_BIN/hf" "$@" >"$T/hf.out" 2>"$T/hf.err" </dev/null; }
hf() { run_hf "$@" || { cat "$T/hf.out" "$T/hf.err" >&2; fail "hf $*"; }; }
expect_hf_fails() { ! run_hf "$@" || fail "hf $* should fail"; }
expect_hf_says() { grep -qF -- "$1" "$T/hf.out" || { cat "$T/hf.out" >&2; fail "hf does not say: $1"; }; }
