-- SPDX-License-Identifier: MPL-2.0
-- Drops the messages of devices whose hardware address begins with one of these bytes.
--
--   "parameters": { "script": "deny-oui.lua", "parameters": { "deny": [ "00:1a:2b", "02:00" ] } }
local denied = kea.stat("denied-clients")

local function receive(call)
    local address = kea.hex(call.query.hwaddr)
    for _, prefix in ipairs(kea.parameters.deny) do
        if address:sub(1, #prefix) == prefix then
            denied:add(1)
            return kea.DROP
        end
    end
end

kea.on("pkt#_receive", receive)
