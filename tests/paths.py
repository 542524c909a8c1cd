"""Where things are, for all scripts of the tests; and lets them import each other from both folders."""
import os
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
PROGRAM = os.path.abspath(os.environ.get("PCAPDEX") or os.path.join(ROOT, "pcapdex"))
CORPUS = os.environ.get("PCAPDEX_CORPUS") or os.path.join(ROOT, "..", "shared", "corpus")
EXAMPLES = os.path.join(ROOT, "examples")
DIFFERENCES = os.path.join(ROOT, "docs", "differences.md")  # from other tools, with their reasons

sys.path += [os.path.join(ROOT, "tests"), os.path.join(ROOT, "tests", "oracle")]
