#!/usr/bin/env bash
# Installs what the tests need, builds, runs every test: unit, end to end, interop, fault, fuzz corpus.
#
#   scripts/test.sh [--preset dev|asan|tsan] [--strict] [ctest options, such as -R REGEX or -L LABEL]
#
# Ends with one line "N passed, N failed" and exit code 0 only where every test passed. Tests that lack something
# (PyPI, npm, root) are skipped, named and counted; with --strict they have failed.
set -euo pipefail
. "$(dirname "$0")/setup.sh"
cd "$root"

preset=dev
strict=
while true; do
  case "${1:-}" in
    --preset) preset=${2:?--preset takes a name}; shift 2 ;;
    --strict) strict=1; shift ;;
    *) break ;;
  esac
done

# Before the build: where a missing part is a failure, it shows at once.
lacks() {
  [ -z "$strict" ] || die "$1, and --strict wants every test to run"
  say "$1; tests that need it are skipped"
}
install_packages build test
make_hf_client || lacks "hf-client: not installed"
make_hf_stack || lacks "hf-stack: not installed"
fetch_minilm "$root/build/minilm" || lacks "weights: no real ones"
make_js_client || lacks "js-client: not installed"
cmake --preset "$preset" >"${TMPDIR:-/tmp}/mhub-configure.$$" 2>&1 || {
  cat "${TMPDIR:-/tmp}/mhub-configure.$$"
  die "could not configure preset $preset"
}
rm -f "${TMPDIR:-/tmp}/mhub-configure.$$"
cmake --build "build/$preset"
# Of the preset asan: leaks of libraries.
export LSAN_OPTIONS=suppressions=$root/tests/support/lsan.supp:print_suppressions=0${LSAN_OPTIONS:+:$LSAN_OPTIONS}

report=build/$preset/tests.xml
rm -f "$report"
code=0
ctest --test-dir "build/$preset" --output-on-failure --no-tests=error -j "$(nproc)" \
  --output-junit "$root/$report" "$@" || code=$?
[ -f "$report" ] || die "ctest ran no test (exit code $code)"

python3 - "$report" "$strict" <<'PY' || code=1
import sys
import xml.etree.ElementTree as tree

cases = tree.parse(sys.argv[1]).getroot().findall("testcase")
failed = [case.get("name") for case in cases if case.get("status") == "fail"]
passed = [case.get("name") for case in cases if case.get("status") == "run"]
skipped = [case.get("name") for case in cases if case.get("status") not in ("run", "fail")]
print("\nslowest:")
for case in sorted(cases, key=lambda case: -float(case.get("time") or 0))[:5]:
    print(f"  {float(case.get('time') or 0):7.1f} s  {case.get('name')}")
for name in skipped:
    print(f"skipped: {name}")
for name in failed:
    print(f"failed: {name}")
tail = f", {len(skipped)} skipped" if skipped else ""
print(f"{len(passed)} passed, {len(failed)} failed{tail}")
if skipped and sys.argv[2]:
    sys.exit("error: --strict wants every test to run")
PY
exit "$code"
