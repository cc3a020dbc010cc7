# SPDX-License-Identifier: MPL-2.0
"""The quick start of the manual, and its chapter about hook libraries, as they are written there."""
import json
import os
import re
import subprocess

from lib.case import test
from lib.server import Server

SOURCE = os.path.realpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.."))


def fences(chapter, language):
    with open(f"{SOURCE}/doc/guide/{chapter}.md", encoding="utf-8") as f:
        return re.findall(rf"^```{language}\n(.*?)^```$", f.read(), re.M | re.S)


@test("guide-quick-start", families=(4, 6), beyond_kea="it has no key \"commands\"")
def quick_start(t):
    """The configuration of the quick start serves a client, and the commands there show its lease."""
    conf = [c for c in fences("quick-start", "json") if f'"Dhcp{t.fam.digit}"' in c]
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


@test("guide-hooks", beyond_kea="the library is for our interface")
def hooks(t):
    """The library of the chapter is built and loaded: a client gets what it adds, and the statistic counts."""
    folder, hooks_path = t.path("library"), t.path("hooks")
    os.mkdir(folder)
    for name, text in ("vendor.c", fences("hooks", "c")), ("Makefile", fences("hooks", "make")):
        t.eq(len(text), 1, f"blocks for {name}")
        with open(f"{folder}/{name}", "w", encoding="utf-8") as f:
            f.write(text[0])
    subprocess.run(["make", "-C", folder, "install", f"CPPFLAGS=-I{SOURCE}/include", f"HOOKSDIR={hooks_path}"], check=True,
                   stdout=subprocess.DEVNULL)
    conf = fences("hooks", "json")[0].replace('"eth1"', '"s0"')
    server = Server(t, conf, env={"KEA_HOOKS_PATH": hooks_path})
    server.start()
    client = t.fam.client(t)
    client.lease()
    kea = [os.path.join(t.env["builddir"], "kea"), "-c", server.conf_path]
    said = json.loads(t.run("srv", [*kea, "--json", "statistic-get", "name=vendor-devices"], env=server.env))
    t.eq(said["arguments"]["vendor-devices"][0][0], 2, "responses with the domain")
    offer = client.ask(1, want=2, options=[(55, b"\x0f")])
    t.eq(offer.option(15), b"printers.example.org", "option 15")
    server.stop()
    wrong = t.write("wrong.conf", conf.replace('"prefix": "02:00:00", ', ""))
    out = t.run("srv", [t.env["kea_dhcp4"], "-t", wrong], ok=(1,), env=server.env)
    t.match(r'wrong\.conf:\d+:\d+: error: libdhcp_vendor\.so: "prefix" is missing', out, "-t")
