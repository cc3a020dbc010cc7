# SPDX-License-Identifier: MPL-2.0
"""The table of rate cases, and a single run of one."""
import shutil

from .database import FIRST_HOST
from .load import CLIENTS, machine, others
from .poller import Poller
from .server import Server

RENEW = ["--scenario", "renew", "-R", "20000"]
RENEW_FEW = ["--scenario", "renew", "-R", "4000"]
FRESH = ["-R", str(CLIENTS), "-P", "2000", "-u"]
RESERVED = ["-b", f"mac={':'.join(FIRST_HOST[i:i + 2] for i in range(0, 12, 2))}"]
LATER = ["-b", "mac=0c:00:00:00:00:00"]  # clients without a lease


class Case:
    def __init__(self, name, family, load, direct=False, level="WARN", what="", database=None, far_ms=0,
                 window=None, polls=0, hosts=None, half=False):
        self.name, self.family, self.load, self.direct, self.level, self.what = name, family, load, direct, level, what
        self.database = database  # type of the lease database; None: a lease file
        self.far_ms = far_ms  # added to each round trip to it
        self.window = window  # exchanges that wait, also for Kea; None: WINDOW
        self.polls = polls    # statistic-get-all so many times a second meanwhile
        self.hosts = hosts    # type of the database with a reservation for each client; None: no reservations
        self.half = half      # at half of the maximum rate: for the latency


SQL = (("pg", "postgresql", "PostgreSQL"), ("maria", "mysql", "MariaDB"))

CASES = [
    Case("v4-dora-relay", 4, FRESH, what="DISCOVER to ACK through a relay agent"),
    Case("v4-dora-relay-info", 4, FRESH, level="INFO", what="the same at the default log level"),
    Case("v4-dora-direct", 4, FRESH, direct=True, what="DISCOVER to ACK on the link, packet sockets"),
    Case("v4-dora-polled", 4, FRESH, polls=10, what="the same with a client that polls all statistics 10 times a second"),
    Case("v4-renew-relay", 4, RENEW, what="renewals through a relay agent"),
    Case("v4-renew-direct", 4, RENEW, direct=True, what="renewals on the link"),
    Case("v6-na-relay", 6, FRESH, what="SOLICIT to REPLY, addresses"),
    Case("v6-na-relay-info", 6, FRESH, level="INFO", what="the same at the default log level"),
    Case("v6-pd-relay", 6, FRESH + ["-e", "prefix-only"], what="the same, prefixes"),
    Case("v6-both-relay", 6, FRESH + ["-e", "address-and-prefix"], what="the same, both"),
    Case("v6-rapid-relay", 6, FRESH + ["-c"], what="SOLICIT, REPLY: rapid commit"),
    Case("v6-renew-relay", 6, RENEW, what="renewals of addresses"),
    Case("v6-renew-both", 6, RENEW + ["-e", "address-and-prefix"], what="renewals of addresses and prefixes"),
    Case("v6-na-direct", 6, FRESH, direct=True, what="SOLICIT to REPLY on the link, multicast"),
] + [
    Case(f"sql-{short}-{name}", family, load, database=kind, what=f"{what}, leases in {product}")
    for short, kind, product in SQL
    for name, family, load, what in (("dora", 4, FRESH, "DISCOVER to ACK"), ("renew4", 4, RENEW_FEW, "renewals"),
                                     ("sarr", 6, FRESH, "SOLICIT to REPLY"), ("renew6", 6, RENEW_FEW, "renewals"))
] + [
    Case(f"sql-{short}-far", 4, FRESH, database=kind, far_ms=4, window=1024, what=f"DISCOVER to ACK, {product} 4 ms away, 1,024 wait")
    for short, kind, product in SQL
]
CASES += [
    Case(f"sql-{short}-hosts", 4, FRESH + RESERVED, hosts=kind, what=f"DISCOVER to ACK, leases in a file, reservations in {product}")
    for short, kind, product in SQL
] + [
    Case(f"sql-{short}-half{far}", 4, FRESH, database=kind, far_ms=ms, half=True,
         what=f"DISCOVER to ACK, leases in {product}{f' {ms} ms away' if ms else ''}: latency at half of the maximum rate")
    for short, kind, product in SQL for far, ms in (("", 0), ("-far", 4))
]
# Kea's default socket buffer overflows with more requests pending: it would drop, not queue. From 32 to 128 its
# figures agree within 6 %; ours needs half as much time again per exchange with 64 as with 256.
WINDOW = {True: 64, False: 256}


def run_case(case, variant, load, net, folder, seconds, count=None, databases=None):
    """One measurement on a fresh server. count: number of exchanges instead of seconds."""
    ready = load.ready(case.family, case.direct)
    shutil.rmtree(folder, ignore_errors=True)  # of a killed run
    keys = {"lease-database": databases.fresh(case.database, variant, case.far_ms)} if case.database else {}
    if case.hosts:
        keys |= {"hosts-database": databases.with_hosts(case.hosts, variant), "host-reservation-identifiers": ["hw-address"]}
    if case.polls:
        keys["control-socket"] = {"socket-type": "unix", "socket-name": f"{folder}/control"}
    with Server(net, variant, case.family, folder, ready, socket="raw" if case.direct else "udp",
                level=case.level, keys=keys) as server:
        limit = ["-n", str(count)] if count else ["-p", str(seconds)]
        pace = ["--window", str(case.window or WINDOW[variant.kea])]
        if case.half:
            most = load.run(case.family, [*case.load, *limit, *pace], case.direct).rate
            pace = ["-r", str(max(1, int(most / 2))), *LATER]
        args = [*case.load, *limit, *pace, "--cpu-of", str(server.pid)]
        before, cpu = machine(), server.cpu()
        with Poller(f"{folder}/control", case.polls):
            report = load.run(case.family, args, case.direct)
        if server.process.poll() is not None:
            raise RuntimeError(f"the server ended with {server.process.returncode} meanwhile: {server.log()[-2000:]}")
        if "-c" in case.load and (n := report.kinds["REQUEST-REPLY"]["sent packets"]):
            raise RuntimeError(f"{n:.0f} exchanges were not committed rapidly")
        # perfdhcp's time before counting starts is about that of as many counted exchanges
        used = server.cpu() - cpu + report.perfdhcp_cpu
        return {**report.values(), "others": others(before, used, machine())}
