// Hugging Face's JavaScript client against a hub: js-client.sh runs this with HF_ENDPOINT, HF_TOKEN and a
// folder of files. Every function of the client that a hub of repositories can answer is called once at least.
import assert from "node:assert/strict";
import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import * as hub from "@huggingface/hub";

const hubUrl = process.env.HF_ENDPOINT;
const accessToken = process.env.HF_TOKEN;
const files = process.env.FILES;
const access = { hubUrl, accessToken };
const repo = "admin/js";

const bytesOf = async (blob) => Buffer.from(await blob.arrayBuffer());
const all = async (iterator) => {
  const found = [];
  for await (const item of iterator) found.push(item);
  return found;
};
const paths = async (more = {}) =>
  (await all(hub.listFiles({ ...access, repo, recursive: true, ...more })))
    .filter((entry) => entry.type === "file")
    .map((entry) => entry.path)
    .sort();
const refused = (status) => (error) => {
  assert.equal(error.statusCode, status, String(error));
  return true;
};

test("whoAmI", async () => {
  const me = await hub.whoAmI(access);
  assert.equal(me.type, "user");
  assert.equal(me.name, "admin");
  assert.equal(typeof me.auth.accessToken.role, "string");
  await assert.rejects(hub.whoAmI({ hubUrl, accessToken: "hf_wrong" }), refused(401));
});

test("createRepo, repoExists, checkRepoAccess", async () => {
  const made = await hub.createRepo({
    ...access,
    repo,
    files: [{ path: "first.txt", content: new Blob(["first\n"]) }],
  });
  assert.equal(made.repoUrl, `${hubUrl}/${repo}`);
  assert.equal(typeof made.id, "string");
  assert.deepEqual(await paths(), [".gitattributes", "first.txt"]);
  await assert.rejects(hub.createRepo({ ...access, repo }), refused(409));
  assert.equal(await hub.repoExists({ ...access, repo }), true);
  assert.equal(await hub.repoExists({ ...access, repo: "admin/none" }), false);
  await hub.checkRepoAccess({ ...access, repo });
  await assert.rejects(hub.checkRepoAccess({ ...access, repo: "admin/none" }), refused(404));
});

test("createRepo: private, and of every kind", async () => {
  for (const type of ["model", "dataset", "space"]) {
    const secret = { type, name: "admin/js-secret" };
    await hub.createRepo({ ...access, repo: secret, visibility: "private" });
    assert.equal(await hub.repoExists({ ...access, repo: secret }), true);
    assert.equal(await hub.repoExists({ hubUrl, repo: secret }), false);
    await assert.rejects(all(hub.listFiles({ hubUrl, repo: secret })));
    await hub.uploadFile({ ...access, repo: secret, file: { path: "a.bin", content: new Blob([Buffer.alloc(99, 255)]) } });
    assert.equal((await bytesOf(await hub.downloadFile({ ...access, repo: secret, path: "a.bin" }))).length, 99);
    await hub.deleteRepo({ ...access, repo: secret });
    assert.equal(await hub.repoExists({ ...access, repo: secret }), false);
  }
});

for (const useXet of [true, false]) {
  const way = useXet ? "by chunks" : "whole";
  test(`uploadFiles and downloadFile, ${way}`, async () => {
    const folder = useXet ? "xet" : "whole";
    const big = await readFile(join(files, `${folder}.bin`));
    const done = await hub.uploadFiles({
      ...access,
      repo,
      useXet,
      commitTitle: `Add ${folder}`,
      files: [
        { path: `${folder}/text.txt`, content: new Blob(["text\n"]) },
        { path: `${folder}/empty.txt`, content: new Blob([]) },
        { path: `${folder}/größe ü.txt`, content: new Blob(["größe\n"]) },
        { path: `${folder}/big.bin`, content: new Blob([big]) },
        { path: `${folder}/small.bin`, content: new Blob([Buffer.alloc(300, 200)]) },
        { path: `${folder}/url.bin`, content: pathToFileURL(join(files, `${folder}.bin`)) },
      ],
    });
    assert.match(done.commit.oid, /^[0-9a-f]{40}$/);
    assert.ok(done.commit.url.startsWith(`${hubUrl}/${repo}`));
    for (const xet of [true, false]) {
      const blob = await hub.downloadFile({ ...access, repo, path: `${folder}/big.bin`, xet });
      assert.equal(blob.size, big.length);
      assert.ok(big.equals(await bytesOf(blob)));
      const part = blob.slice(1_000_000, 1_234_567);
      assert.ok(big.subarray(1_000_000, 1_234_567).equals(await bytesOf(part)));
    }
    assert.ok(big.equals(await bytesOf(await hub.downloadFile({ ...access, repo, path: `${folder}/url.bin` }))));
    assert.equal(await (await hub.downloadFile({ ...access, repo, path: `${folder}/größe ü.txt` })).text(), "größe\n");
    assert.equal(await (await hub.downloadFile({ ...access, repo, path: `${folder}/empty.txt` })).text(), "");
    const pointer = await (await hub.downloadFile({ ...access, repo, path: `${folder}/big.bin`, raw: true })).text();
    assert.match(pointer, /^version https:\/\/git-lfs/);
    assert.equal(await hub.downloadFile({ ...access, repo, path: "none" }), null);
  });
}

test("uploadFile, fileExists, commits that are refused", async () => {
  await hub.uploadFile({ ...access, repo, file: new File(["one"], "one.txt") });
  assert.equal(await hub.fileExists({ ...access, repo, path: "one.txt" }), true);
  assert.equal(await hub.fileExists({ ...access, repo, path: "none.txt" }), false);
  const stale = (await all(hub.listCommits({ ...access, repo })))[1].oid;
  await assert.rejects(
    hub.uploadFile({ ...access, repo, parentCommit: stale, file: new File(["two"], "one.txt") }),
    refused(412),
  );
  await assert.rejects(
    hub.uploadFile({ hubUrl, accessToken: "hf_wrong", repo, file: new File(["two"], "one.txt") }),
    refused(401),
  );
  await assert.rejects(hub.uploadFile({ ...access, repo, branch: "none", file: new File(["x"], "x") }), refused(404));
});

test("uploadFilesWithProgress", async () => {
  const events = await all(
    hub.uploadFilesWithProgress({
      ...access,
      repo,
      files: [{ path: "progress.bin", content: new Blob([await readFile(join(files, "progress.bin"))]) }],
    }),
  );
  assert.ok(events.some((event) => event.event === "phase" && event.phase === "committing"));
  assert.ok(events.some((event) => event.event === "fileProgress" && event.progress === 1));
});

test("commit: add, edit, delete in one", async () => {
  const original = await hub.downloadFile({ ...access, repo, path: "xet/big.bin" });
  const before = await bytesOf(original);
  const count = await hub.countCommits({ ...access, repo });
  await hub.commit({
    ...access,
    repo,
    title: "Everything",
    description: "At once.",
    operations: [
      { operation: "addOrUpdate", path: "added.txt", content: new Blob(["added"]) },
      { operation: "delete", path: "one.txt" },
      {
        operation: "edit",
        path: "xet/big.bin",
        originalContent: original,
        edits: [{ content: new Blob(["inserted"]), start: 2_000_000, end: 2_000_003 }],
      },
    ],
  });
  assert.equal(await hub.countCommits({ ...access, repo }), count + 1);
  const edited = await bytesOf(await hub.downloadFile({ ...access, repo, path: "xet/big.bin" }));
  assert.ok(
    Buffer.concat([before.subarray(0, 2_000_000), Buffer.from("inserted"), before.subarray(2_000_003)]).equals(edited),
  );
  const now = await paths();
  assert.ok(now.includes("added.txt") && !now.includes("one.txt"));
  const [newest] = await all(hub.listCommits({ ...access, repo, batchSize: 2 }));
  assert.equal(newest.title, "Everything");
  assert.equal(newest.message.trim(), "At once.");
  assert.ok(newest.date.getTime() > 0);
});

test("deleteFile, deleteFiles", async () => {
  await hub.deleteFile({ ...access, repo, path: "added.txt" });
  await hub.deleteFiles({ ...access, repo, paths: ["whole/text.txt", "whole/empty.txt"] });
  const now = await paths();
  for (const gone of ["added.txt", "whole/text.txt", "whole/empty.txt"]) assert.ok(!now.includes(gone));
});

test("listFiles, pathsInfo, fileDownloadInfo", async () => {
  const top = await all(hub.listFiles({ ...access, repo }));
  assert.ok(top.some((entry) => entry.type === "directory" && entry.path === "xet"));
  const [big] = (await all(hub.listFiles({ ...access, repo, path: "whole", expand: true }))).filter(
    (entry) => entry.path === "whole/big.bin",
  );
  assert.equal(big.size, (await readFile(join(files, "whole.bin"))).length);
  assert.equal(big.lfs.size, big.size);
  assert.equal(big.lastCommit.title, "Add whole");
  const infos = await hub.pathsInfo({ ...access, repo, paths: ["whole/big.bin", "xet", "none"], expand: true });
  assert.deepEqual(infos.map((info) => info.path).sort(), ["whole/big.bin", "xet"]);
  assert.ok(infos.find((info) => info.path === "whole/big.bin").lastCommit.date instanceof Date);
  const info = await hub.fileDownloadInfo({ ...access, repo, path: "whole/big.bin" });
  assert.equal(info.size, big.size);
  assert.equal(info.etag.replaceAll('"', ""), big.lfs.oid);
  assert.equal(info.xet.hash, big.xetHash);
  const small = await hub.fileDownloadInfo({ ...access, repo, path: "first.txt" });
  assert.equal(small.size, 6);
  assert.equal(small.xet, undefined);
  assert.equal(await hub.fileDownloadInfo({ ...access, repo, path: "none" }), null);
});

test("createBranch, deleteBranch, revisions", async () => {
  await hub.createBranch({ ...access, repo, branch: "feat/x" });
  await assert.rejects(hub.createBranch({ ...access, repo, branch: "feat/x" }), refused(409));
  await hub.createBranch({ ...access, repo, branch: "feat/x", overwrite: true });
  await hub.createBranch({ ...access, repo, branch: "empty", empty: true });
  await hub.uploadFile({ ...access, repo, branch: "feat/x", file: new File(["x"], "on-branch.txt") });
  assert.ok((await paths({ revision: "feat/x" })).includes("on-branch.txt"));
  assert.ok(!(await paths()).includes("on-branch.txt"));
  const blob = await hub.downloadFile({ ...access, repo, path: "on-branch.txt", revision: "feat/x" });
  assert.equal(await blob.text(), "x");
  const counted = await hub.countCommits({ ...access, repo });
  assert.equal(await hub.countCommits({ ...access, repo, revision: "feat/x" }), counted + 1);
  await hub.deleteBranch({ ...access, repo, branch: "feat/x" });
  await assert.rejects(paths({ revision: "feat/x" }), refused(404));
});

test("a pull request by one call", async () => {
  const done = await hub.uploadFile({ ...access, repo, isPullRequest: true, file: new File(["p"], "proposed.txt") });
  assert.match(done.pullRequestUrl, /\/discussions\/1$/);
  assert.ok((await paths({ revision: "refs/pr/1" })).includes("proposed.txt"));
  assert.ok(!(await paths()).includes("proposed.txt"));
});

test("modelInfo, datasetInfo, spaceInfo", async () => {
  const info = await hub.modelInfo({ ...access, name: repo, additionalFields: ["sha", "filePaths", "author"] });
  assert.equal(info.name, repo);
  assert.match(info.sha, /^[0-9a-f]{40}$/);
  assert.ok(info.filePaths.includes("xet/big.bin"));
  assert.equal(info.private, false);
  assert.equal(info.gated, false);
  assert.ok(info.updatedAt.getTime() > 0);
  for (const [kind, describe] of [["dataset", hub.datasetInfo], ["space", hub.spaceInfo]]) {
    await hub.createRepo({ ...access, repo: { type: kind, name: "admin/js-kind" } });
    const other = await describe({ ...access, name: "admin/js-kind", additionalFields: ["sha"] });
    assert.equal(other.name, "admin/js-kind");
    assert.match(other.sha, /^[0-9a-f]{40}$/);
  }
});

test("listModels, listDatasets, listSpaces", async () => {
  for (const name of ["admin/js-list-a", "admin/js-list-b"]) await hub.createRepo({ ...access, repo: name });
  const models = await all(hub.listModels({ ...access, search: { owner: "admin" } }));
  for (const name of [repo, "admin/js-list-a", "admin/js-list-b"]) assert.ok(models.some((m) => m.name === name), name);
  assert.ok(models.every((m) => m.updatedAt.getTime() > 0 && typeof m.id === "string" && m.private === false));
  const some = await all(hub.listModels({ ...access, search: { query: "js-list" } }));
  assert.deepEqual(some.map((m) => m.name).sort(), ["admin/js-list-a", "admin/js-list-b"]);
  assert.equal((await all(hub.listModels({ ...access, search: { owner: "admin" }, limit: 1 }))).length, 1);
  const datasets = await all(hub.listDatasets({ ...access, search: { owner: "admin" } }));
  assert.deepEqual(datasets.map((d) => d.name), ["admin/js-kind"]);
  const spaces = await all(hub.listSpaces({ ...access, search: { owner: "admin" } }));
  assert.deepEqual(spaces.map((s) => s.name), ["admin/js-kind"]);
});

test("snapshotDownload, downloadFileToCacheDir, scanCacheDir", async () => {
  const cacheDir = await mkdtemp(join(tmpdir(), "cache-"));
  const path = await hub.downloadFileToCacheDir({ ...access, repo, cacheDir, path: "first.txt" });
  assert.equal(await readFile(path, "utf8"), "first\n");
  const folder = await hub.snapshotDownload({ ...access, repo, cacheDir });
  for (const name of await paths()) {
    const blob = await hub.downloadFile({ ...access, repo, path: name });
    assert.ok((await readFile(join(folder, name))).equals(await bytesOf(blob)), name);
  }
  const cache = await hub.scanCacheDir(cacheDir);
  assert.ok(cache.repos.some((found) => found.id.name === repo && found.size > 0));
});

test("parseSafetensorsMetadata by ranges", async () => {
  await hub.uploadFile({
    ...access,
    repo,
    file: { path: "model.safetensors", content: new Blob([await readFile(join(files, "model.safetensors"))]) },
  });
  const parsed = await hub.parseSafetensorsMetadata({ ...access, repo, computeParametersCount: true });
  assert.equal(parsed.sharded, false);
  const counted = Object.values(parsed.parameterCount).reduce((sum, count) => sum + count, 0);
  const tensors = Object.entries(parsed.header).filter(([name]) => name !== "__metadata__");
  assert.ok(tensors.length > 0);
  assert.equal(counted, tensors.reduce((sum, [, tensor]) => sum + tensor.shape.reduce((a, b) => a * b, 1), 0));
});

test("gguf metadata by ranges", { skip: Number(process.versions.node.split(".")[0]) < 20 }, async () => {
  const { gguf } = await import("@huggingface/gguf");
  // Version 3, no tensors, one string: little endian.
  const number = (value, bytes) => {
    const buffer = Buffer.alloc(bytes);
    buffer.writeUIntLE(value, 0, Math.min(bytes, 6));
    return buffer;
  };
  const text = (value) => Buffer.concat([number(value.length, 8), Buffer.from(value)]);
  const header = Buffer.concat([
    Buffer.from("GGUF"), number(3, 4), number(0, 8), number(1, 8),
    text("general.architecture"), number(8, 4), text("llama"),
  ]);
  const content = Buffer.concat([header, await readFile(join(files, "progress.bin"))]);
  await hub.uploadFile({ ...access, repo, file: { path: "model.gguf", content: new Blob([content]) } });
  const { metadata } = await gguf(`${hubUrl}/${repo}/resolve/main/model.gguf`);
  assert.equal(metadata.version, 3);
  assert.equal(metadata["general.architecture"], "llama");
});

test("deleteRepo", async () => {
  await hub.deleteRepo({ ...access, repo: "admin/js-list-a" });
  assert.equal(await hub.repoExists({ ...access, repo: "admin/js-list-a" }), false);
  await assert.rejects(hub.deleteRepo({ ...access, repo: "admin/js-list-a" }), refused(404));
});
