# SPDX-License-Identifier: MPL-2.0
"""Boot ROMs in an emulated PC: they get the file of their architecture's class, and request it from the TFTP server.
The processor is emulated as well: nested virtualization often cannot run firmware.

    qemu tap0 --- br0 --- c0 ------ s0 srv        all but s0 are in cli
"""
import os
import socket

from lib import dhcp
from lib.case import Skipped, test

MAC = "02:00:00:00:00:b0"
FIRMWARE = "/usr/share/ovmf/OVMF.fd"
CLASSES = [
    {"name": "ipxe", "test": "option[77].hex == 'iPXE'", "boot-file-name": "menu.ipxe"},
    {"name": "bios", "test": "substring(option[60].hex, 0, 9) == 'PXEClient' and option[93].hex == 0x0000", "boot-file-name": "bios.0"},
    {"name": "efi64", "test": "option[93].hex == 0x0007 or option[93].hex == 0x0009", "boot-file-name": "efi64.efi"}]


def config(t):
    conf = t.fam.config(**t.no_cache, **{"client-classes": CLASSES, "next-server": "192.0.2.1"})
    conf["Dhcp4"]["subnet4"][0]["reservations"] = [{"hw-address": MAC, "ip-address": "192.0.2.20"}]
    return conf


def bridge(t):
    t.net.ip("cli", "link", "add", "br0", "type", "bridge")
    t.net.ip("cli", "tuntap", "add", "dev", "tap0", "mode", "tap")
    for dev in ("c0", "tap0"):
        t.net.ip("cli", "link", "set", dev, "master", "br0")
    for dev in ("br0", "tap0"):
        t.net.dev_up("cli", dev)


def boot(t, card, *args):
    """Starts the PC. Returns what is sent on the link, and a function that waits for the file requested by TFTP."""
    if not os.path.exists("/dev/net/tun"):
        raise Skipped("skipped: there is no /dev/net/tun")
    bridge(t)
    with t.net.inside("srv"):
        tftp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    tftp.bind(("192.0.2.1", 69))
    tap = dhcp.Tap(t.net, "srv", "s0")
    t.start("cli", ["qemu-system-x86_64", "-machine", "q35,accel=tcg", "-m", "256", "-display", "none", "-nodefaults", "-serial", "file:" + t.path("console"),
                    "-boot", "order=n", "-netdev", "tap,id=n,ifname=tap0,script=no,downscript=no", "-device", f"{card},netdev=n,mac={MAC},bootindex=1", *args])

    def requested(timeout):
        tftp.settimeout(timeout)
        try:
            return tftp.recv(2000)[2:].split(b"\0")[0].decode()
        except TimeoutError:
            return None
    return tap, requested


def check(t, server, tap, requested, name, arch):
    """What it was offered, and that it uses it."""
    got = t.true(requested(90), "the boot ROM requested no file")
    t.eq(got, name, "file requested by TFTP")
    seen = [m for m in tap.messages() if m.chaddr.hex(":") == MAC]
    asked, acks = [m for m in seen if m.op == 1], [m for m in seen if m.type == dhcp.ACK]
    t.eq({m.option(93) for m in asked}, {arch}, "architecture in the requests")
    t.eq([(m.yiaddr, m.siaddr) for m in acks[:1]], [("192.0.2.20", "192.0.2.1")], "address and server")
    t.eq(list(server.held()), ["192.0.2.20"], "leases")


@test("boot-bios", needs=["qemu-system-x86_64"], limit=120)
def boot_bios(t):
    """iPXE, the boot ROM of a PC with a BIOS, is in the class of iPXE by option 77 before that of its architecture."""
    server = t.server(config(t))
    check(t, server, *boot(t, "virtio-net-pci"), "menu.ipxe", b"\0\0")


@test("boot-uefi", needs=["qemu-system-x86_64"], limit=120)
def boot_uefi(t):
    """The PXE client of UEFI firmware gets the file of its architecture."""
    if not os.path.exists(FIRMWARE):
        raise Skipped(f"skipped: needs {FIRMWARE}")
    server = t.server(config(t))
    check(t, server, *boot(t, "virtio-net-pci,romfile=", "-bios", FIRMWARE), "efi64.efi", b"\0\7")
