# SPDX-License-Identifier: MPL-2.0
"""Configurations written by Kea (config-get) can be loaded: each example that Kea accepts is run by Kea without
interfaces, and requested over its control socket."""
import glob
import json
import os
import re
import socket
import subprocess
import time

from lib.net import is_listening

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.join(HERE, "../..")


def examples(digit):
    found = glob.glob(os.path.join(TOP, f"examples/kea{digit}/*.conf"))
    found += [f for f in glob.glob(os.path.join(TOP, "tests/configs/cases/*.conf"))
              if f.endswith("-v6.conf") == (digit == "6") and not os.path.exists(f[:-len("conf")] + "refused")]
    return sorted(found)


def without_comments(text):
    """Leaves strings unchanged."""
    return re.sub(r'("(?:[^"\\]|\\.)*")|//[^\n]*|#[^\n]*|/\*.*?\*/', lambda m: m.group(1) or "", text, flags=re.S)


def prepared(digit, path, folder):
    """Adds a control socket, and removes what affects this host; None if it is not plain JSON with comments."""
    with open(path, encoding="utf-8") as f:
        try:
            conf = json.loads(without_comments(f.read()))
        except ValueError:
            return None
    dhcp = conf.get(f"Dhcp{digit}")
    if dhcp is None:
        return None
    dhcp["control-socket"] = {"socket-type": "unix", "socket-name": os.path.join(folder, "socket")}
    dhcp["interfaces-config"] = {"interfaces": []}
    dhcp["lease-database"] = {"type": "memfile", "name": os.path.join(folder, "leases.csv"), "lfc-interval": 0}
    dhcp["loggers"] = [{"name": f"kea-dhcp{digit}", "severity": "INFO", "output_options": [{"output": "stdout"}]}]
    if digit == "6":
        dhcp["data-directory"] = folder
    return conf


def ask(path):
    """None if Kea ends meanwhile, or cannot print its configuration."""
    parts = []
    try:
        with socket.socket(socket.AF_UNIX) as s:
            s.connect(path)
            s.sendall(b'{ "command": "config-get" }')
            while part := s.recv(65536):
                parts.append(part)
        return json.loads(b"".join(parts)).get("arguments")
    except (OSError, ValueError):
        return None


def written(digit, kea, conf, folder):
    """Returns Kea's version of it; None if Kea rejects it."""
    path, sock = os.path.join(folder, "kea.conf"), os.path.join(folder, "socket")
    with open(path, "w", encoding="utf-8") as f:
        json.dump(conf, f)
    env = dict(os.environ, KEA_PIDFILE_DIR=folder, KEA_LOCKFILE_DIR=folder, KEA_DHCP_DATA_DIR=folder)
    if subprocess.run([kea, "-t", path], env=env, capture_output=True, check=False).returncode:
        return None
    with subprocess.Popen([kea, "-c", path, "-p", "10067"], env=env, stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL) as p:
        try:
            end = time.monotonic() + 10
            while not (there := is_listening(sock)) and p.poll() is None and time.monotonic() < end:
                time.sleep(0.02)
            return ask(sock) if there else None
        finally:
            p.terminate()


def check(digit, kea, ours, folder):
    """Yields the name of each example that Kea accepts, and None or our error about Kea's version."""
    for path in examples(digit):
        name = os.path.relpath(path, TOP).replace(os.sep, "-").removesuffix(".conf")
        own = os.path.join(folder, f"{digit}-{name}")
        os.makedirs(own)
        conf = prepared(digit, path, own)
        out = conf and written(digit, kea, conf, own)
        if not out:
            continue
        out.pop("hash", None)
        dhcp = out[f"Dhcp{digit}"]
        dhcp.pop("control-socket", None)
        result = os.path.join(own, "written.json")
        with open(result, "w", encoding="utf-8") as f:
            json.dump(out, f, indent=1)
        run = subprocess.run([ours, "-t", result], env=dict(os.environ, KEA_DHCP_DATA_DIR=own), capture_output=True, text=True,
                             check=False)
        yield name, None if run.returncode == 0 else run.stdout + run.stderr
