-- SPDX-License-Identifier: MPL-2.0
-- Goes wrong in the way that the host name names.
local ways = {
    loop = function() while true do end end,
    caught = function() while true do pcall(function() while true do end end) end end,
    coroutine = function() while true do coroutine.resume(coroutine.create(function() while true do end end)) end end,
    memory = function() local t = {} while true do t[#t + 1] = ("x"):rep(1000) end end,
    huge = function() return ("x"):rep(1 << 40) end,
    verdict = function() return "yes" end,
    park = function() return 2 end,
    number = function() error(42) end,
    object = function() error({}) end,
    depth = function() local function f() return 1 + f() end f() end,
    call = function() nothing() end,
}

kea.on("pkt4_receive", function(call)
    local way = ways[call.query:option("host-name") or "none"]
    if way then return way() end
end)
