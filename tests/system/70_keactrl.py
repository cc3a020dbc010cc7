# SPDX-License-Identifier: MPL-2.0
"""keactrl with the server under test, both kinds of configuration."""
import os
import shutil

from lib import dhcp
from lib.case import Skipped, test
from lib.server import Server, config


def keactrl_path(t):
    path = os.path.join(t.env["builddir"], "keactrl")
    path = path if os.access(path, os.X_OK) else shutil.which("keactrl")
    if not path:
        raise Skipped("skipped: needs keactrl")
    return path


def cycle(t, server, ctrl_conf, *more):
    keactrl = keactrl_path(t)

    def run(command, *args, ok=(0,)):
        return t.run("srv", [keactrl, command, "-c", ctrl_conf, *more, *args], env=server.env, ok=ok)
    t.match(r"(?m)^DHCPv4 server: inactive$", run("status"), "status before the start")
    # what keactrl starts writes to the same file: its own log of this run
    t.match(r"INFO/keactrl: Starting \S*kea-dhcp4 -c \S+", run("start"), "start")
    log = t.processes[-1]
    t.wait("DHCP4_STARTED", lambda: "DHCP4_STARTED" in log.log(), 15)
    t.match(r"(?m)^DHCPv4 server: active$", run("status"), "status")
    t.eq(dhcp.Client(t).dora().type, dhcp.ACK, "answer")
    t.match("appears to be running", run("start"), "second start")
    t.match("INFO/keactrl: Reloading kea-dhcp4...", run("reload"), "reload")
    t.wait("the reload", lambda: "DHCP4_DYNAMIC_RECONFIGURATION_SUCCESS" in log.log())
    t.match("INFO/keactrl: Stopping kea-dhcp4...", run("stop"), "stop")
    t.wait("the end", lambda: "DHCP4_SHUTDOWN" in log.log())
    t.wait("the end of the pid file", lambda: not os.path.exists(server.pid_file))
    t.match(r"(?m)^DHCPv4 server: inactive$", run("status"), "status after the stop")
    t.match("isn't running", run("stop"), "second stop")
    t.match(r"(?m)^keactrl: \d+\.\d+\.\d+", run("version"), "version")
    t.match("(?i)usage", t.run("srv", [keactrl, "dance", "-c", ctrl_conf], env=server.env, ok=(1,)), "a wrong command")


@test("keactrl")
def keactrl(t):
    """start, status, reload, status, stop, version, with one file per server."""
    server = Server(t, config())
    cycle(t, server, t.write("keactrl.conf", f"""prefix={t.dir}
kea_dhcp4_config_file={server.conf_path}
kea_dhcp6_config_file={t.path("none6.conf")}
kea_dhcp_ddns_config_file={t.path("none.conf")}
kea_ctrl_agent_config_file={t.path("none.conf")}
dhcp4_srv={server.binary}
dhcp6_srv=/nonexistent
dhcp_ddns_srv=/nonexistent
dhcp4=yes
dhcp6=no
dhcp_ddns=no
ctrl_agent=no
netconf=no
kea_verbose=no
"""))


@test("keactrl-one-file", beyond_kea="one file for all servers is gone since Kea 1.1")
def keactrl_one_file(t):
    """As Kea 1.0: kea_config_file with Dhcp4, Dhcp6, DhcpDdns and a top-level Logging object."""
    conf = config()
    loggers = conf["Dhcp4"].pop("loggers")
    conf.update(Dhcp6={}, DhcpDdns={}, Logging={"loggers": loggers})
    for subnet in conf["Dhcp4"]["subnet4"]:
        del subnet["id"]  # these were numbered by themselves
    server = Server(t, conf, name="kea")
    cycle(t, server, t.write("keactrl.conf", f"""prefix={t.dir}
kea_config_file={server.conf_path}
dhcp4_srv={server.binary}
dhcp6_srv=/nonexistent
dhcp_ddns_srv=/nonexistent
dhcp4=yes
dhcp6=no
dhcp_ddns=no
kea_verbose=no
"""), "-s", "dhcp4")
