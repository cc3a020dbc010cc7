# SPDX-License-Identifier: MPL-2.0
"""Two network namespaces and the link between them:

    srv v0 --------- v0 gen        10.0.0.1/9 and 10.0.0.2/9, 2001:db8::1/64 and 2001:db8::2/64

gen also has every address of 10.128.0.0/9: the relay agents of the cases with many subnets.
"""
import contextlib
import os
import signal
import subprocess
import time

SERVER = {4: "10.0.0.1", 6: "2001:db8::1"}
RELAY = {4: "10.0.0.2", 6: "2001:db8::2"}
DEV = "v0"


def ip(*args, check=True):
    return subprocess.run(["ip", *args], check=check, capture_output=True, text=True).stdout


class BenchNet:
    def __init__(self):
        self.names = {n: f"bench{os.getpid()}-{n}" for n in ("srv", "gen")}

    def up(self):
        srv, gen = self.names["srv"], self.names["gen"]
        for ns in (srv, gen):
            ip("netns", "add", ns)
            ip("-n", ns, "link", "set", "lo", "up")
        ip("link", "add", DEV, "netns", srv, "type", "veth", "peer", "name", DEV, "netns", gen)
        for end, ns in (1, srv), (2, gen):
            self.run(ns, "sh", "-c", f"echo 0 >/proc/sys/net/ipv6/conf/{DEV}/accept_dad")
            ip("-n", ns, "addr", "add", f"10.0.0.{end}/9", "dev", DEV)
            ip("-n", ns, "addr", "add", f"2001:db8::{end}/64", "dev", DEV, "nodad")
            ip("-n", ns, "link", "set", DEV, "up")
        ip("-n", srv, "route", "add", "10.128.0.0/9", "via", RELAY[4])
        ip("-n", gen, "route", "add", "local", "10.128.0.0/9", "dev", "lo")
        for ns in (srv, gen):
            self.wait_link_local(ns)

    def run(self, ns, *args):
        subprocess.run(["ip", "netns", "exec", ns, *args], check=True)

    def wait_link_local(self, ns):
        end = time.monotonic() + 5
        while "tentative" in (text := ip("-n", ns, "-6", "addr", "show", "dev", DEV)) or "fe80" not in text:
            if time.monotonic() > end:
                raise TimeoutError(f"no link-local address in {ns}: {text}")
            time.sleep(0.02)

    def exec(self, name, args):
        """The command line that runs args in srv or gen; args[0] is the process itself."""
        return ["ip", "netns", "exec", self.names[name], *map(str, args)]

    def pids(self, name):
        return [int(pid) for pid in ip("netns", "pids", self.names[name], check=False).split()]

    def down(self):
        """Kills what still runs in these namespaces (only this test uses them) and removes them."""
        for name, ns in self.names.items():
            for pid in self.pids(name):
                with contextlib.suppress(OSError):
                    os.kill(pid, signal.SIGKILL)
            ip("netns", "del", ns, check=False)

    def __enter__(self):
        try:
            self.up()
        except BaseException:
            self.down()
            raise
        return self

    def __exit__(self, *_):
        self.down()
