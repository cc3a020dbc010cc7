# SPDX-License-Identifier: MPL-2.0
# Goes wrong in the way that the host name names.
import sys


def depth():
    return 1 + depth()


ways = {
    b"raise": lambda: {}["missing"],
    b"exit": lambda: sys.exit(3),
    b"depth": depth,
    b"verdict": lambda: "yes",
    b"park": lambda: kea.PARK,
    b"number": lambda: 7,
}


@kea.on("pkt4_receive")
def receive(call):
    way = ways.get(call.query.option("host-name"))
    return way() if way else None
