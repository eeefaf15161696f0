"""The program hf, command by command. hf-upload.sh has more of `hf upload` and `hf download`."""

import json
import os

from huggingface_hub import HfApi
from huggingface_hub.errors import RepositoryNotFoundError

from hub import LARGE_BYTES, TOKEN, USER, HubTest, noise


class Program(HubTest):
    def test_auth(self):
        home = {"HF_HOME": str(self.folder / "home"), "HF_TOKEN": ""}
        self.hf("auth", "login", "--token", TOKEN, env=home)
        self.assertIn(USER, self.hf("auth", "whoami", env=home))
        self.assertEqual(self.hf("auth", "token", env=home).splitlines()[0], TOKEN)
        name = HfApi().whoami()["auth"]["accessToken"]["displayName"]
        self.assertIn(name, self.hf("auth", "list", env=home))
        self.hf("auth", "switch", "--token-name", name, env=home)
        self.hf("auth", "logout", env=home)
        self.hf("auth", "whoami", env=home, code=1)
        self.hf("auth", "login", "--token", "hf_wrong", env=home, code=1)

    def test_upload_and_download(self):
        (self.folder / "m").mkdir()
        (self.folder / "m/a.bin").write_bytes(noise(LARGE_BYTES, 6))
        (self.folder / "m/b.txt").write_text("b\n")
        self.hf("upload", self.repo, "m", ".", "--commit-message", "Both")
        self.hf("download", self.repo, "--local-dir", "down")
        self.assertEqual((self.folder / "down/a.bin").read_bytes(), noise(LARGE_BYTES, 6))
        self.hf("upload-large-folder", self.repo, "m", "--repo-type", "model", "--no-report")
        self.hf("cp", f"hf://{self.repo}/b.txt", "copied.txt")
        self.assertEqual((self.folder / "copied.txt").read_text(), "b\n")
        self.hf("repos", "cp", "copied.txt", f"hf://{self.repo}/up.txt")
        self.assertIn("up.txt", self.names())

    def test_cache(self):
        self.put("a.txt", b"a")
        cache = self.folder / "cache"
        self.hf("download", self.repo, "--cache-dir", cache)
        self.assertIn(self.repo, self.hf("cache", "list", "--cache-dir", cache))
        self.hf("cache", "verify", self.repo, "--cache-dir", cache)
        self.put("a.txt", b"b")
        self.hf("download", self.repo, "--cache-dir", cache)
        self.hf("cache", "prune", "--cache-dir", cache, "--yes")
        self.hf("cache", "rm", f"model/{self.repo}", "--cache-dir", cache, "--yes")
        self.assertNotIn(self.repo, self.hf("cache", "list", "--cache-dir", cache))

    def test_repos(self):
        other = self.repo + "-other"
        self.hf("repos", "create", other, "--private")
        self.addCleanup(self.api.delete_repo, other, missing_ok=True)
        self.hf("repos", "create", other, "--exist-ok")
        self.assertIn(other, self.hf("repos", "list", "--no-truncate", "--limit", "0"))
        self.hf("repos", "settings", other, "--public")
        self.assertTrue(HfApi(token=False).repo_exists(other))
        self.hf("repos", "duplicate", other, other + "-twin")
        self.hf("repos", "delete", other + "-twin", "--yes")
        self.hf("repos", "move", other, other + "-moved")
        self.refused(RepositoryNotFoundError, self.api.repo_info, other + "-twin")
        self.hf("repos", "delete", other + "-moved", "--yes")
        self.hf("repos", "delete", other + "-moved", "--yes", code=1)
        self.hf("repos", "delete", other + "-moved", "--yes", "--missing-ok")

    def test_refs(self):
        self.hf("repos", "branch", "create", self.repo, "next")
        self.hf("repos", "branch", "create", self.repo, "next", "--exist-ok")
        self.assertTrue(self.api.revision_exists(self.repo, "next"))
        self.hf("repos", "branch", "delete", self.repo, "next")
        self.hf("repos", "tag", "create", self.repo, "v1", "-m", "About")
        self.assertIn("v1", self.hf("repos", "tag", "list", self.repo))
        self.hf("repos", "tag", "delete", self.repo, "v1", "--yes")
        self.assertFalse(self.api.revision_exists(self.repo, "v1"))

    def test_delete_files(self):
        for name in ("a.tmp", "b.tmp", "c", "d.tmp"):
            self.put(name, b"x")
        self.hf("repos", "delete-files", self.repo, "a.tmp", "b.tmp")
        self.hf("repo-files", "delete", self.repo, "d.*")
        self.assertEqual(self.names(), [".gitattributes", "c"])

    def test_models(self):
        self.put("README.md", b"---\nlicense: mit\n---\n# Its card\n")
        self.assertIn(self.repo, self.hf("models", "list", "--author", USER, "--no-truncate"))
        self.assertIn("README.md", self.hf("models", "list", self.repo, "--no-truncate"))
        self.assertIn(self.repo, self.hf("models", "info", self.repo))
        self.assertIn("Its card", self.hf("models", "card", self.repo))

    def test_datasets(self):
        self.api.create_repo(self.repo, repo_type="dataset")
        self.addCleanup(self.api.delete_repo, self.repo, repo_type="dataset")
        self.api.upload_file(repo_id=self.repo, repo_type="dataset", path_in_repo="README.md",
                             path_or_fileobj=b"---\nlicense: mit\n---\n# Its card\n")
        self.assertIn(self.repo, self.hf("datasets", "list", "--author", USER, "--no-truncate"))
        self.assertIn(self.repo, self.hf("datasets", "info", self.repo))
        self.assertIn("Its card", self.hf("datasets", "card", self.repo))

    def test_spaces(self):
        self.api.create_repo(self.repo, repo_type="space", space_sdk="static")
        self.addCleanup(self.api.delete_repo, self.repo, repo_type="space")
        self.assertIn(self.repo, self.hf("spaces", "list", "--author", USER, "--no-truncate"))
        self.assertIn(self.repo, self.hf("spaces", "info", self.repo))
        self.api.upload_file(repo_id=self.repo, repo_type="space", path_in_repo="README.md",
                             path_or_fileobj=b"---\nsdk: static\n---\n# Its card\n")
        self.assertIn("Its card", self.hf("spaces", "card", self.repo))

    def test_webhooks(self):
        made = json.loads(self.hf("webhooks", "create", "--watch", f"model:{self.repo}", "--url",
                                  "http://example.org/hook", "--format", "json"))
        number = made["id"]
        self.assertIn(number, self.hf("webhooks", "list", "--no-truncate"))
        self.assertIn("example.org", self.hf("webhooks", "info", number))
        self.hf("webhooks", "disable", number)
        self.hf("webhooks", "enable", number)
        self.hf("webhooks", "update", number, "--url", "http://example.org/other")
        self.hf("webhooks", "delete", number, "--yes")

    def test_about_itself(self):
        self.assertIn(os.environ["HF_ENDPOINT"], self.hf("env"))
        self.assertTrue(self.hf("version"))
