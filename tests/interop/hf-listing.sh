# The Python package huggingface_hub finds repositories, likes them, lists and deletes large files,
# and makes webhooks that a real receiver gets.
. "$(dirname "$0")/hf-common.sh"
use_git_lfs
start_hub --webhooks-to-private-addresses
git_login

cat >use.py <<'PYTHON'
import http.server, json, os, queue, threading
from huggingface_hub import CommitOperationAdd, HfApi, ModelCard, ModelCardData
from huggingface_hub.utils import HfHubHTTPError

api = HfApi(endpoint=os.environ["HF_ENDPOINT"], token=os.environ["MHUB_TOKEN"])
anonymous = HfApi(endpoint=os.environ["HF_ENDPOINT"], token=False)


def ids(repos):
    return [repo.id for repo in repos]


told = queue.Queue()


class Receiver(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        told.put((self.headers["X-Webhook-Secret"], body))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        pass


receiver = http.server.HTTPServer(("127.0.0.1", 0), Receiver)
threading.Thread(target=receiver.serve_forever, daemon=True).start()
hook = api.create_webhook(
    url=f"http://127.0.0.1:{receiver.server_port}/", watched=[{"type": "user", "name": "admin"}],
    domains=["repo"], secret="between us")
assert api.get_webhook(hook.id) == hook and api.list_webhooks() == [hook]
assert api.disable_webhook(hook.id).disabled and not api.enable_webhook(hook.id).disabled
assert api.update_webhook(hook.id, secret="new-secret").watched == hook.watched

for name, license in (("one", "mit"), ("two", "apache-2.0"), ("three", "mit")):
    api.create_repo(f"admin/{name}")
    data = ModelCardData(license=license, language=["en"], tags=["tiny"], datasets=["squad"],
                         library_name="transformers", pipeline_tag="text-generation")
    api.upload_file(path_or_fileobj=f"---\n{data.to_yaml()}\n---\n# {name}\n".encode(),
                    path_in_repo="README.md", repo_id=f"admin/{name}")
api.create_repo("admin/hidden", private=True)
api.create_repo("admin/words", repo_type="dataset")
api.upload_file(path_or_fileobj=b"---\nlanguage: [de]\ntask_categories: [translation]\n---\n",
                path_in_repo="README.md", repo_id="admin/words", repo_type="dataset")
api.create_repo("admin/demo", repo_type="space", space_sdk="static")

seen = [told.get(timeout=30) for _ in range(9)]
assert {secret for secret, _ in seen} == {"new-secret"}
assert {"create", "update"} == {body["event"]["action"] for _, body in seen}
assert all(body["webhook"]["id"] == hook.id for _, body in seen)
api.delete_webhook(hook.id)
assert api.list_webhooks() == []

assert ids(api.list_models(author="admin")) == ["admin/one", "admin/two", "admin/three", "admin/hidden"]
assert ids(anonymous.list_models(search="hidden")) == []
assert ids(api.list_models(filter="license:mit")) == ["admin/one", "admin/three"]
assert ids(api.list_models(filter=["license:mit", "en"], search="thr")) == ["admin/three"]
assert ids(api.list_models(trained_dataset="squad", pipeline_tag="text-generation", limit=2)) == \
    ["admin/one", "admin/two"]
assert ids(api.list_models(sort="created_at", limit=1)) == ["admin/hidden"]
assert len(ids(api.list_models(sort="last_modified"))) == 4
model = next(api.list_models(search="one", full=True, cardData=True))
assert model.card_data.license == "mit" and model.library_name == "transformers"
assert "README.md" in [s.rfilename for s in model.siblings]
assert model.last_modified is not None and "dataset:squad" in model.tags
assert next(api.list_models(search="two", expand=["cardData", "likes"])).card_data.license == "apache-2.0"
info = api.model_info("admin/one", expand=["tags", "pipeline_tag", "downloads"])
assert info.pipeline_tag == "text-generation" and info.sha is None
assert ids(api.list_datasets(task_categories="translation", language="de")) == ["admin/words"]
assert ids(api.list_spaces()) == ["admin/demo"]
assert any(t["id"] == "license:mit" for t in api.get_model_tags()["license"])
assert ModelCard.load("admin/one", token=False).data.license == "mit"
assert len(list(api.list_models(limit=3))) == 3

# The client can only take likes back; giving them is for web pages.
headers = api._build_hf_headers()
import httpx
assert httpx.post(f"{api.endpoint}/api/models/admin/one/like", headers=headers).status_code == 200
assert api.model_info("admin/one").likes == 1
assert [user.username for user in api.list_repo_likers("admin/one")] == ["admin"]
assert api.list_liked_repos().models == ["admin/one"]
assert ids(api.list_models(sort="likes", limit=1)) == ["admin/one"]
api.unlike("admin/one")
assert api.list_liked_repos().total == 0

api.create_commit("admin/one", commit_message="large", operations=[
    CommitOperationAdd("keep.bin", os.urandom(2 << 20)), CommitOperationAdd("drop.bin", os.urandom(1 << 20))])
files = {file.filename: file for file in api.list_lfs_files("admin/one")}
assert sorted(files) == ["drop.bin", "keep.bin"] and files["keep.bin"].size == 2 << 20
api.permanently_delete_lfs_files("admin/one", [files["drop.bin"]])
assert [file.filename for file in api.list_lfs_files("admin/one")] == ["keep.bin"]
assert sorted(api.list_repo_files("admin/one")) == [".gitattributes", "README.md", "keep.bin"]
try:
    api.create_webhook(url="http://u:p@127.0.0.1/", watched=[{"type": "user", "name": "admin"}])
    raise SystemExit("a webhook with a password in its address was taken")
except HfHubHTTPError as error:
    assert error.response.status_code == 400
PYTHON

export HF_ENDPOINT=$HUB HF_HOME=$T/hf
for without_xet in 0 1; do
  step "with HF_HUB_DISABLE_XET=$without_xet"
  HF_HUB_DISABLE_XET=$without_xet "$CLIENT_BIN/python" use.py
  for repo in one two three hidden; do mhub repo delete --yes "admin/$repo"; done
  mhub repo delete --yes --type dataset admin/words
  mhub repo delete --yes --type space admin/demo
done

step "a pushed card is found"
mhub repo create admin/pushed
git init -q work
(
  cd work
  printf -- '---\nlicense: bsd\n---\n' >README.md
  git add . && git commit -qm card && git push -q "$HUB/admin/pushed" main
)
curl -fsS "$HUB/api/models?filter=license:bsd" | grep -q admin/pushed
