# A hub that lies gets an error, exit code 5 or 6, and nothing outside the working tree is written.
. "$(dirname "$0")/../e2e/common.sh"
start_hub
make_repo team/model
gen_noise model/blob.bin 3M 1
mhub -C model push -m "First"

for lie in oid-bytes short-body endless-body wrong-size absurd-count bad-json huge-json redirect-away \
  reset-always http-500 html-200 endless-refs endless-pack; do
  echo "$lie" >lie
  python3 "$SOURCE/tests/support/lying_hub.py" "$HUB" "$T/lie.port" "$lie" 2>"$T/lie.log" &
  liar=$!
  wait_until test -s "$T/lie.port"
  export MHUB_ENDPOINT=http://127.0.0.1:$(cat "$T/lie.port")
  code=0
  timeout 100 "$MHUB_BIN" clone "$MHUB_ENDPOINT/team/model" "clone-$lie" >"$T/out" 2>"$T/err" </dev/null || code=$?
  kill "$liar"
  wait $liar 2>/dev/null || true
  rm -f "$T/lie.port"
  step "$lie: exit code $code: $(head -n 1 "$T/err")"
  [ -e "$T/lie.port.told" ] || fail "the lie $lie was never told"
  rm "$T/lie.port.told"
  case $code in
    5 | 6) ;;
    *) cat "$T/err" >&2; fail "exit code $code for $lie" ;;
  esac
  [ ! -e "clone-$lie/blob.bin" ] || [ "$(stat -c %s "clone-$lie/blob.bin")" -lt 200 ] ||
    cmp "clone-$lie/blob.bin" model/blob.bin || fail "wrong data bears the file's name"
  ! grep -qF "$MHUB_TOKEN" "$T/err" "$T/lie.log" || fail "the token went astray"
done
export MHUB_ENDPOINT=$HUB

step "trees with names that reach outside"
# git's plumbing can make trees that no client should check out; they get onto the hub behind its back.
git init -q evil
blob=$(echo harm | git -C evil hash-object -w --stdin)
inner=$(printf '100644 blob %s\tconfig\n' "$blob" | git -C evil mktree)
number=0
# What Windows, macOS and old tools take for .git, and a name longer than any path; the last two only
# look like it, and are names like any other.
long=$(printf 'long%.0s' {1..1500})
for name in '..' '.git' '.GIT' 'git~1' '.' 'GIT~1' '.git.' '.git...' '.git ' '.Git. .' '.git::$INDEX_ALLOCATION' \
  '.git:stream' $'.g\u200cit' $'\ufeff.git' $'.GI\u200dT' '.git\hooks' '..\..\up' "$long" \
  'git~2' $'.g\u0456t'; do
  # mktree refuses some names, so the tree object is written byte for byte.
  python3 -c 'import os, sys; sys.stdout.buffer.write(b"40000 " + os.fsencode(sys.argv[1]) + b"\0" + bytes.fromhex(sys.argv[2]))' \
    "$name" "$inner" >tree
  tree=$(git -C evil hash-object -t tree --literally -w --stdin <tree)
  commit=$(git -C evil commit-tree -m "Evil" "$tree")
  git -C evil update-ref refs/heads/main "$commit"
  number=$((number + 1))
  mhub repo create "team/evil$number" --type model >/dev/null
  bare=$(ls -td "$HUB_DATA"/git/*.git | head -n 1)
  git -C "$bare" fetch -q "$T/evil" +main:refs/heads/main
  code=0
  mhub clone "$HUB/team/evil$number" "victim$number" >"$T/out" 2>"$T/err" </dev/null || code=$?
  step "tree entry ${name:0:40}: exit code $code: $(grep -m 1 error "$T/err" | cut -c -100)"
  case $name in
    git~2 | *і*)
      [ $code -eq 0 ] && [ -e "victim$number/$name/config" ] || fail "a harmless $name was refused"
      continue
      ;;
  esac
  [ $code -eq 6 ] || fail "exit code $code for a tree with $name"
  [ ! -e "$T/config" ] || fail "a file was written outside the working tree"
  ! grep -q harm "victim$number/.git/config" 2>/dev/null || fail ".git/config was overwritten"
done
