/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "legal_log/file.h"

#include <kea/hooks.h>

/*
 * Where lines go: a queue, and a thread that writes them to a file or to syslog. A packet may wait until its lines are
 * written; no other packet waits for it.
 */
#define SINK_LINE_MAX 8192    /* bytes of an entry */
#define SINK_TIME_MAX 256     /* bytes of a time */
#define SINK_PATTERN_MAX 1024 /* bytes that a pattern makes of a line, beside the line */

struct sink_conf {
	bool is_syslog, is_v6;
	struct file_conf file;
	const char *timestamp; /* strftime, and %Q for microseconds */
	bool marks;            /* "- " before all lines of an entry but the first */
	int facility;
	const char *pattern, *logger; /* of lines for syslog */
};

struct sink;

/*
 * Opens the file and starts the thread. Texts are borrowed until sink_free(). On failure returns NULL and the reason
 * in why. In the main thread.
 */
struct sink *sink_new(const struct sink_conf *conf, const char **why);
/* Writes what is queued, then ends. NULL is fine. In the main thread; it waits for the disk. */
void sink_free(struct sink *sink);
/*
 * Queues an entry, which may have several lines; it is copied. Afterwards resumes the packet, if parked is not NULL.
 * Returns false if there is no room; the packet is resumed all the same. Any thread.
 */
bool sink_add(struct sink *sink, const char *text, size_t len, struct kea_parked *parked);
/* Checks a pattern for lines in syslog. Returns what it contains and must not; NULL: nothing. */
const char *sink_check_pattern(const char *pattern);

/* Writes the time as `format` says, with a NUL. Returns its length. */
size_t sink_time(const char *format, const struct timespec *when, char *buf, size_t size);
/* Writes a line as the pattern says, with a NUL. Returns its length. */
size_t sink_format(const struct sink_conf *conf, const char *line, char *buf, size_t size);
