# SPDX-License-Identifier: MPL-2.0
"""Stores runs in files, one JSON object per line: case, server, and the measurements."""
import json


def read(paths):
    """(case, server) -> its runs, in order."""
    out = {}
    for path in paths:
        with open(path, encoding="ascii") as f:
            for row in map(json.loads, f):
                out.setdefault((row.pop("case"), row.pop("server")), []).append(row)
    return out


def append(path, case, server, values):
    with open(path, "a", encoding="ascii") as f:
        f.write(json.dumps({"case": case, "server": server, **values}) + "\n")
