// Copies a folder to a hub or from it, with Hugging Face's JavaScript client: up|down REPO FOLDER xet|whole
import { mkdir, readFile, readdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import * as hub from "@huggingface/hub";

const [direction, repo, folder, way] = process.argv.slice(2);
const access = { hubUrl: process.env.HF_ENDPOINT, accessToken: process.env.HF_TOKEN, repo };

async function* filesBelow(place, prefix = "") {
  for (const entry of await readdir(place, { withFileTypes: true })) {
    if (entry.isDirectory()) yield* filesBelow(join(place, entry.name), `${prefix}${entry.name}/`);
    else yield `${prefix}${entry.name}`;
  }
}

if (direction === "up") {
  if (!(await hub.repoExists(access))) await hub.createRepo(access);
  const files = [];
  for await (const path of filesBelow(folder)) {
    files.push({ path, content: new Blob([await readFile(join(folder, path))]) });
  }
  await hub.uploadFiles({ ...access, files, useXet: way === "xet" });
} else {
  for await (const entry of hub.listFiles({ ...access, recursive: true })) {
    if (entry.type !== "file") continue;
    const blob = await hub.downloadFile({ ...access, path: entry.path, xet: way === "xet" });
    const target = join(folder, entry.path);
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, Buffer.from(await blob.arrayBuffer()));
  }
}
