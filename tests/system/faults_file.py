# SPDX-License-Identifier: MPL-2.0
"""The lease file is damaged, or used by another server, when the server starts."""
import os
import random

from lib.case import fault
from lib.server import Server


def held(t, n):
    """A killed server that had granted n leases; its clients with their leases, and the content of the file."""
    server = t.server(t.fam.config())
    clients = [t.fam.client(t, i) for i in range(1, n + 1)]
    for c in clients:
        c.address = c.lease()
    server.kill()
    with open(server.lease_path, "rb") as f:
        return server, clients, f.read()


@fault("S8", "torn-tail", short=(6,), beyond_kea="the first row after a torn one is lost", limit=90)
def torn_tail(t):
    """The file ends at every byte of its last two rows: only a row that lacks more than its newline is lost, and the
    next one is stored complete."""
    server, clients, data = held(t, 4)
    rows = data.splitlines(keepends=True)
    t.eq(len(rows), 5, "lines")
    sizes = range(len(data) - len(rows[-1]) - len(rows[-2]), len(data) + 1)
    late = t.fam.client(t, 99)
    if not t.long:
        sizes = sorted({*sizes[::41], sizes[0], sizes[1], sizes[-2], sizes[-1]} | {len(data) - len(rows[-1]) + i for i in (-1, 0, 1)})
    for size in sizes:
        with open(server.lease_path, "wb") as f:
            f.write(data[:size])
        server.start()
        whole = data[:size + 1].count(b"\n") - 1
        torn = not data[:size].endswith(b"\n") and not data[:size + 1].endswith(b"\n")
        t.eq(server.said("DHCPSRV_MEMFILE_TORN_TAIL"), int(torn), f"warnings about a torn row, cut at {size}")
        address = late.lease()
        t.true(address not in [c.address for c in clients[:whole]], f"{address} was assigned again, cut at {size}")
        t.eq(sorted(server.held()), sorted([c.address for c in clients[:whole]] + [address]), f"leases, cut at {size}")
        server.kill()
    for c in clients:
        c.tap.sock.close()
    t.note(f"cut at {len(sizes)} bytes")


def row(t, i):
    digits = f"02:00:00:{i >> 16 & 255:02x}:{i >> 8 & 255:02x}:{i & 255:02x}"
    if t.fam.digit == 4:
        return f"10.{i >> 16 & 255}.{i >> 8 & 255}.{i & 255},{digits},,100000,4000000000,9,0,0,host-{i},0,,0\n".encode()
    return f"2001:db8:aa::{i >> 16:x}:{i & 0xffff:x},00:03:00:01:{digits},100000,4000000000,9,90000,0,{i},128,0,0,host-{i},,0,,,,0\n".encode()


HEAD = {4: b"address,hwaddr,client_id,valid_lifetime,expire,subnet_id,fqdn_fwd,fqdn_rev,hostname,state,user_context,pool_id\n",
        6: b"address,duid,valid_lifetime,expire,subnet_id,pref_lifetime,lease_type,iaid,prefix_len,fqdn_fwd,fqdn_rev,"
           b"hostname,hwaddr,state,user_context,hwtype,hwaddr_source,pool_id\n"}


@fault("S9", "corrupt-rows", beyond_kea="it discards what it cannot read")
def corrupt_rows(t):
    """Garbage rows, blocks of zeros and noise, a line of 10 MiB: every other row counts, the bad ones are kept in
    .bad, and a client gets a lease that is stored."""
    rng = random.Random(9)
    server = Server(t, t.fam.config(**{"sanity-checks": {"lease-checks": "none"}}))
    n = 200000 if t.long else 5000
    good, bad = [], 0
    with open(server.lease_path, "wb") as f:
        f.write(HEAD[t.fam.digit])
        for i in range(n):
            line = row(t, i)
            if rng.random() < 0.01:  # a damaged byte that no column accepts
                at = line.index(b",")
                f.write(line[:at - 1] + b"\xff" + line[at:])
                bad += 1
                continue
            f.write(line)
            good.append(i)
            if i == n // 4:
                f.write(bytes(4096) + b"\n")
                bad += 1
            elif i == n // 2:
                f.write(b"#" + rng.randbytes(4096).replace(b"\n", b"x") + b"\n")
                bad += 1
            elif i == n * 3 // 4:
                f.write(b"y" * ((10 if t.long else 1) << 20) + b"\n")
                bad += 1
    server.start(30)
    t.eq(server.said("DHCPSRV_MEMFILE_LEASE_LOAD_ROW_ERROR") > 0, True, "said")
    client = t.fam.client(t)
    address = client.lease()
    t.match(rf"{len(good)} leases loaded", server.log(), "what was loaded")
    with open(server.lease_path + ".bad", "rb") as f:
        t.eq(len(f.read().split(b"\n")) - 1, bad, "rows in .bad")
    server.kill()
    with open(server.lease_path, "rb") as f:
        lines = set(f.read().split(b"\n"))
    t.true(all(row(t, i)[:-1] in lines for i in good), "a good row is gone")
    server.start(30)
    t.match(rf"{len(good) + 1} leases loaded", server.log(), "what was loaded the second time")
    t.eq(client.keep(address), address, "renewed after a restart")
    t.note(f"{len(good)} good rows, {bad} bad ones")


@fault("S11", "two-servers", beyond_kea="both run and give the same addresses twice")
def two_servers(t):
    """A second server with the same lease file ends at once and says why; the first keeps serving."""
    first = t.server(t.fam.config())
    conf = t.fam.config(**{"interfaces-config": {"interfaces": ["c1"]}})
    for i in range(20 if t.long else 2):
        second = Server(t, conf, name=f"kea-other{i}", folder=first.folder, ns="cli")
        process = second.launch()
        t.true(process.wait(1 if t.long else 3) != 0, "exit code 0")
        t.match(rf"(?i)kea-leases{t.fam.digit}\.csv.*(lock|in use|another|used)", process.log(), "what it says")
        client = t.fam.client(t, i)
        t.true(client.lease() in first.held(), "the first server's response")
        client.tap.sock.close()


@fault("S12", "stale-pid", beyond_kea="it takes any process with that number for itself")
def stale_pid(t):
    """A leftover PID file that names a living process of another program, or a zombie: no obstacle."""
    other = t.start("cli", ["sleep", "50"])
    zombie = os.fork()
    if zombie == 0:
        os._exit(0)
    server = Server(t, t.fam.config())
    for pid in other.pid, zombie, 1:
        with open(server.pid_file, "w", encoding="ascii") as f:
            f.write(f"{pid}\n")
        server.start()
        with open(server.pid_file, encoding="ascii") as f:
            t.eq(f.read().strip(), str(server.pid), "pid")
        server.kill()
    os.waitpid(zombie, 0)
    t.true(other.alive(), "the other process is gone")
