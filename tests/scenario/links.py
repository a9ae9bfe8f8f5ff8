# SPDX-License-Identifier: GPL-3.0-or-later
# links.py FILE...: the links of Markdown files. Prints each that leads nowhere: a file that is not there, a heading
# that the file does not have. Exit status 1 if there is one, or if there are none at all.
import os
import re
import sys


def without_code(text):
    """Lines that are set in by four spaces, and what stands between backticks, are no links."""
    lines = ["" if line.startswith("    ") else line for line in text.split("\n")]
    return re.sub(r"`[^`\n]*`", "", "\n".join(lines))


def anchors(path):
    """As GitHub makes them of headings."""
    found = set()
    with open(path, encoding="utf-8") as file:
        for line in file:
            match = re.match(r"#+ (.*)", line)
            if not match:
                continue
            name = re.sub(r"[^\w\- ]", "", match[1].lower()).replace(" ", "-")
            count = 0
            while name + (f"-{count}" if count else "") in found:
                count += 1
            found.add(name + (f"-{count}" if count else ""))
    return found


wrong = links = 0
for path in sys.argv[1:]:
    with open(path, encoding="utf-8") as file:
        text = without_code(file.read())
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", target):
            continue
        links += 1
        name, _, anchor = target.partition("#")
        there = os.path.normpath(os.path.join(os.path.dirname(path), name)) if name else path
        if not os.path.exists(there):
            print(f"{path}: {target}: there is no {there}")
            wrong += 1
        elif anchor and anchor not in anchors(there):
            print(f"{path}: {target}: {there} has no heading #{anchor}")
            wrong += 1
sys.exit(1 if wrong or not links else 0)
