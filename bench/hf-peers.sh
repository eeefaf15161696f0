#!/usr/bin/env bash
# mhub upload and download beside the hf command (huggingface_hub with hf_xet), both against the same
# `mhub serve` on loopback: one large file of incompressible bytes, then many smaller ones.
#
#   bench/hf-peers.sh [SIZE [COUNT]]      2G by default, and 200 files of 5 MiB
#
# Uses build/release as figures.sh does, and build/hf-client (made by scripts/test.sh). Needs six times SIZE
# of free space under $TMPDIR.
set -euo pipefail
size=${1:-2G}
count=${2:-200}
. "$(dirname "$0")/common.sh"
hf=$root/build/hf-client/bin/hf
[ -x "$hf" ] || { echo "hf is missing: scripts/test.sh installs it" >&2; exit 1; }
export HF_ENDPOINT=$MHUB_ENDPOINT HF_TOKEN=$MHUB_TOKEN HF_HUB_DISABLE_PROGRESS_BARS=1 HF_HUB_DISABLE_TELEMETRY=1
say "hf" "huggingface_hub $("$hf" version | awk '{ print $NF }' | tail -1)"

# compare WHAT FOLDER: FOLDER goes up by both, to repositories of their own, and comes down again. The two upload
# different bytes, or the second would find them on the hub.
compare() {
  local what=$1 folder=$2 total hf_s
  total=$(du -sb "$folder-hf" | cut -f 1)
  cat "$folder"-*/* >/dev/null
  HF_HOME=$work/hf-$folder run out "$hf" upload "me/$folder-hf" "$folder-hf" .
  hf_s=$seconds
  say "hf upload, $what" "$(speed "$total" "$seconds"), peak $(mib "$peak_kib")"
  run out "$mhub" upload "me/$folder-mhub" "$folder-mhub"
  say "mhub upload, $what" "$(speed "$total" "$seconds"), $(percent "$hf_s" "$seconds") of hf's speed, peak $(mib "$peak_kib")"
  HF_HOME=$work/hf-down-$folder run out "$hf" download "me/$folder-hf" --local-dir "$folder-hf-down"
  hf_s=$seconds
  say "hf download, $what" "$(speed "$total" "$seconds"), peak $(mib "$peak_kib")"
  run out "$mhub" download "me/$folder-mhub" --local-dir "$folder-mhub-down"
  say "mhub download, $what" "$(speed "$total" "$seconds"), $(percent "$hf_s" "$seconds") of hf's speed, peak $(mib "$peak_kib")"
  local file
  for file in "$folder"-hf/* "$folder"-mhub/*; do cmp "$file" "${file%/*}-down/${file##*/}"; done
  rm -rf "$folder"-*
}

mkdir one-hf one-mhub many-hf many-mhub
"$gen" noise one-hf/blob.bin "$size" 1
"$gen" noise one-mhub/blob.bin "$size" 2
compare "$size in one file" one
for i in $(seq "$count"); do
  "$gen" noise "many-hf/$i.bin" 5M "1$i"
  "$gen" noise "many-mhub/$i.bin" 5M "2$i"
done
compare "$count files of 5 MiB" many
say "the hub's peak memory" "$(mib "$(hub_peak)")"
