# SPDX-License-Identifier: MPL-2.0
"""The ledger client (tests/tools/ledger.c): load that writes every ACK down, and the comparison
with the lease file."""
import json
import os
import signal
import subprocess


class Load:
    """Runs in the background until finish(). Relayed from rly unless direct."""

    def __init__(self, case, *args, direct=False, name="ledger"):
        self.case = case
        self.path = case.path(name)
        where = ["--raw", "--iface", "c0"] if direct else ["--server", "198.18.0.1", "--src", "198.18.0.2"]
        case.true(os.access(case.env["ledger"], os.X_OK), f"there is no {case.env['ledger']}: make check builds it")
        self.process = case.start("cli" if direct else "rly", [case.env["ledger"], "load", *where,
                                                               "--ledger", self.path, *args], name=name)

    def acks(self):
        """How many are in the ledger (what its buffer holds comes later)."""
        try:
            with open(self.path, "rb") as f:
                return f.read().count(b"\n")
        except FileNotFoundError:
            return 0

    def finish(self, early=False, timeout=45):
        """Its result; early: now instead of when its time is over."""
        if early and self.process.alive():
            self.process.send(signal.SIGINT)
        self.process.wait(timeout)
        line = self.process.log().strip().splitlines()[-1]
        self.case.true(line.startswith("{"), f"the ledger client said: {line}")
        self.case.note(f"load: {line}")
        self.result = json.loads(line)
        return self.result


def check(case, path, server):
    """Nothing lost, nothing given twice; the comparison as a dictionary."""
    p = subprocess.run([case.env["ledger"], "check", path, *server.lease_files()], check=False,
                       capture_output=True, text=True)
    case.true(p.stdout.startswith("{"), f"ledger check said: {p.stdout}{p.stderr}")
    got = json.loads(p.stdout)
    case.note(f"check: {p.stdout.strip()}")
    case.true(p.returncode == 0 and got["lost"] == 0 and got["dup"] == 0,
              f"leases lost or given twice: {p.stdout}{p.stderr}")
    return got
