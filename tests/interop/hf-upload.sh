# Hugging Face's own client, unmodified, writes to a hub: the command line and the Python API, with its
# chunk client hf_xet and without; git and git-lfs then see the same files.
. "$(dirname "$0")/hf-common.sh"
use_git_lfs
start_hub
git_login

export HF_ENDPOINT=$HUB HF_TOKEN=$MHUB_TOKEN
commits_of() { # PATH OF REPOSITORY [REVISION]
  rm -rf "$T/count"
  GIT_LFS_SKIP_SMUDGE=1 git clone -q --bare "$HUB/$1" "$T/count"
  git -C "$T/count" rev-list --count "${2:-main}"
}

mkdir -p model/sub/"with space"
cat >model/README.md <<'CARD'
---
license: mit
---
# A model
CARD
echo '{"hidden_size": 8}' >model/config.json
: >model/empty.txt
echo deep >model/sub/"with space"/größe.txt
gen_noise model/noise 700K 1
gen_weights model/model.safetensors "$(scaled 20)" 2
gen_noise model/extra.gguf 11M 3

cat >api.py <<'PYTHON'
"""The Python API over what a hub takes."""
import io, os, sys, threading
from huggingface_hub import (CommitOperationAdd, CommitOperationCopy, CommitOperationDelete, HfApi,
                             hf_hub_download)
from huggingface_hub.errors import (EntryNotFoundError, HfHubHTTPError, RepositoryNotFoundError,
                                    RevisionNotFoundError)

repo, folder = sys.argv[1:]
api = HfApi()


def raises(error, call, status=None):
    try:
        call()
    except error as raised:
        if status is not None:
            assert raised.response.status_code == status, raised
        return raised
    raise SystemExit(f"no {error.__name__}")


def files(**more):
    return sorted(api.list_repo_files(repo, **more))


url = api.create_repo(repo)
assert url.repo_id == repo
raises(HfHubHTTPError, lambda: api.create_repo(repo), 409)
assert api.create_repo(repo, exist_ok=True).repo_id == repo
assert files() == [".gitattributes"]
assert len(api.list_repo_commits(repo)) == 1

first = api.upload_file(repo_id=repo, path_in_repo="a/b.txt", path_or_fileobj=b"one\n",
                        commit_message="Add b", commit_description="Because.")
assert first.oid == api.repo_info(repo).sha and first.repo_url.repo_id == repo
api.upload_file(repo_id=repo, path_in_repo="weights.bin", path_or_fileobj=os.urandom(100000))
api.upload_file(repo_id=repo, path_in_repo="buffer.bin", path_or_fileobj=io.BytesIO(b"buffer" * 999))
weights = {e.path: e for e in api.get_paths_info(repo, ["weights.bin", "a/b.txt"])}
assert weights["weights.bin"].lfs.size == 100000 and weights["a/b.txt"].lfs is None
again = api.upload_file(repo_id=repo, path_in_repo="a/b.txt", path_or_fileobj=b"one\n")
assert again.oid == api.repo_info(repo).sha

# Every operation in one commit.
parent = api.repo_info(repo).sha
done = api.create_commit(repo, [
    CommitOperationAdd("README.md", b"# Model\n"), CommitOperationAdd("x/1", b"1"),
    CommitOperationAdd("x/2", b"2"), CommitOperationAdd("empty", b""),
    CommitOperationCopy("weights.bin", "copy.bin"), CommitOperationCopy("a/b.txt", "c.txt"),
    CommitOperationDelete("a/b.txt")], commit_message="All", parent_commit=parent)
assert files() == [".gitattributes", "README.md", "buffer.bin", "c.txt", "copy.bin", "empty",
                   "weights.bin", "x/1", "x/2"], files()
assert open(hf_hub_download(repo, "c.txt")).read() == "one\n"
copy, original = (hf_hub_download(repo, n) for n in ("copy.bin", "weights.bin"))
assert open(copy, "rb").read() == open(original, "rb").read()
raises(HfHubHTTPError, lambda: api.create_commit(
    repo, [CommitOperationAdd("late", b"x")], commit_message="Late", parent_commit=parent), 412)
raises(EntryNotFoundError, lambda: api.delete_file("none", repo))
raises(RevisionNotFoundError, lambda: api.upload_file(
    repo_id=repo, path_in_repo="x", path_or_fileobj=b"x", revision="none"))
api.delete_folder("x", repo)
api.delete_file("empty", repo)
assert "x/1" not in files() and "empty" not in files()

# Twenty at once.
failures = []


def commit(i):
    try:
        HfApi().create_commit(repo, [CommitOperationAdd(f"many/{i}", f"{i}".encode())],
                              commit_message=f"Many {i}")
    except Exception as error:
        failures.append(error)


before = len(api.list_repo_commits(repo))
threads = [threading.Thread(target=commit, args=(i,)) for i in range(20)]
[t.start() for t in threads]
[t.join() for t in threads]
assert not failures, failures
assert len(api.list_repo_commits(repo)) == before + 20
assert sum(f.startswith("many/") for f in files()) == 20

# References.
api.create_branch(repo, branch="feat/x")
raises(HfHubHTTPError, lambda: api.create_branch(repo, branch="feat/x"), 409)
api.create_branch(repo, branch="feat/x", exist_ok=True)
api.create_branch(repo, branch="old", revision=first.oid)
assert "a/b.txt" in files(revision="old")
api.upload_file(repo_id=repo, path_in_repo="on-branch", path_or_fileobj=b"x", revision="feat/x")
assert "on-branch" in files(revision="feat/x") and "on-branch" not in files()
api.create_tag(repo, tag="v1", revision=first.oid, tag_message="The first")
api.create_tag(repo, tag="v1", exist_ok=True)
assert api.repo_info(repo, revision="v1").sha == first.oid
api.delete_tag(repo, tag="v1")
raises(RevisionNotFoundError, lambda: api.delete_tag(repo, tag="v1"))
api.delete_branch(repo, branch="feat/x")
raises(HfHubHTTPError, lambda: api.delete_branch(repo, branch="main"))
api.super_squash_history(repo, commit_message="One")
assert [c.title for c in api.list_repo_commits(repo)] == ["One"]

# A folder with rules of its own, and one that replaces what is there.
ignoring = os.path.join(folder, "ignoring")
os.makedirs(ignoring, exist_ok=True)
for name, text in ((".gitignore", "*.tmp\n"), ("kept.txt", "k"), ("left.tmp", "t")):
    with open(os.path.join(ignoring, name), "w") as file:
        file.write(text)
api.upload_folder(repo_id=repo, folder_path=ignoring, delete_patterns="many/*")
assert "kept.txt" in files() and "left.tmp" not in files()
assert not any(f.startswith("many/") for f in files())

# Repositories.
api.update_repo_settings(repo, private=True)
assert api.repo_info(repo).private
raises(RepositoryNotFoundError, lambda: HfApi(token=False).repo_info(repo))
moved = repo + "-moved"
api.move_repo(repo, moved)
assert api.repo_info(repo).id == moved
twin = api.duplicate_repo(moved, to_id=repo + "-twin", private=False)
assert sorted(api.list_repo_files(twin.repo_id)) == files()
assert open(hf_hub_download(twin.repo_id, "copy.bin"), "rb").read() == open(copy, "rb").read()
api.delete_repo(twin.repo_id)
raises(RepositoryNotFoundError, lambda: api.delete_repo(twin.repo_id))
api.delete_repo(twin.repo_id, missing_ok=True)
PYTHON

for mode in xet plain; do
  unset HF_HUB_DISABLE_XET
  [ "$mode" = xet ] || export HF_HUB_DISABLE_XET=1
  export HF_HOME=$T/hf-$mode
  repo=admin/upload-$mode

  step "$mode: upload a folder"
  hf upload "$repo" model . --commit-message "First"
  step "$mode: upload it again, which makes no commit"
  before=$(commits_of "$repo")
  hf upload "$repo" model .
  expect_equal "commits" "$(commits_of "$repo")" "$before"

  step "$mode: download"
  hf download "$repo" --local-dir "down-$mode"
  rm -rf "down-$mode/.cache" "down-$mode/.gitattributes"
  expect_same_tree model "down-$mode"

  step "$mode: upload one file to a new branch"
  echo more >more.txt
  hf upload "$repo" more.txt notes/more.txt --revision other/branch
  hf download "$repo" notes/more.txt --revision other/branch --local-dir "branch-$mode"
  expect_same_file more.txt "branch-$mode/notes/more.txt"
  expect_hf_fails download "$repo" notes/more.txt

  step "$mode: git and git-lfs see the same"
  git clone -q "$HUB/$repo" "git-$mode"
  [ -z "$(git -C "git-$mode" status --porcelain)" ] || fail "the clone is not clean"
  (cd "git-$mode" && git lfs fsck >"$T/fsck") || { cat "$T/fsck" >&2; fail "git lfs fsck"; }
  rm "git-$mode/.gitattributes"
  expect_same_tree model "git-$mode"

  step "$mode: a large edit"
  cp -r model "edited-$mode"
  gen_edit insert "edited-$mode/model.safetensors" 1000 1K 3
  hf upload "$repo" "edited-$mode" . --delete "sub/*" --commit-message "Edit"
  hf download "$repo" model.safetensors --local-dir "again-$mode"
  expect_same_file "edited-$mode/model.safetensors" "again-$mode/model.safetensors"

  step "$mode: a data set, private"
  hf upload "admin/data-$mode" model . --type dataset --private
  hf download "admin/data-$mode" --type dataset --local-dir "data-$mode"
  rm -rf "data-$mode/.cache" "data-$mode/.gitattributes"
  expect_same_tree model "data-$mode"

  step "$mode: the Python API"
  "$CLIENT_BIN/python" api.py "admin/api-$mode" "$T" || fail "api.py with $mode"
done

step "a pull request by one call"
export HF_HUB_DISABLE_XET=1 HF_HOME=$T/hf-plain
echo proposed >proposed.txt
hf upload admin/upload-plain proposed.txt --create-pr
git clone -q "$HUB/admin/upload-plain" pr
git -C pr fetch -q origin refs/pr/1
expect_equal "the proposed file" "$(git -C pr show FETCH_HEAD:proposed.txt)" "proposed"
[ ! -e pr/proposed.txt ] || fail "the proposed file went to main"
