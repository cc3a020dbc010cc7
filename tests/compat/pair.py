# SPDX-License-Identifier: MPL-2.0
"""Two servers with the same configuration, each in its own network, and the parts shared by both families:

    srv s0 ------ c0 cli     clients on the link
    srv s1 ------ c1 cli     relays, all on one host with a fixed hardware address

Addresses, and sending and receiving messages, depend on the family: pair4 and pair6.
"""
import contextlib
import ipaddress
import json
import os
import re
import select
import signal
import socket
import subprocess
import time

import scripts
from lib.net import inside, ip, remove

SERVER_MACS = {"c0": bytes.fromhex("02fe00000001"), "c1": bytes.fromhex("02fe00000002")}
NATIVE = {"match", "boot", "deny-unknown"}  # keys that Kea does not have: it gets what --print-config --kea prints
SILENCE = 0.25  # no response is expected after this time
STATE = "@state@"  # in configurations: the directory of the server
SLOW = 2.0      # one server has responded: time to wait for the other


class Case:
    """Steps are messages: build(who, xid, state) makes the argument of Side.send, and it is sent `times` times; or new
    configurations: reload(...). exact: the addresses of a pool are not equivalent."""

    def __init__(self, name, steps, exact):
        self.name, self.steps, self.exact = name, steps, exact


class Group:
    """A configuration and the cases to play with it; exact names some of them. fields: what a field is called in
    differences instead of its name."""

    def __init__(self, digit, name, config, cases, exact=(), fields=None):
        self.name, self.config, self.fields = name, {f"Dhcp{digit}": config}, fields or {}
        self.cases = [Case(n, steps, n in exact) for n, steps in cases]


def reload(config):
    """A step: the servers get this configuration, for the rest of the case."""
    return {"reload": config}


def subnet(n, prefix, first, last, **more):
    return {"id": n, "subnet": prefix, "pools": [{"pool": f"{first} - {last}"}], **more}


class Side:
    """One server and its network. Defined by the family: digit, sysctls (for every device, as key and value with
    {dev} in the key), defaults (keys of the configuration unless a group has them), wire(), sockets(), send() and
    answer()."""

    def __init__(self, name, prefix, folder, binary):
        self.name, self.binary, self.folder = name, binary, folder
        self.ns = {n: f"{prefix}{name[0]}-{n}" for n in ("srv", "cli")}
        self.socks, self.ddns, self.process, self.log, self.state, self.n_reloads = {}, None, None, None, None, 0

    def up(self):
        for n in self.ns.values():
            ip("netns", "add", n)
            ip("-n", n, "link", "set", "lo", "up")
        for s, c in (("s0", "c0"), ("s1", "c1")):
            ip("link", "add", s, "netns", self.ns["srv"], "type", "veth", "peer", "name", c, "netns", self.ns["cli"])
            ip("-n", self.ns["srv"], "link", "set", s, "address", SERVER_MACS[c].hex(":"))
            for ns, dev in ((self.ns["srv"], s), (self.ns["cli"], c)):
                commands = [f"echo {value} >/proc/sys/net/{key.format(dev=dev)}" for key, value in self.sysctls]
                subprocess.run(["ip", "netns", "exec", ns, "sh", "-c", "; ".join(commands)], check=False)
        self.wire()
        with inside(self.ns["cli"]):
            self.socks = self.sockets()
        with inside(self.ns["srv"]):
            self.ddns = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self.ddns.bind(("127.0.0.1", 53001))
            self.ddns.setblocking(False)

    def device(self, ns, dev, *addresses):
        """Sets it up with these addresses."""
        ip("-n", self.ns[ns], "link", "set", dev, "up")
        for a in addresses:
            ip("-n", self.ns[ns], "addr", "add", *a, "dev", dev)

    def write(self, config):
        """The configuration, completed."""
        conf = json.loads(json.dumps(config))
        dhcp = conf[f"Dhcp{self.digit}"]
        if self.name == "ours":
            # Kea 2.2.0 only has a cache if configured, and rejects the 0 that disables it since Kea 3.
            dhcp.setdefault("cache-threshold", 0.0)
        for key, value in self.defaults.items():
            dhcp.setdefault(key, value)
        dhcp["lease-database"] = {"type": "memfile", "name": os.path.join(self.state, "leases.csv"), "lfc-interval": 0}
        dhcp["loggers"] = [{"name": f"kea-dhcp{self.digit}", "severity": "DEBUG", "debuglevel": 99,
                            "output_options": [{"output": "stdout", "flush": True}]}]
        path = os.path.join(self.state, "kea.conf")
        with open(path, "w", encoding="utf-8") as f:
            f.write(json.dumps(conf).replace(STATE, self.state))
        if self.name != "ours" and NATIVE & set(re.findall(r'"([a-z-]+)":', json.dumps(conf))):
            printed = subprocess.run([self.ours, "-X", "--print-config", path, "--kea"], stdout=subprocess.PIPE,
                                     stderr=subprocess.DEVNULL, check=True)
            with open(path, "wb") as f:
                f.write(printed.stdout)
        return path

    def start(self, group):
        self.state = state = os.path.join(self.folder, f"{self.name}-{self.digit}{group.name}")
        os.makedirs(state)
        os.chmod(state, 0o750)
        path, self.n_reloads = self.write(group.config), 0
        env = dict(os.environ, KEA_PIDFILE_DIR=state, KEA_LOCKFILE_DIR=state, KEA_DHCP_DATA_DIR=state, KEA_LOG_FILE_DIR=state,
                   KEA_HOOK_SCRIPTS_PATH=state, KEA_HOOKS_PATH=os.path.join(os.path.dirname(self.ours), "src/hooks"))
        scripts.write(state)
        self.log = os.path.join(state, "log")
        with open(self.log, "wb") as out:
            self.process = subprocess.Popen(["ip", "netns", "exec", self.ns["srv"], self.binary, "-c", path],
                                            stdin=subprocess.DEVNULL, stdout=out, stderr=out, env=env)

    def wait_started(self):
        self.wait_logged("STARTED", 1)

    def wait_logged(self, what, times):
        end = time.monotonic() + 15
        while self.text().count(f"DHCP{self.digit}_{what} ") < times:
            if self.process.poll() is not None or time.monotonic() > end:
                raise SystemExit(f"{self.name}: no {what}:\n{self.text()[-3000:]}")
            time.sleep(0.02)

    def reload(self, config):
        self.write({f"Dhcp{self.digit}": config})
        self.n_reloads += 1
        self.process.send_signal(signal.SIGHUP)

    def text(self):
        with open(self.log, encoding="utf-8", errors="replace") as f:
            return f.read()

    def stop(self):
        if self.process:
            self.process.send_signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(8)
            if self.process.poll() is None:
                self.process.kill()
            self.process = None

    def down(self):
        self.stop()
        for n in self.ns.values():
            remove(n)

    def asked(self):
        """What the server has asked the DDNS server for since the last call; when leases expire depends on the clock."""
        asked = []
        with contextlib.suppress(BlockingIOError):
            while True:
                text = self.ddns.recv(65536)[2:]
                try:
                    ncr = json.loads(text)
                except ValueError:  # Kea 2.2 does not escape the backslashes of names
                    ncr = json.loads(text.replace(b"\\", b"\\\\"))
                what = "add" if ncr["change-type"] == 0 else "remove"
                sides = "".join(s[0] for s in ("forward", "reverse") if ncr[f"{s}-change"])
                asked.append((what, sides, ncr["fqdn"], ncr["ip-address"], ncr["dhcid"].upper(), ncr["lease-length"], ncr["use-conflict-resolution"]))
        return asked

    def ran(self):
        """What scripts have got since the last call."""
        return scripts.read(self.state)

    def drain(self):
        for s in self.socks.values():
            with contextlib.suppress(BlockingIOError):
                while True:
                    s.recv(65536)


def is_next_second(a, b):
    """Whether two hexadecimal numbers differ by the second that may end between the requests to the two servers."""
    return a and b and abs(int(a, 16) - int(b, 16)) == 1


class Pair:
    """Both servers. Defined by the family: side, its class of Side; who(), learn(), kind() and flat(); and the fields
    that count the seconds that are left of a lease from the cache."""
    counting_down = ()

    def __init__(self, prefix, folder, binaries):
        self.sides = [self.side(n, prefix, folder, b) for n, b in binaries.items()]
        for s in self.sides:
            s.ours = binaries["ours"]
        self.digit = self.side.digit
        self.pools, self.fields, self.config, self.n_cases = [], {}, None, 0

    def up(self):
        for s in self.sides:
            s.up()

    def start(self, group):
        for s in self.sides:
            s.start(group)
        for s in self.sides:
            s.wait_started()
        self.fields, self.config = group.fields, group.config[f"Dhcp{self.digit}"]
        self.pools = list(pools(self.digit, self.config))

    def reload(self, config):
        for s in self.sides:
            s.reload(config)
        for s in self.sides:
            s.wait_logged("DYNAMIC_RECONFIGURATION_SUCCESS", s.n_reloads)

    def stop(self):
        for s in self.sides:
            s.stop()

    def down(self):
        for s in self.sides:
            s.down()

    def tails(self):
        return [f"# --- {s.name}\n" + "".join(f"# {line}\n" for line in s.text().splitlines()[-12:]) for s in self.sides if s.log]

    def place(self, address):
        """The pool that contains an address, or the address itself."""
        n = int(ipaddress.ip_address(address))
        for i, (first, last) in enumerate(self.pools):
            if first <= n <= last:
                return f"pool {i}"
        return address

    def play(self, case, verbose):
        """Differences as (position, field, text)."""
        self.n_cases += 1
        who = self.who(self.n_cases)
        state = {s.name: {} for s in self.sides}
        for where, step in enumerate(case.steps, 1):
            if "reload" in step:
                self.reload(step["reload"])
                continue
            xid = (self.n_cases << 8) + where
            for s in self.sides:
                s.drain()
            for s in self.sides:
                message = step["build"](who, xid, state[s.name])
                for _ in range(step["times"]):
                    s.send(message)
            got = self.collect(xid)
            for s in self.sides:
                if got[s.name]:
                    self.learn(state[s.name], got[s.name])
                if verbose:
                    print(f"#   {where} {s.name:4} {got[s.name]}")
            for _, field, text in self.compare(where, got["kea"], got["ours"], case.exact):
                yield where, self.fields.get(field, field), text
            if "dhcp-ddns" in self.config:
                yield from self.compare_asked(where, verbose)
            if scripts.LIBRARY in json.dumps(self.config):
                yield from self.compare_scripts(where, verbose)
        if any("reload" in step for step in case.steps):
            self.reload(self.config)

    def collect(self, xid):
        """The first response of each server to this message; a late one to an earlier message may still arrive."""
        start = time.monotonic()
        got = {s.name: None for s in self.sides}
        while not all(got.values()):
            took = time.monotonic() - start
            if took > (SLOW if any(got.values()) else SILENCE):
                break
            select.select([x for s in self.sides for x in s.socks.values()], [], [], 0.02)
            for s in self.sides:
                answer = None if got[s.name] else s.answer()
                if answer and answer["xid"] == xid:
                    got[s.name] = answer
        return got

    def compare_asked(self, where, verbose):
        """The requests to the DDNS server; they may arrive after the response."""
        asked, end = {s.name: [] for s in self.sides}, time.monotonic() + SLOW
        more = time.monotonic() + 0.02
        # As long as one has asked less than the other; then a moment for what neither should ask.
        while time.monotonic() < (end if len(asked["kea"]) != len(asked["ours"]) else more):
            for s in self.sides:
                asked[s.name] += s.asked()
            time.sleep(0.002)
        if verbose and any(asked.values()):
            print(f"#   {where} {asked}")
        if asked["kea"] != asked["ours"]:
            yield where, "ddns", f"Kea {asked['kea']}, ours {asked['ours']}"

    def compare_scripts(self, where, verbose):
        """The environments of scripts, which run after the response."""
        ran, end = {s.name: {} for s in self.sides}, time.monotonic() + SLOW
        more = time.monotonic() + SILENCE
        while time.monotonic() < (end if sorted(ran["kea"]) != sorted(ran["ours"]) else more):
            for s in self.sides:
                ran[s.name].update(s.ran())
            time.sleep(0.01)
        for point in sorted(set(ran["kea"]) | set(ran["ours"])):
            sides = [ran[name].get(point, {}) for name in ("kea", "ours")]
            if verbose:
                print(f"#   {where} {point} {sides}")
            if not all(sides):
                yield where, f"script {point}", f"Kea {'runs' if sides[0] else 'does not run'} it"
                continue
            for name in sorted(set(sides[0]) | set(sides[1])):
                a, b = (self.place_text(name, side.get(name)) for side in sides)
                if a != b and not scripts.is_same_time(name, a, b):
                    yield where, f"{point} {name}", f"Kea {a}, ours {b}"

    def place_text(self, name, value):
        return self.place(value) if value and name.endswith(("_ADDRESS", "_CIADDR", "_REMOTE_ADDR", "_PREFIX")) else value

    def compare(self, where, kea, ours, exact):
        if not kea or not ours:
            if kea or ours:
                say = [self.kind(a) if a else "silence" for a in (kea, ours)]
                yield where, "answer", f"Kea {say[0]}, ours {say[1]}"
            return
        kea, ours = self.flat(kea, exact), self.flat(ours, exact)
        missing = []
        for field in sorted(set(kea) | set(ours)):
            a, b = kea.get(field), ours.get(field)
            if field in self.counting_down and self.config.get("cache-threshold") and is_next_second(a, b):
                continue
            # Something one server lacks completely is one difference, not one for each part.
            if a == b or any(field.startswith(f"{m} ") for m in missing):
                continue
            if field not in kea or field not in ours:
                missing.append(field)
            yield where, field, f"Kea {a}, ours {b}"


def pools(digit, config):
    """The first and last address of each, as numbers; also for prefixes."""
    subnets = list(config.get(f"subnet{digit}", []))
    for net in config.get("shared-networks", []):
        subnets += net.get(f"subnet{digit}", [])
    for s in subnets:
        for p in s.get("pools", []) + s.get("pd-pools", []):
            text = f"{p['prefix']}/{p['prefix-len']}" if "prefix" in p else p["pool"]
            if "/" in text:
                net = ipaddress.ip_network(text)
                yield int(net[0]), int(net[-1])
            else:
                yield tuple(int(ipaddress.ip_address(a.strip())) for a in text.split("-"))
