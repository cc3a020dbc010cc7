-- SPDX-License-Identifier: MPL-2.0
-- Asks an HTTP service about each client: the response is JSON, { "deny": true } or { "class": "gold" }. The message waits
-- for it, up to 5 seconds; other clients do not. Workers park the messages, and the main thread asks the service.
--
--   "parameters": { "script": "http-query.lua", "parameters": { "url": "http://127.0.0.1:8080/client/" } }
local SECONDS = 5
local address, port, path = kea.parameters.url:match("^http://%[?([%x.:]+)%]?:(%d+)(/.*)$")
assert(address, "url: expected http://ADDRESS:PORT/PATH")

local function read_answer(response)
    local body = response:match("^HTTP/1%.%d 200 .-\r\n\r\n(.*)$") or ""
    return body:find('"deny"%s*:%s*true') ~= nil, body:match('"class"%s*:%s*"([^"]*)"')
end

-- In the main thread: asks, and resumes the packet with the answer.
local ask = kea.main(function(parked, client)
    local request = "GET " .. path .. client .. " HTTP/1.0\r\nHost: " .. address .. "\r\n\r\n"
    local socket, why = kea.connect(address, math.tointeger(port))
    local response, watch, timer = "", nil, nil

    local function finish(reason)
        if reason then kea.warn(client .. ": " .. reason) end
        if watch then watch:stop() end
        if timer then timer:stop() end
        if socket then socket:close() end
        parked:resume(read_answer(response))
    end

    local function send()
        local sent, error_text = socket:write(request)
        if not sent then return finish(error_text) end
        request = request:sub(sent + 1)
        if request == "" then watch:change("r") end
    end

    local function receive()
        local data, error_text = socket:read()
        if data == false then return finish(error_text) end
        if data == "" or #response > 65536 then return finish() end
        response = response .. (data or "")
    end

    if not socket then return finish(why) end
    timer = kea.timer(SECONDS, function() finish("no answer") end)
    watch = kea.watch(socket, function()
        if request ~= "" then send() else receive() end
    end, "w")
end)

-- In a worker.
kea.on("pkt4_receive", function(call)
    ask(call:park((SECONDS + 1) * 1000, function(resumed, deny, class)
        if deny then return kea.DROP end
        if class then resumed:add_class(class) end
    end), kea.hex(call.query.hwaddr))
    return kea.PARK
end)
