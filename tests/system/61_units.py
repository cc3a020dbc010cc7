# SPDX-License-Identifier: MPL-2.0
"""The installed units of examples/systemd under a real systemd: their user, directories, capabilities and filter."""
import json
import os
import re

from lib.boot import Boot
from lib.case import Failed, test
from lib.server import Server

NEEDS = ["systemd-nspawn", "nsenter", "unshare", "make"]


class Unit:
    """The unit for the test's family in a booted system, and its configuration."""

    def __init__(self, t):
        self.t, self.boot = t, Boot(t)
        self.digit = t.fam.digit
        self.name = f"kea-dhcp{self.digit}"
        self.conf = f"{self.boot.dirs['keaconfdir']}/{self.name}.conf"
        self.leases = f"{self.boot.dirs['keastatedir']}/kea-leases{self.digit}.csv"
        self.keactrl = f"{self.boot.dirs['sbindir']}/keactrl"

    def configure(self, **top):
        """Lease file and everything else in their default locations; the journal has the log."""
        conf = self.t.fam.config(**top)
        self.boot.write(self.conf, json.dumps(conf, indent=4))

    def systemctl(self, verb, ok=(0,)):
        return self.boot.run("systemctl", verb, self.name, ok=ok)

    def journal(self, pattern, count=1, timeout=20):
        self.boot.wait_journal(self.name, pattern, count, timeout)

    def state(self):
        out = self.boot.run("systemctl", "show", self.name, "-p", "ActiveState,SubState,NRestarts,Result")
        return dict(line.split("=", 1) for line in out.splitlines())

    def serves(self, what):
        t = self.t
        client = t.fam.client(t)
        address = client.lease()
        t.true(address, f"no lease {what}")
        t.eq(client.keep(address), address, f"renewed {what}")
        return address


@test("unit", families=(4, 6), needs=NEEDS, limit=180)
def unit(t):
    """The installed unit: start, lease, lease file cleanup, good and bad reload, restart; nothing is killed or denied."""
    u = Unit(t)
    ident = f"DHCP{u.digit}"
    u.configure(lease_db={"type": "memfile", "lfc-interval": 2}, **t.no_cache)
    u.systemctl("start")
    t.eq(u.state()["ActiveState"], "active", "state")
    address = u.serves("after the start")
    u.journal("DHCPSRV_MEMFILE_LFC_DONE")
    rows = u.boot.read(u.leases + ".2")
    t.true(address in rows, f"the cleaned file lacks {address}:\n{rows}")
    u.systemctl("reload")
    u.journal(f"{ident}_DYNAMIC_RECONFIGURATION_SUCCESS")
    t.eq(u.serves("after a reload"), address, "address after a reload")
    good = u.boot.read(u.conf)
    u.boot.write(u.conf, good.replace('"valid-lifetime"', '"valid-lifetme"', 1))
    u.systemctl("reload", ok=(1,))
    t.eq(u.state()["ActiveState"], "active", "state after a bad reload")
    t.eq(u.serves("after a bad reload"), address, "address after a bad reload")
    u.boot.write(u.conf, good)
    u.systemctl("restart")
    t.eq(u.serves("after a restart"), address, "address after a restart")
    before = u.boot.journal(u.name).count("DHCPSRV_MEMFILE_LFC_DONE")
    u.journal("DHCPSRV_MEMFILE_LFC_DONE", before + 1)
    u.systemctl("stop")
    t.eq(u.state(), {"ActiveState": "inactive", "SubState": "dead", "NRestarts": "0", "Result": "success"}, "state in the end")
    log = u.boot.journal(u.name)
    for wrong in "LFC_FAILED", "killed", "SIGSYS", r"\bERROR\b", r"\bFATAL\b", "Operation not permitted", "Permission denied":
        lines = [line for line in log.splitlines() if re.search(wrong, line) and "valid-lifetme" not in line]
        t.eq(lines, [], f"lines with {wrong}")


@test("unit-strict", families=(4, 6), needs=NEEDS, limit=180)
def unit_strict(t):
    """A stricter filter that kills: kea-lfc works without its lower priority; if killed, its signal is named and
    explained."""
    u = Unit(t)
    drop_in = f"/run/systemd/system/{u.name}.service.d/strict.conf"

    def restart(forbidden):
        u.boot.run("mkdir", "-p", os.path.dirname(drop_in))
        u.boot.write(drop_in, f"[Service]\nSystemCallFilter=~{forbidden}\nSystemCallErrorNumber=kill\n")
        u.boot.run("systemctl", "daemon-reload")
        u.systemctl("restart")
        u.serves(f"without {forbidden}")
    u.configure(lease_db={"type": "memfile", "lfc-interval": 1}, **t.no_cache)
    restart("@chown @resources")
    u.journal("DHCPSRV_MEMFILE_LFC_DONE")
    t.eq(u.boot.journal(u.name).count("DHCPSRV_MEMFILE_LFC_FAILED"), 0, "failures")
    restart("fchmod")
    u.journal(r"DHCPSRV_MEMFILE_LFC_FAILED kea-lfc was killed by signal 31 \(SIGSYS: .*SystemCallFilter=.*lease files are unchanged")


@test("unit-after-root", families=(4, 6), needs=NEEDS, limit=180)
def unit_after_root(t):
    """Started as root by keactrl, then as a unit, and back: everything stays readable for both, leases stay."""
    u = Unit(t)
    other = 10 - u.digit
    u.configure(lease_db={"type": "memfile", "lfc-interval": 1}, **t.no_cache,
                loggers=[{"name": u.name, "severity": "INFO", "output-options": [{"output": f"{u.boot.dirs['kealogdir']}/kea.log"}]}])
    log = f"{u.boot.dirs['kealogdir']}/kea.log"
    u.boot.run("sed", "-i", f"s/^dhcp{other}=yes/dhcp{other}=no/", f"{u.boot.dirs['keaconfdir']}/keactrl.conf")

    def done():
        return u.boot.run("grep", "-c", "LFC_DONE", log, ok=(0, 1)).strip()
    address = None
    for turn in range(2):
        u.boot.run(u.keactrl, "start")
        t.true(f"DHCPv{u.digit} server: active" in u.boot.run(u.keactrl, "status"), "not active")
        got = u.serves("from root's server")
        t.eq(got, address or got, "address from root's server")
        address = got
        before = done()
        t.wait("a cleanup", lambda n=before: done() != n, 20)
        u.boot.run(u.keactrl, "stop")
        u.systemctl("start")
        t.eq(u.serves("from the unit"), address, f"address from the unit, turn {turn}")
        before = done()
        t.wait("a cleanup", lambda n=before: done() != n, 20)
        u.systemctl("stop")
    user = u.boot.dirs["keauser"]
    files = u.boot.run("find", *(u.boot.dirs[d] for d in ("keastatedir", "kearundir", "kealogdir")), "-printf", "%u:%g %m %p\n")
    t.true(u.leases in files and log in files, f"too few files: {files}")
    t.eq([line for line in files.splitlines() if not line.startswith(f"{user}:{user} ")], [], "files of others")


@test("unit-owner", families=(4, 6), needs=NEEDS, limit=180)
def unit_owner(t):
    """Files and directories that the unit cannot use: the journal names the owner and a command, and that command
    helps."""
    u = Unit(t)
    dirs = u.boot.dirs
    u.configure()
    u.systemctl("start")
    u.systemctl("stop")

    def broken(what, path, *commands):
        u.boot.run("sh", "-c", " && ".join(commands))
        u.systemctl("start", ok=(1,))
        log = u.boot.journal(u.name)
        m = re.findall(rf"{re.escape(path)} belongs to (\S+) with mode (\d+), and the process runs as {dirs['keauser']}; try: ([^\n]*)$",
                       log, re.M)
        t.true(m, f"{what}: no owner and command in:\n{log[-2000:]}")
        u.boot.run("systemctl", "stop", u.name)
        u.boot.run("sh", "-c", m[-1][2])
        u.boot.run("systemctl", "reset-failed", u.name, ok=(0, 1))
        u.systemctl("start")
        u.systemctl("stop")
        return m[-1]
    got = broken("configuration", u.conf, f"chgrp root {u.conf}")
    t.eq(got, ("root:root", "0640", f"chgrp {dirs['keauser']} {u.conf}"), "what it says about the configuration")
    broken("configuration closed to its group", u.conf, f"chown root:root {u.conf}", f"chmod 600 {u.conf}")
    broken("directory of the configuration", dirs["keaconfdir"], f"chown root:root {dirs['keaconfdir']}", f"chmod 750 {dirs['keaconfdir']}")
    broken("lease file", u.leases, f"chown root:root {u.leases}")
    broken("lock file", u.leases + ".lock", f"chown root:root {u.leases}.lock")
    if u.digit == 6:
        duid = f"{dirs['keastatedir']}/kea-dhcp6-serverid"
        u.boot.write(u.conf, json.dumps({"Dhcp6": {k: v for k, v in t.fam.config()["Dhcp6"].items() if k != "server-id"}}))
        u.systemctl("start")
        u.systemctl("stop")
        broken("DUID", duid, f"chown root:root {duid}", f"chmod 600 {duid}")
    log = f"{dirs['kealogdir']}/a.log"
    u.configure(loggers=[{"name": u.name, "output-options": [{"output": log}]}])
    broken("log file", log, f"touch {log}", f"chown root:root {log}")
