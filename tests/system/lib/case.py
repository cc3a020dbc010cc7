# SPDX-License-Identifier: MPL-2.0
"""A test is a function of one Case, registered with @test. The Case has its own directory and namespaces; the
processes it starts end with it."""
import contextlib
import functools
import os
import re
import shutil
import signal
import subprocess
import time

from .family import FAMILIES
from .net import Net
from .server import Server

TESTS = []


class Failed(Exception):
    pass


class Skipped(Exception):
    pass


def test(name, needs=(), beyond_kea=None, limit=60, families=(4,), **more):
    """needs: required programs (skipped if one is missing). beyond_kea: why Kea 2.2.0 cannot pass; with Kea as the
    server this test must fail, which shows that it detects the problem. families: (4, 6) makes two tests of it,
    the second with a 6 after its name; t.fam has what differs between them."""
    def register(fn):
        for digit in families:
            TESTS.append(dict(name=name + ("6" if digit == 6 and 4 in families else ""), fn=fn, needs=needs,
                              beyond_kea=beyond_kea, limit=limit, digit=digit, **more))
        return fn
    return register


def fault(ident, name, families=(4, 6), short=None, limit=60, long_limit=600, **more):
    """A test of the server when something fails; ident is its id. It has a short form, and a long form with t.long
    set, which only runs with tests/system/faults --long. short: the families of the short form, if the other one
    takes too long for every day."""
    return test(f"{ident.lower()}-{name}", families=families, limit=limit, fault=ident, long_limit=long_limit,
                short=families if short is None else short, **more)


class Process:
    """A child process with its output in a file."""

    def __init__(self, args, log, env=None, cwd=None):
        self.log_path = log
        with open(log, "ab") as out:
            self.popen = subprocess.Popen(args, stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                                          env=env, cwd=cwd)
        self.pid = self.popen.pid

    def log(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as f:
            return f.read()

    def alive(self):
        return self.popen.poll() is None

    def wait(self, timeout):
        try:
            return self.popen.wait(timeout)
        except subprocess.TimeoutExpired:
            raise Failed(f"{self.popen.args[0:8]} still runs after {timeout} s") from None

    def send(self, number):
        self.popen.send_signal(number)

    def stop(self, number=signal.SIGTERM, timeout=8):
        if self.alive():
            self.send(number)
        return self.wait(timeout)


class Case:
    def __init__(self, prefix, folder, env, digit=4):
        self.dir = folder
        self.env = env  # kea_dhcp4, kea_dhcp6, kea_reference4, kea_reference6, builddir, ledger; kea: Kea 2.x is tested
        self.fam = FAMILIES[digit]
        self.prefix = prefix
        self.tls = False  # connections to databases
        self.processes = []
        self.notes = []
        self.last = []

    @functools.cached_property
    def net(self):
        net = Net(self.prefix, self.fam.digit)
        net.up()
        return net

    @property
    def long(self):
        """The long form of a fault test."""
        return self.env.get("long", False)

    @property
    def no_cache(self):
        """Keys that make every renewal a write; 2.2.0 only caches if configured, and rejects 0."""
        return {} if self.env["kea"] else {"cache-threshold": 0.0}

    def path(self, name):
        return os.path.join(self.dir, name)

    def write(self, name, text, mode=0o644):
        with open(self.path(name), "w", encoding="utf-8") as f:
            f.write(text)
        os.chmod(self.path(name), mode)
        return self.path(name)

    def start(self, ns, args, name=None, env=None):
        name = name or os.path.basename(str(args[0]))
        log = self.path(f"{name}.{len(self.processes)}.log")
        p = Process(self.net.exec(ns, args), log, env)
        self.processes.append(p)
        return p

    def run(self, ns, args, timeout=30, env=None, ok=(0,)):
        """Runs to completion; returns the output. Exit codes other than ok fail the test."""
        p = self.start(ns, args, env=env)
        code = p.wait(timeout)
        if ok is not None and code not in ok:
            raise Failed(f"{' '.join(map(str, args))} ended with {code}:\n{p.log()}")
        return p.log()

    def server(self, conf=None, **kw):
        """A running server with this configuration (see server.config)."""
        s = Server(self, conf if conf is not None else self.fam.config(), **kw)
        s.start()
        return s

    def wait(self, what, fn, timeout=10, every=0.05):
        """Waits until fn() is true; returns its result."""
        end = time.monotonic() + timeout
        while True:
            got = fn()
            if got:
                return got
            if time.monotonic() > end:
                raise Failed(f"waited {timeout} s for {what}")
            time.sleep(every)

    def eq(self, got, want, what):
        if got != want:
            raise Failed(f"{what}: {got!r} instead of {want!r}")

    def true(self, got, what):
        if not got:
            raise Failed(what)
        return got

    def match(self, pattern, text, what):
        m = re.search(pattern, text)
        if not m:
            raise Failed(f"{what}: no {pattern!r} in:\n{text[-3000:]}")
        return m

    def note(self, text):
        """Printed with the result, passed or failed."""
        self.notes.append(text)

    def on_close(self, fn):
        """Called at the end of the test, before its processes are ended."""
        self.last.append(fn)

    def close(self):
        for fn in reversed(self.last):
            fn()
        for p in self.processes:
            if p.alive():
                with contextlib.suppress(OSError):
                    p.send(signal.SIGKILL)
                with contextlib.suppress(Failed):
                    p.wait(5)


def clean(prefix, folder):
    """Cleans up after a test, also after a killed one."""
    Net(prefix).down()
    with open("/proc/self/mounts", encoding="utf-8") as f:
        mounts = [line.split()[1] for line in f]
    for m in reversed(mounts):
        if m.startswith(folder + "/"):
            subprocess.run(["umount", m], check=False, capture_output=True)
    shutil.rmtree(folder, ignore_errors=True)
