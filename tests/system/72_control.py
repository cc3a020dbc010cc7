# SPDX-License-Identifier: MPL-2.0
"""Control sockets: Kea's clients and others, TLS, access, reload, and clients that misbehave while DHCP is served."""
import base64
import json
import os
import subprocess
import sys
import time

from lib import ledger
from lib.case import test
from lib.net import is_listening
from lib.server import Server, config

HTTP = {"socket-type": "http", "socket-address": "127.0.0.1", "socket-port": 8000}
UNIX = {"socket-type": "unix", "socket-name": "control"}
KEA_SHELL = "/usr/sbin/kea-shell"
KEA_AGENT = "/usr/sbin/kea-ctrl-agent"

# Sends a request and prints the response; sys.argv: path of the unix socket, request.
ASK = """
import socket, sys
s = socket.socket(socket.AF_UNIX)
s.connect(sys.argv[1]) # waits while many others connect; with a time limit it would fail at once
s.settimeout(20)
s.sendall(sys.argv[2].encode())
while data := s.recv(65536):
    sys.stdout.buffer.write(data)
"""


def ask(t, server, command, **more):
    """A command over the unix socket."""
    out = t.run("srv", [sys.executable, "-c", ASK, os.path.join(server.folder, "control"),
                        json.dumps({"command": command, **more})])
    return json.loads(out)


def curl(t, *args, url="http://127.0.0.1:8000/", command="version-get", ok=(0,)):
    """The body and the status code of the response."""
    out = t.run("srv", ["curl", "-sS", "-m", "20", "-w", "\n%{http_code}", "-H", "Content-Type: application/json",
                        "-d", json.dumps({"command": command}), *args, url], ok=ok)
    body, _, code = out.rpartition("\n")
    return body, code


@test("control-clients", needs=("curl",))
def control_clients(t):
    """curl, kea-shell and Debian's agent talk to the server as they do to Kea; users and their rights."""
    t.write("reader", "secret\n", 0o600)
    server = t.server(config(**{"control-sockets": [
        UNIX, HTTP, {**HTTP, "socket-port": 8001, "http-headers": [{"name": "X-Test", "value": "1"}],
                     "authentication": {"type": "basic", "realm": "our realm", "directory": t.dir, "clients": [
                         {"user": "admin", "password": "a:b"},
                         {"user": "reader", "password-file": "reader", "access": "read-only"},
                         {"user": "one", "password": "1", "allowed-commands": ["version-get"]}]}}]}))
    path = os.path.join(server.folder, "control")
    t.eq(oct(os.stat(path).st_mode & 0o7777), "0o660", "mode of the socket")
    version = ask(t, server, "version-get")
    t.eq(version["result"], 0, "result")
    t.eq(ask(t, server, "version-get", service=["dhcp4"]), version, "with service")
    body, code = curl(t)
    t.eq((json.loads(body), code), ([version], "200"), "curl")
    out = t.run("srv", ["curl", "-sS", "-i", "-m", "20", "-d", '{ "command": "version-get" }', "http://127.0.0.1:8000/"])
    t.match(r"^HTTP/1.1 400 Bad Request\r?\n", out, "curl without content type")
    url = "http://127.0.0.1:8001/"
    t.eq(curl(t, url=url), ('{ "result": 401, "text": "Unauthorized" }', "401"), "without user")
    t.eq(curl(t, "-u", "admin:a", url=url)[1], "401", "with a wrong password")
    t.eq(json.loads(curl(t, "-u", "admin:a:b", url=url)[0]), [version], "with a user")
    out = t.run("srv", ["curl", "-sS", "-i", "-m", "20", "-d", "{}", url])
    t.match(r'WWW-Authenticate: Basic realm="our realm"', out, "challenge")
    t.match(r"X-Test: 1", out, "additional header")
    t.eq(json.loads(curl(t, "-u", "reader:secret", url=url)[0]), [version], "reading user")
    got = json.loads(curl(t, "-u", "reader:secret", url=url, command="dhcp-disable")[0])[0]
    t.true(got["result"] == 1 and 'user "reader"' in got["text"], f"reading user, dhcp-disable: {got}")
    got = json.loads(curl(t, "-u", "one:1", url=url, command="status-get")[0])[0]
    t.true(got["result"] == 1 and 'user "one"' in got["text"], f"user with one command, status-get: {got}")
    t.eq(json.loads(curl(t, "-u", "one:1", url=url)[0]), [version], "user with one command")
    # One connection for several requests.
    out = t.run("srv", ["curl", "-sS", "-v", "-m", "20", "-H", "Content-Type: application/json", "-d",
                        '{ "command": "version-get" }', "http://127.0.0.1:8000/a", "http://127.0.0.1:8000/b"])
    t.match("Re-using existing connection", out, "keep-alive")
    if os.access(KEA_SHELL, os.X_OK):
        shell = [KEA_SHELL, "--host", "127.0.0.1", "--service", "dhcp4"]
        t.eq(json.loads(run_input(t, [*shell, "--port", "8000", "version-get"])), [version], "kea-shell")
        out = run_input(t, [*shell, "--port", "8001", "--auth-user", "admin", "--auth-password", "a:b", "version-get"])
        t.eq(json.loads(out), [version], "kea-shell with a user")
    if os.access(KEA_AGENT, os.X_OK):
        agent = {"http-host": "127.0.0.1", "http-port": 8002, "control-sockets": {"dhcp4": {"socket-type": "unix", "socket-name": path}}}
        t.write("agent.conf", json.dumps({"Control-agent": agent}))
        t.start("srv", [KEA_AGENT, "-c", t.path("agent.conf")], name="agent", env=server.env)
        t.wait("the agent", lambda: t.run("srv", ["curl", "-s", "http://127.0.0.1:8002/"], ok=(0, 7)))
        got = run_input(t, [KEA_SHELL, "--host", "127.0.0.1", "--port", "8002", "--service", "dhcp4", "version-get"])
        t.eq(json.loads(got), [version], "kea-shell and kea-ctrl-agent")
    secrets = [s for s in ("a:b", "secret", base64.b64encode(b"admin:a:b").decode()) if s in server.log()]
    t.eq(secrets, [], "passwords in the log")


AGENT = {"http-host": "127.0.0.1", "http-port": 8000}
AGENT_CASES = [
    {"command": "list-commands", "service": ["dhcp4"]},
    {"command": "version-get", "service": ["dhcp4", "d2", "dhcp6", "dhcp4"]},
    {"command": "version-get", "service": ["dhcp5"]},
    {"command": "nonsense", "service": ["dhcp4"]},
    {"command": "config-get", "service": ["d2", "dhcp4"]},
    {"command": "subnet4-select-test", "service": ["dhcp4"], "arguments": {"address": "203.0.113.1"}},
    {"command": "statistic-get", "service": ["dhcp4"], "arguments": {"name": "pkt4-received"}},
]


@test("control-agent", needs=("curl",))
def control_agent(t):
    """The port of Kea's agent, from a file beside the server's: the responses are those of Debian's agent in front of the
    same servers; kea-shell; d2 gone and back; the port moves with a reload, and to another server when one ends."""
    d2_conf = {"ip-address": "127.0.0.1", "control-socket": {**UNIX, "socket-name": "d2"}}
    server = Server(t, config(**{"control-socket": UNIX}))
    sockets = {"dhcp4": {"socket-type": "unix", "socket-name": os.path.join(server.folder, "control")},
               "d2": {"socket-type": "unix", "socket-name": os.path.join(server.folder, "d2")}}

    def write(**more):
        t.write("kea-ctrl-agent.conf", json.dumps({"Control-agent": {**AGENT, "control-sockets": sockets, **more}}))

    def start_d2():
        t.write("d2.conf", json.dumps({"DhcpDdns": d2_conf}))
        process = t.start("srv", [os.path.join(t.env["builddir"], "kea-dhcp-ddns"), "-c", t.path("d2.conf")], name="d2",
                          env=server.env)
        t.wait("d2", lambda: is_listening(sockets["d2"]["socket-name"]))
        return process

    def post(request, port=8000):
        return t.run("srv", ["curl", "-sS", "-m", "20", "-H", "Content-Type: application/json", "-d", json.dumps(request),
                             f"http://127.0.0.1:{port}/"])
    write()
    server.start()
    t.eq(server.said("kea-ctrl-agent.conf is used"), 1, "the notice")
    t.match("unable to forward command to the d2 service: No such file", post({"command": "x", "service": ["d2"]}), "no d2")
    d2 = start_d2()
    version = ask(t, server, "version-get")
    got = json.loads(post({"command": "version-get", "service": ["dhcp4", "dhcp6", "d2"]}))
    t.eq((got[0], got[1]["result"], got[2]["result"], len(got)), (version, 1, 0, 3), "three services")
    t.eq(list(json.loads(post({"command": "config-get"}))[0]["arguments"]["Control-agent"]["control-sockets"]), ["dhcp4", "d2"],
         "the agent's configuration")
    if os.access(KEA_SHELL, os.X_OK):
        shell = [KEA_SHELL, "--host", "127.0.0.1", "--port", "8000"]
        t.eq(json.loads(run_input(t, [*shell, "--service", "dhcp4", "version-get"])), [version], "kea-shell")
        t.eq(json.loads(run_input(t, [*shell, "--service", "d2", "status-get"]))[0]["arguments"]["pid"], d2.pid, "kea-shell, d2")
        t.eq(json.loads(run_input(t, [*shell, "list-commands"]))[0]["result"], 0, "kea-shell, the agent itself")
    if os.access(KEA_AGENT, os.X_OK):
        t.write("other.conf", json.dumps({"Control-agent": {**AGENT, "http-port": 8002, "control-sockets": sockets}}))
        t.start("srv", [KEA_AGENT, "-c", t.path("other.conf")], name="agent", env=server.env)
        t.wait("the agent", lambda: t.run("srv", ["curl", "-s", "http://127.0.0.1:8002/"], ok=(0, 7)))
        for case in AGENT_CASES:
            a, b = (json.loads(post(case, port)) for port in (8000, 8002))
            for response in a + b:
                response.get("arguments") and case["command"] == "statistic-get" and response.pop("arguments")
            t.eq(a, b, f"the same as Kea's agent: {case}")
    d2.stop()
    t.match("offline", post({"command": "status-get", "service": ["dhcp4", "d2"]}), "d2 is gone")
    d2 = start_d2()
    t.true("offline" not in post({"command": "status-get", "service": ["dhcp4", "d2"]}), "d2 is back")
    # A reload moves the port; a file with errors closes it, and the server goes on.
    write(**{"http-port": 8003})
    t.eq(ask(t, server, "config-reload")["result"], 0, "reload")
    t.eq(json.loads(post({"command": "version-get", "service": ["dhcp4"]}, 8003)), [version], "at the new port")
    t.run("srv", ["curl", "-s", "http://127.0.0.1:8000/"], ok=(7,))
    write(**{"http-port": 0})
    t.eq(ask(t, server, "config-reload")["result"], 0, "reload with a bad file beside")
    t.run("srv", ["curl", "-s", "http://127.0.0.1:8003/"], ok=(7,))
    write()
    # config-set leaves the port alone; a second server waits until the first one ends.
    t.eq(ask(t, server, "config-reload")["result"], 0, "reload")
    conf = ask(t, server, "config-get")["arguments"]
    t.eq(ask(t, server, "config-set", arguments={"Dhcp4": conf["Dhcp4"]})["result"], 0, "config-set")
    t.eq(json.loads(post({"command": "version-get", "service": ["dhcp4"]})), [version], "after config-set")
    t.true(t.fam.client(t).lease(), "response")
    idle = {"interfaces-config": {"interfaces": []}, "lease-database": {"type": "memfile", "persist": False}}
    second = Server(t, {"Dhcp4": idle}, name="second")
    second.start()
    t.eq(second.said("CTRL_AGENT_PORT_NOT_OPENED"), 1, "the second server")
    server.stop()
    second.wait_log("CTRL_AGENT_STARTED", timeout=30)
    got = json.loads(post({"command": "status-get", "service": ["d2", "dhcp4"]}))
    t.eq([r["result"] for r in got], [0, 1], "from the second server")


@test("control-agent-commands", needs=("curl",))
def control_agent_commands(t):
    """Commands that change the agent itself: results and texts are those of Debian's agent; a change is checked first, takes
    effect after its response, is written to its file with the comments there, and ends with the port or with a reload."""
    server = Server(t, config(**{"control-socket": UNIX}))
    path = t.path("kea-ctrl-agent.conf")
    sockets = {"dhcp4": {"socket-type": "unix", "socket-name": os.path.join(server.folder, "control")}}
    users = {"type": "basic", "clients": [{"user": "admin", "password": "secret"}]}
    t.write("kea-ctrl-agent.conf", "// The agent.\n" + json.dumps({"Control-agent": {**AGENT, "control-sockets": sockets}}) + "\n")

    def post(command, port=8000, user=(), **arguments):
        request = {"command": command, **({"arguments": arguments} if arguments else {})}
        return json.loads(t.run("srv", ["curl", "-sS", "-m", "20", "-H", "Content-Type: application/json", *user, "-d",
                                        json.dumps(request), f"http://127.0.0.1:{port}/"]))[0]

    def agent(**more):
        return {"Control-agent": {**AGENT, "control-sockets": sockets, **more}}

    def closed(port):
        t.wait(f"port {port} is closed", lambda: t.run("srv", ["curl", "-s", f"http://127.0.0.1:{port}/"], ok=(0, 7, 52, 56)) == "" and
               t.run("srv", ["sh", "-c", f"curl -s http://127.0.0.1:{port}/; echo $?"]).strip() == "7")
    server.start()
    hash_of = post("config-get")["arguments"]["hash"]
    t.eq(post("config-hash-get")["arguments"]["hash"], hash_of, "config-hash-get")
    if os.access(KEA_AGENT, os.X_OK):
        t.write("other.conf", json.dumps(agent(**{"http-port": 8002})))
        t.start("srv", [KEA_AGENT, "-c", t.path("other.conf")], name="agent", env=server.env)
        t.wait("the agent", lambda: t.run("srv", ["curl", "-s", "http://127.0.0.1:8002/"], ok=(0, 7)))
        for command, arguments in (("config-test", {}), ("config-test", agent()), ("config-test", {"Dhcp4": {}}),
                                   ("config-set", {"Dhcp4": {}}), ("config-reload", {})):
            ours, kea = post(command, **arguments), post(command, 8002, **arguments)
            t.eq(ours["result"], kea["result"], f"{command} {arguments}, the result of Kea's agent")
            t.true(ours["result"] or ours["text"] == kea["text"], f"{command}, the text of Kea's agent")
        t.match("8002", post("config-set", **agent(**{"http-port": 8002}))["text"], "a port that is in use")
        t.eq(post("version-get")["result"], 0, "then nothing changes")
        t.eq(post("shutdown", 8002)["text"], "Control Agent is shutting down", "Kea's agent")
    t.match("did you mean", post("config-test", **agent(**{"http-prt": 1}))["text"], "errors are named")
    t.match("http-prt", post("config-set", **agent(**{"http-prt": 1}))["text"], "errors are named")
    # To another port, with a user; with an outdated hash it is a conflict.
    t.eq(post("config-set", **agent(**{"http-port": 8003}), hash="0" * 64)["result"], 4, "another hash")
    t.eq(post("config-set", **agent(**{"http-port": 8003, "authentication": users}), hash=hash_of)["result"], 0, "config-set")
    closed(8000)
    t.match("401", t.run("srv", ["curl", "-s", "-d", "{}", "http://127.0.0.1:8003/"]), "a password is needed")
    user = ("-u", "admin:secret")
    t.true("secret" not in json.dumps(post("config-get", 8003, user)), "no passwords in config-get")
    got = post("config-write", 8003, user)
    with open(path, encoding="utf-8") as f:
        text = f.read()
    t.eq((got["arguments"]["filename"], got["arguments"]["size"]), (path, len(text)), "config-write")
    t.true(text.startswith("// The agent.\n") and "secret" in text and "8003" in text, "the comment, the password and the port")
    t.match("outside", post("config-write", 8003, user, filename="/tmp/x.conf")["text"], "another directory")
    # Back to what the file says; then closed until the server reads its configuration again.
    t.write("kea-ctrl-agent.conf", json.dumps(agent()))
    t.eq(post("config-reload", 8003, user)["text"], "Configuration applied successfully.", "config-reload")
    closed(8003)
    t.write("kea-ctrl-agent.conf", "{ ")
    t.eq(post("config-reload")["result"], 1, "config-reload of a bad file")
    t.write("kea-ctrl-agent.conf", json.dumps(agent()))
    t.eq(post("shutdown", **{"exit-value": 3})["text"], "Control Agent is shutting down", "shutdown")
    closed(8000)
    t.eq(ask(t, server, "config-reload")["result"], 0, "the server goes on")
    t.eq(post("version-get")["result"], 0, "open again")
    # In the server's own file.
    os.unlink(path)
    server.configure({**json.loads(server.conf), **agent()})
    t.eq(ask(t, server, "config-reload")["result"], 0, "reload")
    t.eq(post("config-reload")["result"], 0, "config-reload from the server's file")
    t.match("only the server writes", post("config-write")["text"], "config-write")


def run_input(t, args):
    """kea-shell reads arguments from its standard input, which is empty here."""
    return t.run("srv", ["sh", "-c", '"$@" </dev/null', "sh", *args])


def openssl(t, *args):
    subprocess.run(["openssl", *args], check=True, cwd=t.dir, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def make_ca(t, name):
    openssl(t, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", f"/CN={name}",
            "-keyout", f"{name}.key", "-out", f"{name}.pem")


def make_cert(t, name, ca, days="2"):
    t.write("ext", "subjectAltName=IP:127.0.0.1")
    openssl(t, "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={name}",
            "-keyout", f"{name}.key", "-out", f"{name}.csr")
    openssl(t, "x509", "-req", "-in", f"{name}.csr", "-CA", f"{ca}.pem", "-CAkey", f"{ca}.key", "-set_serial", "1", "-days", days,
            "-extfile", "ext", "-out", f"{name}.pem")


@test("control-tls", needs=("curl", "openssl"))
def control_tls(t):
    """Client certificates; none, a wrong or an expired one, old TLS, half handshakes; no descriptor is lost."""
    for name in ("ca", "other"):
        make_ca(t, name)
    make_cert(t, "server", "ca")
    make_cert(t, "client", "ca")
    make_cert(t, "stranger", "other")
    make_cert(t, "expired", "ca", "-1")
    tls = {"socket-type": "https", "socket-address": "127.0.0.1", "socket-port": 8443, "trust-anchor": t.path("ca.pem"),
           "cert-file": t.path("server.pem"), "key-file": t.path("server.key")}
    optional = {**tls, "socket-port": 8444, "cert-required": False,
                "authentication": {"clients": [{"user": "u", "password": "p"}]}}
    server = t.server(config(**{"control-sockets": [UNIX, tls, optional]}))
    url, ca = "https://127.0.0.1:8443/", ("--cacert", t.path("ca.pem"))

    def cert(name):
        return "--cert", t.path(f"{name}.pem"), "--key", t.path(f"{name}.key")
    version = [ask(t, server, "version-get")]
    t.eq(json.loads(curl(t, *ca, *cert("client"), url=url)[0]), version, "with a certificate")
    failed = (35, 52, 55, 56)
    for what, args in (("without", ()), ("of another CA", cert("stranger")), ("expired", cert("expired"))):
        t.eq(curl(t, *ca, *args, url=url, ok=failed)[1], "000", f"certificate {what}")
    t.eq(curl(t, *ca, *cert("client"), "--tls-max", "1.1", url=url, ok=failed)[1], "000", "TLS 1.1")
    t.eq(curl(t, "-u", "u:p", *ca, url="https://127.0.0.1:8444/")[1], "200", "user without a certificate")
    t.eq(curl(t, *ca, url="https://127.0.0.1:8444/")[1], "401", "nobody without a certificate")
    t.eq(curl(t, url="http://127.0.0.1:8443/", ok=(1, *failed))[1], "000", "no TLS")
    before = len(os.listdir(f"/proc/{server.pid}/fd"))
    half = """
import socket
v = [socket.create_connection(("127.0.0.1", 8443)) for _ in range(1000)]
for s in v:
    s.send(b"\\x16\\x03\\x01\\x02\\x00\\x01\\x00\\x01\\xfc\\x03\\x03")
"""
    t.run("srv", [sys.executable, "-c", half])
    t.eq(json.loads(curl(t, *ca, *cert("client"), url=url)[0]), version, "after half handshakes")
    t.wait("all descriptors to be closed", lambda: len(os.listdir(f"/proc/{server.pid}/fd")) <= before, 20)
    # A reload with a certificate that cannot be read changes nothing.
    server.reload(config(**{"control-sockets": [UNIX, {**tls, "cert-file": t.path("none.pem")}]}))
    server.wait_log("DYNAMIC_RECONFIGURATION_FAIL")
    t.eq(json.loads(curl(t, *ca, *cert("client"), url=url)[0]), version, "after a reload that failed")


@test("control-persist", families=(4, 6), beyond_kea="it has no persist-changes")
def control_persist(t):
    """With persist-changes, what a command has changed survives kill -9 and a reload, without config-write."""
    four = t.fam.digit == 4
    server = t.server(t.fam.config(**{"control-sockets": [UNIX], "commands": "all", "persist-changes": True}))
    address = "192.0.2.97" if four else "2001:db8:1::7:99"
    place = {"hw-address": "02:00:00:00:00:07", "ip-address": address} if four else \
        {"duid": "00:03:00:01:02:00:00:00:00:07", "ip-addresses": [address]}
    reservation = {"reservation": {"subnet-id": 1, **place}, "operation-target": "memory"}
    t.eq(ask(t, server, "reservation-add", arguments=reservation)["result"], 0, "result of reservation-add")
    server.kill()
    server.start()
    t.eq(t.fam.client(t, 7).lease(), address, "reserved address after kill -9")
    server.reload()
    server.wait_log("DYNAMIC_RECONFIGURATION_SUCCESS")
    t.eq(t.fam.client(t, 7).lease(), address, "reserved address after a reload")
    t.eq(ask(t, server, "config-rollback")["result"], 3, "result of config-rollback without an earlier configuration")
    server.stop()
    server.start()
    where = {"subnet-id": 1, "ip-address": address, "operation-target": "memory"}
    t.eq(ask(t, server, "reservation-del", arguments=where)["result"], 0, "result of reservation-del")
    t.eq(ask(t, server, "reservation-get", arguments=where)["result"], 3, "result of reservation-get")
    t.eq(ask(t, server, "config-rollback")["result"], 0, "result of config-rollback")
    t.eq(ask(t, server, "reservation-get", arguments=where)["result"], 0, "result of reservation-get after config-rollback")


@test("control-reload", needs=("curl",))
def control_reload(t):
    """Sockets come and go with the configuration; directories and addresses that are not safe; a file left over."""
    server = t.server(config(**{"control-socket": UNIX}))
    path = os.path.join(server.folder, "control")
    t.eq(ask(t, server, "version-get")["result"], 0, "unix socket")
    server.reload(config(**{"control-sockets": [UNIX, HTTP]}))
    server.wait_log("DYNAMIC_RECONFIGURATION_SUCCESS")
    t.eq(curl(t)[1], "200", "http socket after a reload")
    server.reload(config(**{"control-sockets": [HTTP]}))
    server.wait_log("DYNAMIC_RECONFIGURATION_SUCCESS", 2)
    t.true(not os.path.exists(path), "the unix socket is still there")
    t.eq(curl(t)[1], "200", "http socket after another reload")
    server.reload(config(**{"control-sockets": [UNIX]}))
    server.wait_log("DYNAMIC_RECONFIGURATION_SUCCESS", 3)
    t.eq(curl(t, ok=(7,))[1], "000", "http socket is closed")
    server.kill()
    t.true(os.path.exists(path), "the unix socket of a killed server")
    server.start()
    t.eq(ask(t, server, "version-get")["result"], 0, "unix socket in place of the one left over")
    t.eq(ask(t, server, "list-commands")["result"], 0, "list-commands")
    t.eq(server.stop()[0], 0, "exit code")
    t.true(not os.path.exists(path), "the unix socket of a stopped server")
    os.chmod(server.folder, 0o755)
    server.launch()
    t.true(server.process.wait(15) != 0, "the server started with an open directory")
    t.match("has mode 0755, more than 0750 allows", server.log(), "open directory")
    server.launch("-X")
    server.wait_log("DHCP4_STARTED")
    server.stop()
    os.chmod(server.folder, 0o750)
    server.configure(config(**{"control-sockets": [{**HTTP, "socket-address": "192.0.2.1"}]}))
    server.launch()
    t.true(server.process.wait(15) != 0, "the server started with an open HTTP socket")
    t.match("everybody who reaches http:192.0.2.1:8000 could control the server", server.log(), "open HTTP socket")


# Clients that misbehave, until their standard input ends. sys.argv: path of the unix socket.
HOSTILE = r"""
import random, select, socket, struct, sys, time
kinds = sys.argv[2:]
def unix():
    s = socket.socket(socket.AF_UNIX)
    s.settimeout(1)
    s.connect(sys.argv[1])
    return s
def http():
    return socket.create_connection(("127.0.0.1", 8000), 1)
def send(s, data, read=True):
    try:
        s.sendall(data)
        while read and s.recv(65536):
            pass
    except OSError:
        pass
POST = b"POST / HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
def idle(open):
    held = []
    while True:
        for _ in range(200):
            try:
                held.append(open())
            except OSError:
                time.sleep(0.01)
        for s in held[-400:]:
            send(s, b"P", False)
        held = held[-3000:]
        time.sleep(0.3)
        yield
def huge(size):
    body = b'{"command":"version-get","arguments":[' + b"{}," * (size // 3)
    while True:
        send(unix(), body)
        send(http(), POST % len(body) + body)
        yield
def slow_reader():
    held = []
    while True:
        s = unix()
        send(s, b'{"command":"config-get"}', False)
        held = (held + [s])[-100:]
        try:
            held[0].recv(1)
        except OSError:
            pass
        time.sleep(0.02)
        yield
def leaving():
    r = random.Random(2)
    while True:
        for data in (b'{"command":"config-get"}', b'{"command":"config-get"', b"", POST % 50 + b"{"):
            s = unix() if data[:1] != b"P" else http()
            send(s, data, False)
            if r.randrange(2):
                s.shutdown(socket.SHUT_WR)
            if r.randrange(2):
                s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            try:
                s.recv(r.randrange(1, 5000))
            except OSError:
                pass
            s.close()
        yield
def idle_tls():
    return socket.create_connection(("127.0.0.1", 8443), 1)
def garbage():
    r = random.Random(1)
    while True:
        send(random.choice([unix, http])(), bytes(r.randrange(256) for _ in range(r.randrange(2000))))
        send(unix(), b"[" * 20000)
        send(http(), b"POST / HTTP/1.1\r\n" + b"X: 1\r\n" * 100000)
        send(http(), b"POST / HTTP/1.1\r\nX: " + b"x" * (1 << 20))
        yield
def passwords():
    i = 0
    while True:
        i += 1
        s = socket.create_connection(("127.0.0.1", 8001), 1)
        send(s, b"POST / HTTP/1.1\r\nContent-Type: application/json\r\nAuthorization: Basic %08d\r\nContent-Length: 2\r\n\r\n{}" % i)
        yield
def pipelined():
    body = b'{"command":"version-get"}'
    while True:
        send(http(), (POST % len(body) + body) * 1000)
        yield
jobs = {"idle": lambda: idle(unix), "idle-http": lambda: idle(http), "huge": lambda: huge(15 << 20), "too-huge": lambda: huge(64 << 20),
        "idle-tls": lambda: idle(idle_tls), "leaving": leaving,
        "slow": slow_reader, "garbage": garbage, "passwords": passwords, "pipelined": pipelined}
job = jobs[kinds[0]]()
n = 0
while True:
    try:
        next(job)
    except OSError:
        time.sleep(0.05)
    n += 1
    print(n, flush=True)
"""


@test("control-hostile", limit=180, needs=("openssl",))
def control_hostile(t):
    """Clients of every bad kind in turn: a good client is answered, DHCP is served without losses, memory is bounded.
    The latencies are printed; only a quiet host can judge them."""
    make_ca(t, "ca")
    make_cert(t, "server", "ca")
    tls = {"socket-type": "https", "socket-address": "127.0.0.1", "socket-port": 8443, "trust-anchor": t.path("ca.pem"),
           "cert-file": t.path("server.pem"), "key-file": t.path("server.key")}
    server = t.server(config(quiet=True, **{"control-sockets": [
        UNIX, HTTP, {**HTTP, "socket-port": 8001, "authentication": {"clients": [{"user": "u", "password": "p"}]}}, tls]}))
    path = os.path.join(server.folder, "control")
    program = t.write("hostile.py", HOSTILE)
    before = rss_mb(server.pid)
    for kind in (None, "idle", "idle-http", "idle-tls", "huge", "too-huge", "slow", "leaving", "garbage", "passwords", "pipelined"):
        bad = kind and t.start("srv", [sys.executable, program, path, kind], name=f"bad-{kind}")
        if bad:
            t.wait(f"{kind} to begin", lambda bad=bad: "1\n" in bad.log(), 30)
        load = ledger.Load(t, "--rate", "200", "--clients", "2000", "--seconds", "2", "--timeout", "2000", name=f"load-{kind}")
        slowest = 0
        while load.process.alive():
            start = time.monotonic()
            t.eq(ask(t, server, "version-get")["result"], 0, f"{kind}: a good client")
            slowest = max(slowest, time.monotonic() - start)
            time.sleep(0.2)
        got = load.finish()
        t.note(f"{kind}: DHCP p99 {got['p99_us'] / 1000:.1f} ms, max {got['max_us'] / 1000:.1f} ms; "
               f"good client at most {slowest * 1000:.0f} ms; {rss_mb(server.pid) - before:.0f} MiB more")
        t.true(got["completed"] > 100, f"{kind}: DHCP clients were not served: {got}")
        t.true(server.process.alive(), f"{kind}: the server ended")
        t.true(rss_mb(server.pid) - before < 700, f"{kind}: {rss_mb(server.pid) - before:.0f} MiB more")
        if bad:
            bad.stop(9)
    t.eq(ask(t, server, "version-get")["result"], 0, "afterwards")
    t.wait("all connections to be closed", lambda: len(os.listdir(f"/proc/{server.pid}/fd")) < 60, 20)
    t.eq(server.stop()[0], 0, "exit code")


def rss_mb(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as f:
        return int(next(line for line in f if line.startswith("VmRSS")).split()[1]) / 1024


# One of several clients that send commands as fast as they are answered, until the server ends or their input does.
# sys.argv: path of the unix socket, number of the client.
BUSY = r"""
import json, socket, sys
path, number = sys.argv[1], int(sys.argv[2])
subnet = {"id": 100 + number, "subnet": "203.0.%d.0/24" % number, "pools": [{"pool": "203.0.%d.10 - 203.0.%d.20" % (number, number)}]}
commands = [[("config-reload", {})], [("statistic-get-all", {}), ("statistic-reset-all", {})], [("lease4-get-all", {}), ("kea-lfc-start", {})],
            [("subnet4-add", {"subnet4": [subnet]}), ("subnet4-del", {"id": subnet["id"]})], [("config-get", {}), ("status-get", {})],
            [("leases-reclaim", {"remove": False}), ("statistic-get", {"name": "pkt4-received"})],
            [("lease4-get-page", {"from": "start", "limit": 100}), ("list-commands", {})],
            [("dhcp-enable", {"origin": "user"}), ("config-hash-get", {}), ("build-report", {})]][number]
n = 0
while True:
    for command, arguments in commands:
        s = socket.socket(socket.AF_UNIX)
        s.settimeout(60)
        try:
            s.connect(path)
            s.sendall(json.dumps({"command": command, "arguments": arguments} if arguments else {"command": command}).encode())
            out = b""
            while data := s.recv(65536):
                out += data
        except OSError:
            sys.exit(0)  # the server has ended
        try:
            result = json.loads(out)["result"]
        except ValueError:
            # The end of the server may cut a response off, nothing else.
            try:
                socket.socket(socket.AF_UNIX).connect(path)
            except OSError:
                sys.exit(0)
            sys.exit("%s: incomplete response: %s" % (command, out[-300:]))
        if result not in (0, 1, 3, 4):
            sys.exit("%s: %s" % (command, out[:300]))
        n += 1
        print(n, flush=True)
"""


@test("control-busy", limit=240)
def control_busy(t):
    """Eight clients at once: reload, add and remove subnets, read statistics, leases and the configuration, clean up the
    lease file, while DHCP is served; then SIGTERM in the middle of it: the server ends cleanly. With KEA_DHCP4 naming a
    build with ThreadSanitizer, this is the test of its threads."""
    server = t.server(config(quiet=True, **{"control-socket": UNIX, "commands": "all", "multi-threading": {
        "enable-multi-threading": True, "thread-pool-size": 2}}))
    path = os.path.join(server.folder, "control")
    program = t.write("busy.py", BUSY)
    clients = [t.start("srv", [sys.executable, program, path, str(i)], name=f"busy-{i}") for i in range(8)]
    load = ledger.Load(t, "--rate", "100", "--clients", "1000", "--seconds", "6", "--timeout", "5000")
    for client in clients:
        t.wait("each client to be answered", lambda client=client: "2\n" in client.log(), 60)
    got = load.finish()
    t.true(got["completed"] > 20, f"DHCP clients were not served: {got}")
    t.true(server.process.alive(), "the server ended")
    for i, client in enumerate(clients):
        t.true(client.alive(), f"client {i} ended: {client.log()[-500:]}")
    t.eq(server.stop(60)[0], 0, "exit code")
    for i, client in enumerate(clients):
        t.eq(client.wait(60), 0, f"client {i}: {client.log()[-500:]}")
    t.true("ThreadSanitizer" not in server.log(), f"a race: {server.log()[-6000:]}")
