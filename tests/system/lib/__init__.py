# SPDX-License-Identifier: MPL-2.0
"""What system tests are made of: case (registry, assertions, processes), net (namespaces),
server (kea-dhcp4 and its lease file), dhcp (packets over AF_PACKET), ledger (load)."""
