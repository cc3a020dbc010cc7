# SPDX-License-Identifier: MPL-2.0
import kea

wrong = kea.expression("pkt4.mca")
unfinished = kea.expression("option[60].hex ==")
kea.on("pkt4_receive", lambda call: wrong.evaluate(call.query) and unfinished)
