# SPDX-License-Identifier: MPL-2.0
"""The parts of system tests: case (registry, assertions, processes), net (namespaces), server (kea-dhcp4, kea-dhcp6
and their lease files), tap, client, dhcp and dhcp6 (packets over AF_PACKET), ledger (load), family (what differs
between families, for tests of both)."""
