# SPDX-License-Identifier: MPL-2.0
# Asks an HTTP service about each client: the response is JSON, { "deny": true } or { "class": "gold" }. The message waits
# for it, up to 5 seconds; other clients do not.
#
#   "parameters": { "script": "http-query.py", "parameters": { "url": "http://127.0.0.1:8080/client/", "threads": 8 } }
import json
import queue
import threading
import urllib.request

import kea

SECONDS = 5
jobs = queue.Queue(1000)
threads = kea.parameters.get("threads", 8)


def work():
    for parked, url, answer in iter(jobs.get, None):
        try:
            with urllib.request.urlopen(url, timeout=SECONDS) as response:
                answer.update(json.load(response))
        except (OSError, ValueError) as why:
            kea.warn(f"{url}: {why}")
        parked.resume()


@kea.on("pkt4_receive")
def receive(call):
    answer = {}

    def resumed(call):
        if answer.get("deny"):
            return kea.DROP
        if "class" in answer:
            call.add_class(answer["class"])

    parked = call.park(SECONDS * 1000, resumed)
    jobs.put_nowait((parked, kea.parameters["url"] + kea.hex(call.query.hwaddr), answer))
    return kea.PARK


if not kea.is_check:
    for _ in range(threads):
        threading.Thread(target=work, daemon=True).start()
    kea.at_unload(lambda: [jobs.put(None) for _ in range(threads)])
