# SPDX-License-Identifier: MPL-2.0
"""The lease file when things go wrong: full disk, torn rows, two servers."""
import os
import re
import subprocess
import time

from lib import dhcp, ledger
from lib.case import test
from lib.server import Server, config


def small_disk(t, kib):
    folder = t.path("state")
    os.mkdir(folder)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={kib}k,mode=750", "none", folder], check=True)
    return folder


@test("disk-full", beyond_kea="clients are NAKed while the disk is full, and the row after a torn one is lost")
def disk_full(t):
    """No room for the lease file: no ACK and no NAK; leases again as soon as there is room; none lost."""
    folder = small_disk(t, 256)
    filler = os.path.join(folder, "filler")
    with open(filler, "wb") as f:
        f.write(b"x" * (160 << 10))
    server = t.server(config(quiet=True), folder=folder)
    known = dhcp.Client(t)
    address = known.dora().yiaddr
    load = ledger.Load(t, "--clients", "60000", "--window", "4", "--seconds", "40", "--timeout", "300")

    def stuck():
        if not server.process.alive():
            return True
        before = load.acks()
        time.sleep(0.7)
        return load.acks() == before > 100
    t.wait("a full disk", stuck, 15)
    t.true(server.process.alive(), "the server ended")
    m = known.renew(address, want=None, timeout=1)
    t.true(m is None or m.type != dhcp.NAK, "a client with a valid lease was NAKed")
    before = load.acks()
    os.unlink(filler)
    t.wait("leases after there is room", lambda: load.acks() > before + 100, 5)
    got = load.finish(early=True)
    t.eq((got["naks"], got["dups"], got["bad"]), (0, 0, 0), "naks, dups, bad")
    t.eq(known.renew(address).yiaddr, address, "renewed")
    ledger.check(t, load.path, server)
    server.kill()
    server.start()
    t.eq(known.renew(address).yiaddr, address, "renewed after a restart")
    ledger.check(t, load.path, server)


@test("huge-context")
def huge_context(t):
    """A lease that is too large to be looked at is no reason for a NAK; the next client is served."""
    server = Server(t, config())
    context = '{ "x": "' + "y" * 65000 + '" }'
    with open(server.lease_path, "w", encoding="ascii") as f:
        f.write("address,hwaddr,client_id,valid_lifetime,expire,subnet_id,fqdn_fwd,fqdn_rev,hostname,state,user_context,pool_id\n"
                f"192.0.2.150,02:00:00:00:00:01,,3600,{int(time.time()) + 3600},1,0,0,,0,{context},0\n")
    server.start()
    client = dhcp.Client(t)
    m = client.ask(dhcp.REQUEST, [(50, dhcp.ip4("192.0.2.150"))], timeout=1)
    t.true(m is None or m.type == dhcp.ACK, "a client with a valid lease was NAKed")
    t.true(dhcp.Client(t, mac="02:00:00:00:00:02").dora().yiaddr != "192.0.2.150", "given twice")


@test("torn-tail", beyond_kea="the first row after a torn one is lost")
def torn_tail(t):
    """The last row was cut by a crash: only that lease is gone, the next one is stored whole."""
    server = t.server()
    clients = [dhcp.Client(t, mac=f"02:00:00:00:00:0{i}") for i in range(1, 5)]
    held = [c.dora().yiaddr for c in clients[:3]]
    for cut in (1, 10):
        server.kill()
        with open(server.lease_path, "rb+") as f:
            f.truncate(os.path.getsize(server.lease_path) - cut)
        server.start()
        late = clients[3].dora().yiaddr
        t.true(late not in held[:2], f"{late} was given again")
        t.true(late in server.held(), f"the lease after the torn row is not in the file (cut {cut})")
    for c, address in zip(clients[:2], held):
        t.eq(c.renew(address).yiaddr, address, "renewed")


@test("two-servers", beyond_kea="both run and give the same addresses twice")
def two_servers(t):
    """A second server with the same lease file ends at once and says why; the first serves on."""
    first = t.server()
    conf = config(**{"interfaces-config": {"interfaces": ["c1"]}})
    second = Server(t, conf, name="other", folder=first.folder, ns="cli")
    process = second.launch()
    t.true(process.wait(3) != 0, "exit code 0")
    t.match(r"(?i)kea-leases4\.csv.*(lock|in use|another|used)", process.log(), "what it says")
    t.eq(dhcp.Client(t).dora().type, dhcp.ACK, "the first server's answer")


@test("stored-before-answer")
def stored_before_answer(t):
    """When the ACK arrives the row is in the file already, 50 times."""
    server = t.server()
    for i in range(50):
        client = dhcp.Client(t, mac=f"02:00:00:00:01:{i:02x}")
        address = client.dora().yiaddr
        with open(server.lease_path, encoding="utf-8") as f:
            last = f.read().splitlines()[-1]
        t.true(last.startswith(address + ","), f"the last row is {last} when {address} was acknowledged")
        client.tap.sock.close()


@test("file-modes", beyond_kea="2.2.0 leaves them to umask")
def file_modes(t):
    """Lease file and pid file are 0640."""
    server = t.server()
    dhcp.Client(t).dora()
    for path in (server.lease_path, server.pid_file):
        t.eq(oct(os.stat(path).st_mode & 0o7777), "0o640", f"mode of {os.path.basename(path)}")


@test("synced-before-answer", needs=["strace"], beyond_kea="it never syncs its lease file")
def synced_before_answer(t):
    """Between every OFFER and its ACK the lease file is synced with success."""
    trace = t.path("trace")
    server = Server(t, config(), wrap=["strace", "-f", "-qq", "-y", "-s", "64", "-o", trace, "-e",
                                       "trace=fdatasync,fsync,sendto,sendmsg,sendmmsg,write"])
    server.start(30)
    for i in range(5):
        dhcp.Client(t, mac=f"02:00:00:00:01:{i:02x}").dora()
    tracee = subprocess.run(["pgrep", "-P", str(server.pid)], check=True, capture_output=True, text=True)
    os.kill(int(tracee.stdout.split()[0]), 15)
    server.process.wait(8)
    sends, syncs = [], 0  # how many syncs there were before each answer
    with open(trace, encoding="utf-8") as f:
        for line in f:
            if re.search(r"sync\(\d+<\S*/kea-leases4\.csv>\) += 0|f(data)?sync resumed>\) += 0", line):
                syncs += 1
            elif re.search(r'^\d+ +(send|write|<\.\.\. (send|write)).*\\2\\1\\6\\0', line):
                sends.append(syncs)
    t.eq(len(sends), 10, "answers in the trace")
    for offer, ack in zip(sends[::2], sends[1::2]):
        t.true(ack > offer, f"an ACK without a sync; syncs before each answer: {sends}")
