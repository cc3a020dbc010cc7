-- SPDX-License-Identifier: MPL-2.0
-- Reads and writes everything that a script can: each line is one expression that must hold.
local n = kea.stat("script-checks")
local function check(what, ok)
    if not ok then error(what, 2) end
    n:add()
end
local function fails(why, f, ...)
    local ok, message = pcall(f, ...)
    if ok or not tostring(message):find(why, 1, true) then error("no error: " .. why .. ": " .. tostring(message), 2) end
    n:add(1)
end

check("parameters", kea.parameters.list[2] == "two" and kea.parameters.map.yes == true and kea.parameters.ratio == 0.5)
check("parameters", kea.parameters.none == nil and kea.parameters.number == -7)
check("hex", kea.hex("\0\26\43") == "00:1a:2b" and kea.unhex("00:1A:2b") == "\0\26\43" and kea.unhex("001a2b") == "\0\26\43")
check("addr", kea.addr_text(kea.addr_bytes("192.0.2.1")) == "192.0.2.1" and #kea.addr_bytes("2001:db8::1") == 16)
check("check", kea.is_check == false and kea.family == 4 or kea.family == 6)
fails("not pairs", kea.unhex, "0g")
fails("not an address", kea.addr_bytes, "192.0.2")
fails("no such hook point", kea.on, "lease4_selct", print)
check("sandbox", not os.execute and not os.exit and not io.popen and not dofile and not require and not debug)
fails("nil value", function() return package.loadlib end)

local kept
kea.on("pkt4_receive", function(call)
    local q = call.query
    kept = q
    check("fields", call.point == "pkt4_receive" and q.type == 1 and q.type_name == "DHCPDISCOVER" and q.giaddr == "192.0.2.1")
    check("bytes", q.hwaddr == "\2\0\0\0\0\1" and q.client_id == "" and q.relayed == 1)
    check("label", q.label == "[hwtype=1 02:00:00:00:00:01], cid=[no info], tid=0x1")
    check("nothing", call.response == nil and call.lease == nil and call.subnet == nil and #call.leases == 0)
    q.secs = 7
    check("written", q.secs == 7 and q:set("hops", 3) and q.hops == 3 and q:set("hops", 256) == false)
    fails("out of range", function() q.hops = 300 end)
    fails("cannot be written", function() q.hwaddr = "x" end)
    fails('PACKET has no attribute "hop_count" in DHCPv4', function() return q.hop_count end)
    fails('PACKET has no attribute "relays" in DHCPv4', function() return q.relays end)
    fails('PACKET has no attribute "nothing"', function() q.nothing = 1 end)
    fails("called with a colon", function() q.option(60) end)
    fails("right kind", function() q.option(call, 60) end)
    check("option", q:option(60) == "abc" and q:option("vendor-class-identifier") == "abc" and q:option(61) == nil)
    check("sub-option", q:option(82, 1) == "port" and q:options(82)[2][2] == "id" and q:options(82)[2][1] == 2)
    q:set_option(82, 1, "other")
    q:add_option(82, 9, "nine")
    check("written", q:option(82, 1) == "other" and q:option(82, 9) == "nine" and q:delete_option(82, 9) == 1)
    fails('no option "nonsense"', function() q:option("nonsense") end)
    fails("not valid", function() q:set_option(255, "x") end)
    check("class", not call:has_class("marked") and call:add_class("marked") and call:has_class("marked"))
    check("class", call:add_class("unheard-of") == false and call.classes[#call.classes] == "marked")
    fails("cannot be written at this point", function() call:select_subnet(1) end)
    call.data.seen = 1
end)
kea.on("subnet4_select", function(call)
    fails("has ended", function() return kept.type end)
    check("subnets", #call.subnets == 2 and call.subnets[1].id == call.subnet.id and call.subnets[2].name == "198.51.100.0/24")
    check("pools", call.subnets[2].pools[1].first == "198.51.100.10" and call.subnet.network == "floor")
    check("select", call:select_subnet(9) == false and call:select_subnet(2))
end)
kea.on("lease#_select", function(call)
    local lease = call.lease
    check("lease", call.fake_allocation == 1 and lease.state_name == "default")
    if kea.family == 4 then
        check("lease", lease.subnet_id == 2 and lease.address == "198.51.100.10" and call.data.seen == 1)
        check("old", call.old_lease == nil and call.host == nil)
    end
    lease.hostname = "by-script"
    lease.valid_lifetime = 1234
    check("written", lease.hostname == "by-script" and lease.valid_lifetime == 1234)
    fails("number expected", function() lease.valid_lifetime = "long" end)
    fails("not valid", function() lease.user_context = "[ ]" end)
end)
kea.on("pkt#_send", function(call)
    check("response", call.response.type == 2)
    call.response:set_option(15, "example.org")
    if kea.family == 6 then
        local relays = call.query.relays
        check("relays", #relays == 1 and relays[1].link_addr == "2001:db8:1::1" and relays[1]:option(18) == "port")
    end
    n:set(n:get() + 100)
end)
kea.on("pkt6_receive", function(call)
    check("fields", call.query.type_name == "SOLICIT" and call.query.client_id == kea.unhex("00030001020000000001"))
    check("label", call.query.label:find("duid=[00:03:00:01:02:00:00:00:00:01], ", 1, true) == 1)
    fails('PACKET has no attribute "giaddr" in DHCPv6', function() return call.query.giaddr end)
end)
kea.debug("loaded")
print("loaded", 1)
