# SPDX-License-Identifier: MPL-2.0
"""Another server of a database takes over while clients get leases: a promoted standby of PostgreSQL, the other nodes of
a Galera cluster. Nothing is assigned twice or lost, and clients are served again within seconds."""
import os
import shutil
import time

from faults_sql import ended, grows, load_servers, merge, small, start_servers
from lib import ledger, sql
from lib.case import Failed, Skipped, fault

NOT_KEA = "it has one host for each database"
GALERA = "/usr/lib/galera/libgalera_smm.so"


def backup(t, db):
    """A data directory of a standby that follows this server."""
    folder = t.path("backup")
    os.mkdir(folder)
    shutil.chown(folder, "postgres", "postgres")
    t.run(db.ns, ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "env", "PGPASSWORD=keatest",
                  sql.pgsql_bin("pg_basebackup"), "-h", db.address, "-p", str(db.port), "-U", "keatest", "-D", f"{folder}/data",
                  "-R", "-X", "stream", "-c", "fast"], timeout=60)
    return f"{folder}/data"


@fault("D6", "pgsql-standby", short=(4,), needs=["psql"], limit=120, beyond_kea=NOT_KEA)
def standby(t):
    """The primary is killed, its standby promoted: what it has acknowledged is there, and it serves within 5 s."""
    db = sql.Database(t, "pgsql", address="127.0.0.1")
    second = sql.Database(t, "pgsql", name="standby", data=backup(t, db), address="127.0.0.2")
    db.sql("ALTER SYSTEM SET synchronous_standby_names = '*'")
    db.sql("SELECT pg_reload_conf()")
    t.wait("a synchronous standby", lambda: db.sql("SELECT sync_state FROM pg_stat_replication") == [["sync"]], 20)
    server = t.server(t.fam.config(quiet=True, lease_db=db.conf(host="127.0.0.1,127.0.0.2"), **t.no_cache))
    known = t.fam.client(t)
    address = t.wait("a lease", known.lease)
    load = small(t)
    grows(t, load, "acknowledged leases")
    db.kill()
    second.sql("SELECT pg_promote()")
    start = time.monotonic()
    grows(t, load, "leases from the promoted standby", by=500)
    seconds = time.monotonic() - start
    t.note(f"served {seconds:.2f} s after the standby was promoted")
    t.true(seconds <= 5, f"served {seconds:.1f} s after the standby was promoted")
    t.eq(t.wait("a response", lambda: known.keep(address)), address, "renewed")
    ended(t, load, second, server)


class Node(sql.Database):
    """One of several MariaDB servers that are one cluster."""

    def __init__(self, case, number, n):
        self.number = number
        self.peers = ",".join(f"127.0.0.{i + 1}:4567" for i in range(n)) if number > 1 else ""
        super().__init__(case, "mysql", name=f"node{number}", address=f"127.0.0.{number}")

    def args(self):
        me = self.address
        return super().args() + [
            "--wsrep-on=ON", f"--wsrep-provider={GALERA}", f"--wsrep-cluster-address=gcomm://{self.peers}", "--binlog-format=ROW",
            "--innodb-autoinc-lock-mode=2", f"--wsrep-node-address={me}", f"--wsrep-node-name=node{self.number}",
            "--wsrep-sst-method=rsync", f"--wsrep-sst-receive-address={me}:4444",
            # A node that is killed is suspected soon; those that live have Galera's time to agree, on a busy host too: two
            # that miss each other's messages would both stop for good.
            f"--wsrep-provider-options=gmcast.listen_addr=tcp://{me}:4567;ist.recv_addr={me}:4568;gcache.size=16M;"
            "evs.suspect_timeout=PT2S;evs.keepalive_period=PT0.3S"]

    def is_ready(self):
        if not self.process.alive():
            raise Failed(f"node {self.number} ended: {self.process.log()[-3000:]}")
        rows = self.try_sql("SHOW STATUS LIKE 'wsrep_ready'")
        return rows == [["wsrep_ready", "ON"]]


    def has(self, n):
        """True if this node serves in a cluster of n."""
        rows = self.try_sql("SHOW STATUS WHERE variable_name IN ('wsrep_ready', 'wsrep_cluster_size', 'wsrep_cluster_status')")
        return dict(rows or []) == {"wsrep_ready": "ON", "wsrep_cluster_size": str(n), "wsrep_cluster_status": "Primary"}


def cluster(t, n):
    if not os.path.exists(GALERA):
        raise Skipped("needs galera-4")
    nodes = [Node(t, i + 1, n) for i in range(n)]
    for node in nodes:
        t.wait("all nodes", lambda n_=node: n_.has(n), 60)
    return nodes


@fault("D6", "mysql-galera", short=(4,), needs=["mariadbd", "rsync"], limit=240, beyond_kea=NOT_KEA)
def galera(t):
    """One of three nodes is killed: nothing is assigned twice or lost, and the server goes on with another one within
    5 s after the others have agreed."""
    nodes = cluster(t, 3)
    server = t.server(t.fam.config(quiet=True, lease_db=nodes[0].conf(host="127.0.0.1,127.0.0.2,127.0.0.3"), **t.no_cache))
    known = t.fam.client(t)
    address = t.wait("a lease", known.lease)
    load = small(t)
    grows(t, load, "acknowledged leases")
    nodes[0].kill()
    killed = time.monotonic()
    t.wait("the other nodes", lambda: nodes[1].has(2) and nodes[2].has(2), 60)
    agreed = time.monotonic()
    grows(t, load, "leases from another node", by=500)
    end = time.monotonic()
    t.note(f"the nodes have agreed {agreed - killed:.2f} s after one was killed, served {end - agreed:.2f} s later")
    t.true(end - agreed <= 5, f"served {end - agreed:.1f} s after the nodes had agreed")
    t.eq(t.wait("a response", lambda: known.keep(address)), address, "renewed")
    ended(t, load, nodes[1], server)


@fault("D8", "mysql-galera-servers", short=(4,), needs=["mariadbd", "rsync"], limit=240, beyond_kea=NOT_KEA)
def galera_servers(t):
    """Two servers, each with a node of its own, which do not know of each other, fill one pool to 90 %: no address for
    two clients, few NAKs."""
    nodes = cluster(t, 2)
    size_of_pool = 60000 if t.long else 2000
    start_servers(t, nodes, size_of_pool)
    loads, acks, naks = load_servers(t, 2, size_of_pool * 9 // 10, size_of_pool, 1500 if t.long else 120)
    t.note(f"{acks} exchanges, {naks} NAKs")
    t.true(acks >= size_of_pool * 8 // 10, f"only {acks} exchanges")
    t.true(naks * 50 <= acks, f"{naks} NAKs for {acks} exchanges")
    # What one node has committed is applied by the others a little later.
    t.wait("nodes to agree", lambda: nodes[0].sql("SELECT count(*) FROM lease4") == nodes[1].sql("SELECT count(*) FROM lease4"))
    ledger.check(t, merge(t, loads), nodes[0])
