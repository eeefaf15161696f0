# Every client reads what every other wrote, byte by byte: mhub, git with git-lfs, Hugging Face's Python client
# with its chunk client and without, the JavaScript client by chunks and without. Each writes a repository of its
# own and then a change of it; clients that are not installed are left out.
. "$(dirname "$0")/../e2e/common.sh"
CLIENT_BIN=${CLIENT_BIN:-$SOURCE/build/hf-client/bin}
NODE_MODULES=${NODE_MODULES:-$SOURCE/build/js-client/node_modules}
clients=(mhub)
command -v git-lfs >/dev/null && clients+=(git)
[ -x "$CLIENT_BIN/hf" ] && clients+=(python-xet python-plain)
[ -d "$NODE_MODULES/@huggingface/hub" ] && clients+=(js-xet js-whole)
[ ${#clients[@]} -gt 1 ] || skip "there is no other client than mhub"
start_hub
git_login
if [[ " ${clients[*]} " = *' git '* ]]; then use_git_lfs; fi
export HF_ENDPOINT=$HUB HF_TOKEN=$MHUB_TOKEN HF_HUB_DISABLE_TELEMETRY=1 HF_HUB_DISABLE_PROGRESS_BARS=1 HF_HUB_DISABLE_UPDATE_CHECK=1
export PYTHONDONTWRITEBYTECODE=1 PYTHONUTF8=1
cp "$SOURCE/tests/interop/js/copy.mjs" .
[ ! -d "$NODE_MODULES" ] || ln -s "$NODE_MODULES" node_modules

quietly() { "$@" >"$T/out" 2>"$T/err" </dev/null || { cat "$T/out" "$T/err" >&2; fail "$*"; }; }
hf() { # xet|plain WORDS…
  local mode=$1 plain=()
  shift
  [ "$mode" = xet ] || plain=(HF_HUB_DISABLE_XET=1)
  quietly env "${plain[@]}" HF_HOME="$T/hf-$mode" "$CLIENT_BIN/hf" "$@"
}

# fill FOLDER SEED: what is put into a repository
fill() {
  mkdir -p "$1/sub/with space"
  gen_noise "$1/noise.bin" 700K "$2"
  gen_weights "$1/model.safetensors" "$(scaled 6)" "$2"
  gen_noise "$1/sub/odd.gguf" 11000003 "$2"
  echo "{\"seed\": $2}" >"$1/config.json"
  echo "größe $2" >"$1/sub/with space/größe.txt"
  : >"$1/empty.txt"
}

# write CLIENT REPO FOLDER: the repository becomes, or gets, the folder's files
write() {
  local client=$1 repo=$2 folder=$3
  case $client in
    mhub)
      [ -d "work-$client" ] || { mhub repo create "$repo" --type model && mhub clone "$HUB/$repo" "work-$client"; } >"$T/out" 2>&1
      cp -r "$folder/." "work-$client"
      quietly mhub -C "work-$client" push -m "From mhub"
      ;;
    git)
      if [ ! -d "work-$client" ]; then
        quietly mhub repo create "$repo" --type model
        quietly git clone "$HUB/$repo" "work-$client"
        (cd "work-$client" && quietly git lfs track '*.bin' '*.safetensors' '*.gguf')
      fi
      cp -r "$folder/." "work-$client"
      quietly git -C "work-$client" add .
      quietly git -C "work-$client" commit -m "From git"
      quietly git -C "work-$client" push origin HEAD:main
      ;;
    python-*) hf "${client#*-}" upload "$repo" "$folder" . ;;
    js-*) quietly node copy.mjs up "$repo" "$folder" "${client#*-}" ;;
  esac
}

# read CLIENT REPO FOLDER
read_with() {
  local client=$1 repo=$2 folder=$3
  case $client in
    mhub) quietly mhub clone "$HUB/$repo" "$folder" ;;
    git) quietly git clone "$HUB/$repo" "$folder" ;;
    python-*) hf "${client#*-}" download "$repo" --local-dir "$folder" ;;
    js-*) quietly node copy.mjs down "$repo" "$folder" "${client#*-}" ;;
  esac
  # What clients put there for themselves.
  rm -rf "$folder/.cache" "$folder/.gitattributes"
}

seed=0
for writer in "${clients[@]}"; do
  seed=$((seed + 1))
  fill "files-$writer" "$seed"
  write "$writer" "admin/by-$writer" "files-$writer"
  gen_edit insert "files-$writer/model.safetensors" 3000 1K "$seed"
  echo "changed by $writer" >"files-$writer/config.json"
  write "$writer" "admin/by-$writer" "files-$writer"
  for reader in "${clients[@]}"; do
    step "$writer writes, $reader reads"
    read_with "$reader" "admin/by-$writer" "read"
    expect_same_tree "files-$writer" read
    chmod -R u+w read
    rm -rf read
  done
done
