/* SPDX-License-Identifier: MPL-2.0 */
/*
 * From LOG() to the destinations: the caller formats its text and copies it into a queue; the logging thread
 * takes the whole queue at a time, escapes control characters, passes each line to the logger tree and writes
 * each file once per batch. A full queue loses lines but never blocks: lost lines are counted, and
 * LOG_LINES_DROPPED reports their number. Without the thread (before log_start(), after log_stop()) the caller
 * does all of this.
 *
 * There are two locks. queue_lock guards the queue and is held while copying. sink_lock guards the logger tree
 * and the destinations and is held while lines are written; apart from the logging thread, only log_configure()
 * and callers without a thread take it. The two are never held together.
 */
#include "log/log.h"
#include "log/config.h"
#include "log/json_line.h"
#include "log/output.h"
#include "log/sink_log4c.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/thread.h"
#include "base/vec.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/syscall.h>
#include <unistd.h>

#define TEXT_MAX 16384     /* per message; longer ones end in "..." */
#define GATHER_MS 10       /* between batches, so that a busy server rarely wakes the thread */
#define IDLE_MS 1000       /* how long lines wait if `flush` is off */
#define FLUSH_WAIT_MS 5000 /* log_flush() gives up, for example on a pipe without a reader */

/* A queued line; its text and its arguments follow, each NUL-terminated, the whole rounded up to 8. */
struct entry {
	const struct log_msg *msg;
	int64_t wall_us;
	long tid;
	size_t len, args_len;
	bool is_traced; /* not for the loggers to decide */
};

_Atomic int log_has_debug;
_Thread_local bool log_thread_traces;

static pthread_mutex_t queue_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t wake, written_cond;
static size_t queue_size = 1024 * 1024;
static char *queue; /* filled by callers */
static char *batch; /* being written by the thread; swapped with queue */
static size_t queue_used;
static uint64_t flush_asked, flush_done; /* tickets of log_flush() */
static bool is_asleep, want_stop;
static _Atomic bool is_running, wants_args;
static pthread_t thread;

static pthread_mutex_t sink_lock = PTHREAD_MUTEX_INITIALIZER;
static struct log_outputs *outputs;
static const char *root;
static bool verbose_default;
static struct str line_buf; /* the message being emitted: id and escaped text */
static struct str why_buf;

static _Atomic uint64_t n_dropped;
static uint64_t n_reported;
static int64_t reported_at_ms;

static const char *const severity_names[] = { "FATAL", "ERROR", "WARN", "INFO", "DEBUG" };

/*
 * One record is one line (except for messages with LINES) and cannot move a terminal's cursor: control
 * characters (C0, DEL, C1) and invalid UTF-8 bytes become \n, \t or \xHH.
 */
static size_t utf8_len(const unsigned char *p, size_t left)
{
	size_t n = p[0] >= 0xf0 && p[0] < 0xf5 ? 4 : p[0] >= 0xe0 ? 3 : 2;

	if (p[0] < 0xc2 || p[0] >= 0xf5 || left < n)
		return 0;
	for (size_t i = 1; i < n; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	if ((p[0] == 0xc2 && p[1] < 0xa0) || (p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] >= 0xa0) ||
	    (p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] >= 0x90))
		return 0;
	return n;
}

static void add_escaped(struct str *out, const char *text, size_t len, bool lines)
{
	const unsigned char *p = (const unsigned char *)text;
	size_t done = 0, i = 0;

	while (i < len) {
		size_t n = p[i] < 0x80 ? (p[i] >= 0x20 && p[i] != 0x7f) || (lines && p[i] == '\n')
				       : utf8_len(p + i, len - i);

		if (n) {
			i += n;
			continue;
		}
		str_add_n(out, text + done, i - done);
		if (p[i] == '\n')
			str_add(out, "\\n");
		else if (p[i] == '\t')
			str_add(out, "\\t");
		else
			str_addf(out, "\\x%02x", p[i]);
		done = ++i;
	}
	str_add_n(out, text + done, len - done);
}

/* --- with sink_lock held --- */

static void emit(const struct log_msg *msg, int64_t wall_us, long tid, bool is_traced, const char *text, size_t len,
		 const char *args)
{
	struct pattern_line line = { .level = severity_names[msg->severity], .wall_us = wall_us, .tid = tid };

	str_reset(&line_buf);
	str_add(&line_buf, msg->id);
	str_addc(&line_buf, ' ');
	add_escaped(&line_buf, text, len, msg->lines);
	line.message = line_buf.text;
	line.message_len = line_buf.len;
	line.id = msg->id;
	line.text = text;
	line.text_len = len;
	line.args = args;
	if (outputs) {
		sink_emit(msg, &line, is_traced);
		return;
	}
	/* Not initialized yet: a line on stdout. */
	(void)printf("%-5s [%s.%s/%ld.%ld] %s\n", line.level, program_invocation_short_name, msg->logger,
		     (long)getpid(), tid, line.message);
	(void)fflush(stdout);
}

static long thread_id(void)
{
	static _Thread_local long tid;

	if (!tid)
		tid = syscall(SYS_gettid);
	return tid;
}

static void report_dropped(bool now)
{
	uint64_t dropped;
	int64_t at_ms = clock_boot_ms();
	char text[128];
	int len;

	(void)atomic_fetch_add(&n_dropped, outputs ? log_outputs_lost(outputs) : 0);
	dropped = atomic_load(&n_dropped);
	if (dropped == n_reported || (!now && reported_at_ms && at_ms - reported_at_ms < IDLE_MS))
		return;
	if (log_is_on(&log_msg_LOG_LINES_DROPPED)) {
		len = snprintf(text, sizeof(text), LOGTEXT_LOG_LINES_DROPPED,
			       (unsigned long long)(dropped - n_reported));
		emit(&log_msg_LOG_LINES_DROPPED, clock_wall_us(), thread_id(), false, text, (size_t)len, NULL);
	}
	n_reported = dropped;
	reported_at_ms = at_ms;
}

/* Descriptors of the outputs, for log_last_words(): a signal handler takes no lock. */
#define LAST_MAX 8
static _Atomic int last_fds[LAST_MAX]; /* + 1; 0: none */

static void note_fds(void)
{
	int fds[LAST_MAX];
	unsigned n = log_outputs_fds(outputs, fds, LAST_MAX);

	for (unsigned i = 0; i < LAST_MAX; i++)
		atomic_store(&last_fds[i], i < n ? fds[i] + 1 : 0);
}

void log_last_words(const char *line, size_t len)
{
	bool is_written = false;

	for (unsigned i = 0; i < LAST_MAX; i++) {
		int fd = atomic_load(&last_fds[i]) - 1;

		if (fd >= 0)
			is_written |= write(fd, line, len) == (ssize_t)len;
	}
	if (!is_written)
		(void)!write(STDERR_FILENO, line, len);
}

/* Real time, even while tests stop the clocks of base/clock.h. */
static void after_ms(int64_t ms, struct timespec *ret)
{
	(void)clock_gettime(CLOCK_MONOTONIC, ret);
	ret->tv_nsec += (long)(ms % 1000) * 1000000;
	ret->tv_sec += ms / 1000 + ret->tv_nsec / 1000000000;
	ret->tv_nsec %= 1000000000;
}

#define LAST_LINE_WAIT_MS 1000

void log_end(const struct log_msg *msg, const char *text, size_t len)
{
	static atomic_flag is_ending = ATOMIC_FLAG_INIT;
	struct timespec until;

	/* Another thread ends the process; this one must not do anything meanwhile. */
	if (atomic_flag_test_and_set(&is_ending))
		for (;;)
			(void)pause();
	after_ms(LAST_LINE_WAIT_MS, &until);
	/* The log may wait for a terminal. Nothing runs after this, so the lock stays. */
	(void)pthread_mutex_clocklock(&sink_lock, CLOCK_MONOTONIC, &until);
	if (outputs)
		log_outputs_restore(outputs, msg->severity, text);
	emit(msg, clock_wall_us(), thread_id(), false, text, len, "");
	if (outputs)
		log_outputs_write(outputs, true);
	_exit(EXIT_FAILURE);
}

void log_lost(const char *what)
{
	char text[256];
	int len = snprintf(text, sizeof(text), LOGTEXT_DESCRIPTOR_LOST, what);

	log_end(&log_msg_DESCRIPTOR_LOST, text, (size_t)len);
}

/* Without sink_lock. */
static void check_outputs(bool are_closed)
{
	if (are_closed)
		log_lost("the log");
}

/* --- the queue --- */

static void write_now(const struct log_msg *msg, const char *text, size_t len, const char *args)
{
	bool are_closed;

	pthread_mutex_lock(&sink_lock);
	emit(msg, clock_wall_us(), thread_id(), log_thread_traces, text, len, args);
	if (outputs)
		log_outputs_write(outputs, true);
	are_closed = outputs && log_outputs_are_closed(outputs);
	pthread_mutex_unlock(&sink_lock);
	check_outputs(are_closed);
}

static size_t entry_size(const struct entry *entry)
{
	return (sizeof(*entry) + entry->len + 1 + entry->args_len + 1 + 7) & ~(size_t)7;
}

static void enqueue(const struct log_msg *msg, const char *text, size_t len, const char *args, size_t args_len)
{
	struct entry entry = { msg, clock_wall_us(), thread_id(), len, args_len, log_thread_traces };
	size_t size = entry_size(&entry);
	bool was_asleep;

	pthread_mutex_lock(&queue_lock);
	if (!queue) { /* log_stop() ran in between */
		pthread_mutex_unlock(&queue_lock);
		write_now(msg, text, len, args);
		return;
	}
	if (queue_used + size > queue_size) {
		pthread_mutex_unlock(&queue_lock);
		(void)atomic_fetch_add(&n_dropped, 1);
		return;
	}
	memcpy(queue + queue_used, &entry, sizeof(entry));
	memcpy(queue + queue_used + sizeof(entry), text, len + 1);
	memcpy(queue + queue_used + sizeof(entry) + len + 1, args, args_len + 1);
	queue_used += size;
	was_asleep = is_asleep;
	is_asleep = false;
	pthread_mutex_unlock(&queue_lock);
	if (was_asleep)
		pthread_cond_signal(&wake);
}

static void pass_on(const struct log_msg *msg, const char *text, size_t len, const char *args, size_t args_len)
{
	if (atomic_load_explicit(&is_running, memory_order_acquire))
		enqueue(msg, text, len, args, args_len);
	else
		write_now(msg, text, len, args);
}

/* Not inlined: its stack is only used if there are lines as JSON. */
__attribute__((noinline, format(printf, 4, 0))) static void
pass_on_with_args(const struct log_msg *msg, const char *text, size_t len, const char *fmt, va_list ap)
{
	char args[TEXT_MAX];
	size_t args_len = json_line_args(args, sizeof(args), fmt, ap);

	pass_on(msg, text, len, args, args_len);
}

static _Thread_local bool is_mute;

bool log_mute(bool is_muted)
{
	bool was = is_mute;

	is_mute = is_muted;
	return was;
}

void log_write(struct log_msg *msg, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	log_writev(msg, fmt, ap);
	va_end(ap);
}

void log_writev(struct log_msg *msg, const char *fmt, va_list ap)
{
	char text[TEXT_MAX];
	va_list again;
	int len;

	if (is_mute)
		return;
	va_copy(again, ap);
	len = vsnprintf(text, sizeof(text), fmt, ap);
	if (len < 0)
		goto out;
	if ((size_t)len >= sizeof(text)) {
		len = sizeof(text) - 1;
		memcpy(text + len - 3, "...", 3);
	}
	if (atomic_load_explicit(&wants_args, memory_order_relaxed))
		pass_on_with_args(msg, text, (size_t)len, fmt, again);
	else
		pass_on(msg, text, (size_t)len, "", 0);
out:
	va_end(again);
}

/* With queue_lock held. */
static void wait_wake(int64_t ms)
{
	struct timespec at;

	after_ms(ms, &at);
	(void)pthread_cond_timedwait(&wake, &queue_lock, &at);
}

/* Without queue_lock: writes the batch; returns true if lines are left for later. */
static bool write_batch(size_t used, bool flush)
{
	bool pending, are_closed;

	pthread_mutex_lock(&sink_lock);
	for (size_t at = 0; at < used;) {
		struct entry entry;

		memcpy(&entry, batch + at, sizeof(entry));
		emit(entry.msg, entry.wall_us, entry.tid, entry.is_traced, batch + at + sizeof(entry), entry.len,
		     batch + at + sizeof(entry) + entry.len + 1);
		at += entry_size(&entry);
	}
	log_outputs_write(outputs, flush);
	report_dropped(flush);
	log_outputs_write(outputs, flush);
	note_fds(); /* a file may have been rolled */
	pending = log_outputs_pending(outputs) || atomic_load(&n_dropped) != n_reported;
	are_closed = log_outputs_are_closed(outputs);
	pthread_mutex_unlock(&sink_lock);
	check_outputs(are_closed);
	return pending;
}

/* Swaps queue and batch; returns the length of the batch. With queue_lock held. */
static size_t swap_queue(void)
{
	char *filled = queue;
	size_t used = queue_used;

	queue = batch;
	batch = filled;
	queue_used = 0;
	return used;
}

static void *log_thread(void *arg)
{
	bool pending = false, stop = false;

	(void)arg;
	pthread_mutex_lock(&queue_lock);
	while (!stop) {
		uint64_t ticket;
		size_t used;
		bool flush = false;

		while (!queue_used && flush_asked == flush_done && !want_stop && !flush) {
			is_asleep = true;
			if (pending) {
				wait_wake(IDLE_MS);
				flush = !queue_used;
			} else {
				pthread_cond_wait(&wake, &queue_lock);
			}
			is_asleep = false;
		}
		ticket = flush_asked;
		stop = want_stop;
		flush = flush || stop || ticket != flush_done;
		used = swap_queue();
		pthread_mutex_unlock(&queue_lock);
		pending = write_batch(used, flush);
		pthread_mutex_lock(&queue_lock);
		if (ticket != flush_done) {
			flush_done = ticket;
			pthread_cond_broadcast(&written_cond);
		}
		if (!stop && flush_asked == flush_done && !want_stop)
			wait_wake(GATHER_MS);
	}
	pthread_mutex_unlock(&queue_lock);
	return NULL;
}

void log_want_traces(bool any)
{
	pthread_mutex_lock(&sink_lock);
	sink_want_traces(any);
	pthread_mutex_unlock(&sink_lock);
}

void log_flush(void)
{
	struct timespec until;
	uint64_t ticket;
	int err = 0;

	if (!atomic_load(&is_running))
		return;
	pthread_mutex_lock(&queue_lock);
	ticket = ++flush_asked;
	pthread_cond_signal(&wake);
	after_ms(FLUSH_WAIT_MS, &until);
	while (flush_done < ticket && queue && !err)
		err = pthread_cond_timedwait(&written_cond, &queue_lock, &until);
	pthread_mutex_unlock(&queue_lock);
}

void log_add(struct log_msg *msg)
{
	pthread_mutex_lock(&sink_lock);
	if (root)
		sink_add(root, msg);
	else
		atomic_store(&msg->enabled, msg->severity <= LOG_WARN);
	pthread_mutex_unlock(&sink_lock);
}

void log_remove(struct log_msg *msg)
{
	atomic_store(&msg->enabled, 0);
	log_flush();
	pthread_mutex_lock(&sink_lock);
	sink_remove(msg);
	pthread_mutex_unlock(&sink_lock);
}

/* --- configuration --- */

static bool is_ours(const char *name)
{
	size_t len = strlen(root);

	return strncmp(name, root, len) == 0 && (name[len] == '\0' || name[len] == '.');
}

int log_configure(const struct log_conf *conf, const char **reterr_why)
{
	static const struct log_output console = { .kind = LOG_TO_STDOUT, .flush = true };
	struct log_outputs *outs = log_outputs_new(root), *old;
	VEC(struct log_logger) loggers = { 0 };
	VEC(struct log_route *) routes = { 0 };
	int err = 0;

	*vec_push(&loggers) = (struct log_logger){
		.name = root,
		.severity = verbose_default ? LOG_DBG : LOG_INFO,
		.debuglevel = verbose_default ? 99 : 0,
		.outputs = &console,
		.n_outputs = 1,
	};
	for (unsigned i = 0; i < conf->n_loggers; i++) {
		struct log_logger l = conf->loggers[i];

		if (!is_ours(l.name))
			continue;
		if (strcmp(l.name, root) != 0) {
			*vec_push(&loggers) = l;
			continue;
		}
		if (!l.n_outputs) {
			l.outputs = loggers.v[0].outputs;
			l.n_outputs = loggers.v[0].n_outputs;
		}
		loggers.v[0] = l;
	}
	for (size_t i = 0; i < loggers.n && !err; i++) {
		struct log_logger *l = &loggers.v[i];
		struct log_route *route = NULL;

		if (l->n_outputs)
			route = log_outputs_add(outs, l->outputs, l->n_outputs, &err);
		*vec_push(&routes) = route;
	}
	if (err) {
		str_reset(&why_buf);
		str_add(&why_buf, log_outputs_why(outs));
		*reterr_why = str_text(&why_buf);
		old = outs;
		goto out;
	}
	log_flush();
	pthread_mutex_lock(&sink_lock);
	old = outputs;
	outputs = outs;
	sink_apply(loggers.v, routes.v, (unsigned)loggers.n);
	atomic_store_explicit(&wants_args, log_outputs_want_args(outs), memory_order_relaxed);
	note_fds();
	pthread_mutex_unlock(&sink_lock);
out:
	log_outputs_free(old);
	vec_free(&loggers);
	vec_free(&routes);
	return err;
}

void log_default(bool verbose)
{
	const struct log_conf none = { 0 };
	const char *why;

	verbose_default = verbose;
	(void)log_configure(&none, &why); /* stdout: nothing to open, cannot fail */
}

/* --- start and stop --- */

static int start_thread(void)
{
	int err;

	cond_init(&wake);
	cond_init(&written_cond);
	/* SIGPIPE stays blocked there. */
	err = thread_start(&thread, log_thread, NULL);
	if (err) {
		errno = err;
		return -E_SYS;
	}
	(void)pthread_setname_np(thread, "log");
	return 0;
}

int log_start(const char *name)
{
	int err;

	root = name;
	pthread_mutex_lock(&sink_lock);
	sink_init(root);
	pthread_mutex_unlock(&sink_lock);
	log_default(false);
	atomic_store(&n_dropped, 0);
	n_reported = 0;
	reported_at_ms = 0;
	queue_used = 0;
	flush_asked = flush_done = 0;
	want_stop = is_asleep = false;
	queue = xmalloc(queue_size);
	batch = xmalloc(queue_size);
	err = start_thread();
	if (err < 0) {
		free(queue);
		free(batch);
		return err;
	}
	atomic_store_explicit(&is_running, true, memory_order_release);
	return 0;
}

void log_stop(void)
{
	size_t used;

	if (!atomic_load(&is_running))
		return;
	pthread_mutex_lock(&queue_lock);
	want_stop = true;
	pthread_cond_signal(&wake);
	pthread_mutex_unlock(&queue_lock);
	(void)pthread_join(thread, NULL);
	/* Lines that arrived while the thread wrote its last batch; later callers write their own. */
	pthread_mutex_lock(&queue_lock);
	used = swap_queue();
	free(queue);
	queue = NULL;
	atomic_store(&is_running, false);
	pthread_mutex_unlock(&queue_lock);
	(void)write_batch(used, true);
	free(batch);
	batch = NULL;
}

uint64_t log_dropped(void)
{
	return atomic_load(&n_dropped);
}

void log_set_queue(size_t bytes)
{
	queue_size = bytes;
}
