# Hugging Face's own client, unmodified, discusses and proposes changes on a hub, with its chunk client
# hf_xet and without; git sees the same pull requests.
. "$(dirname "$0")/hf-common.sh"
use_git_lfs
start_hub
git_login

export HF_ENDPOINT=$HUB HF_TOKEN=$MHUB_TOKEN

mhub admin user create reader --data "$HUB_DATA" >/dev/null
READER=$(mhub admin token create reader --scope write --data "$HUB_DATA" | grep -o 'hf_[A-Za-z0-9]*')

cat >api.py <<'PYTHON'
"""Discussions and pull requests through the Python API."""
import os, sys
from huggingface_hub import CommitOperationAdd, HfApi, hf_hub_download
from huggingface_hub.errors import HfHubHTTPError, RevisionNotFoundError

repo, reader_token = sys.argv[1:]
api, reader = HfApi(), HfApi(token=reader_token)


def raises(error, call, status=None):
    try:
        call()
    except error as raised:
        if status is not None:
            assert raised.response.status_code == status, raised
        return raised
    raise SystemExit(f"no {error.__name__}")


def kinds(number):
    return [event.type for event in api.get_discussion_details(repo, number).events]


api.create_repo(repo)
assert list(api.get_repo_discussions(repo)) == []
first = reader.create_discussion(repo, "A question", description="# What\n\n<b>?</b>")
assert (first.num, first.status, first.author, first.is_pull_request) == (1, "open", "reader", False)
assert first.url == f"{api.endpoint}/{repo}/discussions/1"
assert first.events[0].content == "# What\n\n<b>?</b>" and first.events[0].rendered.startswith("# What")
answer = api.comment_discussion(repo, 1, "An answer")
assert (answer.author, answer.content, answer.edited) == ("admin", "An answer", False)
edited = api.edit_discussion_comment(repo, 1, answer.id, "A better answer")
assert edited.edited and edited.content == "A better answer" and edited.last_edited_by == "admin"
assert edited.last_edited_at >= edited.created_at
assert answer.number_of_edits == 0 and edited.number_of_edits == 1
assert [v["raw"] for v in edited.edit_history] == ["An answer"]
raises(HfHubHTTPError, lambda: reader.edit_discussion_comment(repo, 1, answer.id, "Mine"), 403)
assert api.hide_discussion_comment(repo, 1, answer.id).hidden
title = reader.rename_discussion(repo, 1, "The question")
assert (title.old_title, title.new_title) == ("A question", "The question")
assert reader.change_discussion_status(repo, 1, "closed", comment="Thanks").new_status == "closed"
assert kinds(1) == ["comment", "comment", "title-change", "comment", "status-change"]
raises(HfHubHTTPError, lambda: api.get_discussion_details(repo, 9), 404)
raises(HfHubHTTPError, lambda: HfApi(token=False).comment_discussion(repo, 1, "No"), 401)

draft = api.create_pull_request(repo, "A draft")
assert (draft.num, draft.status, draft.git_reference) == (2, "draft", "refs/pr/2")
assert draft.target_branch == "refs/heads/main" and draft.conflicting_files == []
api.create_commit(repo, [CommitOperationAdd("a.txt", b"one\n"), CommitOperationAdd("w.bin", os.urandom(70000))],
                  commit_message="Add two", revision="refs/pr/2")
now = api.get_discussion_details(repo, 2)
assert now.events[-1].summary == "Add two" and "+one" in now.diff
assert now.events[-1].oid == api.repo_info(repo, revision="refs/pr/2").sha
assert open(hf_hub_download(repo, "a.txt", revision="refs/pr/2")).read() == "one\n"
assert len(open(hf_hub_download(repo, "w.bin", revision="refs/pr/2"), "rb").read()) == 70000
assert "a.txt" in api.list_repo_files(repo, revision="refs/pr/2")
assert "a.txt" not in api.list_repo_files(repo)
pulls = api.list_repo_refs(repo, include_pull_requests=True).pull_requests
assert [pull.ref for pull in pulls] == ["refs/pr/2"]
raises(HfHubHTTPError, lambda: api.merge_pull_request(repo, 2), 409)
api.change_discussion_status(repo, 2, "open")
raises(HfHubHTTPError, lambda: reader.merge_pull_request(repo, 2), 403)
api.merge_pull_request(repo, 2, comment="In")
merged = api.get_discussion_details(repo, 2)
assert merged.status == "merged" and merged.merge_commit_oid == api.repo_info(repo).sha
assert "a.txt" in api.list_repo_files(repo)

# Who may only read proposes, with a large file.
info = reader.upload_file(repo_id=repo, path_in_repo="proposal.bin", path_or_fileobj=os.urandom(90000),
                          commit_message="A proposal", commit_description="Look.", create_pr=True)
assert (info.pr_num, info.pr_revision) == (3, "refs/pr/3")
proposal = api.get_discussion_details(repo, 3)
assert (proposal.title, proposal.status, proposal.author) == ("A proposal", "open", "reader")
assert proposal.events[0].content == "Look."
reader.upload_file(repo_id=repo, path_in_repo="more.bin", path_or_fileobj=os.urandom(80000), revision="refs/pr/3")
assert kinds(3) == ["comment", "commit", "commit"]
raises(HfHubHTTPError, lambda: reader.upload_file(repo_id=repo, path_in_repo="x.bin", revision="main",
                                                  path_or_fileobj=os.urandom(80000)), 403)
raises(HfHubHTTPError, lambda: reader.upload_file(repo_id=repo, path_in_repo="x.txt", path_or_fileobj=b"x"), 403)

# Both change the same file.
api.create_commit(repo, [CommitOperationAdd("a.txt", b"two\n")], commit_message="Two")
clash = api.create_commit(repo, [CommitOperationAdd("a.txt", b"three\n")], commit_message="Three",
                          create_pr=True, parent_commit=merged.merge_commit_oid)
assert api.get_discussion_details(repo, clash.pr_num).conflicting_files == ["a.txt"]
before = api.repo_info(repo).sha
raises(HfHubHTTPError, lambda: api.merge_pull_request(repo, clash.pr_num), 409)
assert api.repo_info(repo).sha == before
api.merge_pull_request(repo, 3)
assert {"more.bin", "proposal.bin"} <= set(api.list_repo_files(repo))

for number in range(5, 56):
    reader.create_discussion(repo, f"Number {number}")
every = list(api.get_repo_discussions(repo))
assert [d.num for d in every] == list(range(55, 0, -1)) and every[0].repo_id == repo
assert {d.num for d in api.get_repo_discussions(repo, discussion_type="pull_request")} == {2, 3, 4}
assert {d.num for d in api.get_repo_discussions(repo, discussion_status="closed")} == {1, 2, 3}
assert len(list(api.get_repo_discussions(repo, author="reader"))) == 53
PYTHON

mkdir -p folder/sub
echo text >folder/sub/text.txt
gen_noise folder/large.bin 12M 7
for mode in xet plain; do
  unset HF_HUB_DISABLE_XET
  [ "$mode" = xet ] || export HF_HUB_DISABLE_XET=1
  export HF_HOME=$T/hf-$mode
  step "$mode: the Python API"
  "$CLIENT_BIN/python" api.py "admin/api-$mode" "$READER" || fail "api.py with $mode"

  step "$mode: hf upload --create-pr, by who may only read"
  repo=admin/upload-$mode
  mhub repo create "$repo" --type model >/dev/null
  hf upload "$repo" folder/sub/text.txt text.txt --commit-message "Begin"
  gen_edit overwrite folder/large.bin 500000 1K 9
  HF_TOKEN=$READER hf upload "$repo" folder . --create-pr --commit-message "Add a folder"
  hf discussions info "$repo" 1
  expect_hf_says "Add a folder"
  hf download "$repo" --revision refs/pr/1 --local-dir "down-$mode"
  expect_same_file folder/large.bin "down-$mode/large.bin"
  expect_hf_fails download "$repo" large.bin

  step "$mode: git fetches the pull request, pushes to it, and it is merged"
  git clone -q "$HUB/$repo" "git-$mode"
  (
    cd "git-$mode"
    git fetch -q origin refs/pr/1:pr/1
    git checkout -q pr/1
    expect_same_file large.bin ../folder/large.bin
    echo pushed >pushed.txt
    git add pushed.txt
    git commit -qm "Pushed by git"
    git push -q origin pr/1:refs/pr/1
    ! git push -q origin pr/1:refs/pr/2 2>"$T/err" || fail "a push made a pull request"
    grep -q 'no pull request' "$T/err" || fail "git does not say why"
  )
  hf discussions info "$repo" 1
  HF_TOKEN=$READER hf discussions comment "$repo" 1 --body "Please"
  # Made in several steps it is a draft; by one call it is open.
  "$CLIENT_BIN/python" - "$repo" <<'PYTHON'
import sys
from huggingface_hub import HfApi
details = HfApi().get_discussion_details(sys.argv[1], 1)
assert details.events[-2].summary == "Pushed by git", details.events
if details.status == "draft":
    HfApi().change_discussion_status(sys.argv[1], 1, "open")
PYTHON
  hf discussions diff "$repo" 1
  expect_hf_says "+pushed"
  hf discussions merge "$repo" 1 --yes
  git -C "git-$mode" fetch -q origin
  expect_equal "the pushed file" "$(git -C "git-$mode" show origin/main:pushed.txt)" "pushed"
  hf download "$repo" large.bin --local-dir "merged-$mode"
  expect_same_file folder/large.bin "merged-$mode/large.bin"
  hf discussions create "$repo" --title "Words" --body "More of them"
  hf discussions close "$repo" 2 --yes
  hf discussions reopen "$repo" 2 --yes
  hf discussions rename "$repo" 2 "Other words"
  comment=$("$CLIENT_BIN/python" -c 'import sys
from huggingface_hub import HfApi
print(HfApi().get_discussion_details(sys.argv[1], 2).events[0].id)' "$repo")
  hf discussions edit "$repo" 2 "$comment" --body "Fewer of them"
  hf discussions info "$repo" 2 --json
  expect_hf_says "Fewer of them"
  hf discussions list "$repo" --status all
  expect_hf_says "Other words"
done
