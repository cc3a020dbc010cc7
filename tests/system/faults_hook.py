# SPDX-License-Identifier: MPL-2.0
"""Hook libraries with mistakes, and libraries that are replaced under load (tests/hooks/faulty.c)."""
import contextlib
import os
import re
import shutil
import socket
import subprocess
import time

from lib import dhcp, ledger
from lib.case import Skipped, fault
from lib.server import Server

TWO_THREADS = {"multi-threading": {"enable-multi-threading": True, "thread-pool-size": 2}}
# A sanitized server exits with this code if it has found something.
SANITIZERS = {name: "exitcode=66:halt_on_error=0" for name in ("ASAN_OPTIONS", "TSAN_OPTIONS")}


def conf(t, library="libdhcp_faulty.so", **parameters):
    return t.fam.config(quiet=True, **TWO_THREADS, **{"hooks-libraries": [{"library": library, "parameters": parameters}] if library else []})


def build(t):
    """The directory of the server, which may be one with sanitizers (KEA_SANITIZED, KEA_DHCP4), if it has the libraries of the tests, too."""
    builddir = os.environ.get("KEA_SANITIZED") or os.path.dirname(t.env[f"kea_dhcp{t.fam.digit}"])
    return builddir if os.path.exists(os.path.join(builddir, "tests/hooks/libdhcp_faulty.so")) else t.env["builddir"]


def built(t, conf_of, **more):
    """A server of that directory, with its libraries."""
    builddir = build(t)
    return server(t, conf_of, binary=os.path.join(builddir, f"kea-dhcp{t.fam.digit}"), builddir=builddir, **more)


def server(t, conf_of, wrap=(), binary=None, path=None, builddir=None, env=None):
    folder = path or os.path.join(builddir or t.env["builddir"], "tests/hooks")
    return Server(t, conf_of, wrap=wrap, binary=binary, env={"KEA_HOOKS_PATH": folder, **(env or {})})


def load(t, seconds, *more):
    return t.fam.Load(t, "--clients", "20000", "--rate", "1000", "--seconds", str(seconds), "--timeout", "1000", *more)


def served_again(t, srv):
    """It starts without the library, and has every lease it acknowledged."""
    srv.configure(conf(t, library=None))
    srv.start()
    t.true(t.fam.client(t, 9).lease(), "no lease after the restart")
    t.eq(srv.stop()[0], 0, "exit code")


def dies(t, srv, seconds=4):
    """Serves load until the library has ended the server; nothing acknowledged is lost. Returns the exit code."""
    srv.start()
    got = load(t, seconds)
    code = srv.process.wait(seconds + 5)
    log = srv.log()
    got.finish(early=True)
    t.true(got.acks() > 100, "the server ended too early")
    ledger.check(t, got.path, srv)
    served_again(t, srv)
    return code, log


@fault("H1", "crash", beyond_kea="the library is ours")
def crash(t):
    """A hook library crashes under load: no acknowledged lease is lost, and the last line of the log names the library; a
    sanitizer's report may follow."""
    for i in range(3 if t.long else 1):
        code, log = dies(t, built(t, conf(t, fault="crash", packet=1500 + 100 * i)))
        log, *report = re.split(r"\n(?:=+\n)?==\d+==ERROR: |\n\w+Sanitizer:DEADLYSIGNAL", log, maxsplit=1)
        t.true(code == 1 if report else code < 0, f"exit code {code}")
        t.match(r"FATAL HOOKS_LIBRARY_CRASHED .*libdhcp_faulty\.so, in pkt", log.splitlines()[-1], "the last line")


@fault("H2", "exit", short=(4,), beyond_kea="the library is ours")
def calls_exit(t):
    """A hook library calls exit() under load: no acknowledged lease is lost."""
    dies(t, server(t, conf(t, fault="exit", packet=1500)))


@fault("H2", "sleep", families=(4,), beyond_kea="the library is ours")
def sleep(t):
    """A hook library sleeps for five seconds: other threads serve their clients meanwhile, a warning names the library
    before the call returns, and then the others are served, too."""
    srv = server(t, conf(t, fault="sleep", packet=1))
    srv.start()
    clients = [dhcp.Client(t, mac=f"02:00:00:00:01:{i:02x}") for i in range(24)]
    begin = time.monotonic()
    clients[0].send(dhcp.DISCOVER)
    time.sleep(0.1)
    waiting = [c for c in clients[1:] if not c.offered(0.15)]
    t.true(time.monotonic() - begin < 4.5, "asking the clients took too long")
    t.true(len(waiting) < len(clients) - 4, f"{len(waiting)} of {len(clients)} clients are not served")
    srv.wait_log(r"WARN .*HOOKS_LIBRARY_SLOW hook library libdhcp_faulty\.so has been in pkt#_receive for \d+ ms", timeout=5 - (time.monotonic() - begin))
    time.sleep(max(0, 5.2 - (time.monotonic() - begin)))
    for client in waiting:
        t.true(client.dora(), "a client is not served after the call")
    t.eq(srv.stop()[0], 0, "exit code")
    t.note(f"{len(clients) - 1 - len(waiting)} clients were served meanwhile, {len(waiting)} afterwards")


@fault("H2", "main", families=(4,), beyond_kea="the library is ours")
def main_thread(t):
    """A hook library sleeps for two seconds in the main thread, while it is loaded, in a timer, at a descriptor and in a
    command: clients are served, and each time a warning names the library and what it does."""
    control = {"control-socket": {"socket-type": "unix", "socket-name": "control"}}
    hooks = {"hooks-libraries": [{"library": "libdhcp_faulty.so", "parameters": {"fault": "main"}}]}
    srv = server(t, t.fam.config(quiet=True, **TWO_THREADS, **control, **hooks))
    srv.start(10)
    slow = r"WARN .*HOOKS_LIBRARY_SLOW hook library libdhcp_faulty\.so has been in %s for \d+ ms"
    t.true(srv.said(slow % "kea_hook_load"), "loading")
    srv.wait_log(slow % "a timer")
    t.true(t.fam.client(t, 8).lease(), "no lease while the main thread waits")
    srv.wait_log(slow % "a descriptor")
    time.sleep(1.2)
    with socket.socket(socket.AF_UNIX) as control_socket:  # no namespaces for those with a path
        control_socket.connect(os.path.join(srv.folder, "control"))
        begin = time.monotonic()
        control_socket.sendall(b'{"command": "faulty-sleep"}')
        srv.wait_log(slow % "faulty-sleep", timeout=1.9)
        t.true(time.monotonic() - begin < 2, "it was reported after the call")
        t.match(b"slept", control_socket.recv(1000), "response")
    t.eq(srv.stop()[0], 0, "exit code")


CXX = """#include <kea/hooks.h>
#include <stdexcept>
extern "C" { KEA_HOOK_LIBRARY }
static const kea_api *kea;
int kea_hook_threads(void) { return 1; }
static int receive(kea_call *) { throw std::runtime_error("thrown by a test"); }
int kea_hook_load(kea_library *lib, const kea_api *api)
{
	kea = api;
	return kea->on(lib, "pkt#_receive", receive);
}
"""


@fault("H2", "exception", beyond_kea="the library is ours")
def exception(t):
    """A hook library throws a C++ exception at each packet: each is caught, all clients are served, the log names the
    library."""
    compiler = shutil.which("g++") or shutil.which("c++")
    if not compiler:
        raise Skipped("needs g++")
    os.makedirs(t.path("hooks"), mode=0o755)
    include = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../include")
    subprocess.run([compiler, "-std=c++17", f"-I{include}", "-shared", "-fPIC", "-o", t.path("hooks/libdhcp_throw.so"),
                    t.write("throw.cc", CXX)], check=True)
    srv = server(t, conf(t, library="libdhcp_throw.so"), path=t.path("hooks"))
    srv.start()
    got = load(t, 10 if t.long else 2)
    result = got.finish()
    t.eq(ledger.all_served(t, result, srv), 0, "exit code")
    t.match(r"HOOKS_CALLOUT_EXCEPTION hook library libdhcp_throw\.so threw a C\+\+ exception at pkt#_receive", srv.log(), "log")
    ledger.check(t, got.path, srv)


@fault("H2", "descriptors", beyond_kea="the library is ours")
def descriptors(t):
    """A hook library closes the descriptors 0 to 100 under load: the server ends at once with a line that says so, no
    acknowledged lease is lost, and nothing else is in the lease file. Without load it ends, too."""
    for i in range(3 if t.long else 1):
        code, log = dies(t, server(t, conf(t, fault="close", packet=1500 + 100 * i)))
        closed(t, code, log)
    srv = server(t, conf(t, fault="close-late", packet=1))
    srv.start()
    t.true(t.fam.client(t, 8).lease(), "no lease")
    closed(t, srv.process.wait(5), srv.log())
    served_again(t, srv)


def closed(t, code, log):
    t.eq(code, 1, "exit code")
    t.match(r"FATAL .*DESCRIPTOR_LOST the descriptor of .* was closed from outside of the server", log.splitlines()[-1], "the last line")


@fault("H2", "leak", short=(6,), needs=["prlimit"], beyond_kea="the library is ours")
def leak(t):
    """A hook library leaks a megabyte at each packet until there is no memory left: no acknowledged lease is lost."""
    srv = server(t, conf(t, fault="leak", packet=500), wrap=["prlimit", f"--as={3 << 30}"])
    srv.start()
    got = load(t, 4)
    got.finish()
    if srv.process.alive():
        t.note("the server goes on without memory")
        srv.kill()
    else:
        t.note(f"the server ended with {srv.process.wait(1)}: {srv.log().splitlines()[-1]}")
    t.true(got.acks() > 100, "no lease was acknowledged")
    ledger.check(t, got.path, srv)
    served_again(t, srv)


@fault("H2", "state", short=(4,), beyond_kea="the library is ours")
def state(t):
    """A hook library changes errno and the working directory at each packet: all clients are served."""
    srv = server(t, conf(t, fault="state"))
    srv.start()
    got = load(t, 3)
    result = got.finish()
    t.eq(ledger.all_served(t, result, srv), 0, "exit code")
    ledger.check(t, got.path, srv)


def children(pid):
    """Processes that this one has started and not yet waited for."""
    out = []
    for name in os.listdir("/proc"):
        if name.isdigit():
            with contextlib.suppress(OSError), open(f"/proc/{name}/stat", encoding="ascii", errors="replace") as f:
                if int(f.read().rpartition(")")[2].split()[1]) == pid:
                    out.append(int(name))
    return out


@fault("H3", "scripts", beyond_kea="Kea starts any number of scripts")
def scripts(t):
    """Scripts that flood their output, leave processes, and do not end, and then a script that is no longer there: no
    packet is lost, at most 64 scripts run."""
    os.makedirs(t.path("scripts"), mode=0o755)
    path = t.write("scripts/x.sh", "#!/bin/sh\nsleep 4 &\nyes flood | head -c 100000\nexec sleep 1000\n", 0o755)
    conf_of = t.fam.config(quiet=True, **{"hooks-libraries": [{"library": "libdhcp_run_script.so", "parameters": {"name": "x.sh"}}]})
    srv = server(t, conf_of, path=os.path.join(t.env["builddir"], "src/hooks"), env={"KEA_HOOK_SCRIPTS_PATH": t.path("scripts")})
    srv.start()
    got, most = load(t, 20 if t.long else 5, "--timeout", "4000"), 0
    while got.process.alive():
        most = max(most, len(children(srv.pid)))
        if most >= 64 and os.path.exists(path) and got.acks() > 1000:
            os.unlink(path)
        time.sleep(0.1)
    result = got.finish()
    t.eq(ledger.all_served(t, result, srv), 0, "exit code")
    t.true(0 < most <= 64, f"{most} scripts at a time")
    ledger.check(t, got.path, srv)


@fault("H4", "reloads", limit=90, long_limit=1800, beyond_kea="the library is ours")
def reloads(t):
    """A library is replaced again and again under load, 20 times, in the long form 1,000 times: no packet is lost, and
    what a sanitizer (of the server named by KEA_SANITIZED or KEA_DHCP4) finds is an error."""
    srv = built(t, conf(t, fault="work", turn=0), env=SANITIZERS)
    srv.start(60)
    times, begin = 1000 if t.long else 20, time.monotonic()
    # A server with ThreadSanitizer takes ten times as long.
    got = load(t, 1700 if t.long else 60, "--rate", "200" if os.environ.get("KEA_SANITIZED") else "1000")
    t.wait("acknowledged leases", lambda: got.acks() > 100, 20)
    for i in range(1, times + 1):
        srv.reload(conf(t, fault="work", turn=i))
        srv.wait_log("HOOKS_LIBRARY_UNLOADED", i, timeout=30)
    seconds = time.monotonic() - begin
    result = got.finish(early=True)
    t.eq((result["naks"], result["bad"], result["dups"]), (0, 0, 0), "naks, bad, dups")
    t.true(result["completed"] > 0 and result["drops"] <= result["completed"] / 100, f"{result['drops']} drops")
    t.eq(srv.stop(30)[0], 0, "exit code")
    t.eq([line for line in srv.log().splitlines() if "Sanitizer" in line or "runtime error" in line][:3], [], "found by a sanitizer")
    ledger.check(t, got.path, srv)
    t.note(f"{times} reloads in {seconds:.0f} s, {result['completed']} exchanges, {result['drops']} lost, build {build(t)}")
