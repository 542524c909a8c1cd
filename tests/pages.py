#!/usr/bin/env python3
"""The commands that README.md and the pages of docs/ show, run as a reader would: each `$ pcapdex ...` must print what
stands below it. A block of commands begins with "$ "; those of a page run in one folder, where examples/ is.

    tests/pages.py           compares
    tests/pages.py --accept  writes what they print into the pages
"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import tap

ROOT = pathlib.Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
DURATION = re.compile(r" in \d+\.\d+ s \(\d+ packets/s\)|; \d+\.\d+ s$", re.M)  # as fast as the machine is


def run(command, folder):
    """What a terminal would show; the word pcapdex stands for the program under test."""
    env = {**os.environ, "PATH": f"{folder}/bin:{os.environ['PATH']}", "COLUMNS": "120"}
    done = subprocess.run(["sh", "-c", command], cwd=folder, env=env, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return "\n".join(line.rstrip() for line in done.stdout.rstrip("\n").split("\n"))


def sessions(text):
    """Code blocks that begin with a prompt: (start, end, commands and output as [command, output] pairs)."""
    for block in re.finditer(r"```\n(\$ .*?)\n```", text, re.S):
        pairs = []
        for line in block[1].split("\n"):
            if line.startswith("$ "):
                pairs.append([line[2:], []])
            else:
                pairs[-1][1].append(line)
        yield block.span(1), [(command, "\n".join(output)) for command, output in pairs]


def same(shown, printed):
    return DURATION.sub("", shown) == DURATION.sub("", printed)


def replay(page):
    """The page as it should be, and the commands whose output is not what it shows."""
    text, renewed, wrong, at = page.read_text(), [], [], 0
    with tempfile.TemporaryDirectory() as folder:
        os.makedirs(f"{folder}/bin")
        os.symlink(tap.PROGRAM, f"{folder}/bin/pcapdex")
        os.symlink(ROOT / "examples", f"{folder}/examples")
        for (start, end), pairs in sessions(text):
            block = []
            for command, shown in pairs:
                printed = run(command, folder)
                if not same(shown, printed):
                    wrong.append(f"$ {command}\n{printed}")
                    shown = printed
                block += [f"$ {command}", shown] if shown else [f"$ {command}"]
            renewed += [text[at:start], "\n".join(block)]
            at = end
    return "".join(renewed) + text[at:], wrong


def test_commands():
    """the commands of README.md and of docs/ print what these pages show"""
    for page in PAGES:
        _, wrong = replay(page)
        if wrong:
            raise AssertionError(f"{page.name} shows something else (tests/pages.py --accept renews it):\n" + "\n".join(wrong))


def accept():
    for page in PAGES:
        text, wrong = replay(page)
        if wrong:
            page.write_text(text)
            print(f"{page.name}: {len(wrong)} renewed")


if __name__ == "__main__":
    sys.exit(accept() if "--accept" in sys.argv else tap.main(sys.modules[__name__]))
