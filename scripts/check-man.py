#!/usr/bin/env python3
"""Checks manual pages against the program: check-man.py MHUB DOCS_MAN_DIR

Every page names a command that exists, every command has a page, every long option that the page
lists under OPTIONS is one that `mhub COMMAND --help` knows, and every option of the help, but for
those of all commands, stands somewhere in the page.
"""

import pathlib
import re
import subprocess
import sys


def help_of(mhub, *words):
    result = subprocess.run([mhub, *words, "--help"], capture_output=True, text=True, check=False)
    return result.stdout if result.returncode == 0 else None


def commands_of(text):
    """Names below the heading `Subcommands:` and the like of CLI11's help."""
    found, inside = [], False
    for line in text.splitlines():
        if re.match(r"^\S.*:$", line):
            inside = not re.search("option|usage|example", line.lower())
        elif inside:
            match = re.match(r"^  ([a-z][a-z0-9-]*)(\s|$)", line)
            if match:
                found.append(match.group(1))
    return found


def help_below(mhub, *words):
    """The help of a command and of all commands below it."""
    text = help_of(mhub, *words) or ""
    return text + "".join(help_below(mhub, *words, child) for child in commands_of(text))


def options_of(text):
    """Options of CLI11's help, each by its last name, which is the long one if it has one."""
    found = set()
    for line in text.splitlines():
        match = re.match(r"^  (-[^\s]+)", line)
        if match:
            found.add(match.group(1).split(",")[-1].split("=")[0])
    return found


def main():
    mhub, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    top = help_of(mhub)
    if top is None:
        sys.exit(f"{mhub} --help failed")
    known = commands_of(top)
    faults = []
    pages = {path.name[len("mhub-") : -len(".1.md")]: path for path in folder.glob("mhub-*.1.md")}
    for name, path in sorted(pages.items()):
        text = help_of(mhub, name)
        if name not in known or text is None:
            faults.append(f"{path}: there is no command {name}")
            continue
        text = help_below(mhub, name)
        options = path.read_text().partition("# OPTIONS")[2].partition("\n# ")[0]
        for option in sorted(set(re.findall(r"--[a-z][a-z-]+", options))):
            if not re.search(re.escape(option) + r"(?![a-z-])", text + top):
                faults.append(f"{path}: {name} has no option {option}")
        page = path.read_text()
        for option in sorted(options_of(text) - options_of(top)):
            if not re.search(re.escape(option) + r"(?![a-z-])", page):
                faults.append(f"{path}: does not say what {option} of {name} does")
    for name in known:
        if name not in pages:
            faults.append(f"command {name} has no page {folder}/mhub-{name}.1.md")
    print("\n".join(faults))
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
