# SPDX-License-Identifier: MPL-2.0
"""The content, timing and permissions of the lease file. For failures see faults_disk, faults_file."""
import os
import re
import subprocess
import time

from lib import dhcp
from lib.case import test
from lib.server import Server, config


@test("huge-context")
def huge_context(t):
    """A lease too large for the request's memory does not cause a NAK; the next client is served."""
    server = Server(t, config())
    context = '{ "x": "' + "y" * 65000 + '" }'
    with open(server.lease_path, "w", encoding="ascii") as f:
        f.write("address,hwaddr,client_id,valid_lifetime,expire,subnet_id,fqdn_fwd,fqdn_rev,hostname,state,user_context,pool_id\n"
                f"192.0.2.150,02:00:00:00:00:01,,3600,{int(time.time()) + 3600},1,0,0,,0,{context},0\n")
    server.start()
    client = dhcp.Client(t)
    m = client.ask(dhcp.REQUEST, [(50, dhcp.ip4("192.0.2.150"))], timeout=1)
    t.true(m is None or m.type == dhcp.ACK, "a client with a valid lease was NAKed")
    t.true(dhcp.Client(t, mac="02:00:00:00:00:02").dora().yiaddr != "192.0.2.150", "assigned twice")


@test("stored-before-answer", families=(4, 6))
def stored_before_answer(t):
    """When the response arrives, the row is already in the file, 50 times."""
    server = t.server()
    for i in range(50):
        client = t.fam.client(t, 256 + i)
        address = client.lease()
        with open(server.lease_path, encoding="utf-8") as f:
            last = f.read().splitlines()[-1]
        t.true(last.startswith(address + ","), f"the last row is {last} when {address} was acknowledged")
        client.tap.sock.close()


@test("file-modes", beyond_kea="2.2.0 leaves them to umask", families=(4, 6))
def file_modes(t):
    """Lease file, PID file and DUID file have mode 0640."""
    conf = t.fam.config()
    conf[f"Dhcp{t.fam.digit}"].pop("server-id", None)
    server = t.server(conf)
    t.fam.client(t).lease()
    duid = [os.path.join(server.folder, "kea-dhcp6-serverid")] if t.fam.digit == 6 else []
    for path in (server.lease_path, server.pid_file, *duid):
        t.eq(oct(os.stat(path).st_mode & 0o7777), "0o640", f"mode of {os.path.basename(path)}")


ANSWER = {4: r"\\2\\1\\6\\0", 6: r"sin6_port=htons\(546\)"}  # as printed by strace


@test("synced-before-answer", needs=["strace"], beyond_kea="it never syncs its lease file", families=(4, 6))
def synced_before_answer(t):
    """Between every OFFER or Advertise and its confirmation, the lease file is synced successfully."""
    trace = t.path("trace")
    server = Server(t, t.fam.config(), wrap=["strace", "-f", "-qq", "-y", "-s", "64", "-o", trace, "-e",
                                       "trace=fdatasync,fsync,sendto,sendmsg,sendmmsg,write"])
    server.start(30)
    for i in range(5):
        t.fam.client(t, i + 1).lease()
    tracee = subprocess.run(["pgrep", "-P", str(server.pid)], check=True, capture_output=True, text=True)
    os.kill(int(tracee.stdout.split()[0]), 15)
    server.process.wait(8)
    sends, syncs = [], 0  # number of syncs before each response
    with open(trace, encoding="utf-8") as f:
        for line in f:
            if re.search(r"sync\(\d+<\S*/kea-leases[46]\.csv>\) += 0|f(data)?sync resumed>\) += 0", line):
                syncs += 1
            elif re.search(r'^\d+ +(send|write|<\.\.\. (send|write)).*' + ANSWER[t.fam.digit], line):
                sends.append(syncs)
    t.eq(len(sends), 10, "responses in the trace")
    for offer, ack in zip(sends[::2], sends[1::2]):
        t.true(ack > offer, f"an ACK without a sync; syncs before each response: {sends}")
