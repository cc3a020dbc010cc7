# SPDX-License-Identifier: MPL-2.0
"""Cases about size and about overload. Each is a function that takes a Bench and returns its measurements; only for
our server unless noted."""
import os
import shutil
import signal
import statistics
import subprocess
import time

from . import leases
from .load import CLIENTS, Stops
from .people import CHANNEL, People
from .server import POOL, Server, subnets

FULL = 1 << 20
POOL_FULL = [{"pool": "10.16.0.0 - 10.31.255.255"}]  # number of addresses
MILLION = 1000000
OTHERS = "mac=0a:00:00:00:00:00"  # clients without a lease
MANY = 10000


class Bench:
    """The environment of a case."""

    def __init__(self, variant, load, net, work, opt):
        self.variant, self.load, self.net, self.opt = variant, load, net, opt
        self.work, self.cache = work, work + ".cache"
        self.size = lambda n: max(n // opt.shrink, 256)
        os.makedirs(work, exist_ok=True)

    def file(self, family, n, holes=0, times=1):
        return leases.cached(self.cache, family, n, holes, times)

    def server(self, family, rows=None, ready=None, **conf):
        """With these leases in its file."""
        shutil.rmtree(self.work, ignore_errors=True)
        os.makedirs(self.work, mode=0o750)
        if rows:
            shutil.copyfile(rows, f"{self.work}/leases.csv")
            os.sync()
        return Server(self.net, self.variant, family, self.work, ready or self.load.ready(family), **conf)

    def fresh(self, server, family, *args, seconds=None):
        """Maximum rate, a new client for every exchange."""
        return self.load.run(family, ["-R", str(CLIENTS), "-P", "2000", "-p", str(seconds or self.opt.seconds), "-b", OTHERS,
                                      "--cpu-of", str(server.pid), *args])

    def sync_us(self, n=60):
        """The median time of one append and fdatasync in the directory of the lease file."""
        return statistics.median(self.syncs(n))

    def syncs(self, n, pause=0.0):
        took = []
        path = f"{self.work}.sync"
        fd = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_APPEND)
        for _ in range(n):
            begun = time.monotonic()
            os.write(fd, b"x" * 4000)
            os.fdatasync(fd)
            took.append(1e6 * (time.monotonic() - begun))
            time.sleep(pause)
        os.close(fd)
        os.unlink(path)
        return took


def kind(report, name, field):
    return 1000 * report.kinds[name].get(field, float("nan"))


def nearly_full(b):
    n = b.size(FULL)
    rows = b.file(4, n, holes=max(n // 100, 200))
    pool = [{"pool": f"10.16.0.0 - 10.{16 + (n - 1 >> 16)}.{n - 1 >> 8 & 255}.{n - 1 & 255}"}]
    out = {}
    for name, file in (("empty", None), ("full", rows)):
        with b.server(4, file, subnet=subnets(4, pool)) as s:
            # until one address in a thousand is free; so many at once that waking up hides no search
            r = b.load.run(4, ["-R", str(CLIENTS), "-b", OTHERS, "--window", "256", "-n", str(max(n // 100, 200) * 9 // 10),
                               "--cpu-of", str(s.pid)])
            out |= {f"us_{name}": r.us(), f"lost_{name}": r.total("drops"), f"n_{name}": r.completed}
    return out | {"ratio": out["us_full"] / out["us_empty"]}


def net4(i):
    return f"10.{128 + (i >> 8)}.{i & 255}"


def many4(n, options=0):
    out = []
    for i in range(n):
        out.append({"id": i + 1, "subnet": f"{net4(i)}.0/24", "pools": [{"pool": f"{net4(i)}.10 - {net4(i)}.250"}],
                    "option-data": [{"name": "routers", "data": f"{net4(i)}.1"}]})
        out[-1]["option-data"] += [{"name": name, "data": data} for name, data in (
            ("domain-name-servers", f"{net4(i)}.2, {net4(i)}.3"), ("domain-name", f"net{i}.example.org"),
            ("ntp-servers", f"{net4(i)}.4"), ("log-servers", f"{net4(i)}.5"), ("time-servers", f"{net4(i)}.6"),
            ("lpr-servers", f"{net4(i)}.7"), ("tftp-server-name", f"boot{i}"), ("boot-file-name", f"file{i}"),
            ("nis-domain", f"nis{i}"))][:options]
    return out


def many6(n):
    return [{"id": i + 1, "subnet": f"2001:db8:{0x1000 + i:x}::/64", "pools": [{"pool": f"2001:db8:{0x1000 + i:x}:0:1::/80"}]}
            for i in range(n)]


def many_subnets(b, family, many, one, relays):
    path = f"{b.work}.relays"
    with open(path, "w", encoding="ascii") as f:
        f.writelines(relay + "\n" for relay in relays)
    out = {}
    # only a served client shows that the server is ready: the first relay agent
    ready = b.load.ready(family, extra=["-J", path])
    for name, plan in (("one", one), ("many", many)):
        with b.server(family, subnet=plan, ready=ready) as s:
            r = b.fresh(s, family, "-J", path)
            out |= {f"us_{name}": r.us(), f"rate_{name}": r.rate, f"lost_{name}": r.total("drops")}
    os.unlink(path)
    return out | {"ratio": out["us_many"] / out["us_one"]}


def many_subnets4(b):
    n = b.size(MANY)
    one = [{"id": 1, "subnet": "10.128.0.0/9", "pools": [{"pool": "10.192.0.0/10"}],
            "option-data": [{"name": "routers", "data": "10.128.0.1"}]}]
    return many_subnets(b, 4, many4(n), one, [f"{net4(i)}.1" for i in range(n)])


def many_subnets6(b):
    n = b.size(MANY)
    one = [{"id": 1, "subnet": "2001:db8::/32", "pools": [{"pool": POOL[6]}]}]
    return many_subnets(b, 6, many6(n), one, [f"2001:db8:{0x1000 + i:x}::1" for i in range(n)])


def many_leases(b, family):
    out = {}
    # existing leases occupy the lower part of the pool
    pools = [{"pool": POOL[family]}]
    for name, file in (("empty", None), ("many", b.file(family, b.size(MILLION)))):
        with b.server(family, file, subnet=subnets(family, pools)) as s:
            r = b.fresh(s, family)
            out |= {f"us_{name}": r.us(), f"rate_{name}": r.rate, f"lost_{name}": r.total("drops")}
    return out | {"ratio": out["us_many"] / out["us_empty"]}


def exhausted(b):
    n = b.size(FULL)
    pool = [{"pool": f"10.16.0.0 - 10.{16 + (n - 1 >> 16)}.{n - 1 >> 8 & 255}.{n - 1 & 255}"}]
    # new clients get no response, clients with a lease do
    ready = b.load.ready(4, mac=f"mac={leases.BASE}")
    sec = str(b.opt.seconds + 1)
    new = ["-i", "-R", str(CLIENTS), "-b", OTHERS, "-d", "0.5", "-W", "0"]
    with b.server(4, b.file(4, n), ready=ready, subnet=subnets(4, pool)) as s:
        # at 1,000 a second, most of the time is that of waking up
        refused = b.load.run(4, [*new, "-r", "20000", "-p", sec, "--cpu-of", str(s.pid)])
        flood = b.load.start(4, [*new, "-r", "1000", "-L", "6767", "-p", str(float(sec) + 4)])
        renewed = b.load.run(4, ["--scenario", "renew", "-R", "5000", "-b", f"mac={leases.BASE}", "-r", "1000", "-p", sec])
        b.load.finish(flood)
        sent = refused.total("sent packets")
        return {"discovers": sent, "answered": refused.total("received packets"),
                "us_refused": 1e6 * refused.server_cpu / sent, "renewals": renewed.completed,
                "lost": renewed.total("drops") + renewed.total("rejected leases"), "p99": kind(renewed, "Whole exchanges", "p99 delay")}


def start(b, family, n):
    """CPU time, time and memory beyond those of an empty server."""
    # enough for ten million and the client that tests for readiness
    plan = subnets(family, [{"pool": "10.16.0.0 - 10.254.255.255"}] if family == 4 else None)
    with b.server(family, subnet=plan) as s:
        time.sleep(0.3)
        empty_cpu, empty = s.start_cpu, s.rss()
    rows = b.file(family, b.size(n))
    with b.server(family, rows, subnet=plan, timeout=300) as s:
        time.sleep(0.5)
        full = s.rss()
        return {"leases": b.size(n), "sec": s.start_sec, "cpu": s.start_cpu - empty_cpu,
                "bytes_per_lease": (full - empty) / b.size(n)}


def clean_up(b):
    """kea-lfc next to a busy server: its CPU time, and the effect on clients."""
    rows = b.file(4, b.size(MILLION))
    folders = [f"{b.work}.lfc{i}" for i in range(2)]
    took = []

    def clean(folder):
        args = [os.path.join(b.variant.folder, "kea-lfc"), "-4", "-x", f"{folder}/l.2", "-i", f"{folder}/l.1",
                "-o", f"{folder}/l.output", "-f", f"{folder}/l.completed", "-p", f"{folder}/pid", "-c", "/dev/null"]
        process = subprocess.Popen(args, env=dict(os.environ, KEA_DHCP_DATA_DIR=folder, KEA_PIDFILE_DIR=folder))
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise RuntimeError(f"kea-lfc ended with {process.returncode}")
        took.append(usage.ru_utime + usage.ru_stime)

    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)
        os.makedirs(folder, mode=0o750)
        shutil.copyfile(rows, f"{folder}/l.1")
    os.sync()  # the cost of the copies is not part of the cleanup
    renew = ["--scenario", "renew", "-R", "5000", "-r", "5000"]
    with b.server(4):
        alone = b.load.run(4, [*renew, "-p", str(b.opt.seconds + 1)])
        # the load ends with the second cleanup
        load = b.load.start(4, [*renew, "-p", "60"])
        time.sleep(0.3)
        try:
            for folder in folders:
                clean(folder)
        finally:
            for pid in b.net.pids("gen"):
                os.kill(pid, signal.SIGTERM)
            beside = b.load.finish(load)
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)
    p99 = [kind(r, "Whole exchanges", "p99 delay") for r in (alone, beside)]
    return {"p99_alone": p99[0], "p99_beside": p99[1], "ratio": p99[1] / p99[0], "lost": beside.total("drops"),
            "cpu": statistics.median(took)}


def big_configuration(b):
    """10,000 subnets with ten options each: time to load, and a reload under load."""
    n = b.size(MANY)
    plan = [{"id": 60000, "subnet": "10.0.0.0/9", "pools": [{"pool": POOL[4]}]}] + many4(n, 9)
    with b.server(4) as s:
        empty = s.start_cpu
    with b.server(4, subnet=plan) as s:
        out = {"options": sum(len(p.get("option-data", ())) for p in plan), "sec": s.start_sec, "cpu": s.start_cpu - empty}
        load = b.load.start(4, ["-R", str(CLIENTS), "-b", OTHERS, "-r", "5000", "-p", "4", "-d", "3"])
        for _ in range(3):
            time.sleep(0.9)
            s.process.send_signal(signal.SIGHUP)
        r = b.load.finish(load)
        return out | {"lost": r.total("drops"), "n": r.completed, "pause": 1000 * max(
            r.kinds[k]["max delay"] for k in ("DISCOVER-OFFER", "REQUEST-ACK"))}


def reservations(n):
    """For hosts that never ask: every other address at the end of the pool, which the clients do not reach."""
    return [{"hw-address": f"0e:00:{i >> 24:02x}:{i >> 16 & 255:02x}:{i >> 8 & 255:02x}:{i & 255:02x}",
             "ip-address": f"10.{248 + (2 * i >> 16)}.{2 * i >> 8 & 255}.{2 * i & 255}"} for i in range(n)]


def many_hosts(b):
    """An exchange, and loading; compared with the same text without a meaning, in the user-context of a subnet that has one
    reservation: a pool with any has a bit for each of its addresses."""
    n = b.size(100000)
    plan = subnets(4, [{"pool": "10.16.0.0 - 10.254.255.255"}])[0]
    hosts = reservations(n)
    out = {}
    for name, keys in (("none", {}), ("text", {"user-context": {"reservations": hosts}, "reservations": hosts[:1]}), ("many", {"reservations": hosts})):
        with b.server(4, subnet=[{**plan, **keys}]) as s:
            time.sleep(0.3)
            cpu, rss = s.start_cpu, s.rss()
            if name != "text":
                r = b.fresh(s, 4)
                out |= {f"us_{name}": r.us(), f"rate_{name}": r.rate, f"lost_{name}": r.total("drops")}
            out |= {f"cpu_{name}": cpu, f"rss_{name}": rss}
    return out | {"ratio": out["us_many"] / out["us_none"], "cpu": out["cpu_many"] - out["cpu_text"],
                  "bytes": (out["rss_many"] - out["rss_text"]) / n, "bytes_text": (out["rss_text"] - out["rss_none"]) / n}


def many_classes(b):
    """64 classes that test options 60, 77 and 93 of boot clients, which are in three of them."""
    tests = [f"substring(option[60].hex, 0, {len(text)}) == '{text}'" for text in ["PXEClient"] + [f"vendor{i:02}" for i in range(21)]]
    tests += [f"option[77].hex == '{text}'" for text in ["iPXE"] + [f"user{i}" for i in range(20)]]
    tests += [f"option[93].hex == 0x{arch:04x}" for arch in [7] + list(range(100, 120))]
    classes = [{"name": f"class{i}", "test": test, "boot-file-name": f"boot{i}"} for i, test in enumerate(tests)]
    boot = ["-o", "60," + b"PXEClient:Arch:00007:UNDI:003016".hex(), "-o", "77," + b"iPXE".hex(), "-o", "93,0007"]
    out = {"classes": len(classes)}
    for name, keys in (("none", None), ("many", {"client-classes": classes})):
        with b.server(4, keys=keys) as s:
            r = b.fresh(s, 4, *boot)
            out |= {f"us_{name}": r.us(), f"rate_{name}": r.rate, f"lost_{name}": r.total("drops")}
    return out | {"added": out["us_many"] - out["us_none"]}


def half_load(b):
    """Latency at half of the maximum rate, with a lease on disk for each response."""
    with b.server(4) as s:
        most = b.fresh(s, 4, seconds=1.5).rate
    # enough for a second or two at full speed, by a process that does nothing else
    syncs = b.syncs(400, 0.002)
    with b.server(4), Stops() as stops:
        r = b.load.run(4, ["-R", str(CLIENTS), "-b", OTHERS, "-r", str(int(most / 2)), "-p", str(b.opt.seconds + 1), "-x", "i"])
    syncs = sorted(syncs + b.syncs(400, 0.002))
    return {"rate": r.rate, "most": most, "sync": statistics.median(syncs), "sync_p99": syncs[len(syncs) * 99 // 100], "stops_p99": 1000 * stops.p99(), "p50": kind(r, "REQUEST-ACK", "p50 delay"),
            "p99": kind(r, "REQUEST-ACK", "p99 delay"), "p99_offer": kind(r, "DISCOVER-OFFER", "p99 delay"), "lost": r.total("drops")}


def people(b):
    """Latency at half of the maximum rate, alone and with an open page, a watcher of all events and a scraper."""
    with b.server(4, keys={"control-sockets": [CHANNEL]}) as s:
        most = b.fresh(s, 4, seconds=1.5).rate
    half = ["-R", str(CLIENTS), "-b", OTHERS, "-r", str(int(most / 2)), "-p", str(b.opt.seconds + 3), "-x", "i"]
    out = {"rate": most / 2}
    with b.server(4, keys={"control-sockets": [CHANNEL]}):
        alone = b.load.run(4, half)
    with b.server(4, keys={"control-sockets": [CHANNEL]}), People(b.net, 4) as looking:
        beside = b.load.run(4, half)
    for name, r in (("alone", alone), ("beside", beside)):
        out |= {f"p99_{name}": kind(r, "REQUEST-ACK", "p99 delay"), f"p50_{name}": kind(r, "REQUEST-ACK", "p50 delay"),
                f"lost_{name}": r.total("drops")}
    return out | {"ratio": out["p99_beside"] / out["p99_alone"], "events": looking.got["events"], "pages": looking.got["page"],
                  "scrape_ms": looking.got["slowest_scrape_ms"]}


def idle(b):
    """One request at a time: nothing to group with."""
    sync = b.sync_us()
    with b.server(4):
        r = b.load.run(4, ["-R", str(CLIENTS), "-b", OTHERS, "-r", "25", "-n", "75"])
    sync = (sync + b.sync_us()) / 2
    return {"sync": sync, "p50": kind(r, "REQUEST-ACK", "p50 delay"), "p90": kind(r, "REQUEST-ACK", "p90 delay"), "lost": r.total("drops")}


def flood(b):
    """Ten times the maximum rate, or what the generator can send of it; a second later, normal load."""
    with b.server(4) as s:
        most = b.fresh(s, 4, seconds=1.5).rate
        before = s.rss()
        r = b.load.run(4, ["-R", str(4 * CLIENTS), "-b", OTHERS, "-r", str(int(10 * most)), "-p", str(b.opt.flood), "-d", "1"])
        after = s.rss()
        time.sleep(1)
        calm = b.load.run(4, ["-R", str(CLIENTS), "-b", "mac=0a:00:40:00:00:00", "-r", "1000", "-p", "1"])
        sent = r.kinds["DISCOVER-OFFER"]["sent packets"]
        sec = b.opt.flood
        return {"most": most, "offered": sent / sec, "goodput": r.completed / sec, "ratio": r.completed / sec / most,
                "rss_mb": after / 1e6, "leases": r.completed, "bytes_per_lease": (after - before) / max(r.completed, 1),
                "calm_lost": calm.total("drops"), "calm_p99": kind(calm, "Whole exchanges", "p99 delay")}


class Case:
    def __init__(self, name, fn, what):
        self.name, self.fn, self.what = name, fn, what


CASES = [
    Case("nearly-full", nearly_full, "2^20 addresses, 99 to 99.9 % held, random holes: against an empty pool"),
    Case("subnets4", many_subnets4, "10,000 subnets against one"),
    Case("subnets6", many_subnets6, "10,000 subnets against one"),
    Case("leases4", lambda b: many_leases(b, 4), "1,000,000 leases held against none"),
    Case("leases6", lambda b: many_leases(b, 6), "1,000,000 leases held against none"),
    Case("exhausted", exhausted, "2^20 addresses, none free: 20,000 new clients a second, and 1,000 beside renewals"),
    Case("start4", lambda b: start(b, 4, MILLION), "start with 1,000,000 leases"),
    Case("start6", lambda b: start(b, 6, MILLION), "start with 1,000,000 leases"),
    Case("start4-10m", lambda b: start(b, 4, 10 * MILLION), "start with 10,000,000 leases"),
    Case("lfc", clean_up, "kea-lfc on 1,000,000 rows beside a server at work"),
    Case("config", big_configuration, "10,000 subnets with 100,000 options: start, and reload under load"),
    Case("hosts", many_hosts, "100,000 reservations in the pool against none: an exchange, and loading them"),
    Case("classes", many_classes, "64 classes that test options 60, 77 and 93 against none"),
    Case("half", half_load, "latency at half of the maximum"),
    Case("people", people, "latency at half of the maximum, with a page, a watcher and a scraper against without"),
    Case("idle", idle, "one request at a time"),
    Case("flood", flood, "ten times the capacity, or what the generator can send of it"),
]


def text(key, runs):
    shown = {k: statistics.median(r[k] for r in runs) for k in runs[0]}
    return f"{key[0]:20s} {key[1]:12s} {len(runs):3d}  " + "  ".join(f"{k} {v:.4g}" if v < 1000 else f"{k} {v:.0f}" for k, v in shown.items())
