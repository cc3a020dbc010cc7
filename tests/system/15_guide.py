# SPDX-License-Identifier: MPL-2.0
"""The quick start of the manual, as it is written there."""
import os
import re

from lib.case import test
from lib.server import Server

GUIDE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../doc/guide/quick-start.md")


@test("guide-quick-start", families=(4, 6), beyond_kea="it has no key \"commands\"")
def quick_start(t):
    """The configuration of the quick start serves a client, and the commands there show its lease."""
    with open(GUIDE, encoding="utf-8") as f:
        confs = re.findall(r"^```json\n(.*?)^```$", f.read(), re.M | re.S)
    conf = [c for c in confs if f'"Dhcp{t.fam.digit}"' in c]
    t.eq(len(conf), 1, "configurations for this family")
    t.true('"eth1"' in conf[0], "the configuration names eth1")
    server = Server(t, conf[0].replace('"eth1"', '"s0"'))
    server.start()
    t.fam.client(t).lease()
    kea = [os.path.join(t.env["builddir"], "kea"), "-c", server.conf_path]
    prefix = {4: r"192\.0\.2\.1\d\d", 6: "2001:db8:1::1:"}[t.fam.digit]
    t.match(prefix, t.run("srv", [*kea, "leases"], env=server.env), "kea leases")
    t.match({4: "192.0.2.0/24", 6: "2001:db8:1::/64"}[t.fam.digit], t.run("srv", [*kea, "pools"], env=server.env), "kea pools")
    t.true(server.said(f"DHCP{t.fam.digit}_LEASE_ALLOC"), "the log has DHCP_LEASE_ALLOC")
    server.stop()
