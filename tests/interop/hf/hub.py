"""What the tests of Hugging Face's Python client share. hf-api.sh runs them with HF_ENDPOINT and HF_TOKEN."""

import json
import os
import random
import struct
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from huggingface_hub import HfApi
from huggingface_hub.errors import HfHubHTTPError

ENDPOINT = os.environ["HF_ENDPOINT"]
TOKEN = os.environ["HF_TOKEN"]
USER = "admin"
HF = Path(sys.executable).with_name("hf")
# A tenth of what people have, but over the size from which files are sent by chunks.
LARGE_BYTES = 3_000_000


def noise(size, seed):
    """Bytes that compress badly and are no text."""
    return random.Random(seed).randbytes(size)


def safetensors(shapes, metadata=None):
    """A file of float32 tensors: a length, a header, the data."""
    header, data = {}, b""
    if metadata:
        header["__metadata__"] = metadata
    for name, shape in shapes.items():
        count = 1
        for length in shape:
            count *= length
        values = noise(4 * count, name)
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [len(data), len(data) + len(values)]}
        data += values
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


class HubTest(unittest.TestCase):
    """Each test has an empty repository `self.repo` and a folder `self.folder` of its own."""

    def setUp(self):
        self.api = HfApi()
        name = self.id().split(".")[-1].removeprefix("test_").replace("_", "-")
        self.repo = f"{USER}/{type(self).__name__.lower()}-{name}"
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.folder = Path(holder.name)
        self.api.create_repo(self.repo)
        self.addCleanup(self.api.delete_repo, self.repo, missing_ok=True)

    def refused(self, error, call, *arguments, status=None, **more):
        with self.assertRaises(error) as raised:
            call(*arguments, **more)
        if status is not None:
            self.assertEqual(raised.exception.response.status_code, status)
        return raised.exception

    def not_offered(self, call, *arguments, **more):
        """The hub says that there is no such thing, in words and not by breaking."""
        error = self.refused(HfHubHTTPError, lambda: list(call(*arguments, **more) or ()))
        self.assertIn(error.response.status_code, (400, 404, 405, 501))
        self.assertIn("json", error.response.headers["content-type"])

    def names(self, repo=None, **more):
        return sorted(self.api.list_repo_files(repo or self.repo, **more))

    def put(self, path, content, **more):
        return self.api.upload_file(repo_id=self.repo, path_in_repo=path, path_or_fileobj=content, **more)

    def hf(self, *arguments, code=0, text=None, env=None):
        """Runs the program hf, which has to end with `code`; what it says on stdout, without the line feed."""
        done = subprocess.run([HF, *map(str, arguments)], capture_output=True, input=text, text=True,
                              env={**os.environ, **(env or {})}, cwd=self.folder, timeout=300)
        self.assertEqual(done.returncode, code, f"hf {arguments}: {done.stdout}\n{done.stderr}")
        if code:
            self.assertNotIn("Traceback", done.stderr)
        return done.stdout.strip()
