# SPDX-License-Identifier: MPL-2.0
"""The servers to measure: ours from a build directory and Debian's Kea, with the same configuration."""
import json
import os
import shutil
import signal
import subprocess
import time

from .net import DEV, SERVER

KEA_FOLDER = "/usr/sbin"
POOL = {4: "10.16.0.0 - 10.127.255.255", 6: "2001:db8:0:1::/80"}
PD_POOL = {"prefix": "2001:db8:8000::", "prefix-len": 33, "delegated-len": 64}


class Variant:
    """name as in the table; directory of the binaries; mt: multi-threading, None: not set; sync: of our
    lease-database, None: not set; workers: thread-pool-size, None: not set."""

    def __init__(self, name, folder, kea=False, mt=None, sync=None, workers=None):
        self.name, self.folder, self.kea, self.mt, self.sync, self.workers = name, folder, kea, mt, sync, workers

    def there(self, family):
        return os.access(os.path.join(self.folder, f"kea-dhcp{family}"), os.X_OK)


def variants(build, also, workers=()):
    """also: other builds of ours, to compare two versions of the project; each with these numbers of workers, too."""
    out = [Variant("ours", build)]
    out += [Variant(os.path.basename(os.path.normpath(folder)), folder) for folder in also]
    out += [Variant(f"{v.name} w{n}", v.folder, workers=n) for v in out for n in workers]
    out.append(Variant("ours nosync", build, sync="none"))
    out += [Variant("kea st", KEA_FOLDER, kea=True, mt=False), Variant("kea mt", KEA_FOLDER, kea=True, mt=True)]
    return out


def subnets(family, pools=None, pd=True):
    if family == 4:
        return [{"id": 1, "subnet": "10.0.0.0/8", "pools": pools or [{"pool": POOL[4]}],
                 "option-data": [{"name": "routers", "data": "10.0.0.1"}]}]
    return [{"id": 1, "subnet": "2001:db8::/32", "interface": DEV, "rapid-commit": True,
             "pools": pools or [{"pool": POOL[6]}], "pd-pools": [PD_POOL] if pd else []}]


def config(family, variant, folder, socket="udp", level="WARN", subnet=None, lfc=0, keys=None):
    top = {
        "interfaces-config": {"interfaces": [DEV] if family == 4 else [DEV, f"{DEV}/{SERVER[6]}"]},
        "lease-database": {"type": "memfile", "persist": True, "name": f"{folder}/leases.csv", "lfc-interval": lfc},
        "valid-lifetime": 7200, "renew-timer": 1800, "rebind-timer": 3600,
        "option-data": [{"name": "domain-name-servers" if family == 4 else "dns-servers", "data": SERVER[family]}],
        f"subnet{family}": subnet or subnets(family),
        "loggers": [{"name": f"kea-dhcp{family}", "severity": level,
                     "output_options": [{"output": f"{folder}/server.log", "maxsize": 0}]}],
    }
    if family == 4:
        top["interfaces-config"]["dhcp-socket-type"] = socket
    else:
        top["preferred-lifetime"] = 5400
        top["server-id"] = {"type": "LL", "htype": 1, "identifier": "020000000001", "persist": False}
    if variant.mt is not None:
        top["multi-threading"] = {"enable-multi-threading": variant.mt}
    if variant.workers:
        top["multi-threading"] = {"enable-multi-threading": True, "thread-pool-size": variant.workers}
    if variant.sync:
        top["lease-database"]["sync"] = variant.sync
    if not variant.kea:
        top["cache-threshold"] = 0.0  # write every renewal, as Kea does
    top.update(keys or {})
    return {f"Dhcp{family}": top}


class Server:
    """Running and responding when the constructor returns. start_cpu, start_sec: until then."""

    def __init__(self, net, variant, family, folder, ready, timeout=120, binary=None, **conf):
        os.makedirs(folder, exist_ok=True)
        os.chmod(folder, 0o750)
        self.net, self.variant, self.family, self.folder = net, variant, family, folder
        self.path = f"{folder}/server.conf"
        self.configure(**conf)
        env = dict(os.environ, **{f"KEA_{n}_DIR": folder for n in ("PIDFILE", "LOCKFILE", "DHCP_DATA", "LOG_FILE", "CONTROL_SOCKET")})
        # responses to the relay agents of cases with many subnets go to the host the agents are on
        env.pop("NOTIFY_SOCKET", None)
        begun = time.monotonic()
        with open(f"{folder}/output", "ab") as out:
            self.process = subprocess.Popen(
                net.exec("srv", [binary or os.path.join(variant.folder, f"kea-dhcp{family}"), "-c", self.path]),
                stdin=subprocess.DEVNULL, stdout=out, stderr=out, env=env, cwd=folder)
        self.pid = self.process.pid
        try:
            self.wait(begun + timeout, ready)
        except BaseException:
            self.stop(signal.SIGKILL)
            raise
        self.start_sec, self.start_cpu = time.monotonic() - begun, self.cpu()

    def configure(self, **conf):
        with open(self.path, "w", encoding="ascii") as f:
            json.dump(config(self.family, self.variant, self.folder, **conf), f)

    def wait(self, end, ready):
        table = f"/proc/{self.pid}/net/udp" + ("6" if self.family == 6 else "")
        port = ":%04X " % (547 if self.family == 6 else 67)
        there = False
        while True:
            if self.process.poll() is not None:
                raise RuntimeError(f"{self.variant.name} ended with {self.process.returncode}: {self.log()[-2000:]}")
            if not there:
                with open(table, encoding="ascii") as f:
                    there = port in f.read()
            if there and ready():
                return
            if time.monotonic() > end:
                raise TimeoutError(f"{self.variant.name} does not answer: {self.log()[-2000:]}")
            time.sleep(0.01)

    def log(self):
        text = ""
        for name in ("output", "server.log"):
            path = f"{self.folder}/{name}"
            if os.path.exists(path):
                with open(path, encoding="utf-8", errors="replace") as f:
                    text += f.read()
        return text

    def cpu(self):
        """CPU time of all threads in seconds."""
        total = 0
        for task in os.listdir(f"/proc/{self.pid}/task"):
            with open(f"/proc/{self.pid}/task/{task}/schedstat", encoding="ascii") as f:
                total += int(f.read().split()[0])
        return total / 1e9

    def rss(self):
        """Bytes."""
        with open(f"/proc/{self.pid}/statm", encoding="ascii") as f:
            return int(f.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def stop(self, number=signal.SIGTERM):
        if self.process.poll() is None:
            self.process.send_signal(number)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(10)

    def remove(self):
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.remove()
