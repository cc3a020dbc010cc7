# SPDX-License-Identifier: MPL-2.0
"""perfdhcp reports what really happened. Ours and Kea's, against our server and Kea's."""
import os
import re
import socket
import subprocess
import threading
import time

from lib import ledger
from lib.case import Skipped, test
from lib.server import config

RELAYED = ("-l", "198.18.0.2")
SERVER = "198.18.0.1"
NOBODY = "198.18.0.77"
KEA_PERFDHCP = "/usr/sbin/perfdhcp"


def ours(t):
    path = os.path.join(t.env["builddir"], "perfdhcp")
    t.true(os.access(path, os.X_OK), f"{path} does not exist: build first")
    return path


def keas(t):
    if not os.access(KEA_PERFDHCP, os.X_OK):
        raise Skipped(f"skipped: needs {KEA_PERFDHCP}")
    return KEA_PERFDHCP


def reference(t):
    path = t.env[f"kea_reference{t.fam.digit}"]
    if not os.access(path, os.X_OK):
        raise Skipped(f"skipped: needs {path}")
    return path


class Report:
    """The fields of a report: rate, and for each kind of exchange name -> number or text."""

    def __init__(self, t, text):
        self.text, self.kinds = text, {}
        self.rate = float(t.match(r"(?m)^Rate: ([0-9.e+]+) \S+", text, "report")[1])
        self.malformed = int(t.match(r"(?m)^Malformed packets: (\d+)$", text, "report")[1])
        kind = None
        for line in text.splitlines():
            head = re.match(r"\*\*\*(?:Statistics for: )?(.*)\*\*\*$", line)
            if head:
                kind = self.kinds.setdefault(head[1], {})
                continue
            field = re.match(r"([a-z][a-z0-9. ]*): (\S+)", line)
            if kind is not None and field:
                kind[field[1]] = int(field[2]) if field[2].isdigit() else field[2]

    def counts(self, kind):
        """Sent, received, drops, orphans, rejected, non unique."""
        k = self.kinds[kind]
        return tuple(k[n] for n in ("sent packets", "received packets", "drops", "orphans", "rejected leases",
                                    "non unique addresses"))


def perf(t, *args, ns="rly", program=None, ok=(0,), timeout=30):
    return Report(t, t.run(ns, [program or ours(t), *args], ok=ok, timeout=timeout))


def check_clean(t, report, n, kinds=("DISCOVER-OFFER", "REQUEST-ACK")):
    for kind in kinds:
        t.eq(report.counts(kind), (n, n, 0, 0, 0, 0), f"{kind}: sent, received, drops, orphans, rejected, non unique")
    t.eq(report.malformed, 0, "malformed packets")


def check_rate(t, report, n, least, per_sec, completed, what):
    """n messages at this rate, at least so many; on a busy host a run lasts a little longer, and has more."""
    t.true(least <= n <= per_sec * completed / report.rate + 2, f"{n} {what} at {per_sec} a second, {completed} exchanges at {report.rate}")


def check_delays(t, report, kind):
    """The fields exist, in order."""
    names = ("min delay", "p50 delay", "p90 delay", "p99 delay", "p99.9 delay", "max delay")
    values = [float(report.kinds[kind][n]) for n in names]
    t.eq(values, sorted(values), f"delays of {kind}")
    t.true(values[0] > 0 and values[0] <= float(report.kinds[kind]["avg delay"]) <= values[-1], f"mean of {kind}: {values}")


@test("perfdhcp-relayed")
def relayed(t):
    """Exact counts at a given rate, each lease in the ledger and in the server's lease file."""
    server = t.server(config(quiet=True))
    path = t.path("leases.ledger")
    r = perf(t, *RELAYED, "-r", "200", "-n", "300", "-R", "60", "-u", "-x", "els", "--ledger", path, SERVER)
    check_clean(t, r, 300)
    t.true(160 <= r.rate <= 201, f"rate {r.rate} instead of 200")
    check_delays(t, r, "DISCOVER-OFFER")
    check_delays(t, r, "REQUEST-ACK")
    t.eq(r.kinds["Whole exchanges"]["completed"], 300, "whole exchanges")
    t.match(r"(?m)^Reached max requests limit\.$", r.text, "-x e")
    t.match(r"(?m)^Server id: c6120001$", r.text, "-x s")
    shown = set(re.findall(r"(?m)^01000c01\w{6},(198\.19\.\d+\.\d+),$", r.text))
    t.eq(len(shown), 60, "addresses of -x l")
    t.eq(shown, set(server.held()), "addresses of -x l and of the lease file")
    with open(path, encoding="ascii") as f:
        t.eq(sum(not line.startswith("#") for line in f), 300, "lines of the ledger")
    t.eq(ledger.check(t, path, server)["addresses"], 60, "addresses in the ledger")


@test("perfdhcp-direct")
def direct(t):
    """Clients on the link: exchanges, with concurrent renewals and releases."""
    server = t.server(config(quiet=True, **t.no_cache, subnets=[
        {"id": 1, "subnet": "192.0.0.0/16", "pools": [{"pool": "192.0.16.0/20"}]}]))
    path = t.path("leases.ledger")
    r = perf(t, "--direct", "-l", "c0", "-r", "200", "-f", "60", "-F", "40", "-n", "400", "-R", "400", "-u", "--ledger", path,
             ns="cli")
    check_clean(t, r, 400)
    renewed = r.counts("REQUEST-ACK (renewal)")
    released = r.counts("RELEASE")
    check_rate(t, r, renewed[0], 100, 60, 400, "renewals")
    t.eq(renewed, (renewed[0], renewed[0], 0, 0, 0, 0), "renewals")
    check_rate(t, r, released[0], 60, 40, 400, "releases")
    t.eq(released, (released[0], 0, 0, 0, 0, 0), "releases")
    t.wait("the releases", lambda: len(server.held()) == 400 - released[0], 5)
    with open(path, encoding="ascii") as f:
        rows = [line.split() for line in f if not line.startswith("#")]
    t.eq(sum(row[3] == "0" for row in rows), released[0], "releases in the ledger")
    t.eq(len(rows), 400 + renewed[0] + released[0], "lines of the ledger")


@test("perfdhcp-full-disk")
def full_disk(t):
    """No space for the ledger: the load continues and is reported, exit code 1, no line is truncated."""
    server = t.server(config(quiet=True))
    folder = t.path("small")
    os.mkdir(folder)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16k", "none", folder], check=True)
    text = t.run("rly", [ours(t), *RELAYED, "-r", "1000", "-n", "600", "-R", "600", "--ledger", f"{folder}/ledger", SERVER], ok=(1,))
    t.match(r"(?m)^ERROR: running perfdhcp: --ledger: .*/ledger: No space left on device$", text, "what it says")
    check_clean(t, Report(t, text), 600)
    with open(f"{folder}/ledger", encoding="ascii") as f:
        lines = [line for line in f if not line.startswith("#")]
    t.true(50 < len(lines) < 600 and all(re.fullmatch(r"\d+\.\d{9} 000c01\w{6} 198[.0-9]+ 3600 198\.18\.0\.1\n", line) for line in lines),
           f"{len(lines)} lines, the last {lines[-1:]}")
    t.true({line.split()[2] for line in lines} <= set(server.held()), "addresses of the ledger and the lease file")


@test("perfdhcp-as-fast-as-answered")
def flood(t):
    """Without a rate: a window is kept full, with one thread and with two, and nothing is lost."""
    t.server(config(quiet=True))
    for args in ((), ("-g", "multi"), ("--window", "16")):
        r = perf(t, *RELAYED, "-p", "1", "-R", "20000", *args, SERVER)
        n = r.counts("DISCOVER-OFFER")[0]
        t.true(n > 1000, f"only {n} exchanges in a second with {args}")
        check_clean(t, r, n)
        t.true(0.5 * n < r.rate <= 1.2 * n, f"rate {r.rate} of {n} in a second")
    t.note(f"rate with a window of 16: {r.rate:.0f}/s")


@test("perfdhcp-losses")
def losses(t):
    """No response: losses, the end of the test, exit codes."""
    name = "DISCOVER-OFFER"
    start = time.monotonic()
    r = perf(t, *RELAYED, "-r", "100", "-n", "20", "-d", "0.3", NOBODY, ok=(3,))
    t.true(0.4 < time.monotonic() - start < 5, "it did not wait as long as -d says")
    t.eq(r.counts(name), (20, 0, 20, 0, 0, 0), "no responses")
    t.eq((r.kinds[name]["drops ratio"], r.kinds[name]["collected packets"], r.kinds[name]["p99 delay"]), (100, 20, "n/a"),
         "ratio, collected, p99")
    t.eq(r.counts("REQUEST-ACK")[0], 0, "requests")

    r = perf(t, *RELAYED, "-r", "100", "-n", "20", "-W", "0", NOBODY, ok=(3,))
    t.eq((r.counts(name)[2], r.kinds[name]["collected packets"]), (20, 0), "drops and collected with -W 0")

    r = perf(t, *RELAYED, "-r", "50", "-p", "20", "-d", "0.1", "-D", "4", "-x", "e", NOBODY, ok=(3,), timeout=10)
    # a limit is seen after all that had been lost by then were counted: on a busy host, a few more
    n = r.kinds[name]["collected packets"]
    t.true(4 <= n < 500, f"losses with -D 4: {n}")
    t.match(r"(?m)^Reached maximum drops number\.$", r.text, "-x e")
    r = perf(t, *RELAYED, "-r", "50", "-p", "20", "-d", "0.1", "-D", "50%", "-x", "e", NOBODY, ok=(3,), timeout=10)
    n = r.kinds[name]["collected packets"]
    t.true(10 <= n < 500, f"losses with -D 50%: {n}")
    t.match("Reached maximum percentage of drops", r.text, "-x e")

    r = perf(t, *RELAYED, "--scenario", "avalanche", "-R", "5", "-p", "0.3", "-x", "e", NOBODY, ok=(3,))
    t.match(r"(?m)^reached test-period\.$", r.text, "-x e")
    t.eq(r.counts(name)[:3], (5, 0, 5), "an avalanche without responses")

    # a rate covers all the time in which exchanges started, not just the part with responses
    p = t.start("rly", [ours(t), *RELAYED, "-p", "0.5", "-d", "0.1", "-R", "10", SERVER])
    answer_hostile(t, SERVER, ["good"], 20)
    t.eq(p.wait(5), 3, "exit code")
    r = Report(t, p.log())
    t.true(0 < r.rate <= 10 / 0.4, f"rate {r.rate} of {r.kinds['Whole exchanges']['completed']} exchanges in 0.5 s")

    for to in ">/dev/full", ">&-":
        text = t.run("rly", ["sh", "-c", f"{ours(t)} {' '.join(RELAYED)} -n 1 -d 0.1 --ledger {t.path('ledger')} {NOBODY} {to}"], ok=(1,))
        t.match("^ERROR: running perfdhcp: the report cannot be written", text, f"a report to {to}")
    with open(t.path("ledger"), encoding="ascii") as f:
        t.true(all(line.startswith("# wall") for line in f), "the report is in the ledger")
    p = t.start("rly", [ours(t), *RELAYED, "-r", "1", "-p", "20", "-x", "e", NOBODY])
    t.wait("its socket", lambda: os.path.exists(f"/proc/{p.popen.pid}") and udp_ports(p.popen.pid) >= {67}, 5)
    # a second one would get the responses for the first
    t.match("198.18.0.2 port 67: Address already in use", t.run("rly", [ours(t), *RELAYED, SERVER], ok=(1,)), "a second one")
    p.stop()
    for args, code, text in (((*RELAYED, "-r", "0", SERVER), 2, "-r: 0 is not a number from 1"),
                             ((), 2, "say which server"),
                             ((*RELAYED, "--cpu-of", "4194304", SERVER), 1, "--cpu-of: there is no process 4194304"),
                             ((*RELAYED, "-w", "/nonexistent", SERVER), 1, "-w: /nonexistent: No such file"),
                             (("-l", "nosuch0", SERVER), 1, "nosuch0 is neither an address nor an interface"),
                             (("-l", "192.0.2.250", SERVER), 1, "192.0.2.250 port 67"),
                             (("--ledger", "/nonexistent/file", SERVER), 1, "/nonexistent/file"),
                             (("-h",), 0, "--scenario name")):
        t.match(re.escape(text), t.run("rly", [ours(t), *args], ok=(code,)), f"perfdhcp {' '.join(args)}")


@test("perfdhcp-reports")
def reports(t):
    """Interim reports, in both forms; after an interrupt it still reports; a script is called."""
    t.server(config(quiet=True))
    script = t.write("script", f"#!/bin/sh\necho called with $1 >>{t.path('calls')}\n", 0o755)
    text = t.run("rly", [ours(t), *RELAYED, "-r", "100", "-p", "1.1", "-t", "0.5", "-R", "20", "-w", script, SERVER])
    lines = re.findall(r"(?m)^sent: (\d+)/(\d+); received: (\d+)/(\d+); drops: 0/0; rejected: 0/0$", text)
    t.eq(len(lines), 2, "reports in 1.1 s")
    t.true(45 <= int(lines[0][0]) <= 56 and 95 <= int(lines[1][0]) <= 106, f"sent: {lines}")
    t.match(r"(?m)^Running: perfdhcp -l .*\nScenario: basic\.\nSingle-thread mode enabled\.$", text, "preliminaries")
    with open(t.path("calls"), encoding="ascii") as f:
        t.eq(f.read(), "called with start\ncalled with stop\n", "arguments of the script")
    text = t.run("rly", [ours(t), *RELAYED, "-r", "100", "-p", "0.7", "-t", "0.5", "-C", ";", SERVER])
    t.match(r"^\d+;\d+;\d+;\d+;0;0;0;0\n\*\*\*Rate", text, "report with -C")

    p = t.start("rly", [ours(t), *RELAYED, "-r", "100", "-t", "0.2", "-x", "e", SERVER])
    t.wait("a report", lambda: "sent: " in p.log(), 5)
    t.eq(p.stop(), 0, "exit code after SIGTERM")
    t.match(r"Interrupted\n(?s:.*)Rate: \d", p.log(), "final report")
    p = t.start("rly", [ours(t), *RELAYED, "-P", "100000000", "-r", "100", "-R", "1000", SERVER])
    time.sleep(0.3)
    t.eq(p.stop(), 3, "exit code when interrupted before the measurement")
    t.eq(Report(t, p.log()).counts("DISCOVER-OFFER")[0], 0, "sent before the measurement")

    # every kind has its place in a line, in Kea's as in ours
    for program, args in ((ours(t), ()), (KEA_PERFDHCP, ("-4",))):
        if os.access(program, os.X_OK):
            text = t.run("rly", [program, *args, *RELAYED, "-r", "100", "-f", "20", "-F", "10", "-p", "2" if args else "1.1", "-t", "1",
                                 "-C", ";", "-R", "400", "-W", "300000", SERVER], ok=(0, 3))
            t.match(r"^(\d+;){15}\d+\n", text, f"report of {program} with -C")


def udp_ports(pid):
    """For all sockets in the namespace of this process."""
    with open(f"/proc/{pid}/net/udp", encoding="ascii") as f:
        return {int(line.split()[1].split(":")[1], 16) for line in f if ":" in line.split()[1]}


def answer_hostile(t, address, moods, n):
    """Answers n messages of perfdhcp, each DISCOVER in the next of these moods and a REQUEST like its client's
    DISCOVER."""
    with t.net.inside("srv"):
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.settimeout(5)
    sock.bind((address, 67))
    mood_of, late = {}, []
    while n > 0:
        n -= 1
        q, to = sock.recvfrom(2048)
        first, mac = q[242] == 1, q[28:34]
        if first:
            mood_of[mac] = moods[len(mood_of) % len(moods)]
        mood = mood_of[mac]
        kind, address = (b"\2" if first else b"\5"), b"\xc6\x13\0" + mac[5:]
        if mood == "nak" and not first:
            kind, address = b"\6", bytes(4)
        elif mood == "nothing":
            address = bytes(4)
        elif mood == "type":
            kind = b"\x0d"
        xid = q[4:8] if mood != "xid" else bytes([q[4] ^ 1]) + q[5:8]
        mac = q[28:34] if mood != "other" else bytes([q[28] ^ 2]) + q[29:34]
        a = (b"\2" + q[1:4] + xid + q[8:16] + address + q[20:28] + mac + q[34:240] + b"\x35\1" + kind +
             b"\x36\4\xc6\x12\0\1\x33\4\0\0\x0e\x10\xff")
        if mood == "garbage":
            a = os.urandom(200)
        elif mood == "short":
            a = a[:242]
        if mood == "late" and not first:
            late.append((a, to))
            continue
        for _ in range(2 if mood == "twice" else 1):
            sock.sendto(a, to)
    time.sleep(0.5 if late else 0)
    for a, to in late:
        sock.sendto(a, to)
    sock.close()


@test("perfdhcp-hostile-server")
def hostile(t):
    """Responses that are late, duplicate, negative, for others, truncated or nonsense: each is reported correctly."""
    moods = ["good", "twice", "nak", "nothing", "type", "xid", "other", "garbage", "short", "late"]
    n = 10  # of each kind
    # good, twice, nak and late lead to a request
    server = threading.Thread(target=answer_hostile, args=(t, SERVER, moods, n * (len(moods) + 4)))
    path = t.path("ledger")
    t.net  # noqa: B018  there before the server
    server.start()
    time.sleep(0.1)
    r = perf(t, *RELAYED, "-r", "200", "-n", str(n * len(moods)), "-R", str(n * len(moods)), "-d", "0.2", "-d", "0.3", "-W", "1000000",
             "--ledger", path, SERVER, ok=(3,))
    server.join()
    t.eq(r.counts("DISCOVER-OFFER"), (10 * n, 5 * n, 5 * n, 3 * n, n, 0), "first half: sent, received, drops, orphans, rejected, non unique")
    t.eq(r.counts("REQUEST-ACK")[:3], (4 * n, 3 * n, n), "second half: sent, received, drops")
    t.eq(r.counts("REQUEST-ACK")[4:], (n, 0), "second half: rejected, non unique")
    t.eq(r.kinds["DISCOVER-OFFER"]["collected packets"], 5 * n, "collected")
    t.eq(r.malformed, 3 * n, "garbage, cut short, of no known type")
    t.eq(r.kinds["Whole exchanges"]["completed"], 2 * n, "whole exchanges")
    with open(path, encoding="ascii") as f:
        rows = [line.split() for line in f if not line.startswith("#")]
    t.eq(len({row[2] for row in rows}), 2 * n + min(n, r.counts("REQUEST-ACK")[3] - n), "addresses in the ledger")


def sent_packets(t, ns, dev):
    with t.net.inside(ns), open("/proc/thread-self/net/dev", encoding="ascii") as f:
        return next(int(line.split(":")[1].split()[9]) for line in f if line.split(":")[0].strip() == dev)


@test("perfdhcp-scenarios")
def scenarios(t):
    """Only renewals; an avalanche that lasts until the server starts."""
    server = t.server(config(quiet=True, **t.no_cache))
    r = perf(t, *RELAYED, "--scenario", "renew", "-R", "100", "-r", "400", "-p", "1", SERVER)
    t.match("Preloaded: 100 of 100", r.text, "preload")
    n = r.counts("REQUEST-ACK (renewal)")[0]
    check_rate(t, r, n, 390, 400, n, "renewals")
    check_clean(t, r, n, ["REQUEST-ACK (renewal)"])
    t.eq(len(server.held()), 100, "leases")

    server.stop()
    before = sent_packets(t, "rly", "r0")
    p = t.start("rly", [ours(t), *RELAYED, "--scenario", "avalanche", "-R", "500", "-b", "mac=02:00:00:00:10:00", SERVER])
    t.wait("messages without a receiver", lambda: sent_packets(t, "rly", "r0") >= before + 500, 5)
    server.start()
    t.eq(p.wait(20), 0, "exit code")
    r = Report(t, p.log())
    check_clean(t, r, 500)
    resent = int(t.match(r"(?m)^Requests resent: (\d+)$", r.text, "resent")[1])
    t.true(resent >= 500, f"only {resent} messages were repeated")
    t.match(rf"(?m)^Requests sent \+ resent: {1000 + resent}\nRequests resent: {resent}\nResponses received: 1000$", r.text, "sums")
    t.match(r"It took 00:00:0\d\.\d{6} to provision 500 clients", r.text, "time")
    t.eq(len(server.held()), 600, "leases")


@test("perfdhcp-templates")
def templates(t):
    """Messages from files: which fields are filled in or unchanged, for as many clients as requested."""
    server = t.server(config(quiet=True))
    head = "01010600" + "00" * 24 + "02aabb000010" + "00" * 202 + "63825363"
    first = t.write("discover", head + "350101\n0c 05 7065726631 ff\n")
    second = t.write("request", head + "350103 3204aaaaaaaa 3604bbbbbbbb 0c057065726632 ff")
    r = perf(t, *RELAYED, "-r", "200", "-n", "40", "-R", "20", "-T", first, "-T", second, "-E", "8", "-I", "243", "-S", "249",
             "-x", "T", SERVER)
    check_clean(t, r, 40)
    held = server.held()
    t.eq(sorted(row["hwaddr"] for row in held.values()), [f"02:aa:bb:00:00:{i:02x}" for i in range(16, 36)], "clients")
    t.eq({row["hostname"] for row in held.values()}, {"perf2"}, "host names")
    t.match(r"ip-offset=243\ncontents: \n0000   01010600", r.text, "-x T")


@test("perfdhcp-many-relays")
def many_relays(t):
    """Relay agents from a list, each in its own subnet; responses go back to the source of the request."""
    nets = [{"id": i, "subnet": f"10.{i}.0.0/16", "pools": [{"pool": f"10.{i}.1.0/24"}]} for i in range(1, 21)]
    nets.append({"id": 100, "subnet": "198.18.0.0/15", "pools": []})
    server = t.server(config(quiet=True, subnets=nets), env={"KEA_TEST_SEND_RESPONSES_TO_SOURCE": "ENABLE"})
    relays = t.write("relays", "".join(f"10.{i}.0.1\n" for i in range(1, 21)))
    macs = t.write("macs", "".join(f"02:00:00:00:20:{i:02x}\n" for i in range(200)))
    r = perf(t, *RELAYED, "-r", "400", "-n", "400", "-J", relays, "-M", macs, "-s", "7", "-i", SERVER)
    check_clean(t, r, 400, ["DISCOVER-OFFER"])
    r = perf(t, *RELAYED, "-n", "400", "-J", relays, "-M", macs, "-s", "7", SERVER)
    check_clean(t, r, 400)
    t.eq({row["subnet_id"] for row in server.leases().values()}, {str(i) for i in range(1, 21)}, "subnets")


@test("perfdhcp-to-kea")
def to_kea(t):
    """Ours against Kea: relayed, on the link, renewals, releases."""
    server = t.server(config(quiet=True), binary=reference(t))
    r = perf(t, *RELAYED, "-r", "100", "-f", "30", "-F", "20", "-n", "150", "-R", "150", "-u", SERVER)
    check_clean(t, r, 150)
    renewed, released = r.counts("REQUEST-ACK (renewal)"), r.counts("RELEASE")
    t.eq(renewed[0], renewed[1], "renewals")
    check_rate(t, r, renewed[0], 30, 30, 150, "renewals")
    check_rate(t, r, released[0], 20, 20, 150, "releases")
    t.wait("the releases", lambda: len(server.held()) == 150 - released[0], 5)
    r = perf(t, "--direct", "-l", "c0", "-r", "100", "-n", "100", "-R", "50", ns="cli")
    check_clean(t, r, 100)


@test("perfdhcp-from-kea")
def from_kea(t):
    """Kea's against our server: its report has no losses either."""
    server = t.server(config(quiet=True))
    r = perf(t, "-4", *RELAYED, "-r", "100", "-n", "150", "-R", "50", "-W", "500000", "-u", SERVER, program=keas(t))
    for kind in ("DISCOVER-OFFER", "REQUEST-ACK"):
        # it counts a client that gets its address again as non unique
        t.eq(r.counts(kind), (150, 150, 0, 0, 0, 100), f"{kind}: sent, received, drops, orphans, rejected, non unique")
    t.eq(len(server.held()), 50, "leases")
    r = perf(t, "-4", *RELAYED, "-r", "100", "-f", "40", "-p", "2", "-R", "200", "-W", "500000", SERVER, program=keas(t))
    t.true(r.counts("REQUEST-ACK (renewal)")[:3] > (40, 40, 0), f"renewals {r.counts('REQUEST-ACK (renewal)')}")
    t.eq([r.counts(k)[2] for k in ("DISCOVER-OFFER", "REQUEST-ACK", "REQUEST-ACK (renewal)")], [0, 0, 0], "drops")
