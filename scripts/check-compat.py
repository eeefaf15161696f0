#!/usr/bin/env python3
"""Holds docs/compat.md to the client and to the tests.

    build/hf-client/bin/python scripts/check-compat.py ROOT

Every public method of HfApi and every command of hf stands in exactly one row; every row says how well it works
and names a test that is there and, where it says that something works, uses it. Ends with 77 without the client.
"""

import ast
import os
import re
import sys
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"
try:
    from huggingface_hub import HfApi
    from huggingface_hub.cli.hf import app
except ImportError:
    print("huggingface_hub is not installed (scripts/setup.sh: make_hf_client)")
    sys.exit(77)

STATES = ("works", "partly", "not offered", "not yet", "elsewhere")
TESTLESS = ("not yet", "elsewhere")


def commands(group, path=()):
    for name, command in group.commands.items():
        words = (*path, name.split(" | ")[0])
        if hasattr(command, "commands"):
            yield from commands(command, words)
        else:
            yield " ".join(words)


def methods():
    return {name for name in dir(HfApi) if not name.startswith("_") and callable(getattr(HfApi, name))}


def rows(text):
    """Names, state and tests of each row, under the heading's kind."""
    kind = None
    for line in text.splitlines():
        if line.startswith("## "):
            kind = {"## Methods of HfApi": "method", "## Commands of hf": "command"}.get(line)
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if kind is None or not line.startswith("| `") or len(cells) != 3:
            continue
        yield kind, re.findall(r"`([^`]+)`", cells[0]), cells[1], re.findall(r"`([^`]+)`", cells[2])


def test_functions(folder):
    found = {}
    for file in folder.glob("test_*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                found[f"{file.stem}.{node.name}"] = node
    return found


def uses(function, kind, name):
    if kind == "method":
        return any(isinstance(node, ast.Attribute) and node.attr == name for node in ast.walk(function))
    words = name.split(" ")
    for node in ast.walk(function):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "hf":
            given = [a.value for a in node.args if isinstance(a, ast.Constant)]
            if given[:len(words)] == words:
                return True
    return False


def main():
    root = Path(sys.argv[1])
    interop = root / "tests/interop"
    text = (root / "docs/compat.md").read_text()
    functions = test_functions(interop / "hf")
    wanted = {"method": methods(), "command": set(commands(app))}
    seen = {"method": set(), "command": set()}
    faults = []
    for kind, names, state, tests in rows(text):
        known = next((s for s in STATES if state.startswith(s)), None)
        if known is None:
            faults.append(f"{names[0]}: '{state}' begins with none of {', '.join(STATES)}")
        for name in names:
            if name in seen[kind]:
                faults.append(f"{kind} {name} stands in two rows")
            if name not in wanted[kind]:
                faults.append(f"{kind} {name} is not in the client")
            seen[kind].add(name)
        if not tests and known not in TESTLESS:
            faults.append(f"{names[0]} names no test")
        for test in tests:
            if test.endswith(".sh"):
                if not (interop / test).is_file():
                    faults.append(f"{names[0]}: there is no tests/interop/{test}")
                continue
            function = functions.get(test)
            if function is None:
                faults.append(f"{names[0]}: there is no test {test}")
            elif known in ("works", "partly"):
                faults += [f"{test} does not use {name}" for name in names if not uses(function, kind, name)]
    # Tests and scripts that are named outside of the tables' last column.
    for test in re.findall(r"`(test_\w+\.test_\w+)`", text):
        if test not in functions:
            faults.append(f"there is no test {test}")
    for script in re.findall(r"`([\w-]+\.sh)`", text):
        if not (interop / script).is_file():
            faults.append(f"there is no tests/interop/{script}")
    for kind in wanted:
        faults += [f"{kind} {name} is missing from docs/compat.md" for name in sorted(wanted[kind] - seen[kind])]
    print("\n".join(faults) or f"{len(seen['method'])} methods, {len(seen['command'])} commands: all told")
    sys.exit(1 if faults else 0)


main()
