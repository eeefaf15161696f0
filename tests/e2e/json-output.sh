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

step "the rest of a day's work"
git -C model config mhub.keep all
one_json -C model switch -c side
expect_equal "branch" "$(json_get .branch "$T/out")" side
json_get '.checkout.files_written | numbers' "$T/out" >/dev/null
echo side >model/side.txt
one_json -C model track '*.odd'
one_json -C model add .
one_json -C model commit -m "On a side branch"
one_json -C model switch main
[ ! -e model/side.txt ] || fail "switch left the branch's file"
one_json -C model merge side
expect_equal outcome "$(json_get .outcome "$T/out")" fast_forward
json_get '.head' "$T/out" >/dev/null
echo changed >model/side.txt
one_json -C model restore side.txt
expect_equal "restored" "$(cat model/side.txt)" side
one_json -C model untrack '*.odd'
one_json -C model restore --staged --worktree .gitattributes
one_json -C model rm side.txt
expect_equal "removed" "$(json_get '.removed[0]' "$T/out")" side.txt
one_json -C model restore --staged side.txt
one_json -C model prune --dry-run
expect_equal "dry_run" "$(jq .dry_run "$T/out")" true
json_get '.freed_bytes | numbers' "$T/out" >/dev/null
one_json -C model config user.name
one_json -C model config --list
one_json -C model config mhub.keep unpushed

step "a merge with a conflict says so in its document"
mhub -C model switch -c other
gen_noise model/blob.bin 1M 71
mhub -C model add blob.bin
mhub -C model commit -m "Theirs"
mhub -C model switch main
gen_noise model/blob.bin 1M 72
mhub -C model add blob.bin
mhub -C model commit -m "Ours"
expect_exit 3 mhub -C model merge other --json
expect_equal conflicts "$(jq -r '.conflicts[0]' "$T/out")" blob.bin
jq -es 'length == 1' "$T/out" >/dev/null || fail "not one JSON document for a conflict"
one_json -C model merge --abort

step "errors go to stderr, stdout stays JSON or empty"
expect_exit 1 mhub -C model show no-such-revision --json
[ ! -s "$T/out" ] || jq -es . "$T/out" >/dev/null || fail "stdout is neither empty nor JSON"
[ -s "$T/err" ] || fail "no message"
