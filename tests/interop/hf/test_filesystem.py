"""HfFileSystem, and cards of models and data sets."""

from huggingface_hub import DatasetCard, HfFileSystem, ModelCard

from hub import LARGE_BYTES, TOKEN, HubTest, noise


class FileSystem(HubTest):
    def setUp(self):
        super().setUp()
        self.fs = HfFileSystem(token=TOKEN, skip_instance_cache=True)
        self.content = noise(LARGE_BYTES, 5)
        self.put("sub/large.bin", self.content)
        self.put("a.txt", b"one\ntwo\n")

    def test_reading(self):
        self.assertEqual(sorted(self.fs.ls(self.repo, detail=False)),
                         [f"{self.repo}/{n}" for n in (".gitattributes", "a.txt", "sub")])
        self.assertEqual(self.fs.info(f"{self.repo}/sub/large.bin")["size"], LARGE_BYTES)
        self.assertTrue(self.fs.isdir(f"{self.repo}/sub") and self.fs.isfile(f"{self.repo}/a.txt"))
        self.assertFalse(self.fs.exists(f"{self.repo}/none"))
        with self.fs.open(f"{self.repo}/sub/large.bin", "rb", block_size=100_000) as file:
            for at in (0, 1_234_567, LARGE_BYTES - 10):
                file.seek(at)
                self.assertEqual(file.read(10), self.content[at:at + 10])
        self.assertEqual(self.fs.cat_file(f"{self.repo}/sub/large.bin", start=5, end=50), self.content[5:50])
        self.assertEqual(self.fs.glob(f"{self.repo}/**/*.bin"), [f"{self.repo}/sub/large.bin"])
        self.assertIn(f"{self.repo}/sub/large.bin", self.fs.find(self.repo))
        self.assertEqual(self.fs.read_text(f"{self.repo}@main/a.txt"), "one\ntwo\n")
        self.fs.get(f"{self.repo}/sub/large.bin", str(self.folder / "got"))
        self.assertEqual((self.folder / "got").read_bytes(), self.content)

    def test_writing(self):
        with self.fs.open(f"{self.repo}/new.txt", "w") as file:
            file.write("new\n")
        self.assertEqual(self.fs.read_text(f"{self.repo}/new.txt"), "new\n")
        (self.folder / "up.bin").write_bytes(self.content)
        self.fs.put(str(self.folder / "up.bin"), f"{self.repo}/up.bin")
        self.fs.cp_file(f"{self.repo}/up.bin", f"{self.repo}/copied.bin")
        self.fs.mv(f"{self.repo}/a.txt", f"{self.repo}/moved.txt")
        self.fs.rm(f"{self.repo}/up.bin")
        self.fs.rm(f"{self.repo}/sub", recursive=True)
        self.assertEqual(self.names(), [".gitattributes", "copied.bin", "moved.txt", "new.txt"])


class Cards(HubTest):
    """Cards are pushed as files: the client asks huggingface.co, whatever HF_ENDPOINT says, to check them."""

    def test_model_card(self):
        self.put("README.md", b"---\nlicense: mit\ntags: [a]\n---\n# About\n")
        card = ModelCard.load(self.repo)
        self.assertEqual((card.data.license, card.data.tags), ("mit", ["a"]))
        card.data.license = "apache-2.0"
        card.save(self.folder / "README.md")
        self.put("README.md", self.folder / "README.md")
        self.assertEqual(ModelCard.load(self.repo).data.license, "apache-2.0")

    def test_dataset_card(self):
        self.api.create_repo(self.repo, repo_type="dataset")
        self.addCleanup(self.api.delete_repo, self.repo, repo_type="dataset")
        self.api.upload_file(repo_id=self.repo, repo_type="dataset", path_in_repo="README.md",
                             path_or_fileobj=b"---\nlicense: mit\n---\n# About\n")
        self.assertEqual(DatasetCard.load(self.repo).data.license, "mit")
