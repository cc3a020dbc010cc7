# SPDX-License-Identifier: MPL-2.0
"""Those who look at a server that is at work: an open page, a watcher of events, a scraper of metrics. Run as a program
(people.py PORT FAMILY) in the server's namespace, it prints what each of them got, in a line of JSON when it ends."""
import http.client
import json
import signal
import subprocess
import sys
import threading
import time

CHANNEL = {"socket-type": "http", "socket-address": "127.0.0.1", "socket-port": 8000, "page": True}


class People:
    """They look while the block runs; `got` afterwards."""

    def __init__(self, net, family):
        self.args = net.exec("srv", [sys.executable, __file__, CHANNEL["socket-port"], family])

    def __enter__(self):
        # one processor, at a lower priority: a browser and Prometheus usually run on another host
        self.process = subprocess.Popen(["nice", "-n", "10", *self.args], stdout=subprocess.PIPE, text=True)
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        self.got = json.loads(self.process.communicate(timeout=30)[0])
        if self.got["errors"] or not all(self.got[k] for k in ("page", "scrapes", "events")):
            raise RuntimeError(f"those who look at the server got {self.got}")


class Looking:
    def __init__(self, port, family):
        self.port, self.family, self.ends = port, family, threading.Event()
        self.got = {"page": 0, "scrapes": 0, "events": 0, "errors": [], "slowest_scrape_ms": 0}

    def get(self, method, path, body=None):
        conn = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        conn.request(method, path, body, {"Content-Type": "application/json"})
        response = conn.getresponse()
        data = response.read()
        conn.close()
        if response.status != 200 or not data:
            raise OSError(f"{path}: {response.status}")
        return data

    def page(self):
        """What src/page/page.js asks: every five seconds, and the leases when one is new, at most once a second."""
        n = 0
        while not self.ends.wait(1):
            commands = [f"lease{self.family}-get-page"] + (["status-get", "statistic-get-all"] if n % 5 == 0 else [])
            for command in commands:
                request = {"command": command, **({"arguments": {"from": "start", "limit": 50}} if "page" in command else {})}
                self.get("POST", "/", json.dumps(request))
            n += 1
            self.got["page"] += 1

    def scraper(self):
        while not self.ends.wait(1):
            begun = time.monotonic()
            self.get("GET", "/metrics")
            self.got["slowest_scrape_ms"] = max(self.got["slowest_scrape_ms"], 1000 * (time.monotonic() - begun))
            self.got["scrapes"] += 1

    def watcher(self):
        conn = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        conn.request("GET", "/events")
        response = conn.getresponse()
        while not self.ends.is_set():
            self.got["events"] += response.read1(65536).count(b"data:")
        conn.close()

    def run(self, fn):
        try:
            fn()
        except (OSError, http.client.HTTPException) as why:
            self.got["errors"].append(f"{fn.__name__}: {why}")


def main():
    looking = Looking(int(sys.argv[1]), sys.argv[2])
    signal.signal(signal.SIGTERM, lambda *_: looking.ends.set())
    threads = [threading.Thread(target=looking.run, args=(fn,), daemon=True) for fn in (looking.page, looking.scraper, looking.watcher)]
    for thread in threads:
        thread.start()
    looking.ends.wait()
    for thread in threads:
        thread.join(5)
    print(json.dumps(looking.got), flush=True)


if __name__ == "__main__":
    main()
