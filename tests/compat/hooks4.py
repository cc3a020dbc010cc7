# SPDX-License-Identifier: MPL-2.0
"""Hook libraries, DHCPv4: run_script gets the same environment, flex_option changes responses in the same way."""
from cases import DECLINE, FAR, GI, LINK, MINE, RELEASE, SERVER, D, R, get, group
from pair import STATE
from scripts import LIBRARY

RUN = {"library": f"/usr/lib/x86_64-linux-gnu/kea/hooks/{LIBRARY}", "parameters": {"name": f"{STATE}/script", "sync": False}}

group("run-script", {"valid-lifetime": 3600, "hooks-libraries": [RUN], "subnet4": [LINK, FAR]}, [
    ("dora", get()),
    ("names", get(cid=b"\1\2\3", opts=[(12, b"pc1")], secs=7, flags=0x8000)),
    ("renew", get() + [R(ciaddr=MINE, src=MINE)]),
    ("release", get(cid=b"\xff\1") + [RELEASE(ciaddr=MINE, src=MINE, dst=SERVER, server=SERVER)]),
    ("decline", get() + [DECLINE(want=MINE, server=SERVER)]),
    ("relayed", get(rai=b"\1\4abcd\2\3\1\2\3", **GI)),
    ("relayed-renew", get(rai=b"\2\2xy", **GI) + [R(ciaddr=MINE, rai=b"\2\2xy", **GI)]),
    ("discover-only", [D()]),
])
