/* SPDX-License-Identifier: MPL-2.0 */
#include "log/output.h"
#include "log/json_line.h"
#include "log/syslog.h"
#include "base/err.h"
#include "base/file.h"
#include "base/fileid.h"
#include "base/vec.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* On a console the level comes first: journald and containers add the time. */
#define PATTERN_CONSOLE "%-5p [%c/%i.%t] %m\n"
#define PATTERN_FILE "%D{%Y-%m-%d %H:%M:%S.%q} %-5p [%c/%i.%t] %m\n"
#define PATTERN_SYSLOG "%-5p [%c.%t] %m"

#define BUFFER_FULL (64 * 1024)

/* A file descriptor with a buffer; loggers that name the same file share it. */
struct stream {
	char *path; /* NULL: stdout or stderr */
	int fd;
	struct file_id id;
	int spare; /* of stdout or stderr, for a last line: the same file with a high number; else -1 */
	bool flush;
	bool torn; /* the last write stopped in the middle of a line */
	uint64_t size, maxsize;
	uint32_t maxver;
	struct str buf;
};

struct place {
	struct stream *stream; /* NULL: syslog */
	int facility;
	struct pattern *pattern; /* NULL: lines as JSON */
};

struct log_route {
	struct log_outputs *outs;
	VEC(struct place) places;
};

struct log_outputs {
	const char *root;
	VEC(struct stream *) streams;
	VEC(struct log_route *) routes;
	struct str scratch; /* a line for syslog */
	struct str why;
	uint64_t lost;
	bool wants_args;
	bool is_closed; /* a stream was closed from outside */
};

/* Where libraries with mistakes do not look for descriptors. */
#define SPARE_MIN 256

struct log_outputs *log_outputs_new(const char *root)
{
	struct log_outputs *outs = xcalloc(1, sizeof(*outs));

	outs->root = root;
	return outs;
}

unsigned log_outputs_fds(const struct log_outputs *outs, int *fds, unsigned max)
{
	unsigned n = 0;

	for (size_t i = 0; i < outs->streams.n && n < max; i++)
		if (outs->streams.v[i]->fd >= 0)
			fds[n++] = outs->streams.v[i]->fd;
	return n;
}

static void stream_write(struct log_outputs *outs, struct stream *st)
{
	const char *p = st->buf.text;
	size_t left = st->buf.len;

	if (!left)
		return;
	/* Not into a file that has the number by now. */
	if (!file_is(st->fd, &st->id)) {
		outs->is_closed |= st->id.ino != 0;
		str_reset(&st->buf);
		return;
	}
	if (st->torn && write(st->fd, "\n", 1) == 1)
		st->torn = false;
	while (left && !st->torn) {
		ssize_t n = write(st->fd, p, left);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			break;
		p += n;
		left -= (size_t)n;
		st->size += (uint64_t)n;
	}
	if (left) {
		for (size_t i = 0; i < left; i++)
			outs->lost += p[i] == '\n';
		st->torn = st->torn || (p > st->buf.text && p[-1] != '\n');
	}
	str_reset(&st->buf);
}

static int open_log(const char *path)
{
	return file_open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0640);
}

/* file -> file.1 -> ... -> file.maxver; the oldest is overwritten. */
static void stream_roll(struct stream *st)
{
	struct str from = { 0 }, to = { 0 };
	int fd;

	for (uint32_t i = st->maxver; i > 0; i--) {
		str_reset(&from);
		str_reset(&to);
		if (i > 1)
			str_addf(&from, "%s.%u", st->path, i - 1);
		else
			str_add(&from, st->path);
		str_addf(&to, "%s.%u", st->path, i);
		(void)rename(from.text, to.text);
	}
	str_free(&from);
	str_free(&to);
	/* If the new file cannot be opened, logging continues in the old one under its new name. */
	fd = open_log(st->path);
	if (fd >= 0) {
		struct stat sb;

		(void)close(st->fd);
		st->fd = fd;
		st->id = file_id(fd);
		st->size = fstat(fd, &sb) ? 0 : (uint64_t)sb.st_size;
	} else {
		st->size = 0;
	}
}

static void add_line(const struct place *place, const struct pattern_line *line, struct str *out)
{
	if (place->pattern)
		pattern_add(place->pattern, line, out);
	else
		json_line_add(line, out);
}

static void stream_line(struct log_outputs *outs, struct place *place, const struct pattern_line *line)
{
	struct stream *st = place->stream;
	size_t before = st->buf.len, len;

	add_line(place, line, &st->buf);
	len = st->buf.len - before;
	if (st->path && st->maxsize >= LOG_MAXSIZE_MIN && st->size + before + len > st->maxsize &&
	    st->size + before > 0) {
		/* This line begins the new file. */
		str_reset(&outs->scratch);
		str_add_n(&outs->scratch, st->buf.text + before, len);
		st->buf.len = before;
		stream_write(outs, st);
		stream_roll(st);
		str_add_n(&st->buf, outs->scratch.text, outs->scratch.len);
	}
	if (st->buf.len >= BUFFER_FULL)
		stream_write(outs, st);
}

void log_route_add(struct log_route *route, const struct pattern_line *line, enum log_severity severity)
{
	struct log_outputs *outs = route->outs;

	for (size_t i = 0; i < route->places.n; i++) {
		struct place *place = &route->places.v[i];

		if (place->stream) {
			stream_line(outs, place, line);
			continue;
		}
		str_reset(&outs->scratch);
		add_line(place, line, &outs->scratch);
		while (outs->scratch.len && outs->scratch.text[outs->scratch.len - 1] == '\n')
			outs->scratch.text[--outs->scratch.len] = '\0';
		syslog_write(outs->root, place->facility, (int)severity, str_text(&outs->scratch));
	}
}

/* Returns the stream of a file, or of stdout or stderr (path NULL); an open file is shared. */
static struct stream *stream_get(struct log_outputs *outs, const struct log_output *conf)
{
	const char *path = conf->kind == LOG_TO_FILE ? conf->target : NULL;
	int fd = conf->kind == LOG_TO_STDERR ? STDERR_FILENO : STDOUT_FILENO;
	struct stream *st;
	char why[FILE_WHY_MAX];
	struct stat sb;

	for (size_t i = 0; i < outs->streams.n; i++) {
		st = outs->streams.v[i];
		if (path ? st->path && strcmp(st->path, path) == 0 : !st->path && st->fd == fd) {
			st->flush = st->flush || conf->flush;
			return st;
		}
	}
	if (path) {
		fd = open_log(path);
		if (fd < 0) {
			str_addf(&outs->why, "cannot open log file %s: %s", path, file_why(path, W_OK, why));
			return NULL;
		}
	}
	st = xcalloc(1, sizeof(*st));
	st->path = path ? xstrdup(path) : NULL;
	st->fd = fd;
	st->id = file_id(fd);
	st->spare = path ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, SPARE_MIN);
	st->size = fstat(fd, &sb) ? 0 : (uint64_t)sb.st_size;
	st->flush = conf->flush;
	st->maxsize = conf->maxsize;
	st->maxver = conf->maxver ? conf->maxver : 1;
	*vec_push(&outs->streams) = st;
	return st;
}

static int add_place(struct log_outputs *outs, struct log_route *route, const struct log_output *conf)
{
	const char *text = conf->pattern, *why;
	struct place place = { 0 };

	if (!text || !*text)
		text = conf->kind == LOG_TO_FILE     ? PATTERN_FILE
		       : conf->kind == LOG_TO_SYSLOG ? PATTERN_SYSLOG
						     : PATTERN_CONSOLE;
	if (conf->format == LOG_FORMAT_JSON)
		outs->wants_args = true;
	else
		place.pattern = pattern_new(text, &why);
	if (!place.pattern && conf->format != LOG_FORMAT_JSON) {
		str_addf(&outs->why, "log pattern \"%s\" %s", text, why);
		return -E_INVAL;
	}
	if (conf->kind == LOG_TO_SYSLOG) {
		place.facility = syslog_facility(conf->target ? conf->target : "local0");
		if (place.facility < 0) {
			pattern_free(place.pattern);
			str_addf(&outs->why, "unknown syslog facility %s", conf->target);
			return -E_INVAL;
		}
	} else {
		place.stream = stream_get(outs, conf);
		if (!place.stream) {
			pattern_free(place.pattern);
			return -E_SYS;
		}
	}
	*vec_push(&route->places) = place;
	return 0;
}

struct log_route *log_outputs_add(struct log_outputs *outs, const struct log_output *v, unsigned n, int *reterr)
{
	struct log_route *route = xcalloc(1, sizeof(*route));

	route->outs = outs;
	*vec_push(&outs->routes) = route;
	str_reset(&outs->why);
	for (unsigned i = 0; i < n; i++) {
		int err = add_place(outs, route, &v[i]);

		if (err < 0) {
			*reterr = err;
			return NULL;
		}
	}
	return route;
}

bool log_outputs_want_args(const struct log_outputs *outs)
{
	return outs->wants_args;
}

const char *log_outputs_why(const struct log_outputs *outs)
{
	return str_text(&outs->why);
}

void log_outputs_write(struct log_outputs *outs, bool all)
{
	for (size_t i = 0; i < outs->streams.n; i++)
		if (all || outs->streams.v[i]->flush)
			stream_write(outs, outs->streams.v[i]);
}

bool log_outputs_are_closed(const struct log_outputs *outs)
{
	return outs->is_closed;
}

/* False: there is nothing to write to. */
static bool stream_restore(struct stream *st)
{
	if (file_is(st->fd, &st->id))
		return true;
	/* The number is that of another file, or free. */
	if (st->path)
		st->fd = open_log(st->path);
	else
		st->fd = file_is(st->spare, &st->id) ? st->spare : -1;
	st->id = file_id(st->fd);
	str_reset(&st->buf);
	return st->fd >= 0;
}

void log_outputs_restore(struct log_outputs *outs, enum log_severity severity, const char *line)
{
	bool is_there = true;

	for (size_t i = 0; i < outs->streams.n; i++)
		is_there &= stream_restore(outs->streams.v[i]);
	syslog_again();
	if (!is_there)
		syslog_write(outs->root, syslog_facility("daemon"), (int)severity, line);
}

bool log_outputs_pending(const struct log_outputs *outs)
{
	for (size_t i = 0; i < outs->streams.n; i++)
		if (outs->streams.v[i]->buf.len)
			return true;
	return false;
}

uint64_t log_outputs_lost(struct log_outputs *outs)
{
	uint64_t lost = outs->lost;

	outs->lost = 0;
	return lost;
}

void log_outputs_free(struct log_outputs *outs)
{
	if (!outs)
		return;
	for (size_t i = 0; i < outs->streams.n; i++) {
		struct stream *st = outs->streams.v[i];

		stream_write(outs, st);
		if (st->path)
			(void)close(st->fd);
		if (st->spare >= 0)
			(void)close(st->spare);
		free(st->path);
		str_free(&st->buf);
		free(st);
	}
	vec_free(&outs->streams);
	for (size_t i = 0; i < outs->routes.n; i++) {
		struct log_route *route = outs->routes.v[i];

		for (size_t k = 0; k < route->places.n; k++)
			pattern_free(route->places.v[k].pattern);
		vec_free(&route->places);
		free(route);
	}
	vec_free(&outs->routes);
	str_free(&outs->scratch);
	str_free(&outs->why);
	free(outs);
}

int log_output_parse(const char *text, struct log_output *ret)
{
	struct log_output out = *ret;

	out.target = NULL;
	if (!*text)
		return -E_INVAL;
	if (strcmp(text, "stdout") == 0) {
		out.kind = LOG_TO_STDOUT;
	} else if (strcmp(text, "stderr") == 0) {
		out.kind = LOG_TO_STDERR;
	} else if (strcmp(text, "syslog") == 0) {
		out.kind = LOG_TO_SYSLOG;
		out.target = "local0";
	} else if (strncmp(text, "syslog:", 7) == 0) {
		out.kind = LOG_TO_SYSLOG;
		out.target = text + 7;
		if (syslog_facility(out.target) < 0)
			return -E_INVAL;
	} else {
		out.kind = LOG_TO_FILE;
		out.target = text;
	}
	*ret = out;
	return 0;
}

int log_pattern_check(const char *pattern, const char **reterr_why)
{
	struct pattern *p = pattern_new(pattern, reterr_why);

	pattern_free(p);
	return p ? 0 : -E_INVAL;
}
