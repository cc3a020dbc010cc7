# SPDX-License-Identifier: MPL-2.0
# tests/compat/accepted and accepted6 -> the list of differences that the comparison with Kea accepts.
BEGIN {
	FS = " \\| "
	print "# Differences found by comparison with Kea\n"
	print "Generated from tests/compat/accepted and accepted6. `tests/compat/run` sends the same messages to these servers and to"
	print "Debian's Kea 2.2.0, and loads the same configurations into both. Every difference in a response must be explained by a row"
	print "here, and every row must still be needed. The reason says what these servers do. Case and field are the test's names of"
	print "where the difference shows; \\* stands for any text."
}
FNR == 1 { print "\n## " (FILENAME ~ /6$/ ? "DHCPv6" : "DHCPv4"); next }
/^# / { print "\n### " substr($0, 3) "\n\n| reason | field | case |\n|---|---|---|"; next }
NF == 3 { print "| " $3 " | `" $2 "` | `" $1 "` |" }
