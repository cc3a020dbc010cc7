# SPDX-License-Identifier: MPL-2.0
# Options for delegated prefixes: a client gets the options of the first prefix it is offered or has, by a table.
#
#   "parameters": { "script": "prefix-options.py", "parameters": {
#       "2001:db8:8000:1::/64": { "dns": [ "2001:db8::53", "2001:db8::54" ], "tftp": "config-a" },
#       "2001:db8:8000:2::/64": { "dns": [ "2001:db8::153" ] } } }
import kea

IA_PD, IAPREFIX, DNS, VENDOR, ENTERPRISE, TFTP = 25, 26, 23, 17, 4491, 33


@kea.on("pkt6_send")
def send(call):
    for code, value in call.response.options(IA_PD):
        if code != IAPREFIX:
            continue
        # Preferred and valid lifetime, length, address.
        entry = kea.parameters.get(f"{kea.addr_text(value[9:25])}/{value[8]}")
        if entry is None:
            continue
        if "dns" in entry:
            call.response.set_option(DNS, b"".join(kea.addr_bytes(address) for address in entry["dns"]))
        if "tftp" in entry:
            call.response.set_option(VENDOR, ENTERPRISE, TFTP, entry["tftp"])
        return
