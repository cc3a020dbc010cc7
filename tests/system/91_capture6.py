# SPDX-License-Identifier: MPL-2.0
"""tshark parses the packets of kea-dhcp6."""
import importlib

from lib import dhcp6
from lib.case import test
from lib.server import config6

clients = importlib.import_module("11_clients6")
relays = importlib.import_module("21_relay6")

OPTIONS = [
    {"name": "dns-servers", "data": "2001:db8::53, 2001:db8::54"}, {"name": "domain-search", "data": "example.org, example.com"},
    {"name": "sntp-servers", "data": "2001:db8::123"}, {"name": "information-refresh-time", "data": "3600"},
    {"name": "solmax-rt", "data": "3600"}, {"name": "inf-max-rt", "data": "3600"}, {"name": "preference", "data": "7"},
    {"name": "bootfile-url", "data": "tftp://[2001:db8::69]/boot"}, {"name": "aftr-name", "data": "aftr.example.org"},
    {"name": "new-posix-timezone", "data": "CET-1CEST"}, {"name": "new-tzdb-timezone", "data": "Europe/Berlin"},
    {"name": "ntp-server"}, {"name": "ntp-server-address", "space": "v6-ntp-server-suboptions", "data": "2001:db8::7"},
    {"name": "sip-server-dns", "data": "sip.example.org"}, {"name": "sip-server-addr", "data": "2001:db8::50"},
    {"name": "s46-cont-mape"}, {"name": "s46-rule", "space": "s46-cont-mape-options", "data": "1, 16, 24, 192.0.2.0, 2001:db8:8000::/40"},
    {"name": "s46-br", "space": "s46-cont-mape-options", "data": "2001:db8::46"},
]
ALL = [(dhcp6.ORO, b"".join(n.to_bytes(2, "big") for n in range(7, 120)))]


@test("tshark6", needs=["tshark", "dhclient", "dhcrelay"], families=(6,))
def tshark(t):
    """Nothing that the server sends is malformed: every kind of response, direct and relayed, many options,
    refusals. What the client on the link sent and received, replayed, shows no difference."""
    conf = config6(**{"option-data": OPTIONS, "interfaces-config": {"interfaces": ["s0", "s1", f"s1/{relays.SERVER}"]}})
    subnet = conf["Dhcp6"]["subnet6"][0]
    subnet["pd-pools"][0].update({"excluded-prefix": "2001:db8:8000:ff::", "excluded-prefix-len": 64})
    subnet["rapid-commit"] = True
    server = t.server(conf)
    direct, relayed = dhcp6.Tap(t.net, "cli", "c0"), dhcp6.Tap(t.net, "srv", "s1")
    relays.relay(t, "rly", "dhcrelay", "-6", "-d", "-I", "-l", "r1", "-u", f"{relays.SERVER}%r0")
    client = clients.Dhclient(t, "-N", "-P", dev="c1")
    client.start()
    client.wait("BOUND6", count=2)
    client.kill()

    c = t.fam.client(t, pd=True)
    places = [g[0] for g in c.exchange(ALL).granted()]
    c.renew(*places, options=ALL)
    c.ask(dhcp6.REBIND, [*c.ias(*places), *ALL], dhcp6.REPLY)
    c.confirm(places[0])
    t.eq(c.confirm("2001:db8:77::1"), "refused", "an address of another link")
    c.ask(dhcp6.INFORM, ALL, dhcp6.REPLY)
    c.ask(dhcp6.RELEASE, [(dhcp6.SERVER_ID, c.server_id), *c.ias(*places)], dhcp6.REPLY)
    t.eq(c.ask(dhcp6.RENEW, [(dhcp6.SERVER_ID, c.server_id), *c.ias("2001:db8:77::1", "2001:db8:7700::/56")], dhcp6.REPLY).type, dhcp6.REPLY, "Renew")
    c.ask(dhcp6.DECLINE, [(dhcp6.SERVER_ID, c.server_id), *c.ias("2001:db8:1::abcd")[:1]], dhcp6.REPLY)
    c.ask(dhcp6.SOLICIT, [*c.ias(), (dhcp6.RAPID, b""), *ALL], dhcp6.REPLY)
    c.ask(dhcp6.SOLICIT, [(4, bytes(4)), *ALL], dhcp6.ADVERTISE)  # a temporary address

    macs = t.net.mac("srv", "s0"), t.net.mac("srv", "s1")
    for name, tap, least in (("direct", direct, 12), ("relayed", relayed, 2)):
        def ours(f):
            return dhcp6.is_dhcp(f) and f[6:12] in macs
        path = tap.pcap(t.path(name + ".pcap"), ours)
        n = sum(ours(f) for _, f in tap.frames())
        t.true(n >= least, f"only {n} responses in the {name} capture")

        def count(display, path=path):
            out = t.run("cli", ["tshark", "-n", "-r", path, "-Y", display, "-T", "fields", "-e", "frame.number"])
            return [line for line in out.splitlines() if line.isdigit()]
        t.eq(len(count("dhcpv6")), n, f"DHCPv6 messages in the {name} capture")
        t.eq(count("_ws.malformed || _ws.expert.severity >= 6291456"), [], f"malformed in the {name} capture")
    t.true(all(m.option(dhcp6.SERVER_ID) for m in direct.messages() if m.src_mac in macs), "a response without server identifier")
    t.true(all(m.relays[0]["type"] == dhcp6.RELAY_REPL for m in relayed.messages() if m.src_mac in macs), "a response that bypasses the relay")
    path = direct.pcap(t.path("both.pcap"), dhcp6.is_dhcp)
    t.run("srv", [server.binary, "-c", server.conf_path, "--replay", path, "--interface", "s0"], env=server.env)
