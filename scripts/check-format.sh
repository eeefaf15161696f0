#!/usr/bin/env bash
# Fails where a C++ file differs from what .clang-format asks for; --fix rewrites the files.
set -euo pipefail
cd "$(dirname "$0")/.."
mode=(--dry-run -Werror)
[ "${1:-}" != --fix ] || mode=(-i)
find . \( -name build -o -name .git \) -prune -o \( -name '*.hpp' -o -name '*.cpp' \) -print0 |
  xargs -0 clang-format "${mode[@]}"
