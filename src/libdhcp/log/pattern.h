/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "base/str.h"

#include <stdint.h>

/*
 * A line pattern, compiled once. Conversions, each with an optional [-][min][.max] between % and the letter: %p
 * level, %c logger ({n}: last n parts), %i process, %t thread, %m message, %n newline, %D{...} local time,
 * %d{...} UTC (strftime, and %q milliseconds, %Q milliseconds.micros), %r milliseconds since program start, %h
 * host, %%.
 */
struct pattern;

struct pattern_line {
	const char *level;   /* "INFO" */
	const char *logger;  /* "kea-dhcp4.leases" */
	const char *message; /* id and text */
	size_t message_len;
	/* For lines as JSON (json_line.h): */
	const char *id, *text; /* as logged: control characters are not escaped */
	size_t text_len;
	const char *args; /* a JSON list; NULL or "": none */
	int64_t wall_us;
	long tid;
};

/* On failure returns NULL, with the reason in *reterr_why. */
struct pattern *pattern_new(const char *text, const char **reterr_why);
void pattern_free(struct pattern *pattern);
/* Not const: the text of the current second is cached. One thread at a time. */
void pattern_add(struct pattern *pattern, const struct pattern_line *line, struct str *out);
