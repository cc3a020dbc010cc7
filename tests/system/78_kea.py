# SPDX-License-Identifier: MPL-2.0
"""kea, the command line for people, beside a real client and a million leases; metrics of ten thousand subnets."""
import importlib
import json
import os
import subprocess
import time

from lib.case import test
from lib.server import Server, config

Dhclient = importlib.import_module("10_clients").Dhclient
HEAD = "address,hwaddr,client_id,valid_lifetime,expire,subnet_id,fqdn_fwd,fqdn_rev,hostname,state,user_context,pool_id\n"
UNIX = {"socket-type": "unix", "socket-name": "control"}
HTTP = {"socket-type": "http", "socket-address": "127.0.0.1", "socket-port": 8000}
MILLION = 1000000


def command(t, server, *args):
    """The command line of kea with the server's socket."""
    return [os.path.join(t.env["builddir"], "kea"), "--socket", os.path.join(server.folder, "control"), *map(str, args)]


def kea(t, server, *args, ok=(0,)):
    """Standard output of kea."""
    got = subprocess.run(command(t, server, *args), capture_output=True, text=True, timeout=60, check=False)
    t.true(got.returncode in ok, f"kea {args} ended with {got.returncode}: {got.stderr}")
    return got.stdout


def first_row_ms(t, server, *args):
    """How long it takes until the first row is there."""
    begun = time.monotonic()
    with subprocess.Popen(command(t, server, *args), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        process.stdout.readline()
        row = process.stdout.readline()
        took = 1000 * (time.monotonic() - begun)
        process.kill()
    t.true(row.startswith(b"10."), f"the first row is {row}")
    return took


@test("kea-million", needs=("dhclient",), limit=120)
def million(t):
    """A real client among a million leases: it is found, explained, watched, moved and removed, and lists begin at once."""
    until = int(time.time()) + 86400
    server = Server(t, config(commands="all", **{"control-sockets": [UNIX]}))
    plan = json.loads(server.conf)
    plan["Dhcp4"]["subnet4"].append({"id": 4, "subnet": "10.0.0.0/8", "pools": [{"pool": "10.16.0.0/12"}]})
    server.configure(plan)
    with open(server.lease_path, "w", encoding="ascii") as f:
        f.write(HEAD)
        f.writelines(f"10.{16 + (i >> 16)}.{i >> 8 & 255}.{i & 255},02:00:{i >> 24:02x}:{i >> 16 & 255:02x}:{i >> 8 & 255:02x}:"
                     f"{i & 255:02x},,86400,{until},4,0,0,h{i},0,,0\n" for i in range(MILLION))
    os.chmod(server.lease_path, 0o640)
    server.start(timeout=60)
    took = [first_row_ms(t, server, "leases") for _ in range(3)]
    t.note("first row of a million leases after " + ", ".join(f"{ms:.0f}" for ms in took) + " ms")
    t.true(min(took) < 2000, "the first row takes too long, even on a busy host")
    with subprocess.Popen(command(t, server, "leases", "--limit", 1, "--watch", "--json"), stdout=subprocess.PIPE,
                          text=True) as watcher:
        watcher.stdout.readline()
        client = Dhclient(t)
        client.start()
        address, mac = client.wait("BOUND")[0], t.net.mac("cli", "c0").hex(":")
        seen = ""
        while address not in seen:
            seen = t.true(watcher.stdout.readline(), "the watcher ended")
        watcher.terminate()
    leases = json.loads(kea(t, server, "leases", "--hw-address", mac, "--json"))
    t.eq([lease["ip-address"] for lease in leases], [address], "found by its hardware address")
    t.eq(len(json.loads(kea(t, server, "leases", "--subnet", 4, "--limit", 5000, "--json"))), 5000, "several pages")
    t.match(address, kea(t, server, "why", f"hw-address={mac}", "interface=s0"), "why")
    t.match(r"198\.18\.0\.0/15|10\.0\.0\.0/8", kea(t, server, "pools"), "pools")
    kea(t, server, "pools", "--subnet", 4, "--critical", 50, ok=(2,))
    t.match("OK|WARNING|CRITICAL", kea(t, server, "pools", "--nagios", "--critical", 100), "for Nagios")
    t.match("ACK|received|exchanges", kea(t, server, "top", "--count", 1, "--interval", 1), "top")
    t.match("lease-granted", kea(t, server, "events", "--after", 0, "--count", 50, "--json", "--timeout", 5, ok=(0, 4)), "events")
    kea(t, server, "reserve", address)
    t.match(address, kea(t, server, "reservation-get", "subnet-id=1", f"ip-address={address}"), "its reservation")
    client.kill()
    kea(t, server, "lease", "drop", address)
    t.eq(json.loads(kea(t, server, "leases", "--hw-address", mac, "--json", ok=(0, 3)) or "[]"), [], "removed")
    client.start()
    t.eq(client.wait("BOUND", 2)[0], address, "its reserved address")
    t.eq(server.stop()[0], 0, "exit code")
    history = subprocess.run([os.path.join(t.env["builddir"], "kea"), "history", address, "--file", server.lease_path],
                             capture_output=True, text=True, timeout=60, check=False).stdout
    t.match(mac, history, "who had the address")


@test("kea-metrics", needs=("curl",), limit=90)
def metrics(t):
    """/metrics of 10,000 subnets while clients are served."""
    plan = [{"id": i + 10, "subnet": f"10.{i >> 8}.{i & 255}.0/24", "pools": [{"pool": f"10.{i >> 8}.{i & 255}.10 - 10.{i >> 8}.{i & 255}.99"}]}
            for i in range(10000)]
    server = Server(t, config(quiet=True, **{"control-sockets": [HTTP]}))
    conf = json.loads(server.conf)
    conf["Dhcp4"]["subnet4"] += plan
    server.configure(conf)
    server.start(timeout=60)
    t.true(t.fam.client(t).lease(), "response")
    took = []
    for _ in range(5):
        got = t.run("srv", ["curl", "-sS", "-o", t.path("metrics"), "-w", "%{time_total}", "http://127.0.0.1:8000/metrics"])
        took.append(1000 * float(got))
    with open(t.path("metrics"), encoding="utf-8") as f:
        text = f.read()
    t.note("metrics of 10,000 subnets in " + ", ".join(f"{ms:.0f}" for ms in took) + " ms")
    t.true(min(took) < 1000, "metrics take too long, even on a busy host")
    t.true(text.rstrip().endswith("# EOF"), "complete")
    t.true('subnet_id="10009"' in text and 'subnet_id="1"' in text, "every subnet")
