# What scripts read: --json prints one document and nothing else on stdout.
. "$(dirname "$0")/common.sh"
start_hub
make_repo team/model
gen_noise model/blob.bin 2M 5
echo text >model/a.txt

# one_json COMMAND…: exactly one document and nothing else on stdout.
one_json() {
  expect_exit 0 mhub "$@" --json
  jq -es 'length == 1' "$T/out" >/dev/null || { cat "$T/out" >&2; fail "not one JSON document: mhub $* --json"; }
}

step "status, before and after"
mhub -C model status --json >status.json
jq -e 'type == "object"' status.json >/dev/null || fail "status --json is no object"
mhub -C model add .
mhub -C model commit -m "First" --json >commit.json
jq -e . commit.json >/dev/null

step "ls-files"
mhub -C model ls-files --json >files.json
jq -e 'type == "array"' files.json >/dev/null || fail "ls-files --json is no list"
jq -e '[.[] | select(.path == "blob.bin")] | length == 1' files.json >/dev/null || fail "blob.bin is missing"
expect_equal size "$(jq -r '.[] | select(.path == "blob.bin") | .size' files.json)" 2097152
expect_equal sha256 "$(jq -r '.[] | select(.path == "blob.bin") | .sha256' files.json)" \
  "$(sha256sum <model/blob.bin | cut -d ' ' -f 1)"
jq -e '.[] | select(.path == "blob.bin") | (.xet_hash | test("^[0-9a-f]{64}$")) and (.chunks > 3)
       and (.stored_bytes > 1000000) and (.state | type == "string")' files.json >/dev/null ||
  fail "ls-files --json lacks fields: $(cat files.json)"

step "push, log, show, stats, branch, tag, remote, fsck, whoami, version, repo list"
one_json -C model push
for words in "log" "show HEAD" "stats" "branch" "tag" "remote" "fsck" "whoami" "version" "repo list" "diff"; do
  # shellcheck disable=SC2086
  one_json -C model $words
done
expect_equal "commit id in log" "$(mhub -C model log --json | jq -rs 'flatten | .[0].id // .[0].commit')" \
  "$(git -C model rev-parse HEAD)"

step "what changes something says so in one document too"
one_json clone "$HUB/team/model" b
gen_noise model/more.bin 1M 6
one_json -C model add more.bin
one_json -C model commit -m "More"
one_json -C model push
one_json -C b fetch
one_json -C b pull
one_json -C b fsck --repair
one_json repo create team/other --type model

step "errors go to stderr, stdout stays JSON or empty"
expect_exit 1 mhub -C model show no-such-revision --json
[ ! -s "$T/out" ] || jq -es . "$T/out" >/dev/null || fail "stdout is neither empty nor JSON"
[ -s "$T/err" ] || fail "no message"
