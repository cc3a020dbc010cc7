# SPDX-License-Identifier: MPL-2.0
"""Runs perfdhcp and parses its output."""
import os
import re
import signal
import subprocess
import time

from .net import DEV, RELAY, SERVER

CLIENTS = 6000000  # more than one run can reach, because each exchange has a new client


class Report:
    """The fields of a perfdhcp report: kinds["DISCOVER-OFFER"]["sent packets"]."""

    def __init__(self, text, code):
        self.text, self.code, self.kinds = text, code, {}
        rate = re.search(r"(?m)^Rate: ([0-9.e+]+) ", text)
        if not rate:
            raise RuntimeError(f"perfdhcp ended with {code}: {text[-1500:]}")
        self.rate = float(rate[1])
        kind = None
        for line in text.splitlines():
            head = re.match(r"\*\*\*(?:Statistics for: )?(.*)\*\*\*$", line)
            if head:
                kind = self.kinds.setdefault(head[1], {})
            elif kind is not None and (field := re.match(r"([A-Za-z][A-Za-z0-9. ]*): ([0-9.]+)", line)):
                kind[field[1]] = float(field[2])
        self.whole = self.kinds["Whole exchanges"]
        self.completed = int(self.whole["completed"])
        self.local_limit = re.findall(r"(?m)^locallimit: .*", text)
        for who in ("server", "perfdhcp"):
            m = re.search(rf"(?m)^{who}: ([0-9.]+) s", text)
            setattr(self, f"{who}_cpu", float(m[1]) if m else float("nan"))

    def total(self, field):
        return int(sum(k.get(field, 0) for n, k in self.kinds.items() if "-" in n))

    def us(self, who="server"):
        """CPU time per exchange."""
        return 1e6 * getattr(self, f"{who}_cpu") / self.completed if self.completed else float("nan")

    def values(self):
        """The values of one row of the table."""
        return {
            "rate": self.rate, "us": self.us(), "load_us": self.us("perfdhcp"), "completed": self.completed,
            **{p: 1000 * self.whole.get(f"{p} delay", float("nan")) for p in ("p50", "p99", "p99.9", "max")},
            "drops": self.total("drops"), "rejected": self.total("rejected leases"),
            "orphans": self.total("orphans"), "dups": self.total("non unique addresses"),
            "local": len(self.local_limit),
        }


def where(family, direct):
    """The arguments for the client's address and, last, the server's."""
    if direct:
        return (["-4", "--direct"] if family == 4 else ["-6"]) + ["-l", DEV], []
    return [f"-{family}", "-l", RELAY[family]] + (["-A", "1"] if family == 6 else []), [SERVER[family]]


def machine():
    """(time, seconds of CPU time) of the whole host."""
    with open("/proc/stat", encoding="ascii") as f:
        v = [int(x) for x in f.readline().split()[1:9]]
    return time.monotonic(), (sum(v) - v[3] - v[4]) / os.sysconf("SC_CLK_TCK")


def pace(n=2000):
    """Microseconds for a byte to another process and back: how slow the host is at the moment."""
    (from_us, to_it), (from_it, to_us) = os.pipe(), os.pipe()
    pid = os.fork()
    if not pid:
        os.close(to_it)
        while os.read(from_us, 1):
            os.write(to_us, b".")
        os._exit(0)
    begun = time.monotonic()
    for _ in range(n):
        os.write(to_it, b".")
        os.read(from_it, 1)
    took = time.monotonic() - begun
    os.close(to_it)
    os.waitpid(pid, 0)
    for fd in (from_us, from_it, to_us):
        os.close(fd)
    return 1e6 * took / n


class Stops:
    """How long the whole host paused meanwhile because its hypervisor ran something else: measured by a
    real-time process that wakes up every half millisecond."""

    def __enter__(self):
        r, w = os.pipe()
        self.pid = os.fork()
        if not self.pid:
            self._tick(os.fdopen(w, "w"))
            os._exit(0)
        os.close(w)
        self.pipe = os.fdopen(r)
        return self

    @staticmethod
    def _tick(to):
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(50))
        signal.signal(signal.SIGTERM, lambda *_: stop.append(1))
        stop, late, begun = [], [], time.monotonic()
        last = begun
        while not stop and last < begun + 300:
            time.sleep(0.0005)
            now = time.monotonic()
            if now - last > 0.0015:
                late.append(now - last - 0.0005)
            last = now
        to.write(f"{last - begun} " + " ".join(map(str, late)))
        to.close()

    def __exit__(self, *_):
        os.kill(self.pid, signal.SIGTERM)
        took, *self.late = map(float, self.pipe.read().split())
        self.pipe.close()
        os.waitpid(self.pid, 0)
        self.took = took

    def p99(self):
        """In 99 of 100 cases it continues within this many ms."""
        low, high = 0.0, max(self.late, default=0.0)
        for _ in range(30):
            mid = (low + high) / 2
            if sum(max(0.0, x - mid) for x in self.late) > self.took / 100:
                low = mid
            else:
                high = mid
        return 1000 * high


def others(before, cpu, after):
    """CPU time stolen by others: the figures of such a run mean little."""
    return max(0.0, after[1] - before[1] - cpu) / (after[0] - before[0])


class Load:
    def __init__(self, net, perfdhcp):
        self.net, self.perfdhcp = net, perfdhcp

    def start(self, family, args, direct=False):
        first, last = where(family, direct)
        return subprocess.Popen(self.net.exec("gen", [self.perfdhcp, *first, *args, *last]), stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def finish(self, process, timeout=150):
        try:
            text, _ = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            raise
        return Report(text, process.returncode)

    def run(self, family, args, direct=False, timeout=150):
        return self.finish(self.start(family, args, direct), timeout)

    def ready(self, family, direct=False, mac="mac=02:fe:fe:fe:fe:fe", extra=()):
        """True if the server responds to a first message."""
        def ask():
            return self.run(family, ["-i", "-n", "1", "-d", "0.25", "-b", mac, *extra], direct, 10).completed == 1
        return ask
