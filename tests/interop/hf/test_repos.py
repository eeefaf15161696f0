"""Repositories: making, naming, describing, settings, references and history."""

from huggingface_hub import HfApi
from huggingface_hub.errors import (HfHubHTTPError, RepositoryNotFoundError, RevisionNotFoundError)

from hub import TOKEN, USER, HubTest


class Repos(HubTest):
    def test_create_repo(self):
        self.assertEqual(self.names(), [".gitattributes"])
        self.refused(HfHubHTTPError, self.api.create_repo, self.repo, status=409)
        self.assertEqual(self.api.create_repo(self.repo, exist_ok=True).repo_id, self.repo)
        for kind in ("model", "dataset", "space"):
            more = {"space_sdk": "static"} if kind == "space" else {}
            url = self.api.create_repo(self.repo + "-kind", repo_type=kind, visibility="private", **more)
            self.addCleanup(self.api.delete_repo, self.repo + "-kind", repo_type=kind)
            self.assertEqual((url.repo_type, url.repo_id), (kind, self.repo + "-kind"))
            self.assertTrue(self.api.repo_info(url.repo_id, repo_type=kind).private)

    def test_repo_info(self):
        self.put("README.md", b"---\nlicense: mit\n---\n")
        for call in (self.api.repo_info, self.api.model_info):
            info = call(self.repo, files_metadata=True)
            self.assertEqual(info.id, self.repo)
            self.assertEqual(info.author, USER)
            self.assertFalse(info.private)
            self.assertEqual({s.rfilename: s.size for s in info.siblings}["README.md"], 21)
            self.assertIsNotNone(info.last_modified)
            self.assertIsNotNone(info.created_at)
        self.assertEqual(self.api.model_info(self.repo, revision=info.sha).sha, info.sha)
        some = self.api.model_info(self.repo, expand=["sha", "private"])
        self.assertEqual((some.sha, some.siblings), (info.sha, None))
        self.refused(RevisionNotFoundError, self.api.model_info, self.repo, revision="none")
        self.refused(RepositoryNotFoundError, self.api.model_info, self.repo + "-none")

    def test_dataset_info(self):
        self.api.create_repo(self.repo, repo_type="dataset")
        self.addCleanup(self.api.delete_repo, self.repo, repo_type="dataset")
        self.assertEqual(self.api.dataset_info(self.repo).id, self.repo)
        self.assertEqual(self.api.repo_info(self.repo, repo_type="dataset").id, self.repo)

    def test_space_info(self):
        self.api.create_repo(self.repo, repo_type="space", space_sdk="static")
        self.addCleanup(self.api.delete_repo, self.repo, repo_type="space")
        self.assertEqual(self.api.space_info(self.repo).id, self.repo)
        self.assertEqual(self.api.space_info(self.repo).sdk, "static")
        self.assertEqual(self.api.space_info(self.repo, expand=["sdk"]).sdk, "static")
        self.api.upload_file(repo_id=self.repo, repo_type="space", path_in_repo="index.html", path_or_fileobj=b"<p>")
        self.assertIn("index.html", self.names(repo_type="space"))
        self.api.upload_file(repo_id=self.repo, repo_type="space", path_in_repo="README.md",
                             path_or_fileobj=b"---\nsdk: docker\n---\n")
        self.assertEqual(self.api.space_info(self.repo).sdk, "docker")

    def test_exists(self):
        self.assertTrue(self.api.repo_exists(self.repo))
        self.assertFalse(self.api.repo_exists(self.repo, repo_type="dataset"))
        self.assertTrue(self.api.revision_exists(self.repo, "main"))
        self.assertFalse(self.api.revision_exists(self.repo, "none"))
        self.assertTrue(self.api.file_exists(self.repo, ".gitattributes"))
        self.assertFalse(self.api.file_exists(self.repo, "none"))
        self.assertFalse(self.api.file_exists(self.repo, ".gitattributes", revision="none"))
        self.assertFalse(self.api.file_exists(self.repo + "-none", ".gitattributes"))

    def test_auth_check(self):
        self.api.auth_check(self.repo)
        self.api.auth_check(self.repo, write=True)
        self.refused(HfHubHTTPError, HfApi(token=False).auth_check, self.repo, write=True)
        self.refused(RepositoryNotFoundError, self.api.auth_check, self.repo + "-none")

    def test_update_repo_settings(self):
        self.api.update_repo_settings(self.repo, private=True)
        self.assertTrue(self.api.repo_info(self.repo).private)
        self.refused(RepositoryNotFoundError, HfApi(token=False).repo_info, self.repo)
        self.api.update_repo_settings(self.repo, visibility="public")
        self.assertFalse(HfApi(token=False).repo_info(self.repo).private)

    def test_move_repo(self):
        moved = self.repo + "-moved"
        self.api.move_repo(self.repo, moved)
        self.addCleanup(self.api.delete_repo, moved)
        self.assertEqual(self.api.repo_info(moved).id, moved)
        self.assertEqual(self.api.repo_info(self.repo).id, moved)
        self.put("under-the-old-name", b"x")
        self.assertIn("under-the-old-name", self.names(moved))

    def test_duplicate_repo(self):
        self.put("a.bin", b"\0" * 999)
        twin = self.api.duplicate_repo(self.repo, self.repo + "-twin")
        self.addCleanup(self.api.delete_repo, twin.repo_id)
        self.assertEqual(self.names(twin.repo_id), self.names())
        self.refused(HfHubHTTPError, self.api.duplicate_repo, self.repo, twin.repo_id, status=409)
        self.assertEqual(self.api.duplicate_repo(self.repo, twin.repo_id, exist_ok=True).repo_id, twin.repo_id)

    def test_duplicate_space(self):
        self.api.create_repo(self.repo, repo_type="space", space_sdk="static")
        self.addCleanup(self.api.delete_repo, self.repo, repo_type="space")
        twin = self.api.duplicate_space(self.repo, self.repo + "-twin")
        self.addCleanup(self.api.delete_repo, twin.repo_id, repo_type="space")
        self.assertEqual(self.names(twin.repo_id, repo_type="space"), self.names(repo_type="space"))
        self.assertEqual(self.api.space_info(twin.repo_id).sdk, "static")

    def test_delete_repo(self):
        self.api.delete_repo(self.repo)
        self.refused(RepositoryNotFoundError, self.api.delete_repo, self.repo)
        self.api.delete_repo(self.repo, missing_ok=True)

    def test_branches(self):
        first = self.put("a", b"1").oid
        self.put("a", b"2")
        self.api.create_branch(self.repo, branch="feat/x", revision=first)
        self.refused(HfHubHTTPError, self.api.create_branch, self.repo, branch="feat/x", status=409)
        self.api.create_branch(self.repo, branch="feat/x", exist_ok=True)
        refs = self.api.list_repo_refs(self.repo)
        self.assertEqual({b.name: b.target_commit for b in refs.branches}["feat/x"], first)
        self.api.delete_branch(self.repo, branch="feat/x")
        self.refused(RevisionNotFoundError, self.api.delete_branch, self.repo, branch="feat/x")

    def test_tags(self):
        first = self.put("a", b"1").oid
        self.api.create_tag(self.repo, tag="v1", tag_message="About")
        self.refused(HfHubHTTPError, self.api.create_tag, self.repo, tag="v1", status=409)
        self.api.create_tag(self.repo, tag="v1", exist_ok=True)
        self.assertEqual({t.name: t.target_commit for t in self.api.list_repo_refs(self.repo).tags}, {"v1": first})
        self.api.delete_tag(self.repo, tag="v1")
        self.assertEqual(self.api.list_repo_refs(self.repo).tags, [])

    def test_history(self):
        for name in "abc":
            self.put(name, name.encode(), commit_message=f"Add {name}", commit_description="Because.")
        commits = self.api.list_repo_commits(self.repo)
        self.assertEqual([c.title for c in commits], ["Add c", "Add b", "Add a", "initial commit"])
        self.assertEqual(commits[0].message.strip(), "Because.")
        self.assertEqual(commits[0].authors, [USER])
        self.api.super_squash_history(self.repo, commit_message="One")
        self.assertEqual([c.title for c in self.api.list_repo_commits(self.repo)], ["One"])
        self.assertIn("c", self.names())

    def test_resolve_revision(self):
        sha = self.api.repo_info(self.repo).sha
        found = self.api.resolve_revision(self.repo, revision="main", cache_dir=self.folder)
        self.assertEqual((found.initial, found.resolved), ("main", sha))


class People(HubTest):
    def test_whoami(self):
        me = self.api.whoami()
        self.assertEqual((me["type"], me["name"]), ("user", USER))
        self.assertIn(me["auth"]["accessToken"]["role"], ("read", "write", "admin", "fineGrained"))
        self.refused(HfHubHTTPError, HfApi(token="hf_wrong").whoami, status=401)
        self.assertEqual(self.api.get_full_repo_name("x"), f"{USER}/x")

    def test_access_requests(self):
        self.api.update_repo_settings(self.repo, gated="manual")
        self.assertEqual(self.api.model_info(self.repo).gated, "manual")
        self.assertEqual(list(self.api.list_rejected_access_requests(self.repo)), [])

    def test_followers(self):
        self.assertEqual(list(self.api.list_user_followers(USER)), [])
        self.assertEqual(list(self.api.list_user_following(USER)), [])
        self.refused(HfHubHTTPError, lambda: list(self.api.list_organization_followers("nobody")), status=404)

    def test_tokens(self):
        self.refused(HfHubHTTPError, HfApi(token=False).upload_file, repo_id=self.repo, path_in_repo="a",
                     path_or_fileobj=b"", status=401)
        self.refused(HfHubHTTPError, HfApi(token="hf_wrong").upload_file, repo_id=self.repo, path_in_repo="a",
                     path_or_fileobj=b"", status=401)
        HfApi(token=TOKEN).upload_file(repo_id=self.repo, path_in_repo="a", path_or_fileobj=b"")
