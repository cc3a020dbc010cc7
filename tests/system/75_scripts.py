# SPDX-License-Identifier: MPL-2.0
"""Scripts that libdhcp_run_script.so starts: what they get for a real client, and that no client waits for one."""
import os

from lib import dhcp
from lib.case import test

SCRIPT = """#!/bin/sh
env | sort >"{0}/new.$$"
mv "{0}/new.$$" "{0}/ran.$1.$$"
{1}
"""


def server(t, more=""):
    os.makedirs(t.path("scripts"))
    t.write("scripts/note.sh", SCRIPT.format(t.path("scripts"), more), 0o755)
    run = {"library": "libdhcp_run_script.so", "parameters": {"name": "note.sh"}}
    return t.server(t.fam.config(**{**t.no_cache, "hooks-libraries": [run]}), env={
        "KEA_HOOKS_PATH": os.path.join(t.env["builddir"], "src/hooks"), "KEA_HOOK_SCRIPTS_PATH": t.path("scripts")})


def ran(t, point, n=1):
    """The environments of the scripts for this hook point, once there are n."""
    def found():
        names = [x for x in os.listdir(t.path("scripts")) if x.startswith(f"ran.{point}.")]
        return len(names) >= n and names
    out = []
    for name in t.wait(f"{n} scripts for {point}", found, 20):
        with open(t.path(f"scripts/{name}"), encoding="utf-8") as f:
            out.append(dict(line.rstrip("\n").split("=", 1) for line in f if "=" in line))
    return out


@test("script-dhclient", needs=["dhclient"], beyond_kea="the library is ours")
def script_dhclient(t):
    """dhclient gets a lease and releases it; the script learns both."""
    server(t)
    conf = t.write("dhclient.conf", 'send host-name "pc1";\nsend dhcp-client-identifier "me";\n')
    event = t.write("event.sh", '#!/bin/sh\ncase $reason in BOUND) ip addr replace "$new_ip_address/24" dev "$interface" ;; esac\n', 0o755)
    args = ["-4", "-v", "-cf", conf, "-lf", t.path("dhclient.leases"), "-pf", t.path("dhclient.pid"), "-sf", event, "c0"]
    t.run("cli", ["dhclient", "-1", *args])
    got = ran(t, "leases4_committed")[0]
    mac = t.net.mac("cli", "c0").hex(":")
    t.eq([got[k] for k in ("LEASES4_SIZE", "DELETED_LEASES4_SIZE", "LEASES4_AT0_HOSTNAME", "LEASES4_AT0_HWADDR", "LEASES4_AT0_CLIENT_ID")],
         ["1", "0", "pc1", mac, b"me".hex(":")], "the lease")
    t.eq([got[k] for k in ("QUERY4_TYPE", "QUERY4_HWADDR", "QUERY4_IFACE_NAME")], ["DHCPREQUEST", mac, "s0"], "the message")
    address = got["LEASES4_AT0_ADDRESS"]
    t.run("cli", ["dhclient", "-r", *args])
    got = ran(t, "lease4_release")[0]
    t.eq([got["LEASE4_ADDRESS"], got["QUERY4_TYPE"], got["QUERY4_CIADDR"]], [address, "DHCPRELEASE", address], "the release")


@test("script-hangs", beyond_kea="Kea starts any number of scripts")
def script_hangs(t):
    """Scripts that do not end: clients are served as without them, and the scripts are bounded."""
    srv = server(t, "exec sleep 1000")
    for n in range(90):
        t.true(dhcp.Client(t, mac=f"02:00:05:00:00:{n:02x}").dora(), f"client {n} gets no lease")
    ran(t, "leases4_committed", 64)
    t.true(srv.process.alive(), "the server ended")
    t.wait("hanging scripts to be killed", lambda: srv.said("RUN_SCRIPT_KILLED"), 30)
    ran(t, "leases4_committed", 65)
