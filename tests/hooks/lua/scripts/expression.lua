-- SPDX-License-Identifier: MPL-2.0
local right = kea.expression("pkt4.mac")
local wrong = kea.expression("pkt4.mca")
local unfinished = kea.expression("option[60].hex ==")
kea.on("pkt4_receive", function(call) return right:evaluate(call.query) and wrong and unfinished end)
