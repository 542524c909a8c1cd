"""What is compared with tshark above TCP and UDP: the files of tests/oracle/applications/.

Each has a list COMPARISONS of dictionaries
    name    in front of the fields in the table: dns.query
    when    the packets that are compared: a display filter of protocols, fields, `field == number`, and && || ! ( )
    sql     of our rows: the packet's number, then a column for each field, in their order
    fields  (name, tshark's field, kind); kind: text, integer, hex, ns (seconds there, ns here), boolean, name (of DNS:
            bytes that are no text are taken for equal), line (the rest of a line: blanks at its end are no part of it)
    sets    True: where a packet has several rows, they are compared as a set: how often a value is there does not count
    among   True: tshark's field has more than what is compared; ours must be among its values
    holes   True: behind a hole, where tshark waits for segments in their order, its values are those of a run in which it
            takes them as they come
"""
import importlib.util
import os
import re

FIELD = re.compile(r"[a-z_0-9]+(?:\.[a-z_0-9-]+)+")
TERM = re.compile(r"([a-z][a-z_0-9.-]*)(?: == (\d+))?")


def load():
    """{name of a file: its list of comparisons}"""
    folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), "applications")
    found = {}
    for file in sorted(os.listdir(folder)):
        if file.endswith(".py"):
            spec = importlib.util.spec_from_file_location(file[:-3], os.path.join(folder, file))
            module = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(module)
            found[file[:-3]] = module.COMPARISONS
    return found


COMPARISONS = load()
ALL = [comparison for comparisons in COMPARISONS.values() for comparison in comparisons]
PROTOCOLS = {term.split(".")[0] for comparison in ALL for term, _ in TERM.findall(comparison["when"])}
FIELDS = sorted({name for comparison in ALL
                 for name in [field[1] for field in comparison["fields"]] + FIELD.findall(comparison["when"])})
