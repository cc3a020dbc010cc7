# SPDX-License-Identifier: MPL-2.0
"""keactrl with the server under test, both kinds of configuration."""
import os
import re
import shutil

from lib.case import Skipped, test
from lib.server import Server, config


def keactrl_path(t):
    path = os.path.join(t.env["builddir"], "keactrl")
    path = path if os.access(path, os.X_OK) else shutil.which("keactrl")
    if not path:
        raise Skipped("skipped: needs keactrl")
    return path


def keactrl_conf(t, server, both=False, one_file=False):
    """keactrl.conf for this server alone, or (both) together with the other one."""
    files = {n: t.path(f"none{n}.conf") for n in (4, 6)}
    files[server.digit] = server.conf_path
    if both:
        other = 10 - server.digit
        files[other] = t.write(f"kea-dhcp{other}.conf", f'{{ "Dhcp{other}": {{ "lease-database": {{ "type": "memfile" }} }} }}')
    lines = [f"prefix={t.dir}", "dhcp_ddns_srv=/nonexistent", "dhcp_ddns=no", "kea_verbose=no"]
    if one_file:
        lines.append(f"kea_config_file={server.conf_path}")
    else:
        lines += [f"kea_dhcp{n}_config_file={path}" for n, path in files.items()]
        lines += [f"kea_{n}_config_file={t.path('none.conf')}" for n in ("dhcp_ddns", "ctrl_agent")] + ["ctrl_agent=no", "netconf=no"]
    lines += [f"dhcp{n}_srv={t.env[f'kea_dhcp{n}']}\ndhcp{n}={'yes' if both or n == server.digit else 'no'}" for n in (4, 6)]
    return t.write("keactrl.conf", "\n".join(lines) + "\n")


def runner(t, server, ctrl_conf, *more):
    keactrl = keactrl_path(t)

    def run(command, *args, ok=(0,)):
        return t.run("srv", [keactrl, command, "-c", ctrl_conf, *more, *args], env=server.env, ok=ok)
    return run


def output(server):
    """Returns the output of a server started by keactrl."""
    with open(os.path.join(server.folder, server.program + ".out"), encoding="utf-8", errors="replace") as f:
        return f.read()


def cycle(t, server, ctrl_conf, *more):
    run = runner(t, server, ctrl_conf, *more)
    title, program, ident = f"DHCPv{server.digit} server", server.program, f"DHCP{server.digit}"
    t.match(rf"(?m)^{title}: inactive$", run("status"), "status before the start")
    said = run("start")
    t.match(rf"INFO/keactrl: Starting \S*{program} -c \S+", said, "start")
    t.true(f"{ident}_" not in said, f"the log is in the terminal: {said}")
    t.true(f"{ident}_STARTED" in output(server), "start did not wait until it serves")
    t.match(rf"(?m)^{title}: active$", run("status"), "status")
    t.true(t.fam.client(t).lease(), "response")
    t.match("appears to be running", run("start"), "second start")
    t.match(f"INFO/keactrl: Reloading {program}...", run("reload"), "reload")
    t.wait("the reload", lambda: f"{ident}_DYNAMIC_RECONFIGURATION_SUCCESS" in output(server))
    with open(server.conf_path, "a", encoding="utf-8") as f:
        f.write("nonsense")
    t.match("nonsense", run("reload", ok=(1,)), "what a reload says about a bad file")
    t.match(rf"(?m)^{title}: active$", run("status"), "status after a bad reload")
    t.true(t.fam.client(t).lease(), "response after a bad reload")
    t.match(f"INFO/keactrl: Stopping {program}...", run("stop"), "stop")
    t.wait("the end", lambda: f"{ident}_SHUTDOWN" in output(server))
    t.wait("the end of the pid file", lambda: not os.path.exists(server.pid_file))
    t.match(rf"(?m)^{title}: inactive$", run("status"), "status after the stop")
    t.match("isn't running", run("stop"), "second stop")
    t.match("nonsense(.|\n)*has not been started", run("start", ok=(1,)), "what a start says about a bad file")
    t.match(r"(?m)^keactrl: \d+\.\d+\.\d+", run("version"), "version")
    t.match("--help", run("dance", ok=(1,)), "a wrong command")


@test("keactrl", families=(4, 6))
def keactrl(t):
    """start, status, reload, status, stop, version, with one file per server."""
    server = Server(t, t.fam.config())
    cycle(t, server, keactrl_conf(t, server))


@test("keactrl-both", beyond_kea="its DUID is in the compiled-in directory, whatever the environment says")
def keactrl_both(t):
    """Both servers with one command: started, reloaded, one stopped alone, the rest stopped; each has its own PID
    file."""
    server = Server(t, config())
    run = runner(t, server, keactrl_conf(t, server, both=True))

    def active():
        return re.findall(r"(?m)^(DHCPv[46]) server: active$", run("status"))

    def both(ident):
        out = ""
        for n in 4, 6:
            with open(os.path.join(server.folder, f"kea-dhcp{n}.out"), encoding="utf-8") as f:
                out += f.read()
        return all(f"DHCP{n}_{ident}" in out for n in (4, 6))
    run("start")
    t.true(both("STARTED"), "start did not wait")
    t.eq(active(), ["DHCPv4", "DHCPv6"], "active")
    t.eq(sorted(f for f in os.listdir(server.folder) if f.endswith(".pid")),
         ["kea-dhcp4.kea-dhcp4.pid", "kea-dhcp6.kea-dhcp6.pid"], "pid files")
    t.true("kea-dhcp6-serverid" in os.listdir(server.folder), "the DUID is not kept")
    run("reload")
    t.wait("both reloads", lambda: both("DYNAMIC_RECONFIGURATION_SUCCESS"))
    run("stop", "-s", "dhcp6")
    t.eq(active(), ["DHCPv4"], "active after dhcp6 was stopped")
    run("stop")
    t.eq(active(), [], "active in the end")


@test("keactrl-one-file", beyond_kea="one file for all servers was removed in Kea 1.1")
def keactrl_one_file(t):
    """Like Kea 1.0: kea_config_file with Dhcp4, Dhcp6, DhcpDdns and a top-level Logging object."""
    conf = config()
    loggers = conf["Dhcp4"].pop("loggers")
    conf.update(Dhcp6={}, DhcpDdns={}, Logging={"loggers": loggers})
    for subnet in conf["Dhcp4"]["subnet4"]:
        del subnet["id"]  # these ids were assigned automatically
    server = Server(t, conf, name="kea")
    cycle(t, server, keactrl_conf(t, server, one_file=True), "-s", "dhcp4")
