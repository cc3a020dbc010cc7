/* SPDX-License-Identifier: MPL-2.0 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "legal_log/sink.h"

#include "legal_log/messages.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#define QUEUE_SIZE (4u * 1024 * 1024)
#define BATCH_SIZE (256u * 1024) /* of one write */
#define PARKED_MAX 4096          /* of one write */
#define FOLD_SEC 60              /* what every entry could repeat is logged this often */

/* An entry in the queue, followed by its text. */
struct entry {
	struct timespec when;
	struct kea_parked *parked;
	uint32_t len;
};

struct sink {
	struct sink_conf conf;
	struct file file;
	pthread_t thread;
	/* Guards the queue, lost and is_ending. */
	pthread_mutex_t lock;
	pthread_cond_t added;
	unsigned char *queue;
	size_t head, tail; /* bytes taken and added since the start */
	unsigned long lost;
	bool is_ending;
	/* The thread's own. */
	char text[SINK_LINE_MAX + 1], *batch;
	size_t batch_len;
	unsigned batch_entries, n_parked;
	struct kea_parked *parked[PARKED_MAX];
	unsigned long failed; /* entries that were not written since the last line about it */
	time_t next_report, next_rotate_report;
};

/* --- queue ---------------------------------------------------------------------------------------------------------
 */

static void copy_in(struct sink *sink, const void *data, size_t len)
{
	size_t at = sink->tail % QUEUE_SIZE, first = len < QUEUE_SIZE - at ? len : QUEUE_SIZE - at;

	memcpy(sink->queue + at, data, first);
	memcpy(sink->queue, (const char *)data + first, len - first);
	sink->tail += len;
}

static void copy_out(struct sink *sink, void *data, size_t len)
{
	size_t at = sink->head % QUEUE_SIZE, first = len < QUEUE_SIZE - at ? len : QUEUE_SIZE - at;

	memcpy(data, sink->queue + at, first);
	memcpy((char *)data + first, sink->queue, len - first);
	sink->head += len;
}

bool sink_add(struct sink *sink, const char *text, size_t len, struct kea_parked *parked)
{
	struct entry entry = { .parked = parked, .len = (uint32_t)(len < SINK_LINE_MAX ? len : SINK_LINE_MAX) };
	bool fits;

	(void)clock_gettime(CLOCK_REALTIME, &entry.when);
	(void)pthread_mutex_lock(&sink->lock);
	fits = QUEUE_SIZE - (sink->tail - sink->head) >= sizeof(entry) + entry.len;
	if (fits) {
		copy_in(sink, &entry, sizeof(entry));
		copy_in(sink, text, entry.len);
	} else {
		sink->lost++;
	}
	(void)pthread_cond_signal(&sink->added);
	(void)pthread_mutex_unlock(&sink->lock);
	if (!fits && parked)
		(void)kea->resume(parked);
	return fits;
}

/* --- text ----------------------------------------------------------------------------------------------------------
 */

/* The format is of the configuration, and the compiler cannot check it. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"

size_t sink_time(const char *format, const struct timespec *when, char *buf, size_t size)
{
	char with_q[SINK_TIME_MAX];
	size_t n = 0;
	struct tm tm;

	for (const char *p = format; *p && n + 8 < sizeof(with_q); p++) {
		if (p[0] == '%' && p[1] == 'Q') {
			n += (size_t)snprintf(with_q + n, sizeof(with_q) - n, "%06ld", when->tv_nsec / 1000);
			p++;
		} else {
			with_q[n++] = *p;
			if (p[0] == '%' && p[1])
				with_q[n++] = *++p;
		}
	}
	with_q[n] = '\0';
	n = localtime_r(&when->tv_sec, &tm) ? strftime(buf, size, with_q, &tm) : 0;
	buf[n] = '\0';
	return n;
}

#pragma GCC diagnostic pop

/* The value of a conversion of log4cplus; NULL if there is none. */
static const char *converted(const struct sink_conf *conf, char letter, const char *line, char buf[24])
{
	switch (letter) {
	case 'p':
		return "INFO";
	case 'c':
		return conf->logger;
	case 't':
		snprintf(buf, 24, "%lu", (unsigned long)pthread_self());
		return buf;
	case 'i':
		snprintf(buf, 24, "%ld", (long)getpid());
		return buf;
	case 'm':
		return line;
	case 'n':
		return ""; /* syslog ends lines itself */
	case '%':
		return "%";
	default:
		return NULL;
	}
}

/* Reads "-5" of "%-5p" and moves to the letter. */
static int width_at(const char **p)
{
	char *end;
	long width = strtol(*p, &end, 10);

	*p = end == *p ? *p : end;
	return width < -64 || width > 64 ? 0 : (int)width;
}

const char *sink_check_pattern(const char *pattern)
{
	static const struct sink_conf conf = { .logger = "" };
	char buf[24];

	for (const char *p = pattern; *p; p++) {
		const char *begin = p;

		if (*p != '%')
			continue;
		p++;
		(void)width_at(&p);
		if (!converted(&conf, *p, "", buf))
			return begin;
	}
	return NULL;
}

size_t sink_format(const struct sink_conf *conf, const char *line, char *buf, size_t size)
{
	char value[24];
	size_t n = 0;

	for (const char *p = conf->pattern; *p && n + 1 < size; p++) {
		const char *text;
		int width;

		if (*p != '%') {
			/* A line for syslog has no end of its own. */
			if (*p != '\n')
				buf[n++] = *p;
			continue;
		}
		p++;
		width = width_at(&p);
		text = converted(conf, *p, line, value);
		if (!text)
			break;
		n += (size_t)snprintf(buf + n, size - n, "%*s", width, text);
		if (n >= size)
			n = size - 1;
	}
	buf[n] = '\0';
	return n;
}

/* --- the thread ----------------------------------------------------------------------------------------------------
 */

/* Logs what is missing, unless that was done a moment ago. */
static void report(struct sink *sink, const char *why)
{
	const char *where = sink->file.path ? sink->file.path : "of syslog";
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	if (!sink->failed || now.tv_sec < sink->next_report)
		return;
	sink->next_report = now.tv_sec + FOLD_SEC;
	if (sink->conf.is_v6)
		LOG(LEGAL_LOG_LEASE6_WRITE_ERROR, sink->failed, where, why);
	else
		LOG(LEGAL_LOG_LEASE4_WRITE_ERROR, sink->failed, where, why);
	sink->failed = 0;
}

/* Lines with control characters do not look like several lines. */
static size_t put_line(char *to, const char *line, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)line[i];

		if ((c < ' ' && c != '\t') || c == 127)
			n += (size_t)snprintf(to + n, 5, "\\x%02x", c);
		else
			to[n++] = (char)c;
	}
	to[n] = '\0';
	return n;
}

static void write_syslog(struct sink *sink, const char *line)
{
	char text[SINK_LINE_MAX * 4 + SINK_PATTERN_MAX];

	(void)sink_format(&sink->conf, line, text, sizeof(text));
	syslog(sink->conf.facility | LOG_INFO, "%s", text);
}

/* Opens the file for that time, if it is another one. */
static void open_next(struct sink *sink, time_t now)
{
	char *old = sink->file.path ? strdup(sink->file.path) : NULL;
	int err = file_rotate(&sink->file, now);

	if (err && old && now >= sink->next_rotate_report) {
		sink->next_rotate_report = now + FOLD_SEC;
		LOG(LEGAL_LOG_STORE_ROTATE_ERROR, old, strerror(err));
	} else if (!err && old && strcmp(old, sink->file.path) != 0) {
		LOG(LEGAL_LOG_STORE_CLOSED, old);
		LOG(LEGAL_LOG_STORE_OPENED, sink->file.path);
	}
	free(old);
}

static void flush(struct sink *sink)
{
	int err = 0;

	if (sink->batch_len) {
		err = file_write(&sink->file, sink->batch, sink->batch_len);
		if (err)
			sink->failed += sink->batch_entries;
	}
	sink->batch_len = sink->batch_entries = 0;
	for (unsigned i = 0; i < sink->n_parked; i++)
		(void)kea->resume(sink->parked[i]);
	sink->n_parked = 0;
	if (err)
		report(sink, strerror(err));
}

static void put_entry(struct sink *sink, const struct entry *entry)
{
	char *text = sink->text, *next, when[SINK_TIME_MAX] = "", line[SINK_LINE_MAX * 4 + 1];
	bool is_first = true;

	text[entry->len] = '\0';
	if (!sink->conf.is_syslog)
		(void)sink_time(sink->conf.timestamp, &entry->when, when, sizeof(when));
	for (char *end = text + entry->len; text <= end; text = next + 1, is_first = false) {
		const char *mark = !is_first && sink->conf.marks ? "- " : "";

		next = memchr(text, '\n', (size_t)(end - text));
		if (!next)
			next = end;
		(void)put_line(line, text, (size_t)(next - text));
		if (sink->conf.is_syslog) {
			write_syslog(sink, line);
			continue;
		}
		if (BATCH_SIZE - sink->batch_len < sizeof(line) + sizeof(when) + 8)
			flush(sink);
		sink->batch_len += (size_t)snprintf(sink->batch + sink->batch_len, BATCH_SIZE - sink->batch_len,
						    "%s %s%s\n", when, mark, line);
	}
	sink->batch_entries++;
	if (!entry->parked)
		return;
	sink->parked[sink->n_parked++] = entry->parked;
	if (sink->n_parked == PARKED_MAX)
		flush(sink);
}

/* Takes the next entry; false if there is none. */
static bool take(struct sink *sink, struct entry *entry)
{
	bool has_one;

	(void)pthread_mutex_lock(&sink->lock);
	has_one = sink->tail != sink->head;
	if (has_one) {
		copy_out(sink, entry, sizeof(*entry));
		copy_out(sink, sink->text, entry->len);
	}
	(void)pthread_mutex_unlock(&sink->lock);
	return has_one;
}

/* Returns false once there is nothing more to do. */
static bool wait_for_entries(struct sink *sink)
{
	bool goes_on;

	(void)pthread_mutex_lock(&sink->lock);
	while (sink->tail == sink->head && !sink->is_ending)
		(void)pthread_cond_wait(&sink->added, &sink->lock);
	goes_on = sink->tail != sink->head;
	sink->failed += sink->lost;
	sink->lost = 0;
	(void)pthread_mutex_unlock(&sink->lock);
	return goes_on;
}

static void *run(void *arg)
{
	struct sink *sink = arg;
	struct entry entry;

	while (wait_for_entries(sink)) {
		bool is_rotated = false;

		report(sink, "more entries were made than the disk accepts");
		while (take(sink, &entry)) {
			if (!sink->conf.is_syslog && !is_rotated)
				open_next(sink, entry.when.tv_sec);
			is_rotated = true;
			put_entry(sink, &entry);
		}
		flush(sink);
	}
	return NULL;
}

/* --- life ----------------------------------------------------------------------------------------------------------
 */

static bool start_thread(struct sink *sink)
{
	sigset_t every, old;
	bool ok;

	(void)sigfillset(&every);
	(void)pthread_sigmask(SIG_SETMASK, &every, &old);
	ok = pthread_create(&sink->thread, NULL, run, sink) == 0;
	(void)pthread_sigmask(SIG_SETMASK, &old, NULL);
	return ok;
}

static void destroy(struct sink *sink)
{
	(void)file_close(&sink->file);
	(void)pthread_mutex_destroy(&sink->lock);
	(void)pthread_cond_destroy(&sink->added);
	free(sink->queue);
	free(sink->batch);
	free(sink);
}

struct sink *sink_new(const struct sink_conf *conf, const char **why)
{
	struct sink *sink = calloc(1, sizeof(*sink));
	int err;

	*why = "out of memory";
	if (!sink)
		return NULL;
	sink->conf = *conf;
	file_init(&sink->file, &conf->file);
	(void)pthread_mutex_init(&sink->lock, NULL);
	(void)pthread_cond_init(&sink->added, NULL);
	sink->queue = malloc(QUEUE_SIZE);
	sink->batch = malloc(BATCH_SIZE);
	err = conf->is_syslog ? 0 : file_open(&sink->file, time(NULL));
	if (err)
		*why = strerror(err);
	if (sink->queue && sink->batch && !err && start_thread(sink)) {
		if (conf->is_syslog)
			LOG(LEGAL_LOG_SYSLOG_STORE_OPEN, conf->pattern);
		else
			LOG(LEGAL_LOG_STORE_OPENED, sink->file.path);
		return sink;
	}
	destroy(sink);
	return NULL;
}

void sink_free(struct sink *sink)
{
	if (!sink)
		return;
	(void)pthread_mutex_lock(&sink->lock);
	sink->is_ending = true;
	(void)pthread_cond_signal(&sink->added);
	(void)pthread_mutex_unlock(&sink->lock);
	(void)pthread_join(sink->thread, NULL);
	if (sink->file.path) {
		char *path = strdup(sink->file.path);
		int err = file_close(&sink->file);

		if (err)
			LOG(LEGAL_LOG_STORE_CLOSE_ERROR, path ? path : "", strerror(err));
		else
			LOG(LEGAL_LOG_STORE_CLOSED, path ? path : "");
		free(path);
	}
	destroy(sink);
}
