# SPDX-License-Identifier: MPL-2.0
# What `PROGRAM --print-reference` prints -> the manual page PROGRAM.conf(5), in mdoc; -v program=PROGRAM.
function text(s) { gsub(/`/, "", s); gsub(/\\/, "\\e", s); if (s ~ /^[.']/) s = "\\&" s; return s }
function wrapped(s,    n, words, i, line) {
	n = split(s, words, " ")
	for (i = 1; i <= n; i++) {
		if (line != "" && length(line) + length(words[i]) > 78) { print text(line); line = "" }
		line = line (line == "" ? "" : " ") words[i]
		if (words[i] ~ /[^.][.]$/ && i < n) { print text(line); line = "" }
	}
	if (line != "") print text(line)
}
BEGIN {
	FS = " \\| "
	title = toupper(program) ".CONF"
	print ".\\\" SPDX-License-" "Identifier: MPL-2.0\n.Dd November 30, 2026\n.Dt " title " 5\n.Os\n.Sh NAME\n.Nm " program ".conf"
	print ".Nd configuration keys of " program "\n.Sh DESCRIPTION\n.Xr kea.conf 5\ndescribes the syntax of configuration files."
	print "This page lists the keys, for each kind of map that contains them.\nA value that is\n.Dq inherited"
	print "is that of the enclosing map: pool, subnet, shared network, global.\nA key that works"
	print ".Dq not yet\nis recognized, and rejected by name unless its value disables the feature."
	print ".Pp\n.Li kea doc KEY\nprints what is said here about a key."
}
/^## / { if (open) print ".El"; print ".Ss " substr($0, 4); print ".Bl -tag -width Ds"; open = 1 }
/^\| `/ {
	if (NF != 5) { print FILENAME ":" FNR ": a row has " NF " columns" > "/dev/stderr"; failed = 1; exit 1 }
	key = $1; sub(/^\| `/, "", key); sub(/`$/, "", key)
	meaning = $5; sub(/ \|$/, "", meaning)
	print ".It Cm " key
	wrapped(toupper(substr(meaning, 1, 1)) substr(meaning, 2) ".")
	print ".br"
	wrapped("Type: " $2 ($3 == "-" ? "" : "; default: " $3) "; since: " $4 ".")
}
END {
	if (failed) exit 1
	if (open) print ".El"
	print ".Sh FILES\n.Bl -tag -width Ds\n.It Pa " confdir "/" program ".conf\nThe installed configuration.\n.El"
	print ".Sh SEE ALSO\n.Xr kea.conf 5 ,\n.Xr kea 8 ,\n.Xr " program " 8"
}
