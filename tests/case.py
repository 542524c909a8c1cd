#!/usr/bin/env python3
"""Runs text cases: captures written in the file, commands, what they must print. tests/cases/README.md has the format.

usage: case.py [--accept] [NAME ...]     all of tests/cases/*.case without a name
       case.py --captures FOLDER         write the captures of all cases there

PCAPDEX is the program (./pcapdex), PCAPDEX_CORPUS a folder of more captures. Prints TAP, and a diff where output
differs; --accept writes the output into the files instead.
"""
import difflib
import fnmatch
import os
import re
import subprocess
import sys
import tempfile
import zlib

from paths import CORPUS, PROGRAM, ROOT
import packets

CASES = os.path.join(ROOT, "tests", "cases")
TIME_LIMIT_S = 60
LEAKS_STEP = 4  # under the sanitizers, one case of so many looks for leaks

# What the commands of a case may call, beside the ordinary tools.
PRELUDE = """
pcapdex() { "$PCAPDEX" "$@"; }
ingest() { pcapdex ingest --quiet -o case.db "$@"; }  # into case.db
report() { pcapdex query case.db "$@"; }              # a report of it
sql() { pcapdex query case.db "$@" --format csv; }    # SQL on it
"""


class Skip(Exception):
    pass


class Step:
    """A command, the lines it must print, the lines that it did."""

    def __init__(self, command):
        self.command, self.expected, self.actual = command, [], []

    def matches(self):
        patterns = "\n".join(map(re.escape, self.expected))
        return re.fullmatch(wildcards(patterns), "\n".join(self.actual), re.DOTALL) is not None


def wildcards(pattern):
    """{*} stands for anything within a line, a line of {...} for any lines."""
    pattern = re.sub(r"(^|\n)\\{\\\.\\\.\\\.\\}(?=\n|$)", r"(?:\1[^\n]*)*", pattern)
    return pattern.replace(r"\{\*\}", r"[^\n]*")


def strip_comment(line):
    return re.sub(r"(^|\s)#.*", "", line).rstrip()


class Case:
    def __init__(self, path):
        self.path = path
        self.name = os.path.basename(path)[:-len(".case")]
        with open(path, encoding="utf-8") as file:
            self.lines = file.read().split("\n")
        self.definitions = {}
        self.steps = []
        self.setup = []   # (directive line, lines of its block)
        self.read()

    def read(self):
        """Splits the file into set-up blocks and steps; self.parts keeps the text for accept()."""
        self.parts = []  # text lines, or a Step
        block = None
        for line in self.lines:
            step = self.parts[-1] if self.parts and isinstance(self.parts[-1], Step) else None
            if line.startswith("$ "):
                self.parts.append(Step(line[2:]))
                self.steps.append(self.parts[-1])
                block = None
            elif step and line.startswith("> ") and not step.expected:
                step.command += "\n" + line[2:]
            elif step and line and not line.startswith("# "):
                step.expected.append(line)
            else:
                self.parts.append(line)
                block = self.read_setup(line, block)

    def read_setup(self, line, block):
        text = strip_comment(line)
        if re.match(r"(capture|file|use)\s", text):
            self.setup.append((text, []))
            return self.setup[-1][1]
        if text.startswith("let "):
            name, value = text[4:].split("=", 1)
            self.definitions["$" + name.strip()] = value.strip()
            return block
        if text and block is not None:
            block.append(text)
        elif text:
            raise ValueError("%s: what is this: %s" % (self.path, text))
        return block

    def substitute(self, text):
        return re.sub(r"\$\w+", lambda m: self.definitions.get(m.group(), m.group()), text)

    def prepare(self, folder):
        for directive, block in self.setup:
            words = directive.split()
            target = os.path.join(folder, words[-1] if words[0] == "use" else words[1])
            if words[0] == "use":
                os.symlink(find_capture(words[1]), os.path.join(folder, os.path.basename(words[-1])))
            elif words[0] == "file":
                with open(target, "wb") as file:
                    file.write(packets.frame(self.substitute("\n".join(block))) if block else b"")
            else:
                with open(target, "wb") as file:
                    file.write(self.capture(block, dict(w.split("=") for w in words[2:])))

    def capture(self, block, options):
        order = ">" if options.get("order") == "big" else "<"
        nanoseconds = options.get("units") == "ns"
        out = packets.pcap_header(int(options.get("link", 1)), int(options.get("snaplen", 262144)), nanoseconds, order)
        for time, fields, text in frames_of(block):
            data = packets.frame(self.substitute(text))
            if "repeat" in fields:
                data *= int(fields["repeat"])
            wire = int(fields.get("wire", len(data)))
            data = data[:int(fields.get("snap", len(data)))]
            seconds, _, fraction = time.partition(".")
            ts_ns = int(seconds) * 10**9 + int((fraction + "0" * 9)[:9])
            out += packets.pcap_record(ts_ns, data, wire, nanoseconds, order)
        return out

    def run(self):
        """True when every step printed what it must."""
        with tempfile.TemporaryDirectory(prefix="pcapdex-case-") as folder:
            self.prepare(folder)
            tests = os.path.join(ROOT, "tests")
            environment = dict(os.environ, PCAPDEX=PROGRAM, TZ="UTC", LC_ALL="C.UTF-8", NO_COLOR="1", HOME=folder,
                               XDG_CONFIG_HOME=folder, TESTS=tests, PYTHONPATH=tests, ASAN_OPTIONS=self.sanitizer_options())
            for step in self.steps:
                done = subprocess.run(["sh", "-c", PRELUDE + step.command], cwd=folder, env=environment,
                                      stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                      timeout=TIME_LIMIT_S)
                text = done.stdout.decode("utf-8", "backslashreplace").replace(folder + "/", "")
                step.actual = [line if line else "{empty}" for line in text.replace("\r\n", "\n").split("\n")]
                if step.actual[-1] == "{empty}":
                    step.actual.pop()
                else:
                    step.actual.append("{no newline}")
                if done.returncode:
                    step.actual.append("[exit %d]" % done.returncode)
        return all(step.matches() for step in self.steps)

    def sanitizer_options(self):
        """Those of the run, without a look for leaks in all cases but some: it takes as long as the program does."""
        looks = zlib.crc32(self.name.encode()) % LEAKS_STEP == 0
        return os.environ.get("ASAN_OPTIONS", "") + ("" if looks else ":detect_leaks=0")

    def diff(self):
        for step in self.steps:
            if not step.matches():
                yield "$ " + step.command
                yield from list(difflib.unified_diff(step.expected, step.actual, "expected", "printed", lineterm="",
                                                     n=1))[2:]

    def accept(self):
        out = []
        for part in self.parts:
            if not isinstance(part, Step):
                out.append(part)
                continue
            out.append("$ " + part.command.replace("\n", "\n> "))
            out += part.expected if part.matches() else part.actual
        with open(self.path, "w", encoding="utf-8") as file:
            file.write("\n".join(out))


def frames_of(block):
    """(time, {field: value}, parts) of each frame in a capture block."""
    frames = []
    for line in block:
        match = re.match(r"(\d+(?:\.\d+)?)((?:\s+(?:wire|snap|repeat)=\d+)*)(?:\s+(.*))?$", line)
        if match and not line.startswith((" ", "\t")):
            fields = dict(f.split("=") for f in match.group(2).split())
            frames.append([match.group(1), fields, match.group(3) or ""])
        else:
            frames[-1][2] += "\n" + line
    return frames


def find_capture(name):
    kind, _, rest = name.partition("/")
    path = os.path.join(CORPUS, rest) if kind == "corpus" else os.path.join(ROOT, name)
    if not os.path.exists(path):
        raise Skip("%s is not here" % name)
    return os.path.abspath(path)


def write_captures(folder):
    """The captures of every case, in a folder of its name; what is damaged on purpose, and what is not here, is left
    out. Gives their paths."""
    paths = []
    for file in sorted(os.listdir(CASES)):
        if not file.endswith(".case") or file.startswith("bad-"):
            continue
        case = Case(os.path.join(CASES, file))
        case.setup = [block for block in case.setup if not block[0].startswith("use ")]
        target = os.path.join(folder, case.name)
        os.makedirs(target, exist_ok=True)
        case.prepare(target)
        paths += [os.path.join(target, name) for name in sorted(os.listdir(target)) if ".pcap" in name]
    return paths


def report(number, case, accepting):
    """Prints one TAP result; False when the case failed."""
    try:
        if case.run():
            print("ok %d - %s" % (number, case.name))
        elif accepting:
            case.accept()
            print("ok %d - %s (renewed)" % (number, case.name))
        else:
            print("not ok %d - %s" % (number, case.name))
            for line in case.diff():
                print("#   " + line)
            return False
    except Skip as reason:
        print("ok %d - %s # SKIP %s" % (number, case.name, reason))
    except subprocess.TimeoutExpired as reason:
        print("not ok %d - %s\n#   %s" % (number, case.name, reason))
        return False
    sys.stdout.flush()
    return True


def main(arguments):
    if arguments[:1] == ["--captures"]:
        write_captures(arguments[1])
        return 0
    accepting = "--accept" in arguments
    names = [a for a in arguments if not a.startswith("-")] or ["*"]
    files = sorted(os.listdir(CASES))
    chosen = [f for f in files if f.endswith(".case") and any(fnmatch.fnmatch(f[:-5], n) for n in names)]
    if not chosen:
        sys.exit("case.py: no case is named " + " ".join(names))
    print("1..%d" % len(chosen))
    results = [report(n, Case(os.path.join(CASES, f)), accepting) for n, f in enumerate(chosen, 1)]
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
