# The Python package huggingface_hub as members of an organisation, with limited tokens, and in front
# of gated repositories.
. "$(dirname "$0")/hf-common.sh"
start_hub
for user in ann bob con; do
  mhub admin user create "$user" --data "$HUB_DATA"
done
mhub admin org create acme --data "$HUB_DATA"
expect_exit 3 mhub admin org create Ann --data "$HUB_DATA"
expect_exit 3 mhub admin user create acme --data "$HUB_DATA"
mhub admin org add-member acme ann --role write --data "$HUB_DATA"
mhub admin org list --data "$HUB_DATA" --json |
  jq -e '.[0].members == [{"user": "ann", "role": "write"}]' >/dev/null
expect_exit 2 mhub admin org add-member acme con --role none --data "$HUB_DATA"
mhub admin org add-member acme con --role contributor --data "$HUB_DATA"
token() { mhub admin token create "$@" --data "$HUB_DATA" --json | jq -er .token; }
ANN=$(token ann) BOB=$(token bob) CON=$(token con)

step "as huggingface_hub"
cat >people.py <<'PYTHON'
import os, subprocess, sys
from huggingface_hub import HfApi, hf_hub_download, snapshot_download
from huggingface_hub.errors import GatedRepoError, HfHubHTTPError, RepositoryNotFoundError

endpoint = os.environ["HF_ENDPOINT"]
ann = HfApi(endpoint=endpoint, token=os.environ["ANN"])
bob = HfApi(endpoint=endpoint, token=os.environ["BOB"])
con = HfApi(endpoint=endpoint, token=os.environ["CON"])
nobody = HfApi(endpoint=endpoint, token=False)


def raises(error, call):
    try:
        call()
    except error as caught:
        return caught
    raise SystemExit(f"no {error.__name__}")


def download(token, cache, repo="acme/model"):
    return hf_hub_download(repo, "weights.bin", token=token, endpoint=endpoint, cache_dir=cache)


who = ann.whoami()
assert [(o["name"], o["roleInOrg"]) for o in who["orgs"]] == [("acme", "write")], who
assert bob.whoami()["orgs"] == []
assert ann.get_user_overview("ann").orgs[0].name == "acme"
assert [m.username for m in ann.list_organization_members("acme")] == ["ann", "con"]
assert con.whoami()["orgs"][0]["roleInOrg"] == "contributor"

ann.create_repo("acme/model")
raises(HfHubHTTPError, lambda: bob.create_repo("acme/more"))
ann.create_repo("acme/secret", private=True)
for repo in ("acme/model", "acme/secret"):
    ann.upload_file(path_or_fileobj=os.urandom(300000), path_in_repo="weights.bin", repo_id=repo)
con.create_repo("acme/mine")
con.upload_file(path_or_fileobj=os.urandom(300000), path_in_repo="weights.bin", repo_id="acme/mine")
assert con.model_info("acme/secret").private
for refused in (
    lambda: con.delete_repo("acme/model"),
    lambda: con.upload_file(path_or_fileobj=b"x", path_in_repo="x.txt", repo_id="acme/model"),
):
    assert raises(HfHubHTTPError, refused).response.status_code == 403
con.delete_repo("acme/mine")
assert ann.get_organization_overview("acme").num_models == 2
assert {r.id: r.visibility for r in ann.list_user_repos("acme")} == {"acme/model": "public", "acme/secret": "private"}
assert raises(HfHubHTTPError, lambda: list(bob.list_user_repos("acme"))).response.status_code == 403
assert bob.get_organization_overview("acme").num_models == 1
assert {m.id for m in ann.list_models(author="acme")} == {"acme/model", "acme/secret"}
assert {m.id for m in bob.list_models(author="acme")} == {"acme/model"}
raises(RepositoryNotFoundError, lambda: bob.model_info("acme/secret"))

ann.update_repo_settings("acme/model", gated="manual")
assert bob.model_info("acme/model").gated == "manual"
assert "weights.bin" in bob.list_repo_files("acme/model")
raises(GatedRepoError, lambda: download(os.environ["BOB"], "cache-bob"))
raises(GatedRepoError, lambda: download(False, "cache-none"))
raises(GatedRepoError, lambda: nobody.auth_check("acme/model"))
download(os.environ["ANN"], "cache-ann")
raises(HfHubHTTPError, lambda: bob.list_pending_access_requests("acme/model").__next__())
ask = ["curl", "-fsS", "-o", "/dev/null", "-X", "POST", "-H",
       "Authorization: Bearer " + os.environ["BOB"], endpoint + "/acme/model/ask-access"]
subprocess.run(ask, check=True)
pending = list(ann.list_pending_access_requests("acme/model"))
assert [(r.username, r.status) for r in pending] == [("bob", "pending")], pending
ann.accept_access_request("acme/model", "bob")
assert [r.username for r in ann.list_accepted_access_requests("acme/model")] == ["bob"]
snapshot_download("acme/model", token=os.environ["BOB"], endpoint=endpoint, cache_dir="cache-bob")
ann.reject_access_request("acme/model", "bob", rejection_reason=None)
raises(GatedRepoError, lambda: download(os.environ["BOB"], "cache-bob-2"))
ann.cancel_access_request("acme/model", "bob")
ann.grant_access("acme/model", "bob")
bob.auth_check("acme/model")
ann.update_repo_settings("acme/model", gated=False)
nobody.auth_check("acme/model")
PYTHON
env -u MHUB_TOKEN -u HF_TOKEN ANN="$ANN" BOB="$BOB" CON="$CON" HF_ENDPOINT="$HUB" HF_HOME="$PWD/hf-home" \
  "$CLIENT_BIN/python" people.py

step "a limited token"
LIMITED=$(token ann --write acme/model)
mhub admin token list ann --data "$HUB_DATA" --json |
  jq -e '.[-1] | .scope == "limited" and .places == [{"name": "acme/model", "scope": "write"}]' >/dev/null
expect_exit 2 mhub admin token create ann --scope read --write acme/model --data "$HUB_DATA"
expect_exit 1 mhub admin token create ann --write acme/none --data "$HUB_DATA"
cat >limited.py <<'PYTHON'
import os
from huggingface_hub import HfApi
from huggingface_hub.errors import HfHubHTTPError

api = HfApi(endpoint=os.environ["HF_ENDPOINT"], token=os.environ["LIMITED"])
assert api.whoami()["auth"]["accessToken"]["role"] == "fineGrained"
api.upload_file(path_or_fileobj=os.urandom(300000), path_in_repo="more.bin", repo_id="acme/model")
for refused in (
    lambda: api.model_info("acme/secret"),
    lambda: api.create_repo("acme/new"),
    lambda: api.create_repo("ann/new"),
    lambda: api.delete_repo("acme/secret"),
):
    try:
        refused()
    except HfHubHTTPError as error:
        assert error.response.status_code in (403, 404), error
        continue
    raise SystemExit("a limited token went beyond its place")
assert [m.id for m in api.list_models(author="acme")] == ["acme/model"]
PYTHON
env -u MHUB_TOKEN -u HF_TOKEN LIMITED="$LIMITED" HF_ENDPOINT="$HUB" HF_HOME="$PWD/hf-home" \
  "$CLIENT_BIN/python" limited.py

step "members leave"
mhub admin org remove-member acme ann --data "$HUB_DATA"
MHUB_TOKEN=$ANN MHUB_ENDPOINT=$HUB mhub repo list --json | jq -e 'map(.id) == ["acme/model"]' >/dev/null
expect_exit 3 mhub admin org remove acme --data "$HUB_DATA"
