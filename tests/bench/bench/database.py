# SPDX-License-Identifier: MPL-2.0
"""Private PostgreSQL and MariaDB servers in the server's namespace, with their default settings: synced commits."""
import os
import shutil
import subprocess
import tempfile

TOP = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", ".."))
PORT = {"postgresql": 25432, "mysql": 23306}
HOSTS = 200000
FIRST_HOST = "0e0000000000"  # hardware address of the first client with a reservation
SHORT = {"postgresql": "pgsql", "mysql": "mysql"}


class Databases:
    def __init__(self, net):
        self.net, self.folder, self.started, self.far = net, None, set(), {}

    def sh(self, text):
        done = subprocess.run(self.net.exec("srv", ["sh", "-c", f". '{TOP}/tests/sql/servers'; {text}"]), stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if done.returncode:
            raise RuntimeError(f"{text}: {done.stdout[-1000:]}")

    def start(self, kind):
        if not self.folder:
            self.folder = tempfile.mkdtemp(prefix="kea-bench.")
            os.chmod(self.folder, 0o711)
        if kind not in self.started:
            self.sh(f"start_{SHORT[kind]} '{self.folder}/{kind}' {PORT[kind]} >'{self.folder}/start' 2>&1 || {{ cat '{self.folder}/start'; exit 1; }}")
            self.started.add(kind)

    def far_port(self, kind, ms):
        """A port that adds so many ms to each round trip."""
        if (kind, ms) not in self.far:
            port = PORT[kind] + 1 + len(self.far)
            program = f"{self.folder}/far"
            subprocess.run(["cc", "-O2", "-pthread", "-o", program, f"{TOP}/tests/bench/far.c"], check=True)
            self.far[kind, ms] = port, subprocess.Popen(
                self.net.exec("srv", [program, port, PORT[kind], ms]), stdout=subprocess.PIPE, text=True)
            self.far[kind, ms][1].stdout.readline()
        return self.far[kind, ms][0]

    def client(self, kind):
        """The command of a client, without the name of a database."""
        place = f"{self.folder}/{kind}"
        if kind == "postgresql":
            return f"PGPASSWORD=keatest psql -X -q -h '{place}' -p {PORT[kind]} -U keatest"
        return f"MYSQL_PWD=keatest mariadb --no-defaults --socket='{place}/socket' -u keatest"

    def fresh(self, kind, variant, far_ms=0):
        """An empty database with the tables that this server expects; returns its "lease-database"."""
        self.start(kind)
        script = (f"/usr/share/kea/scripts/{SHORT[kind]}" if variant.kea else f"{variant.folder}/sql/{SHORT[kind]}")
        script += f"/dhcpdb_create.{SHORT[kind]}"
        client = self.client(kind)
        if kind == "postgresql":
            self.sh(f"{client} -d postgres -c 'DROP DATABASE IF EXISTS bench' -c 'CREATE DATABASE bench' -c CHECKPOINT 2>&1 &&"
                    f"PGOPTIONS='-c client_min_messages=warning' {client} -d bench -f '{script}' >/dev/null")
        else:
            self.sh(f"{client} -e 'DROP DATABASE IF EXISTS bench; CREATE DATABASE bench' && {client} bench <'{script}' >/dev/null")
        return {"type": kind, "name": "bench", "user": "keatest", "password": "keatest", "host": "127.0.0.1",
                "port": self.far_port(kind, far_ms) if far_ms else PORT[kind]}

    def with_hosts(self, kind, variant):
        """A database with reservations for the clients from FIRST_HOST on: addresses from 10.128.0.0 on, outside the pool."""
        conf = self.fresh(kind, variant)
        first = int(FIRST_HOST, 16)
        if kind == "postgresql":
            number, rows, mac = "i", f"generate_series(0, {HOSTS - 1}) AS t(i)", f"decode(lpad(to_hex({first} + i), 12, '0'), 'hex')"
            run, analyze = "-v ON_ERROR_STOP=1 -d bench -c", "ANALYZE"
        else:
            number, rows, mac = "seq", f"seq_0_to_{HOSTS - 1}", f"UNHEX(LPAD(HEX({first} + seq), 12, '0'))"
            run, analyze = "bench -e", "ANALYZE TABLE"
        self.sh(f"""{self.client(kind)} {run} "INSERT INTO hosts (dhcp_identifier, dhcp_identifier_type, dhcp4_subnet_id, ipv4_address) """
                f"""SELECT {mac}, 0, 1, {10 << 24 | 128 << 16} + {number} FROM {rows}; {analyze} hosts" >/dev/null""")
        return conf

    def stop(self):
        for _, process in self.far.values():
            process.kill()
            process.wait()
        for kind in self.started:
            self.sh(f"stop_{SHORT[kind]} '{self.folder}/{kind}'")
        if self.folder:
            shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
