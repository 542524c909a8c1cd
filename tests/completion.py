#!/usr/bin/env python3
"""Completion in real shells, of those that are installed: bash, zsh and fish complete what somebody began to type."""
import os
import re
import shutil
import subprocess
import sys

import tap

# What is offered behind each line: words that must be there, words that must not.
LINES = (
    ("pcapdex qu", "query", "ingest"),
    ("pcapdex comp", "compare completion", "query"),
    ("pcapdex help ana", "analyze", "ingest"),
    ("pcapdex completion ", "bash zsh fish", ""),
    ("pcapdex ingest --re", "--replace", "--ring"),
    ("pcapdex ingest t", "trace.pcap", "case.db"),
    ("pcapdex query ca", "case.db", "trace.pcap captures"),
    ("pcapdex query case.db slow", "slow-handshakes slow-start", "flows"),
    ("pcapdex query --format csv case.db slow", "slow-handshakes slow-start", "flows"),
    ("pcapdex query case.db --format j", "json jsonl", "csv"),
    ("pcapdex query case.db -f tr", "trace.pcap", "csv"),
    ("pcapdex export case.db --table ", "", "trace.pcap csv"),
    ("pcapdex query case.db slow-handshakes --min", "--min-ms", "--format"),
    ("pcapdex query --format csv case.db slow-handshakes --limit 3 --min", "--min-ms", "--format"),
    ("pcapdex query case.db no-such-report --whole", "--whole-flows", "--min-ms"),
)

# Each script takes the lines as arguments, and prints LISTED1 behind what it offers for each. In bash, files are
# offered by readline, unless compopt says no.
BASH = """
source <(pcapdex completion bash)
compopt() { [[ " $* " == *' +o default '* ]] && files=; }
for COMP_LINE; do
	files=offered
	COMP_WORDS=($COMP_LINE) COMP_POINT=${#COMP_LINE}
	[[ $COMP_LINE == *' ' ]] && COMP_WORDS+=('')
	COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
	_pcapdex pcapdex
	echo "${COMPREPLY[@]:-${files:+$(compgen -f -- "${COMP_WORDS[COMP_CWORD]}")}}" LISTED1
done
"""

# An interactive zsh on a terminal of its own: ^X lists what may follow what was typed, and says so.
ZSH = """
zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell "PS1= PS2= COLUMNS=300 LINES=300 LISTMAX=1000; stty -echo; fpath=($PWD \\$fpath); autoload -U compinit
compinit -u -D; unset zle_bracketed_paste
listed() { zle list-choices; zle -R; print LISTED\\$((1)) }; zle -N listed; bindkey '^X' listed; print READY\\$((1))"
zpty -r -m shell text '*READY1*'
for line; do
	zpty -w -n shell $'\\x15'"$line"$'\\x18'
	zpty -r -m shell text '*LISTED1*'
	print -r -- $text
done
zpty -d shell
"""

FISH = """
pcapdex completion fish | source
for line in $argv
	complete -C $line
	echo LISTED1
end
"""

COMMANDS = {"bash": ["bash", "--norc", "-c", BASH, "bash"], "zsh": ["zsh", "-f", "-c", ZSH, "zsh"],
            "fish": ["fish", "--no-config", "-c", FISH, "--"]}


def completions(shell, lines):
    """The words that the shell offers behind each line."""
    os.mkdir("bin")
    os.symlink(tap.PROGRAM, "bin/pcapdex")
    for name, text in (("case.db", ""), ("trace.pcap", ""), ("_pcapdex", tap.pcapdex("completion", "zsh").stdout)):
        with open(name, "w", encoding="utf-8") as file:
            file.write(text)
    environment = {**os.environ, "PATH": os.path.abspath("bin") + ":" + os.environ["PATH"], "TERM": "xterm",
                   "HOME": os.getcwd()}
    found = subprocess.run([*COMMANDS[shell], *lines], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                           stderr=subprocess.STDOUT, text=True, errors="replace", check=False, timeout=300,
                           env=environment)
    text = re.sub("\x1b\\[[0-9;?]*[A-Za-z]|[\x07\r]", " ", found.stdout)
    parts = text.split("LISTED1")
    tap.equal(len(parts), len(lines) + 1, text)
    return [set(part.split()) - set(line.split()) for line, part in zip(lines, parts)]


def check(shell):
    if not shutil.which(shell):
        raise tap.Skip(shell + " is not installed")
    for (line, wanted, unwanted), found in zip(LINES, completions(shell, [line for line, _, _ in LINES])):
        tap.equal((set(wanted.split()) - found, found & set(unwanted.split())), (set(), set()),
                  "behind %r: %r" % (line, sorted(found)))


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
