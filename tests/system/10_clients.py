# SPDX-License-Identifier: MPL-2.0
"""Common clients: ISC dhclient, dhcpcd, udhcpc."""
import signal

from lib.case import test
from lib.server import config

# Logs one line per event and puts the address on the interface; /etc is unchanged.
EVENT = r"""#!/bin/sh
# dhclient has $reason and $new_*, udhcpc an argument and other names
what=${{reason:-$1}} address=${{new_ip_address:-$ip}}
case $what in
PREINIT | deconfig) ip addr flush dev "$interface" ;;
BOUND | RENEW | REBIND | REBOOT | bound | renew) ip addr replace "$address/24" dev "$interface" ;;
RELEASE | EXPIRE | FAIL | STOP) ip addr flush dev "$interface" ;;
esac
echo "$what $address routers=${{new_routers:-$router}} dns=${{new_domain_name_servers:-$dns}}" \
	"time=${{new_dhcp_lease_time:-$lease}}" >>{events}
"""


class Dhclient:
    """One interface, one lease file; may run several times."""
    flags, event = ["-4"], EVENT

    def __init__(self, case, dev="c0", conf=""):
        self.case, self.dev = case, dev
        self.events_path = case.path("events")
        self.script = case.write("event.sh", self.event.format(events=self.events_path), 0o755)
        self.conf = case.write("dhclient.conf", conf)
        case.write("events", "")
        self.process = None

    def args(self, *more):
        d = self.case.path
        return ["dhclient", *self.flags, "-v", *more, "-cf", self.conf, "-lf", d("dhclient.leases"),
                "-pf", d("dhclient.pid"), "-sf", self.script, self.dev]

    def start(self):
        self.process = self.case.start("cli", self.args("-d"))

    def kill(self):
        self.process.stop(signal.SIGKILL)

    def events(self, what):
        with open(self.events_path, encoding="utf-8") as f:
            return [line.split() for line in f if line.split()[0] == what]

    def wait(self, what, count=1, timeout=25):
        """Returns the address and the rest of the count-th event of this kind."""
        got = self.case.wait(f"event {what} of dhclient",
                             lambda: len(self.events(what)) >= count and self.events(what), timeout)
        return got[count - 1][1:]


@test("dhclient-get", needs=["dhclient"])
def dhclient_get(t):
    """dhclient sends no client id and gets address and options; the row is in the lease file."""
    server = t.server(t.fam.config(**t.no_cache))
    client = Dhclient(t)
    client.start()
    got = client.wait("BOUND")
    t.eq(got[1:], ["routers=192.0.2.1", "dns=192.0.2.53", "192.0.2.54", "time=3600"], "options")
    row = t.true(server.held().get(got[0]), f"{got[0]} is not in the lease file")
    t.eq(row["hwaddr"], t.net.mac("cli", "c0").hex(":"), "hardware address in the lease file")
    t.eq((row["client_id"], row["valid_lifetime"], row["subnet_id"]), ("", "3600", "1"), "row")


@test("dhclient-init-reboot", needs=["dhclient"])
def dhclient_init_reboot(t):
    """A returning client requests its old address without naming a server, and keeps it."""
    server = t.server()
    client = Dhclient(t)
    client.start()
    address = client.wait("BOUND")[0]
    client.kill()
    client.start()
    t.eq(client.wait("REBOOT")[0], address, "address after INIT-REBOOT")
    t.eq(list(server.held()), [address], "leases")


@test("dhclient-renew", needs=["dhclient"])
def dhclient_renew(t):
    """A requested lifetime is granted within min and max; the client renews twice by unicast."""
    server = t.server(t.fam.config(**t.no_cache))
    client = Dhclient(t, conf="send dhcp-lease-time 8;\n")
    client.start()
    address, *rest = client.wait("BOUND")
    t.eq(rest[-1], "time=8", "lifetime")
    before = int(server.held()[address]["expire"])
    t.eq(client.wait("RENEW", count=2)[0], address, "address after renewals")
    row = server.held()[address]
    t.true(int(row["expire"]) > before, f"expire {row['expire']} did not move from {before}")


@test("dhclient-release", needs=["dhclient"])
def dhclient_release(t):
    """A released address is free: another client can get it from a pool of one."""
    server = t.server(config(pool="192.0.2.100 - 192.0.2.100"))
    client = Dhclient(t)
    client.start()
    address = client.wait("BOUND")[0]
    t.run("cli", client.args("-r"))
    t.wait("the release in the lease file", lambda: address not in server.held(), 5)
    t.net.ip("cli", "link", "set", "c0", "down")
    t.net.ip("cli", "link", "set", "c0", "address", "02:00:00:00:00:99")
    t.net.ip("cli", "link", "set", "c0", "up")
    other = Dhclient(t)
    other.start()
    t.eq(other.wait("BOUND")[0], address, "address of the second client")


# dhcpcd keeps its leases in /var and /run: a private copy of both.
DHCPCD = """mount -t tmpfs none /var/lib/dhcpcd && mount -t tmpfs none /run && exec dhcpcd "$@" """


def dhcpcd(t, *options, event="$new_routers"):
    conf = t.write("dhcpcd.conf", "duid ll\nnoipv4ll\noption routers, domain_name_servers\n" + "".join(options))
    script = t.write("dhcpcd.sh", '#!/bin/sh\necho "$reason $new_ip_address ' + event + '" >>' + t.path("events") + "\n", 0o755)
    t.write("events", "")
    return t.start("cli", ["sh", "-c", DHCPCD, "dhcpcd", "-4", "-1", "-B", "-d", "-t", "40", "-f", conf, "-c", script, "c0"],
                   name="dhcpcd")


@test("dhcpcd-get", needs=["dhcpcd"])
def dhcpcd_get(t):
    """dhcpcd sends an RFC 4361 client id: the lease has it."""
    server = t.server()
    t.eq(dhcpcd(t, "noarp\n").wait(30), 0, "exit code of dhcpcd")
    address, row = next(iter(server.held().items()))
    t.match(rf"BOUND {address} 192\.0\.2\.1\n", open(t.path("events"), encoding="utf-8").read(), "events")
    t.true(row["client_id"].startswith("ff:"), f"client id {row['client_id']}")


@test("dhcpcd-decline", needs=["dhcpcd"])
def dhcpcd_decline(t):
    """The assigned address is in use: DECLINE, state 1 on disk, another address."""
    server = t.server()
    t.net.ip("srv", "route", "add", "local", "192.0.2.100/30", "dev", "lo")  # responds to ARP for them
    client = dhcpcd(t)

    def declined():
        return [a for a, r in server.leases().items() if r["state"] == "1"]
    bad = t.wait("a declined lease", declined, 25)
    t.eq(len(bad), 1, "declined leases")
    t.net.ip("srv", "route", "del", "local", "192.0.2.100/30", "dev", "lo")
    t.eq(client.wait(40), 0, "exit code of dhcpcd")
    t.true(bad[0] not in server.held(), "the declined address was assigned again")
    t.eq(len(server.held()), 1, "leases after the DECLINE")
    t.eq(server.leases()[bad[0]]["state"], "1", "state of the declined address")


@test("udhcpc-get", needs=["udhcpc"])
def udhcpc_get(t):
    """udhcpc sends option 81 and a client id and gets its lease."""
    server = t.server(t.fam.config(**t.no_cache))
    script = t.write("event.sh", EVENT.format(events=t.path("events")), 0o755)
    t.run("cli", ["udhcpc", "-i", "c0", "-f", "-q", "-n", "-t", "4", "-T", "2", "-F", "pc7", "-s", script])
    address = t.match(r"bound (\S+) routers=192\.0\.2\.1 dns=192\.0\.2\.53 192\.0\.2\.54 time=3600",
                      open(t.path("events"), encoding="utf-8").read(), "events").group(1)
    t.eq(server.held()[address]["client_id"], "01:" + t.net.mac("cli", "c0").hex(":"), "client id")


ROUTES = [(f"10.0.{i}.0/24", f"192.0.2.{i}") for i in range(1, 39)]


def many_routes():
    """Option 121 with 304 bytes: more than a 576-byte message can hold in one field, but not with file and sname."""
    return config(**{"option-data": [{"name": "classless-static-route", "data": ", ".join(f"{net} - {via}" for net, via in ROUTES)}]})


@test("dhclient-long-option", needs=["dhclient"], beyond_kea="it sends more than the client accepts")
def dhclient_long_option(t):
    """dhclient, which accepts 576 bytes, gets a long option in parts over all three fields and joins them."""
    t.server(many_routes())
    client = Dhclient(t, conf="option classless code 121 = array of unsigned integer 8;\nalso request classless;\n")
    client.start()
    client.wait("BOUND")
    with open(t.path("dhclient.leases"), encoding="utf-8") as f:
        got = t.match(r"option classless ([0-9,]+);", f.read(), "lease").group(1)
    want = [n for net, via in ROUTES for n in (24, *map(int, net.split("/")[0].split(".")[:3]), *map(int, via.split(".")))]
    t.eq([int(n) for n in got.split(",")], want, "option 121")


@test("dhcpcd-long-option", needs=["dhcpcd"])
def dhcpcd_long_option(t):
    """dhcpcd gets all routes."""
    t.server(many_routes())
    client = dhcpcd(t, "noarp\noption classless_static_routes, interface_mtu\n", event="$new_classless_static_routes")
    t.eq(client.wait(30), 0, "exit code of dhcpcd")
    with open(t.path("events"), encoding="utf-8") as f:
        got = t.match(r"BOUND \S+ ?(.*)", f.read(), "events").group(1)
    t.eq(got.split(), [word for route in ROUTES for word in route], "routes")
