# SPDX-License-Identifier: MPL-2.0
# Makes a C header of text files: each becomes a static string named after it, page_index_html.
FNR == 1 {
	name = FILENAME
	sub(/.*\//, "", name)
	gsub(/[^a-z]/, "_", name)
	printf "%sstatic const char page_%s[] =", n++ ? ";\n" : "/* Made by embed.awk. */\n", name
}
{
	gsub(/\\/, "&&")
	gsub(/"/, "\\\"")
	gsub(/\?\?/, "?\"\"?")
	printf "\n\t\"%s\\n\"", $0
}
END {
	print ";"
}
