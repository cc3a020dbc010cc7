# SPDX-License-Identifier: MPL-2.0
"""Two network namespaces and the cable between them:

    srv v0 --------- v0 gen        10.0.0.1/9 and 10.0.0.2/9, 2001:db8::1/64 and 2001:db8::2/64

gen also has every address of 10.128.0.0/9: the relay agents of the cases with many subnets.
"""
import os
import sys
import time

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "system"))
from lib.net import Net  # noqa: E402

SERVER = {4: "10.0.0.1", 6: "2001:db8::1"}
RELAY = {4: "10.0.0.2", 6: "2001:db8::2"}
DEV = "v0"


class BenchNet(Net):
    def __init__(self):
        super().__init__(f"bench{os.getpid()}")

    def up(self):
        for name in ("srv", "gen"):
            self.names[name] = f"{self.names['srv'].split('-')[0]}-{name}"
            self.host(name)
        self.cable("srv", DEV, "10.0.0.1/9", "gen", DEV, "10.0.0.2/9")
        for name, end in (("srv", 1), ("gen", 2)):
            for key, value in (("accept_dad", "0"), ("disable_ipv6", "0")):
                self.sysctl(name, f"net/ipv6/conf/{DEV}/{key}", value)
            self.ip(name, "addr", "add", f"2001:db8::{end}/64", "dev", DEV, "nodad")
        self.ip("srv", "route", "add", "10.128.0.0/9", "via", RELAY[4])
        self.ip("gen", "route", "add", "local", "10.128.0.0/9", "dev", "lo")
        for name in ("srv", "gen"):
            end = time.monotonic() + 5
            while "tentative" in (text := self.ip6(name)) or "fe80" not in text:
                if time.monotonic() > end:
                    raise TimeoutError(f"no link-local address in {name}: {text}")
                time.sleep(0.02)

    def ip6(self, name):
        import subprocess
        return subprocess.run(["ip", "-n", self.names[name], "-6", "addr", "show", "dev", DEV],
                              check=True, capture_output=True, text=True).stdout

    def __enter__(self):
        try:
            self.up()
        except BaseException:
            self.down()
            raise
        return self

    def __exit__(self, *_):
        self.down()
