#!/usr/bin/env python3
"""Checks that #include lines follow the layers: an arrow runs only downward.

A file of a layer may include public headers (<mhub/LAYER/...>) of its own layer and of those listed
here, and files beside itself. Public headers may not include the C headers of wrapped libraries.
"""

import pathlib
import re
import sys

ALLOWED = {
    "base": "",
    "xet": "base",
    "wire": "xet base",
    "net": "base",
    "sqlite": "base",
    "store": "sqlite xet base",
    "repo": "store xet wire base",
    "remote": "xet wire net base",
    "sync": "repo remote store xet wire net base",
    "serve": "repo store sqlite xet wire net base",
    "cli": "sync serve repo remote store sqlite xet wire net base",
}
C_HEADERS = re.compile(r"^(git2(/.*)?\.h|curl/.*|sqlite3(ext)?\.h|microhttpd\.h|yaml\.h)$")
INCLUDE = re.compile(r'^\s*#\s*include\s+([<"])([^>"]+)[>"]')


def check(root):
    faults = []
    for base, public in ((root / "include" / "mhub", True), (root / "src", False)):
        for path in sorted(base.rglob("*")):
            if path.suffix not in (".hpp", ".cpp", ".h", ".c"):
                continue
            parts = path.relative_to(base).parts
            if len(parts) == 1:
                if public or parts[0] != "main.cpp":
                    faults.append(f"{path}: lies outside every layer")
                continue
            layer = parts[0]
            if layer not in ALLOWED:
                faults.append(f"{path}: {layer} is not a layer")
                continue
            allowed = {layer, *ALLOWED[layer].split()}
            for number, line in enumerate(path.read_text().splitlines(), 1):
                match = INCLUDE.match(line)
                if not match:
                    continue
                quote, name = match.groups()
                where = f"{path.relative_to(root)}:{number}"
                if public and C_HEADERS.match(name):
                    faults.append(f"{where}: public header includes the C header {name}")
                if name.startswith("mhub/"):
                    other = name.split("/")[1]
                    if other not in allowed:
                        faults.append(f"{where}: {layer} may not include {name}")
                elif quote == '"':
                    if public:
                        faults.append(f'{where}: public header includes "{name}"; use <mhub/...>')
                        continue
                    near = [path.parent / name, root / "src" / layer / name]
                    found = [file.resolve() for file in near if file.exists()]
                    inside = (root / "src" / layer).resolve()
                    if found and not any(inside in file.parents for file in found):
                        faults.append(f"{where}: {layer} reaches into another layer with {name}")
    return faults


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()
    faults = check(root)
    for fault in faults:
        print(fault)
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
