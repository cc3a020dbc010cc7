# SPDX-License-Identifier: MPL-2.0
"""Startup: PID files, privileges, notifying the service manager; and rejected configurations."""
import os
import re
import signal
import socket

from lib.case import test
from lib.server import Server, config


@test("pid-file", families=(4, 6))
def pid_file(t):
    """The PID file is CONFIGNAME.kea-dhcp4.pid or .kea-dhcp6.pid, contains the PID and is removed with the server."""
    server = t.server()
    with open(server.pid_file, encoding="ascii") as f:
        t.eq(f.read().strip(), str(server.pid), "pid")
    server.stop()
    t.true(not os.path.exists(server.pid_file), "the pid file is still there")


@test("config-refused")
def config_refused(t):
    """A bad file: -t fails, and a start ends with a code other than 0; a good one passes -t."""
    server = Server(t, config(pool="10.0.0.1 - 10.0.0.9"))
    t.run("srv", [server.binary, "-t", server.conf_path], env=server.env, ok=(1,))
    process = server.launch()
    t.true(process.wait(8) != 0, "exit code 0")
    t.match(r"10\.0\.0\.1.*192\.0\.2\.0", process.log(), "what it says")
    server.configure(config())
    t.run("srv", [server.binary, "-t", server.conf_path], env=server.env)


@test("config-refused-in-its-log", families=(4, 6), beyond_kea="it logs to standard output until the configuration is accepted")
def config_refused_in_its_log(t):
    """A configuration rejected at startup leaves its errors on standard output and in its own log file."""
    conf = t.fam.config()
    top = conf[f"Dhcp{t.fam.digit}"]
    top["loggers"] = [{"name": f"kea-dhcp{t.fam.digit}", "output-options": [{"output": "own.log"}]}]
    top["valid-lifetime"] = -1
    server = Server(t, conf)
    process = server.launch()
    t.true(process.wait(8) != 0, "exit code 0")
    with open(os.path.join(server.folder, "own.log"), encoding="utf-8") as f:
        own = f.read()
    for where, text in (("standard output", process.log()), ("its log", own)):
        for word in ("PARSER_FAIL", "CONFIG_LOAD_FAIL", "INIT_FAIL"):
            t.match(rf"ERROR .*DHCP{t.fam.digit}_{word} ", text, f"{where}: {word}")
        t.match(r"CONFIG_LOAD_FAIL .*reason: .*valid-lifetime", text, where)


@test("empty-configuration", families=(4, 6), beyond_kea="its messages differ")
def empty_configuration(t):
    """The installed configuration, without interfaces and subnets, is valid; subnets without interfaces are a
    warning."""
    digit = t.fam.digit
    none = {"interfaces-config": {"interfaces": []}}
    server = t.server(t.fam.config(subnets=[], **none))
    t.eq(server.said(rf"INFO .*DHCP{digit}_NOTHING_CONFIGURED"), 1, "lines about it")
    t.eq(server.said(r"(?m)^(ERROR|FATAL)"), 0, f"errors in:\n{server.log()}")
    server.reload(t.fam.config(**none))
    server.wait_log("DYNAMIC_RECONFIGURATION_SUCCESS")
    t.eq(server.said(r"WARN .*DHCPSRV_NO_SOCKETS_OPEN"), 1, "warnings")
    t.eq(server.said(r"(?m)^(ERROR|FATAL)"), 0, "errors after the reload")


@test("one-verdict", families=(4, 6), beyond_kea="its messages differ")
def one_verdict(t):
    """-T prints one verdict, also when only this host makes the configuration unusable."""
    server = Server(t, t.fam.config(**{"interfaces-config": {"interfaces": ["s0", "nope"]}}))
    for option, ok, verdict in (("-t", 0, "configuration is valid"), ("-T", 1, "configuration NOT usable")):
        out = t.run("srv", [server.binary, option, server.conf_path], env=server.env, ok=(ok,))
        verdicts = re.findall(r"configuration is valid|configuration NOT usable", out)
        t.eq(verdicts, [verdict], f"verdicts of {option}")
        t.eq(len(re.findall(r"Error encountered: .*nope", out)), ok, f"reasons of {option}")


@test("few-descriptors", needs=["prlimit"])
def few_descriptors(t):
    """Too few file descriptors: it reports that and ends, or serves; it never crashes."""
    conf = config(**{"multi-threading": {"enable-multi-threading": True, "thread-pool-size": 8}})
    for n in (4, 8, 12, 16, 20, 24, 32, 40):
        server = Server(t, conf, wrap=["prlimit", f"--nofile={n}:{n}"], name=f"kea-{n}", folder=t.path(f"state{n}"))
        process = server.launch()
        t.wait("its end or service", lambda s=server, p=process: not p.alive() or s.said("DHCP4_STARTED"), 8)
        code = process.stop()
        t.true(code in (0, 1, 127), f"exit code {code} with {n} descriptors:\n{process.log()[-800:]}")


NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
CAPS = {4: "+net_raw,+net_bind_service", 6: "+net_bind_service"}


def owned(t):
    folder = t.path("state")
    os.mkdir(folder)
    os.chown(folder, 65534, 65534)
    return folder


@test("not-root", needs=["setpriv"], families=(4, 6))
def not_root(t):
    """As nobody with CAP_NET_BIND_SERVICE and, for DHCPv4, CAP_NET_RAW it serves direct and renewing clients."""
    caps = CAPS[t.fam.digit]
    wrap = [*NOBODY, "--bounding-set=-all," + caps, f"--inh-caps=-all,{caps}", f"--ambient-caps=-all,{caps}"]
    server = t.server(wrap=wrap, folder=owned(t))
    with open(f"/proc/{server.pid}/status", encoding="ascii") as f:
        t.match(r"Uid:\s+65534\s+65534", f.read(), "uid")
    client = t.fam.client(t)
    address = client.lease()
    t.eq(client.keep(address), address, "renewed")
    server.process.send(signal.SIGHUP)
    server.wait_log(f"DHCP{t.fam.digit}_DYNAMIC_RECONFIGURATION_SUCCESS")
    t.eq(client.keep(client.lease()), address, "renewed after a reload")


@test("persist-not-root", needs=["setpriv"], families=(4, 6), beyond_kea="it has no persist-changes")
def persist_not_root(t):
    """As nobody in a directory of root's, it says at once that changes by commands cannot be stored."""
    caps = CAPS[t.fam.digit]
    wrap = [*NOBODY, "--bounding-set=-all," + caps, f"--inh-caps=-all,{caps}", f"--ambient-caps=-all,{caps}"]
    server = t.server(t.fam.config(**{"persist-changes": True}), wrap=wrap, folder=owned(t))
    server.wait_log(f"DHCP{t.fam.digit}_CHANGES_NOT_WRITABLE .*changes: Permission denied")
    server.stop()


@test("no-capability", needs=["setpriv"], beyond_kea="it logs that sockets failed and keeps running", families=(4, 6))
def no_capability(t):
    """As nobody without them: it ends, and one line names the capability and the setcap command."""
    server = Server(t, t.fam.config(), wrap=[*NOBODY, "--inh-caps=-all", "--bounding-set=-all"], folder=owned(t))
    needed = ["cap_net_raw"] * (t.fam.digit == 4) + ["cap_net_bind_service"]
    process = server.launch()
    t.true(process.wait(8) != 0, "exit code 0")
    lines = [line for line in process.log().splitlines() if "missing capability" in line and needed[0].upper() in line]
    t.eq(len(lines), 1, f"lines that name {needed[0].upper()}")
    t.match(rf"setcap {','.join(needed)}=ep /\S+", lines[0], "the command")


@test("confined", needs=["setpriv", "unshare", "mount"], beyond_kea="it reports that another server is running", families=(4, 6))
def confined(t):
    """Under an AppArmor profile without locks that hides its name, like Debian's: the message names the security
    module."""
    library = os.path.join(t.env["builddir"], "tests/tools/faulty.so")
    for name in "no-locks", "attr":
        t.write(name, "", 0o600)
    # A process reads the name of its profile there.
    inside = ["unshare", "-m", "sh", "-c", f'mount --bind {t.path("attr")} /proc/$$/attr/current && exec "$@"', "sh"]
    preload = ["env", f"LD_PRELOAD={library}", f"FAULTY={t.dir}", f"FAULTY_DISK={t.dir}"]
    server = Server(t, t.fam.config(), wrap=[*inside, *NOBODY, *preload], folder=owned(t))
    process = server.launch()
    t.true(process.wait(8) != 0, "exit code 0")
    t.match(rf"Permission denied: a security module confines this process, probably AppArmor.*aa-disable \S*/{server.program}",
            process.log(), "what it says")
    t.true("running" not in process.log(), f"it takes that for another server: {process.log()}")


@test("sd-notify", beyond_kea="it does not notify the service manager")
def sd_notify(t):
    """NOTIFY_SOCKET: READY when serving, RELOADING and READY around a reload, STOPPING, and a STATUS."""
    path = t.path("notify")
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    sock.bind(path)
    sock.settimeout(0.2)
    said = []

    def listen():
        try:
            while True:
                said.extend(sock.recv(4096).decode().splitlines())
        except TimeoutError:
            return said
    server = Server(t, config(), env={"NOTIFY_SOCKET": path})
    server.start()
    t.wait("READY=1", lambda: "READY=1" in listen(), 5)
    t.true(any(re.match("STATUS=.", s) for s in said), f"no STATUS in {said}")
    said.clear()
    server.reload()
    t.wait("READY=1 after a reload", lambda: "READY=1" in listen(), 5)
    t.true("RELOADING=1" in said, f"no RELOADING in {said}")
    t.true(said.index("RELOADING=1") < said.index("READY=1"), f"order of {said}")
    t.true(any(re.fullmatch(r"MONOTONIC_USEC=\d+", s) for s in said), f"no MONOTONIC_USEC in {said}")
    said.clear()
    server.reload("{ nonsense")
    t.wait("READY=1 after a bad reload", lambda: "READY=1" in listen(), 5)
    said.clear()
    t.eq(server.stop()[0], 0, "exit code")
    t.true("STOPPING=1" in listen(), f"no STOPPING in {said}")
