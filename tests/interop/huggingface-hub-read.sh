# The Python package huggingface_hub reads what git and git-lfs pushed: with its chunk client
# hf_xet and without.
. "$(dirname "$0")/hf-common.sh"
use_git_lfs
start_hub
git_login
mhub repo create team/model --type model
mhub repo create team/secret --type dataset --private

step "push"
git init -q work
(
  cd work
  git lfs track '*.bin' >/dev/null
  gen_noise blob.bin 5M 1
  : >empty.txt
  echo '{"a": 1}' >config.json
  mkdir -p "sub/with space"
  echo deep >"sub/with space/größe.txt"
  git add . && git commit -qm "First"
  git tag -a -m "About" v1
  echo more >more.txt
  git add . && git commit -qm "Second"
  git push -q "$HUB/team/model" main v1 main:feat/x
  git push -q "$HUB/datasets/team/secret" main
)

cat >read.py <<'PYTHON'
import filecmp, os, sys
from huggingface_hub import HfApi, HfFileSystem, hf_hub_download, snapshot_download
from huggingface_hub.utils import (EntryNotFoundError, RepositoryNotFoundError,
                                   RevisionNotFoundError)

work, cache, first, second = sys.argv[1:]
token = os.environ["MHUB_TOKEN"]
endpoint = os.environ["HF_ENDPOINT"]
api = HfApi(endpoint=endpoint, token=False)


def raises(error, call):
    try:
        call()
    except error:
        return
    raise SystemExit(f"no {error.__name__}")


info = api.model_info("team/model", files_metadata=True)
assert info.sha == second
assert {s.rfilename: s.size for s in info.siblings}["blob.bin"] == 5 << 20
assert api.model_info("team/model", revision="v1").sha == first
assert api.model_info("team/model", revision="feat/x").sha == second
assert api.repo_exists("team/model") and not api.repo_exists("team/none")
assert api.file_exists("team/model", "config.json")
assert not api.file_exists("team/model", "none.json")
assert api.revision_exists("team/model", "v1") and not api.revision_exists("team/model", "v2")
files = api.list_repo_files("team/model")
assert "sub/with space/größe.txt" in files and "more.txt" in files, files
tree = {e.path: e for e in api.list_repo_tree("team/model", recursive=True, expand=True)}
assert tree["blob.bin"].lfs.size == 5 << 20
assert tree["blob.bin"].last_commit.oid == first
assert tree["more.txt"].last_commit.title == "Second"
paths = api.get_paths_info("team/model", ["sub", "more.txt", "none"], expand=True)
assert sorted(p.path for p in paths) == ["more.txt", "sub"]
refs = api.list_repo_refs("team/model", include_pull_requests=True)
assert [b.name for b in refs.branches] == ["feat/x", "main"]
assert refs.tags[0].target_commit == first and refs.pull_requests == []
commits = api.list_repo_commits("team/model", formatted=True)
assert [c.commit_id for c in commits] == [second, first]

path = hf_hub_download("team/model", "sub/with space/größe.txt", cache_dir=cache, token=False)
assert open(path).read() == "deep\n"
for revision in (None, "v1", "feat/x", second, second[:7]):
    folder = snapshot_download("team/model", revision=revision, cache_dir=cache, token=False)
    for name in files:
        if revision == "v1" and name == "more.txt":
            continue
        assert filecmp.cmp(f"{folder}/{name}", f"{work}/{name}", shallow=False), (revision, name)

fs = HfFileSystem(endpoint=endpoint, token=False)
assert sorted(os.path.basename(p) for p in fs.ls("team/model/sub", detail=False)) == ["with space"]
with fs.open("team/model/blob.bin", "rb") as file, open(f"{work}/blob.bin", "rb") as same:
    file.seek(1000000), same.seek(1000000)
    assert file.read(1000) == same.read(1000)

raises(EntryNotFoundError, lambda: hf_hub_download("team/model", "no", cache_dir=cache, token=False))
raises(RevisionNotFoundError,
       lambda: hf_hub_download("team/model", "config.json", revision="no", cache_dir=cache, token=False))
raises(RepositoryNotFoundError, lambda: api.dataset_info("team/secret"))
assert HfApi(endpoint=endpoint, token=token).dataset_info("team/secret").private
PYTHON

first=$(git -C work rev-parse HEAD~1) second=$(git -C work rev-parse HEAD)
export HF_ENDPOINT=$HUB HF_HOME=$T/hf
step "read over plain HTTP"
HF_HUB_DISABLE_XET=1 "$CLIENT_BIN/python" read.py "$T/work" "$T/cache-plain" "$first" "$second"

step "read by chunks"
"$CLIENT_BIN/python" read.py "$T/work" "$T/cache-chunks" "$first" "$second"
