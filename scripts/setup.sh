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

# Makes build/hf-client, a virtual environment with Hugging Face's Python client at the versions of
# tests/interop/hf-requirements.txt; does nothing when it is there. Fails without network or venv.
make_hf_client() {
  local folder=$root/build/hf-client wanted=$root/tests/interop/hf-requirements.txt
  cmp -s "$wanted" "$folder/installed.txt" && return 0
  say "hf-client: installing Hugging Face's client"
  rm -rf "$folder"
  mkdir -p "$root/build"
  python3 -m venv "$folder" &&
    "$folder/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps -r "$wanted" &&
    cp "$wanted" "$folder/installed.txt"
}

# Makes build/js-client, with Hugging Face's JavaScript client at the versions of tests/interop/js; does nothing
# when it is there. Node's own packages of Debian are enough; npm may come from elsewhere.
make_js_client() {
  local folder=$root/build/js-client wanted=$root/tests/interop/js
  cmp -s "$wanted/package-lock.json" "$folder/installed.json" && return 0
  command -v npm >/dev/null || install_packages npm
  say "js-client: installing Hugging Face's client"
  rm -rf "$folder"
  mkdir -p "$folder"
  cp "$wanted/package.json" "$wanted/package-lock.json" "$folder" &&
    npm ci --prefix "$folder" --ignore-scripts --no-audit --no-fund --loglevel=error &&
    cp "$wanted/package-lock.json" "$folder/installed.json"
}
