# SPDX-License-Identifier: MPL-2.0
"""Hook libraries, DHCPv6: see hooks4."""
from cases6 import DECLINE, LIFE, LINK, FAR, MINE, R1, REBIND, RELEASE, RENEW, get, group, na, pd
from hooks4 import RUN

group("run-script", {**LIFE, "renew-timer": 1000, "rebind-timer": 2000, "hooks-libraries": [RUN], "subnet6": [LINK, FAR]}, [
    ("exchange", get()),
    ("exchange-both", get(na(1), pd(2)) + [RENEW(na(1, MINE), pd(2, MINE)), REBIND(na(1, MINE), pd(2, MINE)), RELEASE(na(1, MINE), pd(2, MINE))]),
    ("decline", get() + [DECLINE(na(1, MINE))]),
    ("relayed", get(relays=R1)),
])
