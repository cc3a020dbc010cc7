# SPDX-License-Identifier: MPL-2.0
"""Frames of one interface, kept as they arrive; dhcp and dhcp6 parse them."""
import socket
import struct
import time

SOL_PACKET, PACKET_ADD_MEMBERSHIP, PACKET_IGNORE_OUTGOING, PACKET_MR_PROMISC = 263, 1, 23, 1


class Tap:
    """Records every frame of one interface, both directions, from now on. Defined by the family: read(), a frame's
    message or None."""

    def __init__(self, net, ns, dev, outgoing=True):
        with net.inside(ns):
            self.sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        if not outgoing:
            self.sock.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
        with net.inside(ns):
            index = socket.if_nametoindex(dev)
        self.sock.bind((dev, 3))
        self.sock.setsockopt(SOL_PACKET, PACKET_ADD_MEMBERSHIP, struct.pack("iHH8s", index, PACKET_MR_PROMISC, 0, b""))
        self.kept = []

    def frames(self):
        """All frames so far, as (seconds, bytes)."""
        self.sock.settimeout(0)
        while True:
            try:
                self.kept.append((time.time(), self.sock.recv(65536)))
            except BlockingIOError:
                return self.kept

    def messages(self):
        return [m for _, f in self.frames() if (m := self.read(f))]

    def pcap(self, path, keep=lambda frame: True):
        with open(path, "wb") as f:
            f.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
            for t, frame in self.frames():
                if keep(frame):
                    f.write(struct.pack("<IIII", int(t), int(t % 1 * 1e6), len(frame), len(frame)) + frame)
        return path
