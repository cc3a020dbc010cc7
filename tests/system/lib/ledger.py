# SPDX-License-Identifier: MPL-2.0
"""Load that records every confirmed lease: the ledger client (tests/tools/ledger.c) and perfdhcp, and the comparison
with the lease file."""
import json
import os
import re
import signal
import subprocess


class Background:
    """A load that runs until finish(); its ledger grows meanwhile."""

    def __init__(self, case, ns, args, name):
        self.case, self.path = case, case.path(name)
        case.true(os.access(args[0], os.X_OK), f"there is no {args[0]}: make check builds it")
        self.process = case.start(ns, [*args, "--ledger", self.path], name=name)

    def acks(self):
        """Number of entries in the ledger (buffered ones come later)."""
        try:
            with open(self.path, "rb") as f:
                return f.read().count(b"\n")
        except FileNotFoundError:
            return 0

    def gaps_ms(self):
        """The times without a confirmation, the longest first."""
        with open(self.path, encoding="ascii") as f:
            times = [float(line.split(" ", 1)[0]) for line in f if line[0] != "#"]
        return sorted(((b - a) * 1000 for a, b in zip(times, times[1:])), reverse=True)

    def finish(self, early=False, timeout=45):
        """Returns its result; early: stops it now."""
        if early and self.process.alive():
            self.process.send(signal.SIGINT)
        self.process.wait(timeout)
        self.result = self.read(self.process.log())
        self.case.note(f"load: {json.dumps(self.result)}")
        return self.result


class Load(Background):
    """DHCPv4: the ledger client, relayed from rly unless direct."""

    def __init__(self, case, *args, direct=False, name="ledger"):
        where = ["--raw", "--iface", "c0"] if direct else ["--server", "198.18.0.1", "--src", "198.18.0.2"]
        super().__init__(case, "cli" if direct else "rly", [case.env["ledger"], "load", *where, *args], name)

    def read(self, text):
        line = text.strip().splitlines()[-1]
        self.case.true(line.startswith("{"), f"the ledger client said: {line}")
        got = json.loads(line)
        return {**got, "confirmed_dups": got["dups"]}


class Load6(Background):
    """DHCPv6: perfdhcp requests an address and a prefix each time, relayed from rly unless direct. Options are those
    of the ledger client, as far as needed, and the result has its names. dups also counts offers."""

    def __init__(self, case, *args, direct=False, name="ledger"):
        given, it = {}, iter(args)
        for a in it:
            given[a] = None if a == "--renew" else next(it)
        command = [os.path.join(case.env["builddir"], "perfdhcp"), "-6", "-e", "address-and-prefix",
                   "-R", given.get("--clients", "10000"), "-p", given.get("--seconds", "5"),
                   "-d", str(int(given.get("--timeout", "1000")) / 1000)]
        command += ["-r", given["--rate"]] if "--rate" in given else ["--window", given.get("--window", "32")]
        command += ["--scenario", "renew"] if "--renew" in given else ["-u"]
        command += ["-l", "c0"] if direct else ["-l", "r0", "-A", "1"]
        super().__init__(case, "cli" if direct else "rly", command, name)

    def read(self, text):
        kinds, kind = {}, None
        for line in text.splitlines():
            if head := re.match(r"\*\*\*(?:Statistics for: )?(.*)\*\*\*$", line):
                kind = kinds.setdefault(head[1], {})
            elif kind is not None and (field := re.match(r"([a-z][a-z0-9. ]*): (\d+)$", line)):
                kind[field[1]] = int(field[2])
        self.case.true(kinds, f"perfdhcp said: {text[-2000:]}")

        def total(field, but=None):
            return sum(k.get(field, 0) for name, k in kinds.items() if name != but)
        return {"completed": kinds.get("Whole exchanges", {}).get("completed", 0),
                "renewed": kinds.get("RENEW-REPLY", {}).get("received packets", 0),
                "drops": total("drops"), "naks": total("rejected leases"),
                "confirmed_naks": total("rejected leases", but="SOLICIT-ADVERTISE"), "dups": total("non unique addresses"),
                "confirmed_dups": total("non unique addresses", but="SOLICIT-ADVERTISE"),
                "bad": int(self.case.match(r"(?m)^Malformed packets: (\d+)$", text, "report")[1])}


def compare(case, path, server, slack=2):
    """Compares ledger and lease files; returns a dictionary, and the text output. slack: seconds that a client may count
    too long, as it counts from its request and the ledger from the ACK."""
    p = subprocess.run([case.env["ledger"], "check", "--slack", str(slack), path, *(server.lease_files() or [os.devnull])], check=False,
                       capture_output=True, text=True)
    case.true(p.stdout.startswith("{"), f"ledger check said: {p.stdout}{p.stderr}")
    return json.loads(p.stdout), p.stdout + p.stderr


def check(case, path, server, slack=2):
    """Nothing lost, nothing assigned twice; returns the comparison as a dictionary."""
    got, text = compare(case, path, server, slack)
    case.note(f"check: {text.splitlines()[0]}")
    case.true(got["lost"] == 0 and got["dup"] == 0, f"leases lost or assigned twice: {text}")
    return got


def all_served(case, got, server, other_leases=False):
    """Stops the server. Every exchange was completed, without NAKs and errors; other_leases: the database was replaced
    by another, so that an address is assigned twice, or not available any more. On a host so busy that the server could
    not read everything in time, which it reports, an exchange in twenty may be lost: clients of the ledger do not send
    again, as real ones do."""
    case.eq((0, got["bad"], 0) if other_leases else (got["naks"], got["bad"], got["dups"]), (0, 0, 0), "naks, bad, dups")
    code = server.stop()[0] if server.process.alive() else 0
    may_lose = got["completed"] // 20 if server.said("_OVERLOAD ") else 0
    case.true(got["completed"] and got["drops"] <= may_lose, f"{got['drops']} exchanges were not completed: {got}")
    return code
