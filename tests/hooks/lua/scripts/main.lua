-- SPDX-License-Identifier: MPL-2.0
-- What a script does in the main thread, and what it passes to packets from there.
local n = kea.stat("script-checks")

local function check(...)
    for i = 1, select("#", ...) do
        assert(select(i, ...), "condition " .. i)
        n:add()
    end
end

local function fails(why, f, ...)
    local ok, error_text = pcall(f, ...)
    assert(not ok, "no error: " .. why)
    assert(tostring(error_text):find(why, 1, true), why .. ": " .. tostring(error_text))
    n:add()
end

-- Commands.
kea.command("script-echo", function(arguments) return 0, "done", arguments end, "read")
kea.command("script-nothing", function() end)
kea.command("script-empty", function() return 3, "none" end, "read")
kea.command("script-wrong", function() return 7 end, "read")
kea.command("script-fails", function() error("as intended") end, "read")
kea.command("script-cycle", function() local t = {} t.t = t return 0, "", t end, "read")
kea.command("script-function", function() return 0, "", { print } end, "read")
kea.command("script-bytes", function() return 0, "", { b = "\xff" } end, "read")
fails("has that command already", kea.command, "script-echo", print)
fails('the access is "read" or "write"', kea.command, "x", print, "all")

-- Timers.
local times = 0
local repeated = kea.timer(10, function()
    times = times + 1
    if times < 3 then return 10 end
end)
local stopped = kea.timer(1, function() error("was stopped") end)
stopped:stop()
kea.timer(25, function() repeated:start(100) end)
kea.timer(1000, function() error("from a timer") end)
fails("not from 0 seconds", kea.timer, -1, print)
fails("not from 0 seconds", kea.timer, 0 / 0, print)
kea.command("script-times", function() return 0, "times " .. times end, "read")

-- Expressions.
local mac = kea.expression("pkt4.mac")
local is_first = kea.expression("substring(pkt4.mac, 5, 1) == 0x01 and member('marked')")
fails("number expected", kea.timer, "x", print)

-- Parking: the functions run in other threads, or in this one.
local answer = kea.main(function(parked, text, number, ratio, yes, nothing)
    check(text == "a\0b", number == 1 << 40, ratio == 0.5, yes == true, nothing == nil)
    fails("was part of a call", function() return kept.type end)
    fails("cannot be passed to another thread", parked.resume, parked, parked)
    check(parked:resume("from main", 7), parked:resume() == false, parked:drop() == false)
end)
local refuse = kea.main(function(parked) check(parked:drop(), parked:resume(1) == false) end)
local later = kea.main(function(parked) kea.timer(5, function() parked:resume() end) end)
local forget = kea.main(function() collectgarbage() end)
local wrong = kea.main(function() error("in main") end)
fails("cannot be passed to another thread", answer, {})
fails("too many values", answer, 1, 2, 3, 4, 5, 6, 7, 8, 9)
fails("64 KiB", answer, ("x"):rep(65537))
fails("not while the script is loaded", kea.connect, "127.0.0.1", 1)
fails("not an address", kea.connect, "localhost", 1)
fails("not an address", kea.connect, "127.0.0.1", 0)

local ways = {
    [1] = function(call)
        kept = call.query
        local parked = call:park(10000, function(inner, text, number)
            check(inner.query.type == 1, text == "from main", number == 7, inner:add_class("marked"))
        end)
        answer(parked, "a\0b", 1 << 40, 0.5, true, nil)
        return kea.PARK
    end,
    [2] = function(call) refuse(call:park(10000)) return kea.PARK end,
    [3] = function(call) later(call:park(10000, function() return kea.SKIP end)) return kea.PARK end,
    [4] = function(call) call:park(10000) collectgarbage() return kea.PARK end,
    [5] = function(call) call:park(10000, function() return kea.PARK end):resume() return kea.PARK end,
    [6] = function() wrong() end,
    [7] = function(call) forget(call:park(10000)) return kea.PARK end,
}

kea.on("pkt4_receive", function(call)
    local q = call.query
    check(mac:evaluate(q) == q.hwaddr, is_first:evaluate(q) == false)
    fails("PACKET", mac.evaluate, mac, call)
    fails("PACKET", mac.evaluate, mac)
    fails("only while the script is loaded", kea.command, "x", print)
    fails("only while the script is loaded", kea.main, print)
    fails("only while the script is loaded", kea.expression, "pkt4.mac")
    return ways[q.hwaddr:byte(6)](call)
end)

kea.on("pkt4_send", function(call)
    check(is_first:evaluate(call.query) == (call.query.hwaddr:byte(6) == 1))
end)

-- Descriptors: nobody listens, and the error is what read() returns.
kea.command("script-connect", function(arguments)
    local socket, why = kea.connect(arguments.path)
    check(socket == nil, why)
    socket = assert(kea.connect("127.0.0.1", arguments.port))
    local watch
    watch = kea.watch(socket, function(events)
        local data, error_text = socket:read()
        check(events == "rw" or events == "r", data == false, error_text)
        watch:stop()
        socket:close()
        check(socket:read() == false, socket:write("x") == false)
        watch:change("w")
        kea.info("connection: " .. error_text)
    end)
    fails("not \"r\"", watch.change, watch, "x")
end, "read")
