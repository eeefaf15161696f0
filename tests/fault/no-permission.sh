# Folders that may not be written to: the message names them and nothing is lost.
. "$(dirname "$0")/../e2e/common.sh"
as_nobody() { "$@"; }
if [ "$(id -u)" -eq 0 ]; then
  command -v setpriv >/dev/null || skip "root may write anywhere, and setpriv is missing"
  chmod 755 "$T" && chown -R 65534:65534 "$T"
  # The checkout may lie in a folder that is closed to other users.
  for program in MHUB_BIN GEN_DATA; do
    cp "${!program}" "$T/${program,,}"
    chmod 755 "$T/${program,,}"
    printf -v "$program" %s "$T/${program,,}"
  done
  ln -sf "$MHUB_BIN" "$T/bin/mhub"
  as_nobody() { setpriv --reuid=65534 --regid=65534 --clear-groups "$@"; }
fi
as_nobody mhub init work
as_nobody "$GEN_DATA" noise work/a.bin 2M 1
as_nobody mhub -C work add .
as_nobody mhub -C work commit -m "First"

step "the store may not be written to"
as_nobody "$GEN_DATA" noise work/b.bin 2M 2
chmod -R a-w work/.git/mhub
expect_exit 1 as_nobody mhub -C work add b.bin
expect_err ".git/mhub"
chmod -R u+w work/.git/mhub
as_nobody mhub -C work add b.bin
as_nobody mhub -C work commit -m "Second"
as_nobody mhub -C work fsck

step "a working folder may not be written to"
mkdir work/sub && chown 65534:65534 work/sub 2>/dev/null || true
as_nobody "$GEN_DATA" noise work/sub/c.bin 1M 3
as_nobody mhub -C work add . && as_nobody mhub -C work commit -m "Third"
rm work/sub/c.bin
chmod a-w work/sub
expect_exit 1 as_nobody mhub -C work restore sub/c.bin
expect_err "permission"
chmod u+w work/sub
as_nobody mhub -C work restore sub/c.bin
"$GEN_DATA" noise want 1M 3
expect_same_file work/sub/c.bin want

step "a file may not be read"
as_nobody "$GEN_DATA" noise work/d.bin 1M 4
chmod 000 work/d.bin
expect_exit 1 as_nobody mhub -C work add d.bin
expect_err "d.bin"
