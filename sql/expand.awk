# SPDX-License-Identifier: MPL-2.0
# Writes a part of a script for one family: awk -v family=4 -f expand.awk FILE.sql.in. In the part,
#	@F@		is the digit of the family
#	@6 LINE		is a line for DHCPv6 only, @4 LINE one for DHCPv4; an empty line after them goes with them
#	@6:TEXT@	is text for DHCPv6 only, and so for 4
#	@T LINE		lines that begin so are written for each configuration table whose changes are recorded: @T@ is its
#			name, @ID@ its key; @T @CLASS LINE is for client_class only
BEGIN { n = split("client_class global_parameter option_def server shared_network subnet", tables) }

function put(line,    at, end) {
	gsub(/@F@/, family, line)
	while ((at = match(line, /@[46]:[^@]*@/)) > 0) {
		end = at + RLENGTH
		line = substr(line, 1, at - 1) (substr(line, at + 1, 1) == family ? substr(line, at + 3, RLENGTH - 4) : "") substr(line, end)
	}
	print line
}

function put_tables(    i, k, line) {
	for (i = 1; i <= n; i++) {
		for (k = 1; k <= n_block; k++) {
			line = block[k]
			if (line ~ /^@CLASS /) {
				if (tables[i] != "client_class")
					continue
				sub(/^@CLASS /, "", line)
			}
			gsub(/@T@/, tables[i], line)
			gsub(/@ID@/, tables[i] == "subnet" ? "subnet_id" : "id", line)
			put(line)
		}
	}
	n_block = 0
}

/SPDX-License/ { next }
/^@T( |$)/ { sub(/^@T ?/, ""); block[++n_block] = $0; next }
n_block { put_tables() }
/^@[46]( |$)/ {
	left_out = substr($0, 2, 1) != family
	if (left_out)
		next
	sub(/^@[46] ?/, "")
}
{ put($0) }
