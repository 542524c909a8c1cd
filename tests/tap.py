"""The tests of a script: its functions test_..., each in an empty folder, reported as TAP under their doc strings."""
import inspect
import os
import subprocess
import sys
import tempfile
import time
import traceback

from paths import PROGRAM, ROOT

SANITIZED = os.environ.get("VARIANT") == "sanitize"


class Skip(Exception):
    pass


def pcapdex(*arguments, **options):
    """Runs the program; .returncode, .stdout and .stderr as text."""
    options.setdefault("timeout", 120)
    return subprocess.run([PROGRAM, *map(str, arguments)], stdin=options.pop("stdin", subprocess.DEVNULL),
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="backslashreplace",
                          check=False, **options)


def equal(found, wanted, what=""):
    if found != wanted:
        raise AssertionError("%s: %r, should be %r" % (what or "found", found, wanted))


def contains(text, *parts):
    for part in parts:
        if part not in text:
            raise AssertionError("%r should be in %r" % (part, text))


def main(module):
    functions = [f for name, f in inspect.getmembers(module, inspect.isfunction) if name.startswith("test_")]
    functions.sort(key=lambda f: f.__code__.co_firstlineno)
    chosen = [f for f in functions if not sys.argv[1:] or f.__name__[5:] in sys.argv[1:]]
    print("1..%d" % len(chosen))
    failed = 0
    for number, function in enumerate(chosen, 1):
        name = " ".join(function.__doc__.split())
        with tempfile.TemporaryDirectory(prefix="pcapdex-test-") as folder:
            os.chdir(folder)
            begun = time.monotonic()
            try:
                function()
                print("ok %d - %s" % (number, name))
            except Skip as reason:
                print("ok %d - %s # SKIP %s" % (number, name, reason))
            except Exception:  # pylint: disable=broad-except
                failed += 1
                print("not ok %d - %s" % (number, name))
                print("".join("#   " + line + "\n" for line in traceback.format_exc().rstrip().split("\n")[-6:]), end="")
            os.chdir(ROOT)
            print("# %.1f s" % (time.monotonic() - begun))
        sys.stdout.flush()
    return 1 if failed else 0
