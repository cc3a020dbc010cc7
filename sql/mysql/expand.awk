# SPDX-License-Identifier: MPL-2.0
# Writes audit.sql.in for one family: awk -v family=4 -f expand.awk audit.sql.in. Lines that begin with "@6 " are for
# DHCPv6 only; those with "@T" are written for each table whose changes are recorded.
BEGIN {
	n = split("client_class global_parameter option_def server shared_network subnet", tables)
	pd = family == 6 ? "NEW.pd_pool_id" : "NULL"
	old_pd = family == 6 ? "OLD.pd_pool_id" : "NULL"
}
function put(line) {
	gsub(/@F@/, family, line)
	gsub(/@PD@/, pd, line)
	gsub(/@OLD_PD@/, old_pd, line)
	print line
}
function put_tables(    i, k, line) {
	for (i = 1; i <= n; i++) {
		for (k = 1; k <= n_block; k++) {
			line = block[k]
			gsub(/@T@/, tables[i], line)
			gsub(/@ID@/, tables[i] == "subnet" ? "subnet_id" : "id", line)
			if (tables[i] == "client_class" && line ~ /createAuditEntry.*create/)
				line = line "\n    CALL setClientClass@F@Order(NEW.id, NEW.follow_class_name);"
			if (tables[i] == "client_class" && line ~ /createAuditEntry.*update/)
				line = line "\n    IF NOT (OLD.follow_class_name <=> NEW.follow_class_name) THEN" \
					"\n        CALL setClientClass@F@Order(NEW.id, NEW.follow_class_name);\n    END IF;"
			put(line)
		}
	}
	n_block = 0
}
/SPDX-License/ { next }
/^@T/ { sub(/^@T ?/, ""); block[++n_block] = $0; next }
n_block { put_tables() }
/^@6 / { if (family != 6) next; sub(/^@6 /, "") }
{ put($0) }
