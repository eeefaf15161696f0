# One cache, two programs: what `mhub download` fetches, Hugging Face's client finds offline, and the other
# way round; both at once; kills in the middle; private repositories; names that a hub must not give.
. "$(dirname "$0")/hf-common.sh"
start_hub

export HF_ENDPOINT=$HUB
# python_offline CODE: with the cache and without the network.
python_offline() {
  HF_HUB_OFFLINE=1 "$CLIENT_BIN/python" -c "from huggingface_hub import *; import sys; $1" || fail "python: $1"
}
requests() { wc -l <"$HUB_LOG"; }
# cache NAME: an empty cache of that name is the one in use.
cache() { export HF_HOME=$T/cache-$1; }
files_of() { (cd "$1" && find -L . -type f ! -path './.cache/*' | sort); }
expect_snapshot() { # FOLDER: shows what stands in model/
  [ "$(files_of "$1" | grep -v gitattributes)" = "$(files_of model)" ] || fail "$1 shows other files than model"
  local name
  while read -r name; do expect_same_file "model/$name" "$1/$name"; done < <(files_of model)
}

mkdir -p model/sub/"with space"
echo '# A model' >model/README.md
echo '{"hidden_size": 8}' >model/config.json
: >model/empty.txt
echo deep >model/sub/"with space"/größe.txt
gen_weights model/model.safetensors "$(scaled 24)" 2
gen_noise model/extra.gguf 3M 3
cp model/extra.gguf model/sub/same.gguf
cache made
hf upload admin/model model .

for mode in chunks whole; do
  unset HF_HUB_DISABLE_XET
  [ "$mode" = chunks ] || export HF_HUB_DISABLE_XET=1

  step "$mode: mhub fetches, Hugging Face's client finds it offline"
  cache "mhub-$mode"
  folder=$(mhub download admin/model)
  expect_snapshot "$folder"
  python_offline "assert snapshot_download('admin/model') == '$folder'"
  python_offline "assert hf_hub_download('admin/model', 'sub/with space/größe.txt').startswith('$folder')"
  python_offline "assert [r.repo_id for r in scan_cache_dir().repos] == ['admin/model'], scan_cache_dir()
assert not scan_cache_dir().warnings"
  expect_equal "target" "$(readlink "$folder/model.safetensors")" \
    "../../blobs/$(sha256sum model/model.safetensors | cut -d' ' -f1)"
  expect_equal "target" "$(readlink "$folder/config.json")" "../../blobs/$(git hash-object model/config.json)"
  expect_equal "the branch" "$(cat "$HF_HOME/hub/models--admin--model/refs/main")" "${folder##*/}"
  if find "$HF_HOME" -name '*incomplete*' | grep .; then fail "something was left"; fi

  step "$mode: again, which asks the hub one thing"
  expect_equal "the folder" "$(mhub download admin/model)" "$folder"
  before=$(stat -c %Y.%i "$folder"/model.safetensors)
  mhub --json download admin/model >again.json
  expect_equal "files fetched" "$(jq '[.files[] | select(.fetched)] | length' again.json)" 0
  expect_equal "bytes received" "$(jq .received_bytes again.json)" 0
  expect_equal "the link" "$(stat -c %Y.%i "$folder"/model.safetensors)" "$before"
  hf download admin/model
  expect_equal "the link after hf" "$(stat -c %Y.%i "$folder"/model.safetensors)" "$before"

  step "$mode: without the network"
  expect_equal "the folder" "$(HF_HUB_OFFLINE=yes mhub download admin/model)" "$folder"
  expect_equal "the file" "$(HF_HUB_OFFLINE=1 mhub download admin/model config.json)" "$folder/config.json"
  HF_HUB_OFFLINE=1 expect_exit 1 mhub download admin/other
  HF_HUB_OFFLINE=1 expect_exit 1 mhub download admin/model none.json

  step "$mode: Hugging Face's client fetches, mhub has nothing to do"
  cache "hf-$mode"
  hf download admin/model
  mhub --json download admin/model >after.json
  expect_equal "files fetched" "$(jq '[.files[] | select(.fetched)] | length' after.json)" 0
  expect_snapshot "$(jq -r .path after.json)"

  step "$mode: into a folder, twice, then with Hugging Face's client"
  cache "local-$mode"
  expect_equal "the folder" "$(mhub download admin/model --local-dir "local-$mode")" "$T/local-$mode"
  expect_snapshot "local-$mode"
  [ ! -L "local-$mode/config.json" ] || fail "a folder holds files, not links"
  before=$(find "local-$mode" -type f ! -path '*/.cache/*' -printf '%p %i %T@\n' | sort)
  mhub --json download admin/model --local-dir "local-$mode" >again.json
  expect_equal "files fetched" "$(jq '[.files[] | select(.fetched)] | length' again.json)" 0
  hf download admin/model --local-dir "local-$mode"
  expect_equal "the files" "$(find "local-$mode" -type f ! -path '*/.cache/*' -printf '%p %i %T@\n' | sort)" "$before"
  echo mine >"local-$mode/config.json"
  touch -d '+1 hour' "local-$mode/config.json"
  mhub download admin/model --local-dir "local-$mode"
  expect_snapshot "local-$mode"
  hf download admin/model --local-dir "hflocal-$mode"
  mhub --json download admin/model --local-dir "hflocal-$mode" >again.json
  expect_equal "files fetched" "$(jq '[.files[] | select(.fetched)] | length' again.json)" 0

  step "$mode: some files"
  cache "some-$mode"
  file=$(mhub download admin/model sub/same.gguf)
  expect_same_file "$file" model/sub/same.gguf
  folder=$(mhub download admin/model --include '*.json' --include 'sub/' --exclude '*.gguf')
  expect_equal "the files" "$(cd "$folder" && find -L . -type f | sort | tr '\n' ' ')" \
    "./config.json ./sub/same.gguf ./sub/with space/größe.txt "
  mhub download admin/model sub/ >/dev/null
  expect_exit 1 mhub download admin/model none.json
  expect_err "no file none.json"
  [ -f "$HF_HOME/hub/models--admin--model/.no_exist/${folder##*/}/none.json" ] || fail "its absence is not noted"
  expect_exit 1 mhub download admin/model --revision none
  expect_exit 1 mhub download admin/none
  expect_exit 2 mhub download ./folder
done
unset HF_HUB_DISABLE_XET

step "a dry run writes nothing"
cache dry
expect_exit 0 mhub download admin/model --dry-run
expect_out "config.json"
[ ! -e "$HF_HOME" ] || fail "a dry run made $HF_HOME"

step "both at once"
cache both
pids=()
for i in 1 2 3; do
  mhub download admin/model >"both-$i" 2>"both-$i.err" &
  pids+=($!)
done
hf download admin/model
for pid in "${pids[@]}"; do wait "$pid" || fail "a download beside others: $(cat both-*.err)"; done
for i in 1 2 3; do expect_snapshot "$(cat "both-$i")"; done
python_offline "snapshot_download('admin/model')"
if find "$HF_HOME" -name '*incomplete*' | grep .; then fail "something was left"; fi

step "a new version takes what it has in common from the old one"
cache made
mhub download admin/model >/dev/null
gen_edit insert model/model.safetensors 1000 1K 5
hf upload admin/model model . --commit-message Edit
mhub --json download admin/model >new.json
expect_snapshot "$(jq -r .path new.json)"
expect_at_most "bytes received" "$(jq .received_bytes new.json)" 1500000
[ "$(jq .reused_bytes new.json)" -gt 20000000 ] || fail "nothing was taken from the old version"
cache new
mhub download admin/model --local-dir newer --revision "$(ls -t "$T"/cache-made/hub/models--admin--model/snapshots | tail -n 1)"
mhub --json download admin/model --local-dir newer >new.json
expect_snapshot newer
expect_at_most "bytes received" "$(jq .received_bytes new.json)" 1500000

step "killed in the middle, it goes on"
for mode in chunks whole; do
  cache "killed-$mode"
  unset HF_HUB_DISABLE_XET
  point=pull.chunk_written:60
  [ "$mode" = chunks ] || { export HF_HUB_DISABLE_XET=1; point=download.bytes_written:8; }
  with_fault "$point=kill" mhub download admin/model model.safetensors
  expect_equal "exit code" "$code" 137
  [ -n "$(find "$HF_HOME" -name '*.mhub.incomplete')" ] || fail "nothing was kept"
  [ ! -e "$HF_HOME/hub/models--admin--model/blobs/$(sha256sum model/model.safetensors | cut -d' ' -f1)" ] ||
    fail "an unfinished file has its name"
  mhub --json download admin/model model.safetensors >went-on.json
  expect_same_file "$(jq -r .path went-on.json)" model/model.safetensors
  expect_at_most "bytes received" "$(jq .received_bytes went-on.json)" $(($(stat -c %s model/model.safetensors) - 1000000))
  hf download admin/model
done
unset HF_HUB_DISABLE_XET

step "private: not without a token, nor with a wrong one"
cache private
hf upload admin/secret model . --private
expect_same_file "$(mhub download admin/secret config.json)" model/config.json
cache private-anonymous
MHUB_TOKEN='' expect_exit 4 mhub download admin/secret
MHUB_TOKEN=mhub_wrong expect_exit 4 mhub download admin/secret config.json
HF_TOKEN=$MHUB_TOKEN MHUB_TOKEN='' mhub download hf:admin/secret config.json >/dev/null

step "the hub is gone: what is on disk will do"
cache mhub-chunks
stop_hub
expect_exit 0 mhub download admin/model
expect_err "may be out of date"
cache nothing
expect_exit 5 mhub download admin/model
