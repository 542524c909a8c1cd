"""What a tool says of a file, kept in build/oracle-cache under the hash of the tool's version, its arguments and the
file's bytes: files that are alike are looked at once, whichever build or test asks. And the cases that the program makes of
captures, kept until run.sh runs again."""
import collections
import fcntl
import functools
import gzip
import hashlib
import json
import os
import subprocess
import tempfile

from paths import ROOT

BUILD = os.path.join(ROOT, "build")
ANSWERS, CASES = os.path.join(BUILD, "oracle-cache"), os.path.join(BUILD, "tests", "kept-cases")

Answer = collections.namedtuple("Answer", "returncode stdout stderr")  # stdout in bytes, stderr as text


@functools.lru_cache(maxsize=None)
def version(tool):
    """The first line of --version; None where the tool is not installed."""
    try:
        text = subprocess.run([tool, "--version"], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return None
    return text.split("\n", 1)[0]


def write(file, answer):
    with gzip.GzipFile(fileobj=file, mode="wb", compresslevel=1) as packed:
        packed.write(json.dumps([answer.returncode, answer.stderr]).encode() + b"\n" + answer.stdout)
    file.flush()


def keep(place, answer):
    """Puts there what answer() gives, unless another process has done so meanwhile: who asks the same waits for it."""
    os.makedirs(os.path.dirname(place), exist_ok=True)
    with open(place + ".part", "ab") as part:
        fcntl.flock(part, fcntl.LOCK_EX)
        if os.path.exists(place):
            return
        found = answer()
        part.truncate(0)
        write(part, found)
        os.rename(place + ".part", place)


def of(path, question, answer, folder=ANSWERS):
    """The answer to a question about a file: as it was kept, or what answer() gives, and is kept. Nothing is kept where
    that raises an exception."""
    with open(path, "rb") as file:
        key = hashlib.sha256(repr(question).encode() + file.read()).hexdigest()[:32]
    place = os.path.join(folder, key + ".gz")
    if not os.path.exists(place):
        keep(place, answer)
    with gzip.open(place, "rb") as file:
        returncode, stderr = json.loads(file.readline())
        return Answer(returncode, file.read(), stderr)


def run(command, **options):
    found = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False, **options)
    return Answer(found.returncode, found.stdout, found.stderr.decode(errors="backslashreplace"))


def ask(path, *command):
    """The tool's answer about a file, which is named behind its arguments. In the answer, the file may have the name of
    another that is like it."""
    return of(path, (version(command[0]), command[1:]), lambda: run([*command, path]))


def complaints(answer):
    """What a tool of Wireshark's said on stderr, but that it runs as root."""
    return [line for line in answer.stderr.split("\n") if line and "Running as user" not in line]


def merge(paths, merged):
    """Captures without a fault as one, file behind file: tshark takes longer to start than to read a small one."""
    found = run(["mergecap", "-a", "-I", "none", "-F", "pcapng", "-w", merged, *paths])
    if found.returncode or complaints(found):
        raise AssertionError("mergecap ended with %d: %s" % (found.returncode, complaints(found)))


@functools.lru_cache(maxsize=None)
def digest(program):
    with open(program, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def make_case(program, path, options):
    """As the answer of a tool whose output is the case; no bytes where there is none."""
    with tempfile.TemporaryDirectory(prefix="pcapdex-case-") as folder:
        made = os.path.join(folder, "case.db")
        found = run([program, "ingest", "--quiet", path, "-o", made, *options])
        if found.returncode not in (0, 1, 3):
            raise AssertionError("ingest of %s ended with %d: %s" % (path, found.returncode, found.stderr[-4000:]))
        if not os.path.exists(made):
            return Answer(found.returncode, b"", found.stderr)
        with open(made, "rb") as file:
            return Answer(found.returncode, file.read(), found.stderr)


def ingest(program, path, case, *options):
    """Writes the case of a capture, if there is one, and returns the exit code and what was said on stderr."""
    found = of(path, (digest(program), options), lambda: make_case(program, path, options), CASES)
    if found.stdout:
        with open(case, "wb") as file:
            file.write(found.stdout)
    return found.returncode, found.stderr
