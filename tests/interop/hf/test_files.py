"""Files: commits, uploads, downloads, what is said of them."""

import io
import os
import threading

from huggingface_hub import (CommitOperationAdd, CommitOperationCopy, CommitOperationDelete, CommitScheduler, HfApi,
                             hf_hub_download, hf_hub_url, snapshot_download, try_to_load_from_cache)
from huggingface_hub.errors import (EntryNotFoundError, HfHubHTTPError, LocalEntryNotFoundError,
                                    RepositoryNotFoundError, RevisionNotFoundError)

from hub import LARGE_BYTES, HubTest, noise, safetensors


class Commits(HubTest):
    def test_create_commit(self):
        parent = self.put("old", b"old\n").oid
        done = self.api.create_commit(
            self.repo,
            [CommitOperationAdd("text", b"text\n"), CommitOperationAdd("large.bin", noise(LARGE_BYTES, 1)),
             CommitOperationAdd("empty", b""), CommitOperationAdd("größe/ü b.txt", b"x"),
             CommitOperationAdd("stream", io.BytesIO(b"stream")), CommitOperationDelete("old")],
            commit_message="Title", commit_description="Body", parent_commit=parent)
        self.assertEqual(done.oid, self.api.repo_info(self.repo).sha)
        self.assertEqual(self.names(),
                         [".gitattributes", "empty", "größe/ü b.txt", "large.bin", "stream", "text"])
        self.refused(HfHubHTTPError, self.api.create_commit, self.repo, [CommitOperationAdd("late", b"x")],
                     commit_message="Late", parent_commit=parent, status=412)

    def test_copies(self):
        content = noise(LARGE_BYTES, 2)
        old = self.put("a.bin", content).oid
        self.put("b.txt", b"one\n")
        self.put("a.bin", b"\0other")
        self.api.create_commit(self.repo, [CommitOperationCopy("a.bin", "old.bin", src_revision=old),
                                           CommitOperationCopy("b.txt", "sub/c.txt")], commit_message="Copy")
        with open(self.api.hf_hub_download(self.repo, "old.bin"), "rb") as file:
            self.assertEqual(file.read(), content)
        self.assertIn("sub/c.txt", self.names())

    def test_pull_request(self):
        done = self.put("proposed", b"x", create_pr=True)
        self.assertEqual(done.pr_num, 1)
        self.assertIn("proposed", self.names(revision="refs/pr/1"))
        self.assertNotIn("proposed", self.names())
        self.put("more", b"x", revision="refs/pr/1")
        self.assertIn("more", self.names(revision="refs/pr/1"))
        refs = self.api.list_repo_refs(self.repo, include_pull_requests=True)
        self.assertEqual([r.ref for r in refs.pull_requests], ["refs/pr/1"])

    def test_deletes(self):
        for name in ("a/1", "a/2", "b", "c.tmp", "d.tmp"):
            self.put(name, name.encode())
        self.api.delete_file("b", self.repo)
        self.api.delete_folder("a", self.repo)
        self.api.delete_files(self.repo, ["*.tmp"])
        self.assertEqual(self.names(), [".gitattributes"])
        self.refused(EntryNotFoundError, self.api.delete_file, "b", self.repo)

    def test_preupload_lfs_files(self):
        additions = [CommitOperationAdd(f"{i}.bin", noise(LARGE_BYTES, i)) for i in range(3)]
        self.api.preupload_lfs_files(self.repo, additions)
        self.assertEqual(self.names(), [".gitattributes"])
        self.api.create_commit(self.repo, additions, commit_message="All")
        self.assertEqual(len(self.names()), 4)
        with open(self.api.hf_hub_download(self.repo, "2.bin"), "rb") as file:
            self.assertEqual(file.read(), noise(LARGE_BYTES, 2))

    def test_run_as_future(self):
        first = self.api.upload_file(repo_id=self.repo, path_in_repo="1", path_or_fileobj=b"1", run_as_future=True)
        second = self.api.run_as_future(self.api.create_commit, self.repo, [CommitOperationAdd("2", b"2")],
                                        commit_message="Two")
        self.assertNotEqual(first.result().oid, second.result().oid)
        self.assertEqual(self.names(), [".gitattributes", "1", "2"])

    def test_many_at_once(self):
        failures = []

        def commit(i):
            try:
                HfApi().create_commit(self.repo, [CommitOperationAdd(f"many/{i}", f"{i}".encode())],
                                      commit_message=f"Many {i}")
            except Exception as error:  # told below, by the thread that counts
                failures.append(error)

        threads = [threading.Thread(target=commit, args=(i,)) for i in range(20)]
        [t.start() for t in threads]
        [t.join() for t in threads]
        self.assertEqual(failures, [])
        self.assertEqual(len(self.api.list_repo_commits(self.repo)), 21)
        self.assertEqual(len(self.names()), 21)

    def test_commit_scheduler(self):
        with CommitScheduler(repo_id=self.repo, folder_path=self.folder, every=60, path_in_repo="log") as scheduler:
            with scheduler.lock:
                (self.folder / "a.txt").write_text("one\n")
            scheduler.trigger().result()
            with scheduler.lock, open(self.folder / "a.txt", "a") as file:
                file.write("two\n")
            scheduler.trigger().result()
        with open(self.api.hf_hub_download(self.repo, "log/a.txt")) as file:
            self.assertEqual(file.read(), "one\ntwo\n")


class Uploads(HubTest):
    def fill(self):
        for name, content in (("a.txt", b"a\n"), ("sub/b.bin", noise(LARGE_BYTES, 3)), ("sub/c.tmp", b"c"),
                              ("empty", b"")):
            path = self.folder / name
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(content)

    def test_upload_file(self):
        self.fill()
        done = self.put("x/b.bin", self.folder / "sub/b.bin", commit_message="B")
        self.assertEqual(done.oid, self.api.repo_info(self.repo).sha)
        self.assertEqual(self.put("x/b.bin", self.folder / "sub/b.bin").oid, done.oid)
        self.refused(RevisionNotFoundError, self.put, "x", b"x", revision="none")
        self.refused(RepositoryNotFoundError, self.api.upload_file, repo_id=self.repo + "-none", path_in_repo="x",
                     path_or_fileobj=b"x")

    def test_upload_folder(self):
        self.fill()
        self.put("w/old.tmp", b"old")
        self.put("w/kept", b"kept")
        self.api.upload_folder(repo_id=self.repo, folder_path=self.folder, path_in_repo="w", ignore_patterns="*.tmp",
                               delete_patterns="*.tmp")
        self.assertEqual(self.names(), [".gitattributes", "w/a.txt", "w/empty", "w/kept", "w/sub/b.bin"])
        self.api.upload_folder(repo_id=self.repo, folder_path=self.folder, allow_patterns="*.txt")
        self.assertIn("a.txt", self.names())

    def test_upload_large_folder(self):
        self.fill()
        self.api.upload_large_folder(self.repo, self.folder, repo_type="model", num_workers=3, print_report=False)
        self.assertEqual(self.names(), [".gitattributes", "a.txt", "empty", "sub/b.bin", "sub/c.tmp"])

    def test_copy_files(self):
        self.fill()
        self.put("b.bin", self.folder / "sub/b.bin")
        target = self.repo + "-target"
        self.api.create_repo(target)
        self.addCleanup(self.api.delete_repo, target)
        self.api.copy_files(f"hf://{self.repo}/b.bin", f"hf://{self.repo}/copied.bin")
        self.assertIn("copied.bin", self.names())
        self.api.copy_files(f"hf://{self.repo}/b.bin", f"hf://{target}/b.bin")
        with open(self.api.hf_hub_download(target, "b.bin"), "rb") as file:
            self.assertEqual(file.read(), noise(LARGE_BYTES, 3))


class Downloads(HubTest):
    def setUp(self):
        super().setUp()
        self.large = noise(LARGE_BYTES, 4)
        self.api.create_commit(self.repo, [CommitOperationAdd("sub/large.bin", self.large),
                                           CommitOperationAdd("a.json", b"{}"), CommitOperationAdd("empty", b"")],
                               commit_message="First")
        self.cache = self.folder / "cache"

    def test_hf_hub_download(self):
        path = self.api.hf_hub_download(self.repo, "large.bin", subfolder="sub", cache_dir=self.cache)
        with open(path, "rb") as file:
            self.assertEqual(file.read(), self.large)
        self.assertEqual(try_to_load_from_cache(self.repo, "sub/large.bin", cache_dir=self.cache), path)
        self.assertEqual(hf_hub_download(self.repo, "sub/large.bin", cache_dir=self.cache, local_files_only=True), path)
        self.assertEqual(os.path.getsize(self.api.hf_hub_download(self.repo, "empty", cache_dir=self.cache)), 0)
        local = self.api.hf_hub_download(self.repo, "sub/large.bin", local_dir=self.folder / "local")
        self.assertEqual(os.path.getsize(local), LARGE_BYTES)
        dry = self.api.hf_hub_download(self.repo, "a.json", cache_dir=self.cache, dry_run=True)
        self.assertEqual((dry.file_size, dry.is_cached), (2, False))
        self.refused(EntryNotFoundError, self.api.hf_hub_download, self.repo, "none", cache_dir=self.cache)
        self.refused(LocalEntryNotFoundError, self.api.hf_hub_download, self.repo, "a.json", cache_dir=self.cache,
                     local_files_only=True)

    def test_snapshot_download(self):
        folder = self.api.snapshot_download(self.repo, cache_dir=self.cache)
        self.assertEqual(sorted(os.listdir(folder)), [".gitattributes", "a.json", "empty", "sub"])
        self.assertEqual(snapshot_download(self.repo, cache_dir=self.cache, local_files_only=True), folder)
        some = snapshot_download(self.repo, local_dir=self.folder / "some", allow_patterns=["*.json", "empty"])
        self.assertEqual(sorted(set(os.listdir(some)) - {".cache"}), ["a.json", "empty"])
        self.put("a.json", b"{ }")
        again = snapshot_download(self.repo, cache_dir=self.cache)
        self.assertNotEqual(again, folder)
        with open(os.path.join(again, "a.json")) as file:
            self.assertEqual(file.read(), "{ }")

    def test_get_hf_file_metadata(self):
        large = self.api.get_hf_file_metadata(url=hf_hub_url(self.repo, "sub/large.bin"))
        small = self.api.get_hf_file_metadata(url=hf_hub_url(self.repo, "a.json"))
        paths = {p.path: p for p in self.api.get_paths_info(self.repo, ["sub/large.bin", "a.json"])}
        self.assertEqual((large.size, large.etag), (LARGE_BYTES, paths["sub/large.bin"].lfs.sha256))
        self.assertEqual((small.size, small.etag), (2, paths["a.json"].blob_id))
        self.assertEqual(large.commit_hash, self.api.repo_info(self.repo).sha)
        self.assertEqual(large.xet_file_data.file_hash, paths["sub/large.bin"].xet_hash)

    def test_list_repo_tree(self):
        top = {e.path: e for e in self.api.list_repo_tree(self.repo)}
        self.assertEqual(sorted(top), [".gitattributes", "a.json", "empty", "sub"])
        deep = [e.path for e in self.api.list_repo_tree(self.repo, recursive=True)]
        self.assertIn("sub/large.bin", deep)
        (large,) = self.api.list_repo_tree(self.repo, "sub", expand=True)
        self.assertEqual((large.size, large.last_commit.title), (LARGE_BYTES, "First"))
        self.assertEqual(self.names(), sorted(set(deep) - {"sub"}))
        self.refused(EntryNotFoundError, lambda: list(self.api.list_repo_tree(self.repo, "none")))

    def test_verify_repo_checksums(self):
        folder = self.folder / "local"
        self.api.snapshot_download(self.repo, local_dir=folder)
        self.assertEqual(self.api.verify_repo_checksums(self.repo, local_dir=folder).mismatches, [])
        (folder / "sub/large.bin").write_bytes(self.large[:-1] + b"?")
        (bad,) = self.api.verify_repo_checksums(self.repo, local_dir=folder).mismatches
        self.assertEqual(bad["path"] if isinstance(bad, dict) else bad.path, "sub/large.bin")

    def test_private_files(self):
        self.api.update_repo_settings(self.repo, private=True)
        self.refused(RepositoryNotFoundError, HfApi(token=False).hf_hub_download, self.repo, "a.json",
                     cache_dir=self.cache)
        self.assertTrue(self.api.hf_hub_download(self.repo, "sub/large.bin", cache_dir=self.cache))

    def test_one_pull_of_a_change(self):
        """A second version of a large file reads back, whichever of the versions is asked for."""
        first = self.api.repo_info(self.repo).sha
        changed = self.large[:1_500_000] + b"inserted" + self.large[1_500_000:]
        self.put("sub/large.bin", changed)
        for revision, content in ((first, self.large), ("main", changed)):
            with open(self.api.hf_hub_download(self.repo, "sub/large.bin", revision=revision), "rb") as file:
                self.assertEqual(file.read(), content)


class LfsFiles(HubTest):
    def test_permanently_delete_lfs_files(self):
        self.put("gone.bin", noise(LARGE_BYTES, 7))
        self.put("kept.bin", noise(LARGE_BYTES, 8))
        files = {file.filename: file for file in self.api.list_lfs_files(self.repo)}
        self.assertEqual({name: file.size for name, file in files.items()},
                         {"gone.bin": LARGE_BYTES, "kept.bin": LARGE_BYTES})
        self.api.permanently_delete_lfs_files(self.repo, [files["gone.bin"]])
        self.assertEqual([file.filename for file in self.api.list_lfs_files(self.repo)], ["kept.bin"])
        self.assertEqual(self.names(), [".gitattributes", "kept.bin"])


class Safetensors(HubTest):
    def test_get_safetensors_metadata(self):
        self.put("model.safetensors", safetensors({"a": [300, 400], "b": [7]}, {"format": "pt"}))
        metadata = self.api.get_safetensors_metadata(self.repo)
        self.assertFalse(metadata.sharded)
        self.assertEqual(metadata.parameter_count, {"F32": 120007})
        file = self.api.parse_safetensors_file_metadata(self.repo, "model.safetensors")
        self.assertEqual(file.tensors["a"].shape, [300, 400])
        self.assertEqual(file.metadata, {"format": "pt"})
