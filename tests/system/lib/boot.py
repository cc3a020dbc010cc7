# SPDX-License-Identifier: MPL-2.0
"""A separate Debian with systemd as its first process and the build under test installed as described in the README.

It boots with systemd-nspawn in the network namespace srv of the test (see net.py), from build/root (created by
tests/run), which is unchanged: all changes go to an overlay that is removed with the test."""
import contextlib
import os
import re
import signal
import subprocess
import time

from .case import Failed, Process, Skipped

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.normpath(os.path.join(HERE, "../../../build/root"))
# Mounted in a private namespace, so that it ends with the last process.
BOOT = """mount --make-rprivate / &&
mount -t overlay overlay -o "lowerdir=$1,upperdir=$2/upper,workdir=$2/work" "$2/root" || exit 90
for tree in /sys/fs/cgroup/systemd /sys/fs/cgroup/unified; do
	[ ! -e $tree/cgroup.procs ] || { mkdir -p "$tree/$3" && echo $$ >"$tree/$3/cgroup.procs"; } || exit 91
done
shift 3
exec systemd-nspawn "$@"
"""


def install_paths(builddir):
    """The options of configure: variables of the makefile, expanded."""
    want = ["sbindir", "keaconfdir", "keastatedir", "kearundir", "kealogdir", "systemdsystemunitdir", "keauser"]
    text = "show:\n" + "".join(f"\t@echo {w}=$({w})\n" for w in want)
    out = subprocess.run(["make", "-s", "-C", builddir, "-f", "Makefile", "-f", "-", "show"], input=text, text=True,
                         check=True, capture_output=True).stdout
    return dict(line.split("=", 1) for line in out.splitlines() if "=" in line)


class Boot:
    """Running once constructed. dirs: installation directories."""

    def __init__(self, case, root=ROOT):
        self.case = case
        if not os.path.exists(root + ".made"):
            raise Skipped(f"skipped: needs {root}, which tests/run makes (or: sh -c '. tests/packages; make_test_root')")
        self.builddir = case.env["builddir"]
        self.name = case.prefix
        self.dirs = install_paths(self.builddir)
        self.layer = case.path("installed")
        self.install(root)
        self.boot(root)
        self.run("make", "-C", self.builddir, "install-user")

    def install(self, root):
        """Installed from outside, as there is no compiler inside; keeps the links of a merged /usr, which an overlay
        would hide."""
        for entry in os.scandir(root):
            if entry.is_symlink():
                os.makedirs(os.path.join(self.layer, os.readlink(entry.path)), exist_ok=True)
                os.symlink(os.readlink(entry.path), os.path.join(self.layer, entry.name))
        got = subprocess.run(["make", "-C", self.builddir, "install", f"DESTDIR={self.layer}"], stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT, text=True, check=False)
        if got.returncode:
            raise Failed(f"make install ended with {got.returncode}:\n{got.stdout[-2000:]}")

    def boot(self, root):
        t = self.case
        for directory in "upper", "work", "root":
            os.makedirs(t.path(directory))
        # A host running systemd decides itself where a container's processes belong.
        keep = [] if os.path.isdir("/run/systemd/system") else ["--register=no", "--keep-unit"]
        self.process = Process(["unshare", "-m", "sh", "-c", BOOT, "boot", f"{self.layer}:{root}", t.dir, self.name, "--quiet",
                                "-D", t.path("root"), "-M", self.name, *keep, "--resolv-conf=off", "--timezone=off",
                                f"--network-namespace-path=/run/netns/{t.net.names['srv']}", "--link-journal=no",
                                f"--bind-ro={os.path.normpath(os.path.join(HERE, '../../..'))}", f"--bind-ro={self.builddir}",
                                "--console=pipe", "--boot"], t.path("nspawn.log"))
        t.processes.append(self.process)
        t.on_close(self.remove)
        end = time.monotonic() + 60
        while True:
            code, state = self.try_run("systemctl", "is-system-running")
            if state.strip() in ("running", "degraded"):
                return
            if not self.process.alive():
                raise Skipped("skipped: systemd-nspawn cannot boot here: " + (self.process.log().strip().splitlines() or ["?"])[-1])
            if time.monotonic() > end:
                raise Failed(f"not booted after 60 s: {code} {state} {self.process.log()[-500:]}")
            time.sleep(0.2)

    def leader(self):
        """The container's first process."""
        with contextlib.suppress(OSError), open(f"/proc/{self.process.pid}/task/{self.process.pid}/children", encoding="ascii") as f:
            for pid in f.read().split():
                with open(f"/proc/{pid}/comm", encoding="ascii") as comm:
                    if comm.read().strip() == "systemd":
                        return pid
        return None

    def try_run(self, *args, timeout=60):
        """Runs a command as root in the container: returns exit code and output."""
        leader = self.leader()
        if not leader:
            return 125, "no systemd"
        got = subprocess.run(["nsenter", "-t", leader, "-m", "-u", "-i", "-n", "-p", "env", "-i",
                              "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", *map(str, args)],
                             stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                             errors="replace", check=False, timeout=timeout)
        return got.returncode, got.stdout

    def run(self, *args, ok=(0,), timeout=60):
        code, out = self.try_run(*args, timeout=timeout)
        if code not in ok:
            raise Failed(f"{' '.join(map(str, args))} ended with {code}:\n{out[-3000:]}\n{self.journal()[-1500:]}")
        return out

    def write(self, path, text):
        """Keeps owner and mode of an existing file."""
        subprocess.run(["nsenter", "-t", self.leader(), "-m", "sh", "-c", 'cat >"$1"', "sh", path], input=text, text=True, check=True)

    def read(self, path):
        return self.run("cat", path)

    def journal(self, unit=None):
        """Returns the message texts in the journal (for one unit)."""
        return self.try_run("journalctl", "-o", "cat", "--no-pager", *(["-u", unit] if unit else []))[1]

    def wait_journal(self, unit, pattern, count=1, timeout=20):
        try:
            self.case.wait(f"{pattern!r} in the journal of {unit}",
                           lambda: len(re.findall(pattern, self.journal(unit))) >= count, timeout, every=0.2)
        except Failed as e:
            raise Failed(f"{e}:\n{self.journal(unit)[-3000:]}") from None

    def remove(self):
        """Its processes end with nspawn; only empty control groups are left."""
        if self.process.alive():
            with contextlib.suppress(OSError, TypeError):
                os.kill(int(self.leader()), signal.SIGKILL)
            with contextlib.suppress(Failed):
                self.process.stop(signal.SIGKILL, 10)
        for tree in "systemd", "unified":
            top = f"/sys/fs/cgroup/{tree}/{self.name}"
            for folder, _, _ in os.walk(top, topdown=False):
                with contextlib.suppress(OSError):
                    os.rmdir(folder)
