# SPDX-License-Identifier: MPL-2.0
"""Network managers as clients: systemd-networkd and NetworkManager, with their own DHCP clients. Each runs without a
service manager in its own mount namespace: no udev (a read-only /sys disables it), and none of the host's
configuration."""
import json
import os
import socket

from lib import dhcp
from lib.case import test
from lib.dhcp import ip4
from lib.server import config

# Empty copies of what they read and write; $1 is the directory of the test.
PRIVATE = """set -e
mount --make-rprivate /
for folder in /run /var/lib /etc/systemd/network /etc/NetworkManager; do
	[ ! -d $folder ] || mount -t tmpfs none $folder
done
mount -o remount,ro,bind /sys
"""

NETWORKD = PRIVATE + """mkdir -p /run/systemd/network
cp "$1"/*.network /run/systemd/network
exec /lib/systemd/systemd-networkd
"""

C0_NETWORK = """[Match]
Name=c0
[Network]
DHCP=ipv4
LinkLocalAddressing=no
IPv6AcceptRA=no
[DHCPv4]
Hostname=pc8
UseMTU=yes
UseDomains=yes
"""

NETWORKMANAGER = PRIVATE + """folder=/run/NetworkManager/system-connections
mkdir -p /var/lib/NetworkManager $folder
install -m 600 "$1"/c0.nmconnection $folder
DBUS_SYSTEM_BUS_ADDRESS=unix:path=$1/bus exec NetworkManager --debug --log-level=INFO --config="$1"/NetworkManager.conf
"""

BUS = """<busconfig>
<type>system</type><listen>unix:path={dir}/bus</listen><auth>EXTERNAL</auth>
<policy context="default"><allow user="*"/><allow own="*"/><allow send_destination="*"/><allow receive_sender="*"/></policy>
</busconfig>
"""

NETWORKMANAGER_CONF = """[main]
plugins=keyfile
dhcp=internal
no-auto-default=*
auth-polkit=false
rc-manager=unmanaged
[connectivity]
enabled=false
"""

C0_CONNECTION = """[connection]
id=c0
uuid=00000000-0000-4000-8000-000000000000
type=ethernet
interface-name=c0
[ipv4]
method=auto
dhcp-hostname=pc9
[ipv6]
method=disabled
"""

# 10.5.0.0/16 through 192.0.2.254 and the default route through 192.0.2.1 (RFC 3442)
ROUTES = bytes([16, 10, 5]) + ip4("192.0.2.254") + bytes([0]) + ip4("192.0.2.1")
OPTIONS = [{"name": "routers", "data": "192.0.2.99"},  # ignored by clients that support 121
           {"name": "domain-name-servers", "data": "192.0.2.53, 192.0.2.54"},
           {"name": "ntp-servers", "data": "192.0.2.55"},
           {"name": "domain-name", "data": "example.org"},
           {"name": "interface-mtu", "data": "1400"},
           {"code": 121, "csv-format": False, "data": ROUTES.hex()}]


def serve(t, lifetime=6):
    return t.server(config(**{**t.no_cache, "valid-lifetime": lifetime, "min-valid-lifetime": lifetime,
                              "option-data": OPTIONS, "subnet4": [
                                  {"id": 1, "subnet": "192.0.2.0/24", "pools": [{"pool": "192.0.2.100 - 192.0.2.199"}]}]}))


def start(t, script, name):
    return t.start("cli", ["unshare", "-m", "sh", "-c", script, name, t.dir], name=name)


def wrote(t, process, pattern):
    """Returns the lines NAME=VALUE of a file in its namespace, once it exists; %d is the index of c0."""
    with t.net.inside("cli"):
        path = f"/proc/{process.pid}/root" + pattern % socket.if_nametoindex("c0")

    def read():
        if os.path.exists(path):
            with open(path, encoding="utf-8") as f:
                return dict(line.strip().split("=", 1) for line in f if "=" in line)
        return None
    return t.wait(path, read, 15)


def configured(t, address):
    """What the client's kernel has: address, MTU, routes."""
    dev = json.loads(t.run("cli", ["ip", "-j", "addr", "show", "dev", "c0"]))[0]
    info = [i for i in dev["addr_info"] if i["family"] == "inet"]
    t.eq([(i["local"], i["prefixlen"]) for i in info], [(address, 24)], "address on the interface")
    t.true(1 <= info[0]["valid_life_time"] <= 6, f"its lifetime {info[0]['valid_life_time']}")
    t.eq(dev["mtu"], 1400, "MTU")
    routes = {r["dst"]: r.get("gateway") for r in json.loads(t.run("cli", ["ip", "-j", "route"]))}
    t.eq((routes.get("default"), routes.get("10.5.0.0/16")), ("192.0.2.1", "192.0.2.254"), "routes")


def renewed(t, server, tap, address):
    """The renewal by unicast, which extends the lease in the file."""
    before = int(server.held()[address]["expire"])
    asked = t.wait("a renewal", lambda: [m for m in tap.messages() if m.op == 1 and m.ciaddr == address])[0]
    t.eq((asked.type, asked.src, asked.dst), (dhcp.REQUEST, address, "192.0.2.1"), "renewal")
    ack = t.wait("its response", lambda: [m for m in tap.messages() if m.op == 2 and m.xid == asked.xid])[-1]
    t.eq((ack.type, ack.yiaddr, ack.dst), (dhcp.ACK, address, address), "response")
    t.wait("the renewal in the lease file", lambda: int(server.held()[address]["expire"]) > before, 5)


@test("networkd", needs=["unshare", "/lib/systemd/systemd-networkd"])
def networkd(t):
    """systemd-networkd: its RFC 4361 id and hostname are stored, it uses every option, renews, and releases on exit."""
    server = serve(t)
    tap = dhcp.Tap(t.net, "cli", "c0")
    t.write("c0.network", C0_NETWORK)
    client = start(t, NETWORKD, "networkd")
    lease = wrote(t, client, "/run/systemd/netif/leases/%d")
    address = lease["ADDRESS"]
    want = {"NETMASK": "255.255.255.0", "ROUTER": "192.0.2.99", "SERVER_ADDRESS": "192.0.2.1", "MTU": "1400", "LIFETIME": "6",
            "DNS": "192.0.2.53 192.0.2.54", "NTP": "192.0.2.55", "DOMAINNAME": "example.org",
            "CLASSLESS_ROUTES": "10.5.0.0/16,192.0.2.254 0.0.0.0/0,192.0.2.1"}
    t.eq({k: lease.get(k) for k in want}, want, "what the client read in the response")
    row = t.true(server.held().get(address), f"{address} is not in the lease file")
    sent = next(m for m in tap.messages() if m.type == dhcp.DISCOVER)
    t.eq((row["client_id"], row["hwaddr"], row["hostname"]),
         (sent.option(61).hex(":"), t.net.mac("cli", "c0").hex(":"), "pc8"), "row")
    t.eq(sent.option(61)[0], 255, "type of the client id")
    renewed(t, server, tap, address)
    configured(t, address)
    t.eq(client.stop(), 0, "exit code")
    t.wait("the release in the lease file", lambda: address not in server.held(), 5)


@test("networkmanager", needs=["unshare", "dbus-daemon", "NetworkManager"])
def networkmanager(t):
    """NetworkManager: id from the hardware address, it uses every option, and renews."""
    server = serve(t)
    tap = dhcp.Tap(t.net, "cli", "c0")
    t.write("c0.nmconnection", C0_CONNECTION)
    t.write("NetworkManager.conf", NETWORKMANAGER_CONF)
    t.start("cli", ["dbus-daemon", "--nofork", "--nosyslog", f"--config-file={t.write('bus.conf', BUS.format(dir=t.dir))}"])
    t.wait("the bus", lambda: os.path.exists(t.path("bus")))
    client = start(t, NETWORKMANAGER, "NetworkManager")
    address, row = next(iter(t.wait("a lease", server.held, 20).items()))
    t.eq((row["client_id"], row["hwaddr"], row["hostname"]),
         ("01:" + t.net.mac("cli", "c0").hex(":"), t.net.mac("cli", "c0").hex(":"), "pc9"), "row")
    renewed(t, server, tap, address)
    configured(t, address)
    lease = wrote(t, client, "/run/NetworkManager/devices/%d")
    want = {"ip_address": address, "subnet_mask": "255.255.255.0", "routers": "192.0.2.99", "dhcp_lease_time": "6",
            "dhcp_server_identifier": "192.0.2.1", "domain_name": "example.org", "ntp_servers": "192.0.2.55",
            "domain_name_servers": "192.0.2.53 192.0.2.54", "interface_mtu": "1400",
            "rfc3442_classless_static_routes": "10.5.0.0/16 192.0.2.254 0.0.0.0/0 192.0.2.1"}
    t.eq({k: lease.get("dhcp4." + k) for k in want}, want, "what the client read in the response")
