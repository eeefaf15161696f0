# Hugging Face's Python client, unmodified: every method that docs/compat.md says a hub answers, with the chunk
# client hf_xet and without.
. "$(dirname "$0")/hf-common.sh"
start_hub
git_login

export HF_ENDPOINT=$HUB HF_TOKEN=$MHUB_TOKEN TMPDIR=$T
"$CLIENT_BIN/python" -c 'import huggingface_hub as h; print("huggingface_hub", h.__version__)'
for mode in xet plain; do
  step "$mode"
  unset HF_HUB_DISABLE_XET
  [ "$mode" = xet ] || export HF_HUB_DISABLE_XET=1
  # Some of the client's functions try again for ever.
  HF_HOME=$T/hf-$mode timeout 400 "$CLIENT_BIN/python" -m unittest discover -s "$SOURCE/tests/interop/hf" ${CLIENT_TESTS:+-k "$CLIENT_TESTS"} \
    >"$T/unittest" 2>&1 || { cat "$T/unittest" >&2; fail "the Python client, $mode"; }
  tail -n 3 "$T/unittest"
done
