# SPDX-License-Identifier: MPL-2.0
# Reads and writes everything that a script can: each check must hold.
import kea

n = kea.stat("script-checks")


def check(*conditions):
    for condition in conditions:
        assert condition
        n.add()


def fails(why, function, *args):
    try:
        function(*args)
    except Exception as error:
        assert why in str(error), f"{why}: {error}"
        n.add(1)
        return
    raise AssertionError("no error: " + why)


p = kea.parameters
check(p["list"] == [1, "two"], p["map"] == {"yes": True}, p["ratio"] == 0.5, p["none"] is None, p["number"] == -7)
check(kea.hex(b"\x00\x1a\x2b") == "00:1a:2b", kea.unhex("00:1A:2b") == kea.unhex("001a2b") == b"\x00\x1a\x2b")
check(kea.addr_text(kea.addr_bytes("192.0.2.1")) == "192.0.2.1", len(kea.addr_bytes("2001:db8::1")) == 16)
check(kea.is_check is False, kea.family in (4, 6))
fails("not pairs", kea.unhex, "0g")
fails("not an address", kea.addr_bytes, "192.0.2")
fails("4 or 16 bytes", kea.addr_text, b"123")
fails("no such hook point", kea.on, "lease4_selct", print)
fails("not a function", kea.on, "pkt4_receive", 1)
kept = None


@kea.on("pkt4_receive")
def receive4(call):
    global kept
    kept = q = call.query
    check(call.point == "pkt4_receive", q.type == 1, q.type_name == "DHCPDISCOVER", q.giaddr == "192.0.2.1")
    check(q.hwaddr == b"\2\0\0\0\0\1", q.client_id == b"", q.relayed == 1)
    check(q.label == "[hwtype=1 02:00:00:00:00:01], cid=[no info], tid=0x1")
    check(call.response is None, call.lease is None, call.subnet is None, call.leases == [])
    q.secs = 7
    check(q.secs == 7, q.set("hops", 3), q.hops == 3, q.set("hops", 256) is False)
    fails("out of range", setattr, q, "hops", 300)
    fails("cannot be written", setattr, q, "hwaddr", b"x")
    fails("cannot be deleted", delattr, q, "hops")
    fails("hop_count", getattr, q, "hop_count")
    fails("relays", getattr, q, "relays")
    fails('PACKET has no attribute "nothing" in DHCPv4', setattr, q, "nothing", 1)
    fails("expected str or bytes", setattr, q, "sname", 1)
    check(q.option(60) == b"abc", q.option("vendor-class-identifier") == b"abc", q.option(61) is None)
    check(q.option(82, 1) == b"port", q.options(82) == [(1, b"port"), (2, b"id")])
    q.set_option(82, 1, "other")
    q.add_option(82, 9, b"nine")
    check(q.option(82, 1) == b"other", q.option(82, 9) == b"nine", q.delete_option(82, 9) == 1)
    fails('no option "nonsense"', q.option, "nonsense")
    fails("not valid", q.set_option, 255, "x")
    fails("is missing", q.option)
    fails("too long", q.option, 1, 2, 3, 4, 5, 6, 7, 8, 9)
    check(not call.has_class("marked"), call.add_class("marked"), call.has_class("marked"))
    check(call.add_class("unheard-of") is False, call.classes[-1] == "marked")
    fails("cannot be written at this point", call.select_subnet, 1)
    fails("only while the script is loaded", kea.on, "pkt4_send", print)
    call.data["seen"] = 1


@kea.on("subnet4_select")
def subnet(call):
    fails("has ended", getattr, kept, "type")
    check(len(call.subnets) == 2, call.subnets[0].id == call.subnet.id, call.subnets[1].name == "198.51.100.0/24")
    check(call.subnets[1].pools[0].first == "198.51.100.10", call.subnet.network == "floor")
    check(call.select_subnet(9) is False, call.select_subnet(2))


def select(call):
    lease = call.lease
    check(call.fake_allocation == 1, lease.state_name == "default")
    fails("not at this point", call.park, 1)
    if kea.family == 4:
        check(lease.subnet_id == 2, lease.address == "198.51.100.10", call.data == {"seen": 1})
        check(call.old_lease is None, call.host is None)
    lease.hostname = "by-script"
    lease.valid_lifetime = 1234
    check(lease.hostname == "by-script", lease.valid_lifetime == 1234)
    fails("int", setattr, lease, "valid_lifetime", "long")
    fails("not valid", setattr, lease, "user_context", "[ ]")


kea.on("lease#_select", select)


@kea.on("pkt#_send")
def send(call):
    check(call.response.type == 2)
    call.response.set_option(15, "example.org")
    if kea.family == 6:
        relays = call.query.relays
        check(len(relays) == 1, relays[0].link_addr == "2001:db8:1::1", relays[0].option(18) == b"port")
    n.set(n.get() + 100)


@kea.on("pkt6_receive")
def receive6(call):
    check(call.query.type_name == "SOLICIT", call.query.client_id == kea.unhex("00030001020000000001"))
    check(call.query.label.startswith("duid=[00:03:00:01:02:00:00:00:00:01], "))
    fails("giaddr", getattr, call.query, "giaddr")


kea.debug("loaded")
kea.info("loaded")
