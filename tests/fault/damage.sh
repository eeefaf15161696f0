# Damaged bytes are found, named, repaired where a remote has them, and never handed out as data.
. "$(dirname "$0")/../e2e/common.sh"
start_hub
make_repo team/model
mhub -C model config mhub.keep all # or nothing would be left here to damage
gen_noise model/blob.bin 8M 1
gen_noise model/keep.bin 2M 2
mhub -C model push -m "First"
gen_noise model/blob.bin 8M 3
mhub -C model push -m "Second"
largest() { find "$1" -path '*xorbs*' -type f -printf '%s %p\n' | sort -rn | head -n 1 | cut -d ' ' -f 2-; }

step "a damaged xorb in the local store"
xorb=$(largest model/.git/mhub)
[ -n "$xorb" ] || fail "no xorb in the store"
chmod u+w "$xorb"
gen_edit flip "$xorb" 100000
expect_exit 6 mhub -C model fsck
expect_out "$(basename "$xorb" | cut -c 1-8)"
expect_out blob.bin
mhub -C model fsck --repair
mhub -C model fsck

step "a lost xorb"
xorb=$(largest model/.git/mhub)
rm -f "$xorb"
expect_exit 6 mhub -C model fsck
mhub -C model fsck --repair
mhub -C model fsck

step "damage in what was never pushed is mended from the working file"
mhub init local
gen_noise local/blob.bin 4M 9
mhub -C local add . && mhub -C local commit -m "Local"
xorb=$(largest local/.git/mhub)
chmod u+w "$xorb"
gen_edit flip "$xorb" 50000
expect_exit 6 mhub -C local fsck
mhub -C local fsck --repair
mhub -C local fsck
gen_edit flip "$(largest local/.git/mhub)" 60000
rm local/blob.bin
expect_exit 6 mhub -C local fsck --repair
expect_exit 1 mhub -C local restore blob.bin
expect_err "blob.bin"
[ "$(stat -c %s local/blob.bin)" -lt 200 ] || fail "damaged data bears the file's name"

step "a pointer that is none"
mhub init odd
(cd odd && echo '*.bin filter=lfs diff=lfs merge=lfs -text' >.gitattributes &&
  git -c filter.lfs.clean=cat -c filter.lfs.process= add .gitattributes &&
  id=$(echo "no pointer" | git hash-object -w --stdin) &&
  git update-index --add --cacheinfo "100644,$id,bad.bin" && git commit -qm "Odd")
expect_exit 6 mhub -C odd fsck
expect_out bad.bin

step "an older version comes back"
mhub -C model switch -c old HEAD~1
"$GEN_DATA" noise want 8M 1
expect_same_file model/blob.bin want
mhub -C model switch main

step "a damaged index"
mhub clone "$HUB/team/model" b
db=$(find b/.git/mhub -name 'index.db')
rm -f "$db-wal" "$db-shm"
dd if=/dev/urandom of="$db" bs=1 seek=0 count=4096 conv=notrunc status=none
code=0
mhub -C b fsck >"$T/out" 2>"$T/err" || code=$?
expect_equal "exit code of fsck with a damaged index" "$code" 6
mhub -C b fsck --repair
mhub -C b fsck
mhub -C b pull
expect_same_tree model b

step "a changed working file is not taken for the committed one"
mhub clone "$HUB/team/model" c
gen_edit flip c/blob.bin 4000000
touch -r b/blob.bin c/blob.bin
mhub -C c restore blob.bin
expect_same_file c/blob.bin model/blob.bin

step "a near-miss of a pointer is not a pointer"
printf 'version https://git-lfs.github.com/spec/v1\noid sha256:%064d\nsize -1\n' 0 >c/odd.txt
mhub -C c add odd.txt
mhub -C c commit -m "Odd"
mhub -C c switch -c odd
expect_equal "odd.txt's first word" "$(head -c 7 c/odd.txt)" version

step "damage on the hub is found there and not served"
stop_hub
# Both versions' large xorbs, so that HEAD asks for damaged bytes whichever of them is the larger.
damaged=0
while read -r xorb; do
  chmod u+w "$xorb"
  gen_edit flip "$xorb" 200000
  damaged=$((damaged + 1))
done < <(find "$HUB_DATA" -path '*xorbs*' -type f -size +4M)
[ "$damaged" -ge 2 ] || fail "$damaged large xorbs on the hub, not two"
expect_exit 6 mhub admin fsck --data "$HUB_DATA"
restart_hub
code=0
mhub clone "$HUB/team/model" d >"$T/out" 2>"$T/err" || code=$?
case $code in 5 | 6) ;; *) cat "$T/err" >&2; fail "exit code $code for damaged data" ;; esac
[ ! -e d/blob.bin ] || [ "$(stat -c %s d/blob.bin)" -lt 200 ] || fail "damaged data bears the file's name"
