"""What a tool says of a file, kept in build/oracle-cache under the hash of the tool's version, its arguments and the
file's bytes: files that are alike are looked at once, whichever build or test asks."""
import collections
import fcntl
import functools
import gzip
import hashlib
import json
import os
import subprocess

CACHE = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "build", "oracle-cache")

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
    os.makedirs(CACHE, exist_ok=True)
    with open(place + ".part", "ab") as part:
        fcntl.flock(part, fcntl.LOCK_EX)
        if os.path.exists(place):
            return
        found = answer()
        part.truncate(0)
        write(part, found)
        os.rename(place + ".part", place)


def of(path, question, answer):
    """The answer to a question about a file: as it was kept, or what answer() gives, and is kept. Nothing is kept where
    that raises an exception."""
    with open(path, "rb") as file:
        key = hashlib.sha256(repr(question).encode() + file.read()).hexdigest()[:32]
    place = os.path.join(CACHE, key + ".gz")
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
