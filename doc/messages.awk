# SPDX-License-Identifier: MPL-2.0
# messages.mes of all rooms and hook libraries -> the reference of log messages, sorted by severity and id. The format is
# described in src/libdhcp/log/messages.awk.
function end() {
	if (id == "") return
	count[severity]++
	title = id; sub(/x/, "4", title)
	if (title != id) { other = id; sub(/x/, "6", other); title = title ", " other }
	entry[severity, count[severity]] = title "\001### " title "\n\n    " text "\n\nLogger " logger level ". " paragraph "\n\n"
	id = ""
}
FNR == 1 { end() }
/^#/ { next }
/^% / {
	end(); id = $2; severity = $4; paragraph = ""; want_text = 1
	logger = $3; level = NF > 4 && $5 > 0 ? ", debuglevel " $5 : ""
	sub(/dhcpx/, "dhcp4, dhcp6", logger)
	next
}
want_text { text = $0; want_text = 0; next }
NF { paragraph = paragraph (paragraph == "" ? "" : "\n") $0 }
END {
	end()
	print "# Log messages\n"
	print "Generated from the tables that the programs log from. %s, %u and so on stand for what the line is about. A line in the log"
	print "has the id before the text:\n"
	print "    2026-11-30 12:00:00.000 ERROR [kea-dhcp4.dhcp4/4711] DHCP4_INIT_FAIL cannot start: ...\n"
	n = split("FATAL ERROR WARN INFO DEBUG", order, " ")
	for (s = 1; s <= n; s++) {
		c = count[order[s]]
		if (!c) continue
		print "## " order[s] "\n"
		for (i = 2; i <= c; i++)
			for (k = i; k > 1 && entry[order[s], k - 1] > entry[order[s], k]; k--) {
				swap = entry[order[s], k]; entry[order[s], k] = entry[order[s], k - 1]; entry[order[s], k - 1] = swap
			}
		for (i = 1; i <= c; i++)
			printf "%s", substr(entry[order[s], i], index(entry[order[s], i], "\001") + 1)
	}
}
