# SPDX-License-Identifier: MPL-2.0
# Drops the messages of devices whose hardware address begins with one of these bytes.
#
#   "parameters": { "script": "deny-oui.py", "parameters": { "deny": [ "00:1a:2b", "02:00" ] } }
import kea

denied = kea.stat("denied-clients")
prefixes = tuple(kea.unhex(prefix) for prefix in kea.parameters.get("deny", []))


@kea.on("pkt#_receive")
def receive(call):
    if call.query.hwaddr.startswith(prefixes):
        denied.add(1)
        return kea.DROP
