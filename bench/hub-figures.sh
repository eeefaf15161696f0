#!/usr/bin/env bash
# Measures what the hub's REST face does with many files, operations and repositories, against a hub of
# its own on loopback, and prints one line a figure, with the hub's peak memory during each part.
#
#   bench/hub-figures.sh [FILES [OPERATIONS [REPOSITORIES [COMMITS]]]]    100000 10000 10000 20000 by default
#
# Uses build/release as figures.sh does, git and python3. Needs 2 GiB of free space under $TMPDIR.
set -euo pipefail
. "$(dirname "$0")/common.sh"

python3 - "$hub_pid" "${1:-100000}" "${2:-10000}" "${3:-10000}" "${4:-20000}" <<'PY'
import base64, http.client, json, re, shutil, statistics, subprocess, sys, threading, time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

hub, files, operations, repositories, commits = map(int, sys.argv[1:])
ready = json.loads(open("ready.json").readline())
address = urlsplit(ready["url"])
token = ready["admin_token"]
local = threading.local()


def ask(method, path, body=None):
    """(headers, body) of one request over this thread's connection."""
    # The hub closes a connection on which nothing moved for two minutes.
    if time.monotonic() - getattr(local, "used", float("-inf")) > 60:
        local.link = http.client.HTTPConnection(address.hostname, address.port, timeout=1800)
    local.link.request(method, path, body, {"Authorization": "Bearer " + token})
    answer = local.link.getresponse()
    content = answer.read()
    local.used = time.monotonic()
    if answer.status != 200:
        raise SystemExit(f"{method} {path}: {answer.status} {content[:300]}")
    return answer.headers, content


def timed(*request):
    start = time.monotonic()
    headers, content = ask(*request)
    return time.monotonic() - start, headers, content


def pages(path):
    """Seconds of each page, and how many entries there were."""
    seconds, entries = [], 0
    while path:
        spent, headers, content = timed("GET", path)
        seconds.append(spent)
        entries += len(json.loads(content))
        link = re.match(r"<([^>]*)>", headers.get("Link") or "")
        path = link and link[1][len(ready["url"]):]
    return seconds, entries


def say(what, text):
    print(f"{what:58} {text}", flush=True)


def ms(seconds):
    return f"{1000 * seconds:,.0f} ms"


def new_part():
    open(f"/proc/{hub}/clear_refs", "w").write("5")


def end_part(what):
    peak = re.search(r"VmHWM:\s+(\d+)", open(f"/proc/{hub}/status").read())
    say(f"peak memory of the hub meanwhile ({what})", f"{int(peak[1]) / 1024:,.0f} MiB")


def create(name, **more):
    ask("POST", "/api/repos/create", json.dumps({"name": name, **more}))


def git(*words, **more):
    subprocess.run(["git", *words], check=True, stdout=subprocess.DEVNULL, **more)


def push_stream(name, stream):
    git("init", "-q", "--bare", "work.git")
    git("-C", "work.git", "fast-import", "--quiet", input=stream)
    url = f"http://x:{token}@{address.hostname}:{address.port}/admin/{name}"
    start = time.monotonic()
    git("-C", "work.git", "push", "-q", url, "main")
    seconds = time.monotonic() - start
    shutil.rmtree("work.git")
    return seconds


def commit_head(mark, message):
    return f"commit refs/heads/main\nmark :{mark}\ncommitter B <b@example.org> {1700000000 + mark} +0000\ndata {len(message)}\n{message}\n"


# --- many files ---
create("many-files", initialCommit=False)
stream = [commit_head(1, "files")]
for i in range(files):
    text = f"file {i}\n"
    stream.append(f"M 100644 inline d{i // 1000:03}/file-{i:06}.txt\ndata {len(text)}\n{text}")
stream = "".join(line if line.endswith("\n") else line + "\n" for line in stream)
new_part()
seconds = push_stream("many-files", stream.encode())
say(f"git push of {files:,} files", f"{seconds:.1f} s")
end_part("push")
new_part()
tree = "/api/models/admin/many-files/tree/main?recursive=true&expand=false"
seconds, entries = pages(tree)
say(f"tree of {files:,} files, {len(seconds)} pages", f"{sum(seconds):.1f} s, a page {ms(statistics.median(seconds))}, at most {ms(max(seconds))}")
assert entries >= files
end_part("tree")
new_part()
for what, query in (("info", ""), ("info?blobs=true", "?blobs=true"), ("info?blobs=true again", "?blobs=true"), ("info?expand=sha", "?expand=sha")):
    spent, _, content = timed("GET", "/api/models/admin/many-files" + query)
    say(f"{what} of {files:,} files", f"{ms(spent)}, {len(content) / 1e6:.1f} MB")
spent, _, _ = timed("GET", "/api/models/admin/many-files/treesize/main/")
say(f"treesize of {files:,} files", ms(spent))
end_part("info")

# --- a large commit ---
create("large-commit")
new_part()
lines = [json.dumps({"key": "header", "value": {"summary": "many", "description": ""}})]
for i in range(operations):
    content = base64.b64encode(f"{i} ".encode() * 200).decode()
    lines.append(json.dumps({"key": "file", "value": {"path": f"d{i // 1000}/f{i}.txt", "content": content, "encoding": "base64"}}))
body = "\n".join(lines)
for what, name in ((f"a commit of {operations:,} files of 1 KB", "large-commit"), (f"the same on {files:,} files", "many-files")):
    spent, _, _ = timed("POST", f"/api/models/admin/{name}/commit/main", body)
    say(what, f"{spent:.1f} s")
seconds, _ = pages("/api/models/admin/large-commit/tree/main?recursive=true")
say(f"tree of what was committed, {len(seconds)} pages", f"{sum(seconds):.1f} s, a page {ms(statistics.median(seconds))}")
spent, _, _ = timed("GET", "/api/models/admin/large-commit?blobs=true")
say("info?blobs=true of it", ms(spent))
end_part("commits")

# --- a long history ---
create("long-history", initialCommit=False)
stream = []
for i in range(1, commits + 1):
    text = f"{i}\n"
    stream.append(commit_head(i, f"commit {i}") + f"M 100644 inline counter\ndata {len(text)}\n{text}\n")
push_stream("long-history", "".join(stream).encode())
new_part()
path = "/api/models/admin/long-history/commits/main?limit=1000"
seconds, entries = pages(path)
assert entries == commits, entries
say(f"commits, {commits:,} in {len(seconds)} pages", f"{sum(seconds):.1f} s, a page {ms(statistics.median(seconds))}, at most {ms(max(seconds))}")
end_part("commits")

# --- many repositories ---
new_part()
start = time.monotonic()
licenses, pipelines = ("mit", "apache-2.0", "cc-by-4.0"), ("text-generation", "fill-mask", "image-classification", "translation")


def make(i):
    card = f"---\nlicense: {licenses[i % 3]}\npipeline_tag: {pipelines[i % 4]}\nlanguage: [en, l{i % 50}]\ntags: [tag{i % 100}]\n---\n# Model {i}\n"
    create(f"model-{i:05}", files=[{"path": "README.md", "content": card, "encoding": "utf-8"}])


with ThreadPoolExecutor(4) as pool:
    for _ in pool.map(make, range(repositories)):  # raises what went wrong in a thread
        pass
say(f"making {repositories:,} repositories", f"{(time.monotonic() - start) / repositories * 1000:.1f} ms each")
end_part("making them")
new_part()
questions = {
    "all, by creation": "limit=1000",
    "all, by last change": "limit=1000&sort=lastModified",
    "all, with cards": "limit=1000&cardData=true",
    "search=model-0123": "search=model-0123",
    "filter=license:mit": "filter=license:mit&limit=1000",
    "filter=translation&filter=tag7": "filter=translation&filter=tag7",
    "search of what is not there": "search=nowhere"}
for what, query in questions.items():
    seconds, entries = pages("/api/models?" + query)
    say(f"list: {what}", f"{entries:,} in {len(seconds)} pages, {ms(sum(seconds))}, a page at most {ms(max(seconds))}")
samples = sorted(timed("GET", "/api/models?limit=20&sort=lastModified&filter=fill-mask")[0] for _ in range(200))
say("20 by last change of one pipeline, 200 times", f"median {ms(samples[100])}, 95 % within {ms(samples[190])}")
end_part("lists")
PY
