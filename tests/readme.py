#!/usr/bin/env python3
"""The commands that README.md shows, run as a reader would: each `$ pcapdex ...` must print what stands below it.

    tests/readme.py           compares
    tests/readme.py --accept  writes what they print into README.md
"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import tap

ROOT = pathlib.Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
SUMMARY = re.compile(r" in \d+\.\d+ s \(\d+ packets/s\)")  # as fast as the machine is


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
    return SUMMARY.sub("", shown) == SUMMARY.sub("", printed)


def replay():
    """README.md as it should be, and the commands whose output is not what it shows."""
    text, renewed, wrong, at = README.read_text(), [], [], 0
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
    """the commands of README.md print what it shows"""
    _, wrong = replay()
    if wrong:
        raise AssertionError("README.md shows something else (tests/readme.py --accept renews it):\n" + "\n".join(wrong))


if "--accept" in sys.argv:
    README.write_text(replay()[0])
else:
    tap.main(sys.modules[__name__])
