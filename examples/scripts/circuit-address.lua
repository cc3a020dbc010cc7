-- SPDX-License-Identifier: MPL-2.0
-- The address of a client depends on the port it is on: the circuit-id, sub-option 1 of the relay's option 82. If that
-- address is in use, the client gets what the server selected.
--
--   "parameters": { "script": "circuit-address.lua", "parameters": { "port-1": "192.0.2.101", "port-2": "192.0.2.102" } }
kea.on("lease4_select", function(call)
    local circuit = call.query:option(82, 1)
    local address = circuit and kea.parameters[circuit]
    if address and not call.lease:set("address", address) then
        kea.warn(call.query.label .. ": " .. address .. " is not available on " .. circuit)
    end
end)
