# SPDX-License-Identifier: MPL-2.0
# Which commands the users of the HTTP sockets may not use; a user of "*" is everybody else, or without a name.
#
#   "parameters": { "script": "command-users.py", "on-error": "drop",
#                   "parameters": { "deny": { "helpdesk": [ "config-set", "lease4-wipe" ], "*": [ "shutdown" ] } } }
import kea

deny = kea.parameters["deny"]


@kea.on("http_auth")
def check(call):
    if call.command in deny.get(call.user, deny.get("*", [])):
        kea.warn(f"{call.remote_addr}: user {call.user} may not use {call.command}")
        return kea.DROP
