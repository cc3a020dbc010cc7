-- SPDX-License-Identifier: MPL-2.0
-- A boot file for each vendor: the vendor class (option 60) begins with a key of the table.
--
--   "parameters": { "script": "boot-files.lua", "parameters": {
--       "next-server": "192.0.2.4",
--       "files": { "PXEClient:Arch:00007": "ipxe.efi", "PXEClient": "undionly.kpxe", "AcmePhone": "phone.cfg" } } }
local vendors = {}
for vendor in pairs(kea.parameters.files) do
    table.insert(vendors, vendor)
end
table.sort(vendors, function(a, b) return #a > #b end) -- the longest one that fits

kea.on("pkt4_send", function(call)
    local class = call.query:option("vendor-class-identifier")
    for _, vendor in ipairs(class and vendors or {}) do
        if class:sub(1, #vendor) == vendor then
            call.response.siaddr = kea.parameters["next-server"]
            call.response.file = kea.parameters.files[vendor]
            return
        end
    end
end)
