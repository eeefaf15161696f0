#!/usr/bin/env bash
# Pushes with Hugging Face's git-xet, the transfer agent of git-lfs, to a hub: tests/interop/git-xet/git-xet.sh. Not
# part of scripts/test.sh, as git-xet is in no package registry: it is a release of github.com/huggingface/xet-core,
# or is built from there with Rust.
#
#   scripts/test-git-xet.sh [GIT-XET]     the program; by default what is in PATH, else it is built
set -euo pipefail
. "$(dirname "$0")/setup.sh"
cd "$root"
source=https://github.com/huggingface/xet-core
commit=af1a3ff93e02d60b9e7c3790d9cb143e2e5353a7

program=${1:-$(command -v git-xet || true)}
if [ -z "$program" ]; then
  command -v cargo >/dev/null ||
    die "git-xet is not here, and neither is Rust to build it" "name a program: scripts/test-git-xet.sh GIT-XET"
  cargo install --quiet --locked --git "$source" --rev "$commit" --root build/git-xet git_xet
  program=build/git-xet/bin/git-xet
fi
[ -x "$program" ] || die "there is no program $program"

install_packages build test
cmake --preset dev >/dev/null
cmake --build build/dev --target mhub gen_data
"$program" --version
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
ln -s "$(realpath "$program")" "$folder/git-xet"
code=0
PATH=$folder:$PATH bash tests/interop/git-xet/git-xet.sh || code=$?
case $code in
  0) say "1 passed, 0 failed" ;;
  *) say "0 passed, 1 failed" ;;
esac
exit "$code"
