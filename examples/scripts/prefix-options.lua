-- SPDX-License-Identifier: MPL-2.0
-- Options for delegated prefixes: a client gets the options of the first prefix it is offered or has, by a table.
--
--   "parameters": { "script": "prefix-options.lua", "parameters": {
--       "2001:db8:8000:1::/64": { "dns": [ "2001:db8::53", "2001:db8::54" ], "tftp": "config-a" },
--       "2001:db8:8000:2::/64": { "dns": [ "2001:db8::153" ] } } }
local IA_PD, IAPREFIX, DNS, VENDOR, ENTERPRISE, TFTP = 25, 26, 23, 17, 4491, 33

local function options_of(prefix, response)
    local entry = kea.parameters[prefix]
    if not entry then return false end
    local dns = ""
    for _, address in ipairs(entry.dns or {}) do
        dns = dns .. kea.addr_bytes(address)
    end
    if dns ~= "" then response:set_option(DNS, dns) end
    if entry.tftp then response:set_option(VENDOR, ENTERPRISE, TFTP, entry.tftp) end
    return true
end

kea.on("pkt6_send", function(call)
    for _, sub in ipairs(call.response:options(IA_PD)) do
        local code, value = sub[1], sub[2] -- of the prefix: preferred and valid lifetime, length, address
        if code == IAPREFIX then
            local prefix = kea.addr_text(value:sub(10, 25)) .. "/" .. value:byte(9)
            if options_of(prefix, call.response) then return end
        end
    end
end)
