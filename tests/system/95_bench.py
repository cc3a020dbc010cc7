# SPDX-License-Identifier: MPL-2.0
"""The benchmark harness works: a few hundred exchanges of each kind, without checking times."""
import json
import os

from lib.case import test

RUN = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "bench", "run")


@test("bench-rates")
def rates(t):
    """Every rate case, one short run: all exchanges complete, no address is assigned twice."""
    out = t.run("srv", [RUN, "--no-build", "--build", t.env["builddir"], "--work", t.path("work"), "--servers", "ours",
                        "--rounds", "1", "--count", "300"], timeout=50)
    rows = [line for line in out.splitlines() if " ours " in line]
    t.eq(len(rows), 14, f"rows of the table:\n{out}")


@test("bench-scale")
def scale(t):
    """The scale cases, a thousand times smaller, end with figures, and lose nothing."""
    path = t.path("runs.json")
    t.run("srv", [RUN, "--no-build", "--build", t.env["builddir"], "--work", t.path("work"), "--servers", "ours", "--rounds", "1",
                  "--shrink", "1000", "--seconds", "0.3", "--json", path, "subnets4", "leases6", "start4", "exhausted"], timeout=55)
    with open(path, encoding="ascii") as f:
        rows = {row["case"]: row for row in map(json.loads, f)}
    t.eq(set(rows), {"subnets4", "leases6", "start4", "exhausted"}, "cases")
    t.eq((rows["exhausted"]["answered"], rows["exhausted"]["lost"]), (0, 0), "DISCOVERs answered, renewals lost with no address left")
    t.eq(rows["leases6"]["lost_many"], 0, "lost with many leases")
    judged = t.run("srv", [os.path.join(os.path.dirname(RUN), "bars"), path], ok=(0, 1))
    t.match(r"(?m)^exhausted pool, renewals +0 lost +0 lost +met$", judged, "the bars")


@test("bench-micro")
def micro(t):
    """Each component is measured and none fails."""
    micro = f"{t.env['builddir']}/tests/bench/micro"
    out = t.run("srv", ["sh", "-c", f"cd {t.dir} && {micro} --quick"], timeout=30)
    parts = t.run("srv", [micro, "--list"]).split()
    t.eq([line.split()[0] for line in out.splitlines() if " ns/op " in line], parts, "parts measured")
    t.true("serve-new" in parts, f"parts: {parts}")
