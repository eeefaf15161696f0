"""Lists of repositories, likes, webhooks."""

import json

from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi
from huggingface_hub.errors import HfHubHTTPError
from huggingface_hub.utils import get_session

from hub import ENDPOINT, LARGE_BYTES, TOKEN, USER, HubTest, noise, safetensors


class Listing(HubTest):
    def test_list_models(self):
        found = {m.id: m for m in self.api.list_models(author=USER)}
        self.assertIn(self.repo, found)
        self.assertIsNotNone(found[self.repo].created_at)
        self.assertEqual([m.id for m in self.api.list_models(search="listing-list-models")], [self.repo])
        self.assertEqual(len(list(self.api.list_models(limit=1))), 1)
        self.api.update_repo_settings(self.repo, private=True)
        self.assertIn(self.repo, [m.id for m in self.api.list_models(author=USER)])
        self.assertNotIn(self.repo, [m.id for m in HfApi(token=False).list_models(author=USER)])

    def test_filters(self):
        card = b"---\nlicense: mit\npipeline_tag: text-generation\ntags: [%s]\n---\n"
        self.put("README.md", card % b"rare-tag")
        self.assertEqual([m.id for m in self.api.list_models(filter="rare-tag")], [self.repo])
        (found,) = self.api.list_models(filter=["license:mit", "rare-tag"], pipeline_tag="text-generation",
                                        sort="last_modified", full=True)
        self.assertEqual(found.pipeline_tag, "text-generation")
        self.assertIn("README.md", [s.rfilename for s in found.siblings])
        self.assertEqual(list(self.api.list_models(filter=["license:gpl", "rare-tag"])), [])
        self.assertIn("license:mit", [tag["id"] for tag in self.api.get_model_tags()["license"]])

    def test_num_parameters(self):
        self.put("model.safetensors", safetensors({"a": [300, 400], "b": [7]}, {"format": "pt"}))
        for given in ("min:120007,max:120007", "min:120K,max:0.2M"):
            self.assertEqual([m.id for m in self.api.list_models(num_parameters=given, author=USER)], [self.repo])
        self.assertEqual(list(self.api.list_models(num_parameters="min:6B,max:128B")), [])
        info = self.api.model_info(self.repo)
        self.assertEqual((info.safetensors.parameters, info.safetensors.total), ({"F32": 120007}, 120007))
        (found,) = self.api.list_models(search=self.repo, expand=["safetensors"])
        self.assertEqual(found.safetensors.total, 120007)
        self.assertIn(self.repo, self.hf("models", "list", "--num-parameters", "max:120007", "--no-truncate"))
        self.refused(HfHubHTTPError, lambda: list(self.api.list_models(num_parameters="6B")), status=400)
        # In files that an index names.
        index = {"weight_map": {"a": "model-1.safetensors", "b": "model-2.safetensors"}}
        self.api.create_commit(self.repo, commit_message="shards", operations=[
            CommitOperationDelete("model.safetensors"),
            CommitOperationAdd("model.safetensors.index.json", json.dumps(index).encode()),
            CommitOperationAdd("model-1.safetensors", safetensors({"a": [500, 1000]})),
            CommitOperationAdd("model-2.safetensors", safetensors({"b": [9]}))])
        self.assertEqual(self.api.model_info(self.repo).safetensors.total, 500009)

    def test_tags_of_datasets(self):
        self.api.create_repo(self.repo, repo_type="dataset")
        self.addCleanup(self.api.delete_repo, self.repo, repo_type="dataset")
        self.api.upload_file(repo_id=self.repo, repo_type="dataset", path_in_repo="README.md",
                             path_or_fileobj=b"---\nlicense: mit\n---\n")
        self.assertIn("license:mit", [tag["id"] for tag in self.api.get_dataset_tags()["license"]])
        self.assertIn(self.repo, [d.id for d in self.api.list_datasets(filter="license:mit")])

    def test_likes(self):
        # The client cannot like, only its web pages do.
        like = get_session().post(f"{ENDPOINT}/api/models/{self.repo}/like",
                                  headers={"Authorization": f"Bearer {TOKEN}"})
        like.raise_for_status()
        self.assertEqual([user.username for user in self.api.list_repo_likers(self.repo)], [USER])
        self.assertEqual(self.api.list_liked_repos(USER).models, [self.repo])
        self.assertEqual(self.api.model_info(self.repo).likes, 1)
        self.api.unlike(self.repo)
        self.assertEqual(list(self.api.list_repo_likers(self.repo)), [])

    def test_list_user_repos(self):
        self.put("a.bin", noise(LARGE_BYTES, 8))
        self.api.update_repo_settings(self.repo, private=True)
        found = {repo.id: repo for repo in self.api.list_user_repos()}[self.repo]
        self.assertEqual((found.type, found.visibility, found.storage), ("model", "private", LARGE_BYTES))
        self.assertGreater(found.storage_percent, 0)
        self.assertEqual(found.updated_at.year, self.api.model_info(self.repo).last_modified.year)
        self.refused(HfHubHTTPError, lambda: list(self.api.list_user_repos("nobody")), status=404)

    def test_webhooks(self):
        watched = [{"type": "model", "name": self.repo}]
        hook = self.api.create_webhook(url="http://example.org/hook", watched=watched, domains=["repo"], secret="s")
        self.assertEqual((hook.url, hook.disabled), ("http://example.org/hook", False))
        self.assertEqual([h.id for h in self.api.list_webhooks()], [hook.id])
        self.assertTrue(self.api.disable_webhook(hook.id).disabled)
        self.assertFalse(self.api.enable_webhook(hook.id).disabled)
        self.assertEqual(self.api.update_webhook(hook.id, url="http://example.org/other").url,
                         "http://example.org/other")
        self.assertEqual(self.api.get_webhook(hook.id).watched[0].name, self.repo)
        self.api.delete_webhook(hook.id)
        self.assertEqual(self.api.list_webhooks(), [])

    def test_list_datasets(self):
        self.api.create_repo(self.repo, repo_type="dataset")
        self.addCleanup(self.api.delete_repo, self.repo, repo_type="dataset")
        self.assertEqual([d.id for d in self.api.list_datasets(search="listing-list-datasets")], [self.repo])

    def test_list_spaces(self):
        self.api.create_repo(self.repo, repo_type="space", space_sdk="static")
        self.addCleanup(self.api.delete_repo, self.repo, repo_type="space")
        (found,) = self.api.list_spaces(search="listing-list-spaces")
        self.assertEqual((found.id, found.sdk), (self.repo, "static"))
        self.assertIn(self.repo, [s.id for s in self.api.list_spaces(filter="static")])
