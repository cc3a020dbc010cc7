# SPDX-License-Identifier: MPL-2.0
"""Scripts that libdhcp_run_script.so starts: what they get for a real client, and that no client waits for one."""
import os
import shutil
import sys

from lib import dhcp, ledger
from lib.case import Skipped, test

SCRIPT = """#!/bin/sh
env | sort >"{0}/new.$$"
mv "{0}/new.$$" "{0}/ran.$1.$$"
{1}
"""


def server(t, more=""):
    os.makedirs(t.path("scripts"))
    t.write("scripts/note.sh", SCRIPT.format(t.path("scripts"), more), 0o755)
    run = {"library": "libdhcp_run_script.so", "parameters": {"name": "note.sh"}}
    return t.server(t.fam.config(**{**t.no_cache, "hooks-libraries": [run]}), env={
        "KEA_HOOKS_PATH": os.path.join(t.env["builddir"], "src/hooks"), "KEA_HOOK_SCRIPTS_PATH": t.path("scripts")})


def ran(t, point, n=1):
    """The environments of the scripts for this hook point, once there are n."""
    def found():
        names = [x for x in os.listdir(t.path("scripts")) if x.startswith(f"ran.{point}.")]
        return len(names) >= n and names
    out = []
    for name in t.wait(f"{n} scripts for {point}", found, 20):
        with open(t.path(f"scripts/{name}"), encoding="utf-8") as f:
            out.append(dict(line.rstrip("\n").split("=", 1) for line in f if "=" in line))
    return out


@test("script-dhclient", needs=["dhclient"], beyond_kea="the library is ours")
def script_dhclient(t):
    """dhclient gets a lease and releases it; the script learns both."""
    server(t)
    conf = t.write("dhclient.conf", 'send host-name "pc1";\nsend dhcp-client-identifier "me";\n')
    event = t.write("event.sh", '#!/bin/sh\ncase $reason in BOUND) ip addr replace "$new_ip_address/24" dev "$interface" ;; esac\n', 0o755)
    args = ["-4", "-v", "-cf", conf, "-lf", t.path("dhclient.leases"), "-pf", t.path("dhclient.pid"), "-sf", event, "c0"]
    t.run("cli", ["dhclient", "-1", *args])
    got = ran(t, "leases4_committed")[0]
    mac = t.net.mac("cli", "c0").hex(":")
    t.eq([got[k] for k in ("LEASES4_SIZE", "DELETED_LEASES4_SIZE", "LEASES4_AT0_HOSTNAME", "LEASES4_AT0_HWADDR", "LEASES4_AT0_CLIENT_ID")],
         ["1", "0", "pc1", mac, b"me".hex(":")], "the lease")
    t.eq([got[k] for k in ("QUERY4_TYPE", "QUERY4_HWADDR", "QUERY4_IFACE_NAME")], ["DHCPREQUEST", mac, "s0"], "the message")
    address = got["LEASES4_AT0_ADDRESS"]
    t.run("cli", ["dhclient", "-r", *args])
    got = ran(t, "lease4_release")[0]
    t.eq([got["LEASE4_ADDRESS"], got["QUERY4_TYPE"], got["QUERY4_CIADDR"]], [address, "DHCPRELEASE", address], "the release")


@test("script-hangs", beyond_kea="Kea starts any number of scripts")
def script_hangs(t):
    """Scripts that do not end: clients are served as without them, and the scripts are bounded."""
    srv = server(t, "exec sleep 1000")
    for n in range(90):
        t.true(dhcp.Client(t, mac=f"02:00:05:00:00:{n:02x}").dora(), f"client {n} gets no lease")
    ran(t, "leases4_committed", 64)
    t.true(srv.process.alive(), "the server ended")
    t.wait("hanging scripts to be killed", lambda: srv.said("RUN_SCRIPT_KILLED"), 30)
    ran(t, "leases4_committed", 65)


SLOW_SERVICE = """
import http.server
import time


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        time.sleep(0.3)
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{ "class": "known" }')

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 100


server = Server(("127.0.0.1", 8080), Handler)
print("ready", flush=True)
server.serve_forever()
"""
# Workers may not have what belongs to the main thread.
IN_WORKERS = """
kea.on("pkt4_send", function(call)
    if pcall(kea.timer, 1, print) then kea.error("a timer in a worker") end
    if not call:has_class("known") then kea.error("no answer") end
end)
"""


@test("script-lua-waits", limit=120, beyond_kea="the library is ours")
def script_lua_waits(t):
    """Four workers park messages until the main thread has the answer of a slow HTTP service, also while a reload replaces
    the script. With KEA_DHCP4 naming a build with ThreadSanitizer, this is the test of the states of Lua."""
    if not os.path.exists(os.path.join(t.env["builddir"], "src/hooks/libdhcp_lua.so")):
        raise Skipped("skipped: built without Lua")
    os.makedirs(t.path("scripts"))
    script = t.path("scripts/http-query.lua")
    shutil.copy(os.path.join(os.path.dirname(__file__), "../../examples/scripts/http-query.lua"), script)
    with open(script, "a", encoding="utf-8") as f:
        f.write(IN_WORKERS)
    service = t.start("srv", [sys.executable, t.write("service.py", SLOW_SERVICE)], name="service")
    t.wait("the service", lambda: "ready" in service.log())
    lua = {"library": "libdhcp_lua.so", "parameters": {"script": "http-query.lua",
                                                       "parameters": {"url": "http://127.0.0.1:8080/client/"}}}
    server = t.server(t.fam.config(**{**t.no_cache, "hooks-libraries": [lua], "client-classes": [{"name": "known"}],
                      "multi-threading": {"enable-multi-threading": True, "thread-pool-size": 4}}), env={
        "KEA_HOOKS_PATH": os.path.join(os.path.dirname(t.env["kea_dhcp4"]), "src/hooks"), "KEA_HOOK_SCRIPTS_PATH": t.path("scripts")})
    load = ledger.Load(t, "--rate", "50", "--clients", "400", "--seconds", "6", "--timeout", "3000")
    t.wait("leases", lambda: load.acks() or not load.process.alive(), 20)
    with open(script, "a", encoding="utf-8") as f:
        f.write("-- changed\n")
    server.reload()
    got = load.finish()
    # One after the other, 6 seconds are 10 exchanges: two messages each, 0.3 s each.
    t.true(got["completed"] > 100, f"clients waited for each other: {got}")
    t.eq(got["confirmed_dups"], 0, "duplicates")
    server.wait_log("LUA_UNLOADED", timeout=30)
    t.eq(server.said("LUA_SCRIPT_FAILED|LUA_SCRIPT_ERROR|LUA_SCRIPT_WARN"), 0, f"errors of the script: {server.log()[-3000:]}")
    t.eq(server.process.stop(timeout=60), 0, "exit code")
    t.true("ThreadSanitizer" not in server.log(), f"a race: {server.log()[-6000:]}")
