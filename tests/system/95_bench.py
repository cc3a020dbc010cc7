# SPDX-License-Identifier: MPL-2.0
"""The benchmark harness works: a few hundred exchanges of each kind, nothing about time."""
import os

from lib.case import test

RUN = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "bench", "run")


@test("bench-rates")
def rates(t):
    """Every rate case, one short run: all exchanges are completed, no address is given twice."""
    out = t.run("srv", [RUN, "--no-build", "--build", t.env["builddir"], "--work", t.path("work"), "--servers", "ours",
                        "--rounds", "1", "--count", "300"], timeout=50)
    rows = [line for line in out.splitlines() if " ours " in line]
    t.eq(len(rows), 13, f"rows of the table:\n{out}")
