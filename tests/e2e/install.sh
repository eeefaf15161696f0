# cmake --install puts the program, its manual pages and completions where they are looked for.
. "$(dirname "$0")/common.sh"
cmake --install "$(dirname "$MHUB_BIN")" --prefix "$T/prefix" >"$T/out" 2>&1 ||
  { cat "$T/out" >&2; fail "cmake --install (is everything built?)"; }
expect_exit 0 "$T/prefix/bin/mhub" version
for file in share/man/man1/mhub.1 share/man/man1/mhub-push.1 share/bash-completion/completions/mhub \
  share/zsh/site-functions/_mhub share/fish/vendor_completions.d/mhub.fish; do
  [ -s "$T/prefix/$file" ] || fail "$file is not installed"
done
expect_equal "pages for commands" "$(ls "$T/prefix/share/man/man1" | wc -l)" "$(ls "$SOURCE/docs/man/"*.1.md | wc -l)"
