# `mhub upload`, which needs no git repository: what it commits, Hugging Face's client and git read the same;
# what has not changed is not sent; kills in the middle; others who commit at the same time.
. "$(dirname "$0")/hf-common.sh"
use_git_lfs
start_hub
start_proxy  # counts bytes
git_login

export HF_ENDPOINT=$HUB HF_HOME=$T/hf
said() { json_get "$1" up.json; }
up() { mhub --json upload "$@" >up.json; }
expect_on_hub() { # FOLDER REPO [OPTIONS]: both clients see these files there
  local folder=$1 repo=$2
  shift 2
  rm -rf seen seen-hf
  mhub download "$repo" --local-dir seen "$@" >/dev/null
  hf download "$repo" --local-dir seen-hf "$@"
  rm -rf seen/.cache seen/.gitattributes seen-hf/.cache seen-hf/.gitattributes
  expect_same_tree "$folder" seen
  expect_same_tree "$folder" seen-hf
}

mkdir -p model/sub/"with space" model/.git model/.cache/huggingface
echo '# A model' >model/README.md
echo '{"hidden_size": 8}' >model/config.json
: >model/empty.txt
echo deep >model/sub/"with space"/größe.txt
gen_weights model/model.safetensors "$(scaled 24)" 2
gen_noise model/extra.gguf 3M 3
cp model/extra.gguf model/sub/same.gguf
echo no >model/.git/config
echo no >model/.cache/huggingface/x
touch -d '-1 hour' model/*.safetensors model/*.gguf model/sub/*.gguf
mkdir plain
cp -r model/{README.md,config.json,empty.txt,sub,model.safetensors,extra.gguf} plain

step "a folder, into a repository that is made for it"
url=$(mhub upload admin/model model -m First)
expect_on_hub plain admin/model
git clone -q "$HUB/admin/model" clone
expect_equal "the commit's page" "$url" "$HUB/admin/model/commit/$(git -C clone rev-parse HEAD)"
expect_equal "its message" "$(git -C clone log -1 --format=%s)" First
rm clone/.gitattributes
expect_same_tree plain clone
if find "$XDG_CACHE_HOME/mhub/upload" -size +1M | grep .; then fail "chunks stayed on disk"; fi

step "again: nothing is sent, and there is no commit"
before=$(proxy_bytes up)
up admin/model model
expect_equal "commits" "$(said .commits)" 0
expect_equal "unchanged" "$(said .files_unchanged)" 7
expect_at_most "bytes to the hub" $(($(proxy_bytes up) - before)) 30000

step "an edit: little is sent"
gen_edit insert model/model.safetensors 1000 1K 5
cp model/model.safetensors plain
before=$(proxy_bytes up)
up admin/model model -m Edit --description 'Because.'
expect_equal "files" "$(said .files_committed)" 1
expect_at_most "bytes to the hub" $(($(proxy_bytes up) - before)) 1500000
expect_on_hub plain admin/model

step "one file, some files, another branch, deletions"
echo more >more.txt
mhub upload admin/model more.txt --path-in-repo notes/renamed.txt >/dev/null
mhub upload admin/model more.txt plain/config.json --path-in-repo notes --revision other/branch >/dev/null
expect_same_file "$(mhub download admin/model notes/renamed.txt)" more.txt
expect_same_file "$(mhub download admin/model notes/config.json --revision other/branch)" model/config.json
expect_exit 1 mhub download admin/model notes/config.json
up admin/model model --include '*.json' --include '*.md' --delete '*.gguf' --delete 'notes/*'
expect_equal "deleted" "$(said .files_deleted)" 3
rm plain/extra.gguf plain/sub/same.gguf
expect_on_hub plain admin/model
expect_exit 1 mhub upload admin/model none
expect_exit 2 mhub upload admin/model model --path-in-repo ../up
expect_exit 2 mhub upload admin/model model --every 0
expect_exit 2 mhub upload admin/model model --every 0.0001

step "a file that the repository ignores"
mkdir ignoring
echo '*.tmp' >ignoring/.gitignore
echo left >ignoring/left.tmp
echo kept >ignoring/kept.txt
up admin/ignoring ignoring
expect_equal "ignored" "$(said .files_ignored)" 1
rm ignoring/left.tmp
expect_on_hub ignoring admin/ignoring

step "a data set, private"
mhub upload admin/words plain --type dataset --private >/dev/null
expect_on_hub plain admin/words --type dataset
expect_same_file "$(mhub download datasets/admin/words config.json)" plain/config.json
mkdir nobody  # whose git has no credentials
HOME=$T/nobody MHUB_TOKEN='' expect_exit 4 mhub download admin/words --type dataset --local-dir no
HOME=$T/nobody MHUB_TOKEN='' expect_exit 4 mhub upload admin/words plain --type dataset

step "large files whole, where chunks are switched off"
gen_noise whole.bin 3M 21
HF_HUB_DISABLE_XET=1 mhub --json upload admin/whole whole.bin >up.json
expect_equal "bytes sent by chunks" "$(said .new_raw_bytes)" 0
[ "$(said .sent_bytes)" -ge 3000000 ] || fail "the file did not go whole: $(said .sent_bytes)"
expect_same_file "$(mhub download admin/whole whole.bin)" whole.bin

step "a space"
mhub upload admin/app more.txt --type space --space-sdk static >/dev/null
expect_same_file "$(mhub download spaces/admin/app more.txt)" more.txt
curl -fsS "$HUB/api/spaces/admin/app" | grep -q '"sdk":"static"' || fail "the space does not say what it runs on"
expect_exit 2 mhub upload admin/model more.txt --space-sdk static
expect_exit 2 mhub upload admin/app more.txt --type space --space-sdk none
expect_exit 2 mhub repo create admin/more --space-sdk static

step "a pull request"
url=$(mhub upload admin/model more.txt --create-pr)
expect_equal "its page" "$url" "$HUB/admin/model/discussions/1"
expect_same_file "$(mhub download admin/model more.txt --revision refs/pr/1)" more.txt
expect_exit 1 mhub download admin/model more.txt

step "killed in the middle, it goes on"
gen_noise big.bin 150M 9
with_fault "push.xorb_sent:1=kill" mhub upload admin/killed big.bin
expect_equal "exit code" "$code" 137
before=$(proxy_bytes up)
mhub upload admin/killed big.bin >/dev/null
expect_at_most "bytes of the second run" $(($(proxy_bytes up) - before)) 140000000  # the xorb that was sent first may be the small one
expect_same_file "$(mhub download admin/killed big.bin)" big.bin
with_fault "upload.files_sent:1=kill" mhub upload admin/killed2 big.bin
before=$(proxy_bytes up)
mhub upload admin/killed2 big.bin >/dev/null
expect_at_most "bytes of the second run" $(($(proxy_bytes up) - before)) 100000

step "large files that go up in turns, the next cut while one is sent"
mkdir turns
for i in 1 2; do
  gen_noise turns/$i.bin 2M 3$i
  truncate -s 520M turns/$i.bin
done
cp --sparse=always turns/1.bin turns/3.bin
with_fault "push.xorb_sent:2=kill" mhub upload admin/turns turns
expect_equal "exit code" "$code" 137
before=$(proxy_bytes up)
up admin/turns turns
expect_equal "files" "$(said .files_committed)" 3
expect_at_most "bytes of the second run" $(($(proxy_bytes up) - before)) 4000000  # one of the two was sent
for i in 1 2 3; do
  expect_equal "SHA-256 of turns/$i.bin" "$(curl -sf "$HUB/admin/turns/raw/main/$i.bin" | sed -n 's/^oid sha256://p')" \
    "$(openssl dgst -sha256 -r <turns/$i.bin | cut -d ' ' -f 1)"
done
rm turns/*
for i in 4 5; do
  gen_noise turns/$i.bin 2M 3$i
  truncate -s 520M turns/$i.bin
done
before=$(proxy_bytes up)
up admin/turns turns
[ "$(said .sent_bytes)" -ge 4000000 ] || fail "it says it sent $(said .sent_bytes) bytes"
expect_at_most "bytes it says it sent" "$(said .sent_bytes)" $(($(proxy_bytes up) - before))
rm -r turns

step "a repository that was deleted gets everything anew"
mhub repo delete admin/killed --yes
mhub upload admin/killed big.bin >/dev/null
expect_same_file "$(mhub download admin/killed big.bin --local-dir fresh)" big.bin

step "many at once: none is lost"
pids=()
for i in $(seq 8); do
  echo "$i" >"many-$i.txt"
  mhub upload admin/model "many-$i.txt" --path-in-repo many/ >/dev/null 2>"many-$i.err" &
  pids+=($!)
done
for pid in "${pids[@]}"; do wait "$pid" || fail "an upload beside others: $(cat many-*.err)"; done
expect_equal "files" "$(mhub download admin/model many/ --local-dir many-seen >/dev/null && find many-seen/many -type f | wc -l)" 8

step "every so often, until it is stopped"
mkdir runs
echo 1 >runs/log.txt
mhub upload admin/run runs --every 0.02 >every.out 2>every.err &
every=$!
wait_until test -s every.out
echo 2 >runs/log.txt
two_commits() { [ "$(wc -l <every.out)" -ge 2 ]; }
wait_until two_commits
kill -INT "$every"
code=0
wait "$every" || code=$?
expect_equal "exit code" "$code" 130
expect_same_file "$(mhub download admin/run log.txt)" runs/log.txt
