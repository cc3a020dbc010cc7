# SPDX-License-Identifier: MPL-2.0
# Counts test results: "PASSED FAILED SKIPPED" from the .trs files of automake and the .log files
# next to them. A log with TAP lines or a summary of check counts as that many tests, any
# other as one. A test that failed without naming a failure counts as one failure.
function add(p, f, s) { passed += p; failed += f; skipped += s }
function one(trs,    log_file, line, result, p, f, s, part) {
	log_file = trs
	sub(/\.trs$/, ".log", log_file)
	while ((getline line < trs) > 0)
		if (line ~ /^:global-test-result:/ || (result == "" && line ~ /^:test-result:/)) {
			result = line
			sub(/^:[a-z-]*: */, "", result)
			sub(/ .*/, "", result)
		}
	close(trs)
	while ((getline line < log_file) > 0) {
		if (line ~ /^ok .*# *(SKIP|skip)/) s++
		else if (line ~ /^ok [0-9]/) p++
		else if (line ~ /^not ok /) f++
		else if (line ~ /^[0-9]+%: Checks: [0-9]+, Failures: [0-9]+, Errors: [0-9]+/) {
			split(line, part, /[^0-9]+/)
			p += part[2] - part[3] - part[4]
			f += part[3] + part[4]
		}
	}
	close(log_file)
	if (result == "SKIP") { add(0, 0, s > 0 ? s : 1); return }
	if (result == "PASS" || result == "XFAIL") { add(p + s > 0 ? p : 1, f, s); return }
	add(p, f > 0 ? f : 1, s)
}
BEGIN {
	for (i = 1; i < ARGC; i++)
		one(ARGV[i])
	print passed + 0, failed + 0, skipped + 0
}
