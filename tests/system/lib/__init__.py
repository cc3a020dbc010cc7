# SPDX-License-Identifier: MPL-2.0
"""What system tests are made of: case (registry, assertions, processes), net (namespaces),
server (kea-dhcp4, kea-dhcp6 and their lease files), tap, client, dhcp and dhcp6 (packets over AF_PACKET),
ledger (load), family (what a test of both families needs from the one it runs for)."""
