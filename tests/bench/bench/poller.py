# SPDX-License-Identifier: MPL-2.0
"""A client that asks for all statistics at regular intervals, as a monitoring system does, but more often."""
import socket
import threading
import time

REQUEST = b'{ "command": "statistic-get-all" }'


class Poller:
    """Polls in a thread while the block runs; per_sec 0: not at all. A response that is missing or incomplete is an error
    at the end of the block."""

    def __init__(self, path, per_sec):
        self.path, self.per_sec, self.ends, self.why, self.n = path, per_sec, threading.Event(), None, 0
        self.thread = threading.Thread(target=self.run)

    def ask(self):
        with socket.socket(socket.AF_UNIX) as sock:
            sock.settimeout(20)
            sock.connect(self.path)
            sock.sendall(REQUEST)
            last = b""
            while data := sock.recv(65536):
                last = data
        if not last.rstrip().endswith(b"}"):
            raise OSError("incomplete response")

    def run(self):
        due = time.monotonic()
        while not self.ends.is_set():
            try:
                self.ask()
                self.n += 1
            except OSError as why:
                self.why = why
                return
            due = max(due + 1 / self.per_sec, time.monotonic())
            self.ends.wait(due - time.monotonic())

    def __enter__(self):
        if self.per_sec:
            self.thread.start()
        return self

    def __exit__(self, *_):
        if not self.per_sec:
            return
        self.ends.set()
        self.thread.join()
        if self.why or not self.n:
            raise RuntimeError(f"polling failed after {self.n} responses: {self.why}")
