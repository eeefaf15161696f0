#!/usr/bin/env bash
# Peak memory of each command with one very large file, against a hub of its own on loopback.
#
#   bench/large-file.sh [SIZE]      20G by default
#
# The file's second half repeats the first, so that it is stored and sent once; every byte is read,
# cut, hashed and written all the same. Uses build/release as figures.sh does. Needs twice SIZE of
# free space under $TMPDIR.
set -euo pipefail
size=${1:-20G}
. "$(dirname "$0")/common.sh"
half=$(($(numfmt --from=iec "$size") / 2))
"$mhub" repo create me/big >/dev/null
"$mhub" clone me/big big >/dev/null 2>&1
"$gen" noise big/blob.bin "$half" 1
head -c "$half" big/blob.bin >half.bin
cat half.bin >>big/blob.bin
rm half.bin
total=$(bytes_of big/blob.bin)
digest=$(openssl dgst -sha256 -r big/blob.bin | cut -d ' ' -f 1)

# measure NAME COMMAND…
measure() {
  local name=$1
  shift
  run out "$@"
  say "mhub $name, $size" "$(speed "$total" "$seconds"), peak $(mib "$peak_kib")"
}
measure add "$mhub" -C big add .
measure commit "$mhub" -C big commit -m "Big"
measure push "$mhub" -C big push
rm -rf big
measure clone "$mhub" clone me/big copy
[ "$(openssl dgst -sha256 -r copy/blob.bin | cut -d ' ' -f 1)" = "$digest" ]
measure fsck "$mhub" -C copy fsck
rm copy/blob.bin
measure restore "$mhub" -C copy restore blob.bin
[ "$(openssl dgst -sha256 -r copy/blob.bin | cut -d ' ' -f 1)" = "$digest" ]
say "the hub's peak memory" "$(mib "$(hub_peak)")"
