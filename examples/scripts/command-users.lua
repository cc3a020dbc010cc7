-- SPDX-License-Identifier: MPL-2.0
-- Which commands the users of the HTTP sockets may not use; a user of "*" is everybody else, or without a name.
--
--   "parameters": { "script": "command-users.lua", "on-error": "drop",
--                   "parameters": { "deny": { "helpdesk": [ "config-set", "lease4-wipe" ], "*": [ "shutdown" ] } } }
kea.on("http_auth", function(call)
    local denied = kea.parameters.deny[call.user] or kea.parameters.deny["*"] or {}
    for _, command in ipairs(denied) do
        if command == call.command then
            kea.warn(call.remote_addr .. ": user " .. call.user .. " may not use " .. command)
            return kea.DROP
        end
    end
end)
