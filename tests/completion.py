#!/usr/bin/env python3
"""Completion in real shells, of those that are installed: bash, zsh and fish complete what somebody began to type."""
import os
import re
import shutil
import subprocess
import sys

import tap

BASH = """
source <(pcapdex completion bash)
COMP_LINE=$1 COMP_POINT=${#1}
COMP_WORDS=($1) COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
[[ $1 == *' ' ]] && COMP_WORDS+=('') && ((COMP_CWORD++))
_pcapdex pcapdex
printf '%s\\n' "${COMPREPLY[@]}"
"""

# An interactive zsh on a terminal of its own: ^X lists what may follow what was typed, and says so.
ZSH = """
zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell "PS1= PS2= COLUMNS=300 LINES=300 LISTMAX=1000; stty -echo; fpath=($PWD \\$fpath); autoload -U compinit
compinit -u -C -d dump; unset zle_bracketed_paste
listed() { zle list-choices; zle -R; print LISTED\\$((1)) }; zle -N listed; bindkey '^X' listed; print READY\\$((1))"
zpty -r -m shell text '*READY1*'
zpty -w -n shell "$1"$'\\x18'
zpty -r -m shell text '*LISTED1*'
print -r -- $text
zpty -d shell
"""


def completions(shell, line):
    """The words that the shell offers."""
    os.makedirs("bin", exist_ok=True)
    if not os.path.exists("bin/pcapdex"):
        os.symlink(tap.PROGRAM, "bin/pcapdex")
        for name in ("case.db", "trace.pcap"):
            open(name, "w", encoding="utf-8").close()
        with open("_pcapdex", "w", encoding="utf-8") as file:
            file.write(tap.pcapdex("completion", "zsh").stdout)
    command = {"bash": ["bash", "--norc", "-c", BASH, "bash", line], "zsh": ["zsh", "-f", "-c", ZSH, "zsh", line],
               "fish": ["fish", "--no-config", "-c",
                        "pcapdex completion fish | source; complete -C $argv", "--", line]}[shell]
    found = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                           errors="replace", check=False, timeout=120,
                           env={**os.environ, "PATH": os.path.abspath("bin") + ":" + os.environ["PATH"], "TERM": "xterm",
                                "HOME": os.getcwd()})
    text = re.sub("\x1b\\[[0-9;?]*[A-Za-z]|[\x07\r]", " ", found.stdout)
    if shell == "zsh":
        text = "\n".join(text.split("\n")[1:])  # behind the line itself
    return set(text.split()) - set(line.split())


def holds(shell, line, wanted, unwanted=()):
    """What is offered behind a line."""
    found = completions(shell, line)
    tap.equal((set(wanted) - found, found & set(unwanted)), (set(), set()), "%s: %r: %r" % (shell, line, sorted(found)))


def check(shell):
    if not shutil.which(shell):
        raise tap.Skip(shell + " is not installed")
    holds(shell, "pcapdex qu", ["query"], ["ingest"])
    holds(shell, "pcapdex comp", ["compare", "completion"], ["query"])
    holds(shell, "pcapdex help ana", ["analyze"])
    holds(shell, "pcapdex completion ", ["bash", "zsh", "fish"])
    holds(shell, "pcapdex ingest --re", ["--replace"], ["--ring"])
    holds(shell, "pcapdex query case.db slow", ["slow-handshakes", "slow-start"], ["flows", "case.db"])
    holds(shell, "pcapdex query --format csv case.db slow", ["slow-handshakes", "slow-start"])
    holds(shell, "pcapdex query case.db --format j", ["json", "jsonl"], ["csv"])
    holds(shell, "pcapdex query case.db slow-handshakes --min", ["--min-ms"])
    holds(shell, "pcapdex query --format csv case.db slow-handshakes --limit 3 --min", ["--min-ms"], ["--format"])
    holds(shell, "pcapdex query case.db no-such-report --whole", ["--whole-flows"])
    if shell != "bash":  # there, files are the default of readline
        holds(shell, "pcapdex query ca", ["case.db"], ["trace.pcap"])
        holds(shell, "pcapdex ingest t", ["trace.pcap"])


def test_bash():
    """bash completes commands, options, reports and their options"""
    check("bash")


def test_zsh():
    """zsh completes commands, options, reports and their options"""
    check("zsh")


def test_fish():
    """fish completes commands, options, reports and their options"""
    check("fish")


if __name__ == "__main__":
    sys.exit(tap.main(sys.modules[__name__]))
