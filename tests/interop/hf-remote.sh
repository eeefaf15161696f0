# Remotes written as hf:ns/name, against a hub that HF_ENDPOINT names: large files travel by chunks
# the way Hugging Face offers them, its rules for pushes are told before anything is sent, and tokens
# of Hugging Face's own tools are used, for that hub alone.
. "$(dirname "$0")/../e2e/common.sh"
start_hub -v
start_proxy
size=$((16 * SCALE * 1048576))
# As a user of Hugging Face's tools has it: no setting of mhub's own, the token in the tools' file.
export HF_ENDPOINT=$HUB HF_HOME=$T/hf
mkdir -p "$HF_HOME"
printf '%s\n' "$MHUB_TOKEN" >"$HF_HOME/token"
admin_token=$MHUB_TOKEN
unset MHUB_ENDPOINT MHUB_TOKEN

# requests COMMAND…: what the hub is asked for by that, into $T/requests.
requests() {
  local from
  from=$(wc -l <"$HUB_LOG")
  "$@"
  tail -n +$((from + 1)) "$HUB_LOG" | grep -F ' in=' >"$T/requests"
}
expect_request() { grep -qE -- "$1" "$T/requests" || { cat "$T/requests" >&2; fail "no request like $1"; }; }
expect_no_request() { ! grep -E -- "$1" "$T/requests" >&2 || fail "a request like $1"; }
# Large files came by chunks, over Hugging Face's routes alone.
expect_hugging_face_way() {
  expect_request '/paths-info/[0-9a-f]{40}'
  expect_request '/xet-read-token/[0-9a-f]{40}'
  expect_request '/reconstructions/'
  expect_no_request 'info/lfs/objects'
}

step "a data set of one's own, private, pushed by hf:"
mhub repo create admin/numbers --type dataset --private --hub "$HF_ENDPOINT"
mhub init numbers
gen_noise numbers/blob.bin "$(scaled 16)" 5
gen_noise numbers/small.bin 300K 6
echo text >numbers/README.md
commit_all numbers First
mhub -C numbers remote add origin hf:datasets/admin/numbers
mhub -C numbers push -u origin main
expect_at_most "first push, bytes sent" "$(proxy_bytes up)" $((size + size / 25 + 262144))

step "clone and pull by chunks through Hugging Face's routes"
requests mhub clone hf:datasets/admin/numbers copy
expect_hugging_face_way
expect_same_tree numbers copy
expect_clean copy
before_up=$(proxy_bytes up)
gen_edit overwrite numbers/blob.bin $((size / 3)) $((size / 100)) 7
cp numbers/blob.bin "$T/second.bin"
mhub -C numbers push -m "Changed"
expect_at_most "push after 1 % changed, bytes sent" $(($(proxy_bytes up) - before_up)) $((size / 25))
before=$(proxy_bytes down)
requests mhub -C copy pull
expect_hugging_face_way
expect_same_tree numbers copy
expect_at_most "pull after 1 % changed, bytes received" $(($(proxy_bytes down) - before)) $((size / 25))

step "an older commit comes by chunks too"
mhub clone --no-data hf:datasets/admin/numbers older
requests mhub -C older switch --detach HEAD~1
expect_hugging_face_way
[ "$(stat -c %s older/blob.bin)" -eq "$size" ] || fail "the older file did not come"
! cmp -s older/blob.bin "$T/second.bin" || fail "it is the newer file"
expect_clean older

step "fetch without a merge"
echo more >>numbers/README.md
mhub -C numbers push -m "More"
mhub -C copy fetch
expect_equal "what was fetched" "$(git -C copy rev-parse origin/main)" "$(git -C numbers rev-parse main)"
mhub -C copy pull

step "a space, and a model"
mhub repo create admin/model --hub "$HF_ENDPOINT"
mhub repo create admin/app --type space --hub "$HF_ENDPOINT"
for remote in hf:admin/model hf:spaces/admin/app; do
  rm -rf work again
  mhub init work
  gen_noise work/w.safetensors 200K 8
  commit_all work First
  mhub -C work push "$remote" main
  mhub clone "$remote" again
  expect_same_tree work again
done

step "a history of one's own takes the place of the hub's first commit, and of no other"
curl -sf -H "Authorization: Bearer $admin_token" -H 'Content-Type: application/json' \
  -d '{"name":"begun"}' "$HF_ENDPOINT/api/repos/create" >/dev/null
mhub init begun
gen_noise begun/w.safetensors 100K 9
commit_all begun First
mhub -C begun remote add origin hf:admin/begun
mhub -C begun push -u origin main 2>"$T/err"
expect_err "first commit"
mhub clone hf:admin/begun begun-again
expect_same_tree begun begun-again
mhub init other
echo x >other/x
commit_all other Other
expect_exit 3 mhub -C other push hf:admin/begun main

step "files above 10 MB must be large files"
head -c 10000001 /dev/zero >begun/zeros.txt
git -C begun add zeros.txt # as a plain file, which mhub would not do
git -C begun commit -qm Zeros
before=$(proxy_bytes up)
expect_exit 3 mhub -C begun push
expect_err "zeros.txt"
expect_err "mhub track"
expect_at_most "bytes sent before the refusal" $(($(proxy_bytes up) - before)) 20000
expect_exit 3 mhub -C begun push --dry-run
mhub -C begun track zeros.txt
mhub -C begun rm --cached zeros.txt
mhub -C begun add zeros.txt
mhub -C begun commit --amend
mhub -C begun push

step "what else the Hub does not take"
expect_exit 3 mhub -C begun push origin HEAD:refs/notes/x
expect_err "branches, tags and pull requests"
expect_exit 3 mhub -C begun push origin HEAD:refs/pr/77
expect_err "no pull request 77"
expect_exit 3 mhub -C begun push --delete origin main
expect_err "main"

step "the token goes to HF_ENDPOINT's host alone"
cat >"$T/listen.py" <<'PYTHON'
"""Answers 404 to everything and writes down the Authorization headers it is sent."""
import http.server, sys

class Handler(http.server.BaseHTTPRequestHandler):
    def answer(self):
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        with open(sys.argv[1], "a") as log:
            log.write(f"{self.command} {self.path} {self.headers.get('Authorization', '-')}\n")
        self.send_response(404)
        self.send_header("Content-Length", "0")
        self.end_headers()
    do_GET = do_POST = do_HEAD = answer
    def log_message(self, *args):
        pass

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
PYTHON
python3 "$T/listen.py" "$T/heard" >"$T/port" &
listener=$!
AT_EXIT="kill $listener"
wait_until test -s "$T/port"
other=http://127.0.0.1:$(cat "$T/port")
expect_exit 1 mhub clone "$other/admin/numbers" nothing
expect_exit 1 mhub repo list --hub "$other"
HF_TOKEN=$admin_token expect_exit 1 mhub clone "$other/datasets/admin/numbers" nothing
[ -s "$T/heard" ] || fail "the other host was not asked"
! grep -v -- ' -$' "$T/heard" || fail "another host was sent credentials"

step "without the token nothing private is to be had"
HF_HOME=$T/none expect_exit 4 mhub clone hf:datasets/admin/numbers nothing
HF_HOME=$T/none HF_TOKEN=$admin_token mhub clone --no-data hf:datasets/admin/numbers by-variable
printf '%s' "$admin_token" >"$T/elsewhere"
HF_HOME=$T/none HF_TOKEN_PATH=$T/elsewhere mhub clone --no-data hf:datasets/admin/numbers by-path
