#!/usr/bin/env bash
# Measures what mhub promises, against a hub of its own on loopback, and prints one line a figure.
#
#   bench/figures.sh [SIZE [CLIENTS]]      SIZE of the large file, 4G by default; 50 clients
#
# Uses build/release (made by scripts/quickstart.sh or: cmake --preset release && cmake --build
# build/release --target mhub gen_data). Needs three times SIZE of free space under $TMPDIR.
set -euo pipefail
size=${1:-4G}
clients=${2:-50}
. "$(dirname "$0")/common.sh"

# --- speed and memory on one large file of incompressible bytes ---------------------------------
"$mhub" repo create me/big >/dev/null
"$mhub" clone me/big big >/dev/null 2>&1
"$gen" noise big/blob.bin "$size" 1
total=$(bytes_of big/blob.bin)
cat big/blob.bin >/dev/null
run out openssl dgst -sha256 big/blob.bin
openssl_s=$seconds
say "openssl dgst -sha256, $size from page cache" "$(speed "$total" "$seconds")"
run out "$mhub" -C big add .
say "mhub add, the same file" "$(speed "$total" "$seconds"), $(percent "$openssl_s" "$seconds") of openssl's speed, peak $(mib "$peak_kib")"
run out "$mhub" -C big commit -m "Big"
run push.json "$mhub" -C big push --json
say "mhub push over loopback" "$(speed "$total" "$seconds"), peak $(mib "$peak_kib")"
run out "$mhub" clone me/big copy
say "mhub clone over loopback" "$(speed "$total" "$seconds"), peak $(mib "$peak_kib")"
cmp big/blob.bin copy/blob.bin
say "disk used by the clone, of the logical size" "$(percent "$(du -sB1 copy | cut -f 1)" "$total")"
run out "$mhub" -C copy status
say "mhub status, nothing changed" "$seconds s, peak $(mib "$peak_kib")"
say "the hub's peak memory so far" "$(mib "$(hub_peak)")"
rm -rf big copy

# --- what a small change sends --------------------------------------------------------------------
"$mhub" repo create me/change >/dev/null
"$mhub" clone me/change change >/dev/null 2>&1
"$gen" noise change/blob.bin 1G 2
run push.json "$mhub" -C change push -m "First" --json
say "1 GiB, first push sends" "$(sent push.json) bytes"
"$gen" overwrite change/blob.bin 400M 10737418 3
run push.json "$mhub" -C change push -m "Changed" --json
say "1 % changed in place in one region: second push sends" "$(sent push.json) bytes, $(percent "$(sent push.json)" 1073741824), $seconds s"
"$gen" insert change/blob.bin 100 1K 4
run push.json "$mhub" -C change push -m "Inserted" --json
say "1 KiB inserted near the front: push sends" "$(sent push.json) bytes, $seconds s"
rm -rf change

# --- many clients ---------------------------------------------------------------------------------
"$mhub" repo create me/many >/dev/null
"$mhub" clone me/many many >/dev/null 2>&1
"$gen" weights many/model.safetensors 32M 5
"$mhub" -C many push -m "First" >/dev/null 2>&1
start=$EPOCHREALTIME
pids=()
for i in $(seq "$clients"); do "$mhub" clone me/many "many$i" >/dev/null 2>"many$i.err" & pids+=($!); done
for pid in "${pids[@]}"; do wait "$pid"; done
say "$clients clients clone 32 MiB at once" "$(python3 -c "print(f'{${EPOCHREALTIME/,/.} - ${start/,/.}:.1f} s')")"
for i in $(seq "$clients"); do cmp many/model.safetensors "many$i/model.safetensors"; done
rm -rf many[0-9]*
pids=()
for i in $(seq "$clients"); do
  "$mhub" repo create "me/own$i" >/dev/null
  "$mhub" clone "me/own$i" "own$i" >/dev/null 2>&1
  "$gen" noise "own$i/blob.bin" 16M "$i"
done
for i in $(seq "$clients"); do "$mhub" -C "own$i" push -m "Mine" >/dev/null 2>"own$i.err" & pids+=($!); done
for pid in "${pids[@]}"; do wait "$pid"; done
say "the hub's peak memory after $clients clients cloned, then pushed" "$(mib "$(hub_peak)")"
run out "$mhub" admin fsck --data hub
say "mhub admin fsck of all that" "clean, $seconds s"
