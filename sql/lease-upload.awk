# SPDX-License-Identifier: MPL-2.0
# Reads a lease file and writes SQL that stores its leases: kea-admin lease-upload.
#	awk -v family=4 -v check=1 -f lease-upload.awk FILE	checks the file and prints the number of rows
#	awk -v family=4 -v backend=pgsql -f lease-upload.awk FILE	writes SQL
# As in a lease file, the last row of an address counts, and a valid lifetime of 0 deletes.
BEGIN {
	FS = ","
	if (family == 4)
		known = "address hwaddr client_id valid_lifetime expire subnet_id fqdn_fwd fqdn_rev hostname state user_context pool_id"
	else
		known = "address duid valid_lifetime expire subnet_id pref_lifetime lease_type iaid prefix_len fqdn_fwd fqdn_rev" \
			" hostname hwaddr state user_context hwtype hwaddr_source pool_id"
	n_known = split(known, names, " ")
	for (i = 1; i <= n_known; i++)
		is_known[names[i]] = i
	for (i = 0; i < 256; i++)
		char[sprintf("%02x", i)] = sprintf("%c", i)
	table = "lease" family
}

function fail(why) {
	printf "ERROR/kea-admin: %s:%d: %s\n", FILENAME, FNR, why >"/dev/stderr"
	failed = 1
	exit 1
}

# &#xHH is the byte HH.
function plain(text,    out, at) {
	out = ""
	while ((at = index(text, "&#x")) > 0) {
		out = out substr(text, 1, at - 1) char[tolower(substr(text, at + 3, 2))]
		text = substr(text, at + 5)
	}
	return out text
}

function begin(    i, columns) {
	columns = "n BIGINT"
	for (i = 1; i <= n_known; i++)
		columns = columns ", " names[i] " TEXT"
	if (backend == "pgsql") {
		print "BEGIN;"
		print "CREATE TEMPORARY TABLE upload (" columns ") ON COMMIT DROP;"
		print "COPY upload FROM STDIN;"
	} else {
		print "SET time_zone = '+00:00', sql_mode = 'STRICT_ALL_TABLES';"
		print "CREATE TEMPORARY TABLE upload (" columns ", PRIMARY KEY (n)) CHARACTER SET utf8mb4;"
	}
}

function put_row(    i, line, value) {
	line = FNR
	for (i = 1; i <= n_known; i++) {
		value = (names[i] in place) ? plain($(place[names[i]])) : ""
		if (backend == "pgsql") {
			gsub(/\\/, "&&", value)
			gsub(/\t/, "\\t", value)
			gsub(/\n/, "\\n", value)
			gsub(/\r/, "\\r", value)
			line = line "\t" (value == "" ? "\\N" : value)
		} else {
			gsub(/\\/, "&&", value)
			gsub(/'/, "''", value)
			line = line (value == "" ? ",NULL" : ",'" value "'")
		}
	}
	if (backend == "pgsql") {
		print line
	} else {
		printf "%s(%s)", (n_rows % 500 == 0 ? "INSERT INTO upload VALUES " : ","), line
		if (n_rows % 500 == 499)
			print ";"
	}
}

# How a column of text becomes one of the table.
function value_of(name,    hex, number) {
	if (backend == "pgsql") {
		hex = "decode(replace(" name ", ':', ''), 'hex')"
		number = name "::bigint"
	} else {
		hex = "UNHEX(REPLACE(" name ", ':', ''))"
		number = name
	}
	if (name == "address")
		return family == 6 ? (backend == "pgsql" ? "address::inet" : "INET6_ATON(address)") : \
			(backend == "pgsql" ? "address::inet - '0.0.0.0'::inet" : "INET_ATON(address)")
	if (name == "hwaddr" || name == "client_id" || name == "duid")
		return hex
	if (name == "hostname" || name == "user_context")
		return name
	if (name == "pool_id" || name == "state")
		return "COALESCE(" number ", 0)"
	if (backend == "pgsql" && (name == "fqdn_fwd" || name == "fqdn_rev"))
		return name "::int <> 0"
	# an infinite lifetime: the time of the last transaction
	if (name == "expire")
		return (backend == "pgsql" ? "to_timestamp(" : "FROM_UNIXTIME(") number " - CASE WHEN " \
			(backend == "pgsql" ? "valid_lifetime::bigint" : "CAST(valid_lifetime AS UNSIGNED)") \
			" = 4294967295 THEN 4294967295 ELSE 0 END)"
	if (backend == "pgsql" && name == "iaid") # a signed column
		return "(CASE WHEN iaid::bigint > 2147483647 THEN iaid::bigint - 4294967296 ELSE iaid::bigint END)::int"
	return number
}

function finish(    i, columns, values, updates, address, last) {
	for (i = 1; i <= n_known; i++) {
		columns = columns (i > 1 ? ", " : "") names[i]
		values = values (i > 1 ? ", " : "") value_of(names[i])
		if (i > 1)
			updates = updates (i > 2 ? ", " : "") names[i] " = " \
				(backend == "pgsql" ? "excluded." names[i] : "VALUES(" names[i] ")")
	}
	address = value_of("address")
	if (backend == "pgsql") {
		print "\\."
		print "CREATE TEMPORARY TABLE last ON COMMIT DROP AS SELECT DISTINCT ON (" address ") * FROM upload ORDER BY " address ", n DESC;"
		print "INSERT INTO " table " (" columns ") SELECT " values " FROM last WHERE valid_lifetime::bigint > 0 " \
			"ON CONFLICT (address) DO UPDATE SET " updates ";"
		print "COMMIT;"
	} else {
		if (n_rows % 500)
			print ";"
		print "CREATE TEMPORARY TABLE last (n BIGINT PRIMARY KEY) AS SELECT MAX(n) AS n FROM upload GROUP BY " address ";"
		print "START TRANSACTION;"
		print "INSERT INTO " table " (" columns ") SELECT " values " FROM upload JOIN last USING (n) " \
			"WHERE CAST(valid_lifetime AS UNSIGNED) > 0 ON DUPLICATE KEY UPDATE " updates ";"
		print "COMMIT;"
	}
}

{ sub(/\r$/, "") }

FNR == 1 {
	for (i = 1; i <= NF; i++) {
		if (!($i in is_known))
			fail("this is not a file of DHCPv" family " leases: it has a column \"" $i "\"")
		place[$i] = i
	}
	if (!("address" in place) || !("valid_lifetime" in place) || !("expire" in place) || !("subnet_id" in place))
		fail("the first line does not name the columns of DHCPv" family " leases")
	n_fields = NF
	if (!check)
		begin()
	next
}

$0 == "" { next }

{
	if (NF != n_fields)
		fail(NF " fields instead of " n_fields)
	if (check) {
		if ($(place["valid_lifetime"]) !~ /^[0-9]+$/ || $(place["expire"]) !~ /^[0-9]+$/ || $(place["subnet_id"]) !~ /^[0-9]+$/)
			fail("a lifetime, time or subnet that is not a number")
		if (family == 4 ? $(place["address"]) !~ /^[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+$/ : $(place["address"]) !~ /^[0-9a-fA-F:.]+$/)
			fail("\"" $(place["address"]) "\" is not an address")
	} else {
		put_row()
	}
	n_rows++
}

END {
	if (failed)
		exit 1
	if (!n_fields)
		fail("the file is empty")
	if (check)
		print n_rows + 0
	else
		finish()
}
