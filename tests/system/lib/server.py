# SPDX-License-Identifier: MPL-2.0
"""kea-dhcp4 or kea-dhcp6 under test (or another one, for comparison): configuration, start, stop, log, lease file."""
import contextlib
import csv
import glob
import json
import os
import re
import signal
import time


def with_common(digit, quiet, top, keys):
    """The configuration shared by both families; quiet: no log lines per lease."""
    name = f"kea-dhcp{digit}"
    logger = dict(severity="INFO", output_options=[dict(output="stdout")])
    loggers = [dict(logger, name=name)]
    if quiet:
        loggers += [dict(logger, name=f"{name}.{n}", severity="ERROR") for n in ("leases", "packets", "alloc-engine")]
    return {f"Dhcp{digit}": {"interfaces-config": {"interfaces": ["s0", "s1"]},
                             "valid-lifetime": 3600, "min-valid-lifetime": 8, "max-valid-lifetime": 7200,
                             **keys, "loggers": loggers, **top}}


def config(quiet=False, lease_db=None, subnets=None, pool="192.0.2.100 - 192.0.2.199", **top):
    """Three subnets matching lib/net.py; the rest are keys of Dhcp4."""
    return with_common(4, quiet, top, {
        "lease-database": lease_db or {"type": "memfile", "lfc-interval": 0},
        "authoritative": True,
        "option-data": [{"name": "domain-name-servers", "data": "192.0.2.53, 192.0.2.54"}],
        "subnet4": subnets if subnets is not None else [
            {"id": 1, "subnet": "192.0.2.0/24", "interface": "s0", "pools": [{"pool": pool}],
             "option-data": [{"name": "routers", "data": "192.0.2.1"}]},
            {"id": 2, "subnet": "198.51.100.0/24", "pools": [{"pool": "198.51.100.100 - 198.51.100.199"}],
             "option-data": [{"name": "routers", "data": "198.51.100.1"}]},
            {"id": 3, "subnet": "198.18.0.0/15", "pools": [{"pool": "198.19.0.0 - 198.19.255.255"}]}]})


def config6(quiet=False, lease_db=None, subnets=None, pool="2001:db8:1::100 - 2001:db8:1::1ff", **top):
    """Same for IPv6, with /56 prefixes to delegate from 2001:db8:8000::/40, :9000::/40 and :f000::/36."""
    def prefixes(start, length):
        return [{"prefix": start, "prefix-len": length, "delegated-len": 56}]
    return with_common(6, quiet, top, {
        "lease-database": lease_db or {"type": "memfile", "lfc-interval": 0},
        "server-id": {"type": "LL", "htype": 1, "identifier": "020000000001", "persist": False},
        "preferred-lifetime": 3000, "min-preferred-lifetime": 6, "max-preferred-lifetime": 7000,
        "option-data": [{"name": "dns-servers", "data": "2001:db8::53, 2001:db8::54"}],
        "subnet6": subnets if subnets is not None else [
            {"id": 1, "subnet": "2001:db8:1::/64", "interface": "s0", "pools": [{"pool": pool}],
             "pd-pools": prefixes("2001:db8:8000::", 40)},
            {"id": 2, "subnet": "2001:db8:2::/64", "pools": [{"pool": "2001:db8:2::100 - 2001:db8:2::1ff"}],
             "pd-pools": prefixes("2001:db8:9000::", 40)},
            {"id": 3, "subnet": "2001:db8:ff::/64", "interface": "s1", "pools": [{"pool": "2001:db8:ff:0:1::/80"}],
             "pd-pools": prefixes("2001:db8:f000::", 36)}]})


def cleanups(path):
    """PIDs of the kea-lfc processes for this lease file."""
    pids = []
    for name in glob.glob("/proc/[0-9]*/cmdline"):
        try:
            with open(name, "rb") as f:
                args = f.read().split(b"\0")
        except OSError:
            continue
        if os.path.basename(args[0]) == b"kea-lfc" and f"{path}.1".encode() in args:
            pids.append(int(name.split("/")[2]))
    return pids


def thread_states(pid):
    """A state letter for each thread, as in /proc."""
    states = ""
    for name in glob.glob(f"/proc/{pid}/task/*/stat"):
        with contextlib.suppress(OSError), open(name, encoding="ascii", errors="replace") as f:
            states += f.read().rpartition(")")[2].split()[0]
    return states


class Server:
    """conf is a dictionary, or text that is written unchanged. wrap is put before the binary."""

    def __init__(self, case, conf, name=None, binary=None, folder=None, ns="srv", wrap=(), env=None):
        self.digit = case.fam.digit
        self.program = f"kea-dhcp{self.digit}"
        self.case, self.ns, self.wrap, self.name = case, ns, list(wrap), name or self.program
        self.binary = binary or case.env[f"kea_dhcp{self.digit}"]
        self.folder = folder or case.path("state")
        os.makedirs(self.folder, exist_ok=True)
        os.chmod(self.folder, 0o750)
        self.conf_path = case.path(self.name + ".conf")
        self.lease_path = os.path.join(self.folder, f"kea-leases{self.digit}.csv")
        self.env = dict(os.environ, KEA_PIDFILE_DIR=self.folder, KEA_LOCKFILE_DIR=self.folder,
                        KEA_DHCP_DATA_DIR=self.folder, KEA_LOG_FILE_DIR=self.folder,
                        KEA_CONTROL_SOCKET_DIR=self.folder, **(env or {}))
        self.env.pop("NOTIFY_SOCKET", None) if not env or "NOTIFY_SOCKET" not in env else None
        self.process = None
        self.configure(conf)

    def configure(self, conf):
        """Replaces the file atomically; the server is not notified."""
        if not isinstance(conf, str):
            db = conf[f"Dhcp{self.digit}"].get("lease-database", {})
            if db.get("type") == "memfile":
                db.setdefault("name", self.lease_path)
            conf = json.dumps(conf, indent=4)
        self.conf = conf
        with open(self.conf_path + ".new", "w", encoding="utf-8") as f:
            f.write(conf)
        os.chmod(self.conf_path + ".new", 0o644)
        os.replace(self.conf_path + ".new", self.conf_path)

    def launch(self, *args):
        """Starts it without waiting until it serves."""
        self.process = self.case.start(self.ns, [*self.wrap, self.binary, "-c", self.conf_path, *args],
                                       name=self.name, env=self.env)
        return self.process

    def start(self, timeout=15):
        self.launch()
        started = f"DHCP{self.digit}_STARTED"
        self.case.wait(started, lambda: self.said(started) or not self.process.alive(), timeout)
        if not self.process.alive():
            from .case import Failed
            raise Failed(f"the server ended with {self.process.wait(1)} at once")

    @property
    def pid(self):
        return self.process.pid

    @property
    def is_sanitized(self):
        """True if its memory grows by what sanitizers keep: freed memory, or what they know of each address."""
        with open(self.binary, "rb") as f:
            text = f.read()
        return b"__asan_init" in text or b"__tsan_init" in text

    @property
    def pid_file(self):
        return os.path.join(self.folder, f"{self.name}.{self.program}.pid")

    def log(self):
        return self.process.log()

    def said(self, pattern):
        """Number of matching log lines of this run."""
        return len(re.findall(pattern, self.log()))

    def wait_log(self, pattern, count=1, timeout=10):
        self.case.wait(f"{pattern!r} in the log", lambda: self.said(pattern) >= count, timeout)

    def reload(self, conf=None):
        if conf is not None:
            self.configure(conf)
        self.process.send(signal.SIGHUP)

    def kill(self):
        self.process.stop(signal.SIGKILL)

    def cleanups(self):
        return cleanups(self.lease_path)

    def freeze(self):
        """Returns once no thread of the server and its cleanups is running: a signal reaches one thread first, and
        on a busy host the others may run on for a while."""
        for find in (lambda: [self.pid]), self.cleanups:
            for pid in find():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGSTOP)
            self.case.wait("all threads to stop", lambda find=find: all(state in "TtZX" for pid in find()
                                                                         for state in thread_states(pid)), 60, 0.001)

    def stop(self, timeout=8):
        """Returns the exit code and the seconds it took."""
        t = time.monotonic()
        code = self.process.stop(signal.SIGTERM, timeout)
        return code, time.monotonic() - t

    def lease_files(self):
        """Oldest first, in the order in which the server reads them."""
        names = [self.lease_path + s for s in (".completed", ".2", ".1", "")]
        if os.path.exists(names[0]):
            names.pop(1)
        return [n for n in names if os.path.exists(n)]

    def header(self):
        """Column names."""
        with open(self.lease_path, encoding="utf-8") as f:
            return f.readline().strip().split(",")

    def rows(self):
        """All complete rows, in order."""
        out = []
        for name in self.lease_files():
            with open(name, encoding="utf-8", newline="") as f:
                text = f.read()
            lines = text[:text.rfind("\n") + 1].splitlines()
            out += list(csv.DictReader(lines))
        return out

    def leases(self):
        """The result of all rows: address -> last row, without deleted ones."""
        last = {r["address"]: r for r in self.rows()}
        return {a: r for a, r in last.items() if int(r["valid_lifetime"]) > 0}

    def held(self):
        """Addresses in use: assigned and not expired -> row."""
        return {a: r for a, r in self.leases().items() if r["state"] == "0" and int(r["expire"]) > time.time()}
