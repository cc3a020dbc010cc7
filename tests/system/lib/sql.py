# SPDX-License-Identifier: MPL-2.0
"""Private PostgreSQL and MariaDB servers with Kea's schema, in a namespace of the test. They listen on a socket in the
test's directory and on 127.0.0.1 of the namespace. A test works on a copy of a data directory that the first test which
needs one makes."""
import collections
import contextlib
import fcntl
import glob
import os
import select
import shutil
import signal
import socket
import subprocess
import threading
import time

from .case import Failed, fault, test

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.normpath(os.path.join(HERE, "../../.."))
EC_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
KINDS = {"pgsql": ("postgresql", 5432), "mysql": ("mysql", 3306)}
PROGRAMS = {"pgsql": ("psql", "initdb"), "mysql": ("mariadbd", "mariadb")}


def pgsql_bin(program):
    """The newest version's."""
    found = sorted(glob.glob(f"/usr/lib/postgresql/*/bin/{program}"), key=lambda p: int(p.split("/")[4]))
    return found[-1] if found else program


def scripts(case):
    """The directory of the scripts as an installation has it."""
    folder, build = case.path("scripts"), case.env["builddir"]
    if not os.path.isdir(folder):
        os.mkdir(folder)
        os.symlink(os.path.join(TOP, "sql/lease-upload.awk"), os.path.join(folder, "lease-upload.awk"))
        for kind in KINDS:
            os.mkdir(os.path.join(folder, kind))
            for path in glob.glob(f"{build}/sql/{kind}/*.{kind}") + [f"{TOP}/sql/{kind}/wipe_data.sh"]:
                os.symlink(path, os.path.join(folder, kind, os.path.basename(path)))
    return folder


def template(case, kind):
    """A data directory with the database keatest; made once for all tests of this run."""
    folder = os.path.join(case.env["templates"], kind)
    os.makedirs(case.env["templates"], mode=0o755, exist_ok=True)
    with open(folder + ".lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not os.path.exists(folder + ".made"):
            shutil.rmtree(folder, ignore_errors=True)
            port = 20000 + os.getpid() % 10000
            host = folder if kind == "pgsql" else f"{folder}/socket"
            script = f""". {TOP}/tests/sql/servers
                start_{kind} {folder} {port} || exit 1
                {case.env['builddir']}/kea-admin db-init {kind} -h {host} -P {port} -u keatest -p keatest -n keatest \
                    -d {scripts(case)}
                code=$?; {"as_pgsql $(pgsql_bin)/pg_ctl -D " + folder + "/data -m fast -w stop" if kind == "pgsql" else "stop_mysql " + folder}
                exit $code"""
            try:
                p = subprocess.run(["sh", "-c", script], check=False, capture_output=True, text=True)
            except SystemExit:  # the tests are ended
                subprocess.run(["sh", "-c", f". {TOP}/tests/sql/servers; stop_{kind} {folder}"], check=False, capture_output=True)
                raise
            if p.returncode:
                raise Failed(f"no template of {kind}: {p.stdout[-2000:]}{p.stderr[-2000:]}")
            with open(folder + ".made", "w", encoding="ascii"):
                pass
    return os.path.join(folder, "data")


def authority(case, name):
    """The certificate of a CA of this test, which is made when it is needed first."""
    path = case.path(f"{name}.pem")
    if not os.path.exists(path):
        subprocess.run(["openssl", "req", "-x509", *EC_KEY, "-days", "2", "-subj", f"/CN={name}", "-keyout", case.path(f"{name}.key"),
                        "-out", path], check=True, capture_output=True)
    return path


def certificate(case, folder, user, address):
    """Makes db.pem and db.key for a server at the address."""
    ca, (cert, key, request, san) = authority(case, "ca"), (os.path.join(folder, f"db.{part}") for part in ("pem", "key", "csr", "san"))
    with open(san, "w", encoding="ascii") as f:
        f.write(f"subjectAltName=IP:{address}\n")
    for args in (["req", *EC_KEY, "-subj", "/CN=db", "-keyout", key, "-out", request],
                 ["x509", "-req", "-in", request, "-CA", ca, "-CAkey", case.path("ca.key"), "-days", "2", "-extfile", san, "-out", cert]):
        subprocess.run(["openssl", *args], check=True, capture_output=True)
    shutil.chown(key, user, user)
    os.chmod(key, 0o600)


class Database:
    def __init__(self, case, kind, ns="srv", name=None, data=None, options=(), env=None, address=None, tls=False):
        """address: of several servers in one namespace, which have one port; data: copied, or the template. tls: clients
        encrypt and check the certificate; others may connect without, too."""
        self.case, self.kind, self.ns, self.address = case, kind, ns, address or "127.0.0.1"
        self.tls = tls or case.tls
        self.listens_on = address or "*"
        self.type, self.port = KINDS[kind]
        self.folder = case.path(name or kind)
        # For the server alone, not for the programs that start it as another user.
        self.options, self.env = list(options), ["env", *(f"{k}={v}" for k, v in env.items())] if env else []
        self.process = None
        os.mkdir(self.folder)
        user = "postgres" if kind == "pgsql" else "mysql"
        shutil.chown(self.folder, user, user)
        subprocess.run(["cp", "-a", data or template(case, kind), os.path.join(self.folder, "data")], check=True)
        if self.tls:
            certificate(case, self.folder, user, self.address)
            ca, cert, key = authority(case, "ca"), os.path.join(self.folder, "db.pem"), os.path.join(self.folder, "db.key")
            self.options += (["-c", "ssl=on", "-c", f"ssl_cert_file={cert}", "-c", f"ssl_key_file={key}"] if kind == "pgsql" else
                             [f"--ssl-ca={ca}", f"--ssl-cert={cert}", f"--ssl-key={key}"])
        self.start()
        case.on_close(self.kill)

    # --- the process

    def args(self):
        data = os.path.join(self.folder, "data")
        if self.kind == "pgsql":
            return ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", *self.env, pgsql_bin("postgres"),
                    "-D", data,
                    "-c", f"unix_socket_directories={self.folder}", "-c", f"port={self.port}", "-c", f"listen_addresses={self.listens_on}",
                    "-c", f"fsync={'on' if self.case.long else 'off'}", "-c", "logging_collector=off", *self.options]
        return [*self.env, "mariadbd", "--no-defaults", "--user=mysql", f"--datadir={data}", f"--socket={self.socket}",
                f"--pid-file={self.folder}/pid", f"--port={self.port}", f"--bind-address={self.listens_on}", "--skip-name-resolve",
                "--innodb-buffer-pool-size=64M", "--innodb-log-file-size=32M",
                f"--innodb-flush-log-at-trx-commit={1 if self.case.long else 2}", *self.options]

    @property
    def socket(self):
        """What clients connect to: a directory for PostgreSQL."""
        return self.folder if self.kind == "pgsql" else os.path.join(self.folder, "socket")

    def launch(self):
        with contextlib.suppress(FileNotFoundError):
            os.unlink(os.path.join(self.folder, "data/postmaster.pid"))
        self.process = self.case.start(self.ns, self.args(), name=f"{self.kind}-server")

    def start(self):
        self.launch()
        self.wait_ready()

    def wait_ready(self):
        self.case.wait(f"{self.kind}", self.is_ready, 60, 0.1)

    def is_ready(self):
        if not self.process.alive():
            raise Failed(f"{self.kind} ended: {self.process.log()[-2000:]}")
        return self.try_sql("SELECT 1") is not None

    def pids(self):
        """The server and its processes."""
        pids = [self.process.pid]
        for pid in pids:
            with contextlib.suppress(OSError), open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as f:
                pids += [int(word) for word in f.read().split()]
        return pids

    def signal(self, number):
        for pid in self.pids():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

    def freeze(self):
        self.signal(signal.SIGSTOP)

    def thaw(self):
        self.signal(signal.SIGCONT)

    def kill(self):
        """At once: what was committed is there at the next start."""
        if self.process.alive():
            pids = self.pids()
            self.signal(signal.SIGCONT)
            self.process.send(signal.SIGQUIT if self.kind == "pgsql" else signal.SIGKILL)
            with contextlib.suppress(Failed):
                self.process.wait(10)
            for pid in pids:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)

    # --- what is in it

    def client(self, text):
        if self.kind == "pgsql":
            return ["psql", "-X", "-q", "-A", "-t", "-F", "\t", "-v", "ON_ERROR_STOP=1", "-h", self.folder, "-p",
                    str(self.port), "-U", "keatest", "-d", "keatest", "-c", text]
        return ["mariadb", "--no-defaults", "--default-character-set=utf8mb4", "-N", "-B", f"--socket={self.socket}", "-u", "root", "keatest", "-e", text]

    def try_sql(self, text, timeout=30):
        """The rows as lists of texts; None if the statement fails."""
        p = subprocess.run(self.client(text), check=False, capture_output=True, text=True, timeout=timeout,
                           env=dict(os.environ, PGPASSWORD="keatest", PGOPTIONS="-c default_transaction_read_only=off", PGCONNECT_TIMEOUT="5"))
        self.said = p.stderr
        return None if p.returncode else [line.split("\t") for line in p.stdout.splitlines()]

    def sql(self, text):
        rows = self.try_sql(text)
        if rows is None:
            raise Failed(f"{self.kind}: {text}: {self.said}")
        return rows

    def admin(self, command, *args):
        """Runs kea-admin on the database."""
        p = subprocess.run(self.case.net.exec(self.ns, [
            os.path.join(self.case.env["builddir"], "kea-admin"), command, self.kind, "-h", self.address, "-P", self.port,
            "-u", "keatest", "-p", "keatest", "-n", "keatest", "-d", scripts(self.case), f"-{self.case.fam.digit}", *args]),
                           check=False, capture_output=True, text=True)
        if p.returncode:
            raise Failed(f"{command}: {p.stdout}{p.stderr}")

    def dump(self, name="dump.csv"):
        """The leases as a lease file; returns its path."""
        path = self.case.path(name)
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)
        self.admin("lease-dump", "-o", path)
        return path

    def upload(self, text):
        """Writes the leases of a lease file's text to the database."""
        self.admin("lease-upload", "-i", self.case.write("upload.csv", text))

    def lease_files(self):
        """For ledger.check()."""
        return [self.dump()]

    def conf(self, **keys):
        """For "lease-database" or an entry of "hosts-databases"."""
        # The certificate is for its own address.
        tls = {"trust-anchor": authority(self.case, "ca"), "ssl-mode": "verify-ca" if "host" in keys else "verify-full"} if self.tls else {}
        return {"type": self.type, "name": "keatest", "user": "keatest", "password": "keatest", "host": self.address,
                "port": self.port, "max-reconnect-tries": 1000, "reconnect-wait-time": 100, **tls, **keys}


def each(ident, name, short=None, **more):
    """A fault test of both databases; short: which (kind, family) make the short form."""
    def register(fn):
        for kind in KINDS:
            families = tuple(f for k, f in short if k == kind) if short else (4, 6)

            def run(t, kind=kind):
                fn(t, kind)
            run.__doc__ = fn.__doc__
            fault(ident, f"{kind}-{name}", short=families, needs=PROGRAMS[kind][:1], **more)(run)
        return fn
    return register


def each_test(name, families=(4,), **more):
    """An ordinary test of both databases."""
    def register(fn):
        for kind in KINDS:
            def run(t, kind=kind):
                fn(t, kind)
            run.__doc__ = fn.__doc__
            test(f"{kind}-{name}", needs=PROGRAMS[kind][:1], families=families, **more)(run)
        return fn
    return register


class Proxy:
    """Forwards TCP connections to a port of 127.0.0.1 in a namespace. cut() makes the next request reach the database,
    and its response nobody: what it changed is changed, and the client cannot know. delay: seconds added to each round
    trip; it may be changed."""

    def __init__(self, case, ns, port, to, delay=0.0):
        self.to, self.ns, self.case, self.delay = to, ns, case, delay
        self.wants_cut, self.n_cut, self.is_over = False, 0, False
        with case.net.inside(ns):
            self.listener = socket.create_server(("127.0.0.1", port))
        threading.Thread(target=self.accept, daemon=True).start()
        case.on_close(self.close)

    def accept(self):
        while not self.is_over:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def connect(self):
        with self.case.net.inside(self.ns):
            return socket.create_connection(("127.0.0.1", self.to), 5)

    def serve(self, client):
        try:
            server = self.connect()
        except OSError:
            client.close()
            return
        with client, server:
            sockets, late = [client, server], collections.deque()
            while not self.is_over:
                wait = min(0.5, max(0.0, late[0][0] - time.monotonic())) if late else 0.5
                ready, _, _ = select.select(sockets, [], [], wait)
                try:
                    while late and late[0][0] <= time.monotonic():
                        client.sendall(late.popleft()[1])
                except OSError:
                    return
                for s in ready:
                    try:
                        data = s.recv(65536)
                        if not data:
                            return
                        if s is server and (self.delay or late):
                            late.append((time.monotonic() + self.delay, data))
                        else:
                            (server if s is client else client).sendall(data)
                    except OSError:
                        return
                    # Only a request of some size has changes in it.
                    if s is client and self.wants_cut and len(data) > 200:
                        self.wants_cut = False
                        time.sleep(0.3)
                        self.n_cut += 1
                        return

    def cut(self):
        self.wants_cut = True

    def close(self):
        self.is_over = True
        self.listener.close()
