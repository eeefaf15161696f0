#!/usr/bin/env bash
# Builds the fuzz targets with clang and libFuzzer (AddressSanitizer and UBSan on) and runs each.
#
#   scripts/fuzz.sh [SECONDS [TARGET…]]      600 s each by default, all targets, one for each core
#
# Starts from tests/fuzz/corpus/TARGET; what it learns goes to build/fuzz/corpus/TARGET. A finding is
# kept in build/fuzz/findings and makes the exit code 1; give it a name in tests/fuzz/corpus when fixed.
set -euo pipefail
. "$(dirname "$0")/setup.sh"
cd "$root"
seconds=${1:-600}
shift || true

install_packages build fuzz
cmake --preset fuzz >/dev/null
cmake --build build/fuzz --target fuzzers

targets=("$@")
if [ ${#targets[@]} -eq 0 ]; then
  for program in build/fuzz/tests/fuzz/fuzz_*; do
    [ -x "$program" ] && [ -f "$program" ] && targets+=("${program##*/fuzz_}")
  done
fi
[ ${#targets[@]} -gt 0 ] || die "there are no fuzz targets"

run_one() {
  local name=$1 log=build/fuzz/$1.log code=0
  mkdir -p "build/fuzz/corpus/$name" build/fuzz/findings "tests/fuzz/corpus/$name"
  "build/fuzz/tests/fuzz/fuzz_$name" -max_total_time="$seconds" -timeout=20 -rss_limit_mb=2048 \
    -max_len=65536 -print_final_stats=1 -artifact_prefix="build/fuzz/findings/$name-" \
    "build/fuzz/corpus/$name" "tests/fuzz/corpus/$name" >"$log" 2>&1 || code=$?
  local runs
  runs=$(awk '/stat::number_of_executed_units/ { print $2 }' "$log")
  if [ $code -eq 0 ]; then
    printf '%-16s %12s executions in %s s, nothing found\n' "$name" "${runs:-?}" "$seconds"
  else
    printf '%-16s FOUND something, see %s\n' "$name" "$log"
  fi
  return $code
}

failed=0
pids=()
for name in "${targets[@]}"; do
  if [ ${#pids[@]} -ge "$(nproc)" ]; then
    wait "${pids[0]}" || failed=1
    pids=("${pids[@]:1}")
  fi
  run_one "$name" & pids+=($!)
done
for pid in "${pids[@]}"; do wait "$pid" || failed=1; done
exit $failed
