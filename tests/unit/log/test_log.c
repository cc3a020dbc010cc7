/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Logging: which lines are written, where they go and how they look. The test has its own messages instead of
 * the generated ones. Every test runs in its own process (check forks).
 */
#include "../suite.h"

#include "log/config.h"
#include "log/json_line.h"
#include "log/log.h"
#include "log/output.h"
#include "log/pattern.h"
#include "base/clock.h"
#include "base/err.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define ROW(name, lg, sev, lvl)                                                                          \
	struct log_msg log_msg_##name = {                                                                \
		.id = #name, .logger = lg, .severity = sev, .debuglevel = lvl, .enabled = sev != LOG_DBG \
	}
#define LOGTEXT_T_FATAL "%s"
#define LOGTEXT_T_ERROR "%s"
#define LOGTEXT_T_INFO "%s"
#define LOGTEXT_T_LEASES "%d"
#define LOGTEXT_T_DEBUG0 "%s"
#define LOGTEXT_T_DEBUG40 "%s"
#define LOGTEXT_T_DEBUG55 "%s"
#define LOGTEXT_T_LINES "%s"
#define LOGTEXT_T_MANY "lease %s: %u s, %lld of %llu (100%%), %c%d"
static ROW(T_FATAL, "dhcp4", LOG_FATAL, 0);
static ROW(T_ERROR, "dhcp4", LOG_ERROR, 0);
static ROW(T_INFO, "dhcp4", LOG_INFO, 0);
static ROW(T_LEASES, "leases", LOG_INFO, 0);
static ROW(T_MANY, "leases", LOG_WARN, 0);
static ROW(T_DEBUG0, "dhcp4", LOG_DBG, 0);
static ROW(T_DEBUG40, "dhcp4", LOG_DBG, 40);
static ROW(T_DEBUG55, "packets", LOG_DBG, 55);
static struct log_msg log_msg_T_LINES = {
	.id = "T_LINES", .logger = "dhcp4", .severity = LOG_INFO, .enabled = 1, .lines = true
};
ROW(LOG_LINES_DROPPED, "log", LOG_WARN, 0);
ROW(DESCRIPTOR_LOST, "log", LOG_FATAL, 0);
struct log_msg *const log_all[] = {
	&log_msg_T_FATAL,  &log_msg_T_ERROR,   &log_msg_T_INFO,    &log_msg_T_LEASES, &log_msg_T_MANY,
	&log_msg_T_DEBUG0, &log_msg_T_DEBUG40, &log_msg_T_DEBUG55, &log_msg_T_LINES,  &log_msg_LOG_LINES_DROPPED,
};
const unsigned log_all_n = sizeof(log_all) / sizeof(log_all[0]);

static char dir[] = "/tmp/kea-test-log-XXXXXX";
static char path_a[64], path_b[64];

static void setup(void)
{
	ck_assert_ptr_nonnull(mkdtemp(dir));
	(void)snprintf(path_a, sizeof(path_a), "%s/a.log", dir);
	(void)snprintf(path_b, sizeof(path_b), "%s/b.log", dir);
	/* 2026-01-02 03:04:05.678 */
	ck_assert_int_eq(setenv("TZ", "UTC", 1), 0);
	clock_set_virtual(1767323045, 1000);
	clock_advance(678);
}

static void teardown(void)
{
	char path[80];

	log_stop();
	for (int i = 0; i < 4; i++) {
		(void)snprintf(path, sizeof(path), i ? "%s.%d" : "%s", path_a, i);
		(void)unlink(path);
	}
	(void)unlink(path_b);
	(void)rmdir(dir);
}

/* Returns the whole file, or "" if there is none. */
static const char *content(const char *path)
{
	static char buf[1 << 20];
	FILE *f = fopen(path, "re");
	size_t n = f ? fread(buf, 1, sizeof(buf) - 1, f) : 0;

	buf[n] = '\0';
	if (f)
		(void)fclose(f);
	return buf;
}

static struct log_output file_output(const char *path, const char *pattern)
{
	struct log_output out = { .flush = true };

	ck_assert_int_eq(log_output_parse(path, &out), 0);
	ck_assert_int_eq(out.kind, LOG_TO_FILE);
	out.pattern = pattern;
	return out;
}

static void configure(const struct log_logger *loggers, unsigned n)
{
	const struct log_conf conf = { loggers, n };
	const char *why = "";
	int err = log_configure(&conf, &why);

	ck_assert_msg(err == 0, "%d: %s", err, why);
}

static void start_with(const char *path, const char *pattern, enum log_severity severity, int level)
{
	struct log_output out = file_output(path, pattern);
	struct log_logger l = { "kea-dhcp4", severity, level, &out, 1 };

	ck_assert_int_eq(log_start("kea-dhcp4"), 0);
	configure(&l, 1);
}

START_TEST(default_line)
{
	char want[200];

	start_with(path_a, NULL, LOG_INFO, 0);
	LOG(T_INFO, "hello");
	LOG(T_ERROR, "bad");
	log_flush();
	(void)snprintf(want, sizeof(want),
		       "2026-01-02 03:04:05.678 INFO  [kea-dhcp4.dhcp4/%ld.%ld] T_INFO hello\n"
		       "2026-01-02 03:04:05.678 ERROR [kea-dhcp4.dhcp4/%ld.%ld] T_ERROR bad\n",
		       (long)getpid(), syscall(SYS_gettid), (long)getpid(), syscall(SYS_gettid));
	ck_assert_str_eq(content(path_a), want);
}
END_TEST

/* On stdout the level comes first. */
START_TEST(stdout_line)
{
	int keep = dup(STDOUT_FILENO);
	int fd = open(path_a, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	char want[100];

	ck_assert_int_eq(dup2(fd, STDOUT_FILENO), STDOUT_FILENO);
	LOG(T_INFO, "early");
	ck_assert_int_eq(log_start("kea-dhcp4"), 0);
	LOG(T_INFO, "hello");
	LOG(T_DEBUG0, "off");
	log_default(true);
	LOG(T_DEBUG55, "on");
	log_stop();
	LOG(T_ERROR, "late");
	ck_assert_int_eq(dup2(keep, STDOUT_FILENO), STDOUT_FILENO);
	(void)snprintf(want, sizeof(want), "INFO  [%s.dhcp4/%ld.", program_invocation_short_name, (long)getpid());
	ck_assert_ptr_nonnull(strstr(content(path_a), want));
	(void)snprintf(want, sizeof(want), "\nINFO  [kea-dhcp4.dhcp4/%ld.", (long)getpid());
	ck_assert_ptr_nonnull(strstr(content(path_a), want));
	ck_assert_ptr_null(strstr(content(path_a), "off"));
	ck_assert_ptr_nonnull(strstr(content(path_a), "\nDEBUG [kea-dhcp4.packets/"));
	ck_assert_ptr_nonnull(strstr(content(path_a), "\nERROR [kea-dhcp4.dhcp4/"));
}
END_TEST

/* The line of a file of JSON, which is then emptied. */
static void check_json(const char *path, const char *want)
{
	ck_assert_str_eq(content(path), want);
	ck_assert_int_eq(truncate(path, 0), 0);
}
/* pid and tid are put into the expected text. */
#define expect_json(path, wanted)                                                                  \
	do {                                                                                       \
		char want_[2000];                                                                  \
                                                                                                   \
		log_flush();                                                                       \
		(void)snprintf(want_, sizeof(want_), wanted, (long)getpid(), syscall(SYS_gettid)); \
		check_json(path, want_);                                                           \
	} while (0)

static void check_args(const char *want, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void check_args(const char *want, const char *fmt, ...)
{
	char buf[100];
	va_list ap;

	va_start(ap, fmt);
	ck_assert_uint_eq(json_line_args(buf, sizeof(buf), fmt, ap), strlen(want));
	va_end(ap);
	ck_assert_str_eq(buf, want);
}

START_TEST(json_lines)
{
	struct log_output outs[2] = { file_output(path_a, NULL), file_output(path_b, "%m\n") };
	struct log_logger l = { "kea-dhcp4", LOG_INFO, 0, outs, 2 };
	struct str text = { 0 };
	size_t n = 0;

	outs[0].format = LOG_FORMAT_JSON;
	ck_assert_int_eq(log_start("kea-dhcp4"), 0);
	configure(&l, 1);
#define HEAD(level, logger, id)                                                                            \
	"{\"time\":\"2026-01-02T03:04:05.678000Z\",\"level\":\"" level "\",\"logger\":\"kea-dhcp4." logger \
	"\",\"id\":\"" id "\",\"pid\":%ld,\"tid\":%ld,\"message\":\""
	LOG(T_INFO, "hello");
	expect_json(path_a, HEAD("INFO", "dhcp4", "T_INFO") "hello\",\"arguments\":[\"hello\"]}\n");
	LOG(T_MANY, "192.0.2.1", 7200U, -3LL, 18446744073709551615ULL, 'x', -5);
	expect_json(path_a, HEAD("WARN", "leases",
				 "T_MANY") "lease 192.0.2.1: 7200 s, -3 of 18446744073709551615 (100%%), x-5\","
					   "\"arguments\":[\"192.0.2.1\",7200,-3,18446744073709551615,\"x\",-5]}\n");
	LOG(T_LINES, "\"a\\b\"\n\x1b[31m\x7f\xc2\x9b\xff\xc3\xa4");
	expect_json(path_a,
		    HEAD("INFO", "dhcp4",
			 "T_LINES") "\\\"a\\\\b\\\"\\n\\u001b[31m\\u007f\\u009b\\ufffd\xc3\xa4\","
				    "\"arguments\":[\"\\\"a\\\\b\\\"\\n\\u001b[31m\\u007f\\u009b\\ufffd\xc3\xa4\"]}\n");
	/* Arguments that do not fit are cut, or left out; the line stays an object. */
	for (unsigned i = 0; i < 30000; i++)
		str_add(&text, "\"");
	LOG(T_MANY, text.text, 1U, 2LL, 3ULL, 'y', 4);
	log_flush();
	ck_assert_ptr_nonnull(strstr(content(path_a), "\",1,2,3,\"y\",4]}\n"));
	for (const char *p = content(path_a); *p; p++)
		n += *p == '\n';
	ck_assert_uint_eq(n, 1);
	str_free(&text);
	/* What a library logs may have other conversions: the arguments before them are there. */
	check_args("[\"ab\",\"x\",5]", "%.2s %c %5d %.1f %s", "abc", 'x', 5, 1.5, "no");
	check_args("[\"a\"]", "%-9s %*d", "a", 3, 5);
	check_args("[]", "%p", (void *)0);
	/* The other destination has text, with everything on one line. */
	ck_assert_ptr_nonnull(strstr(content(path_b), "T_INFO hello\n"));
	ck_assert_ptr_nonnull(strstr(content(path_b), "\\x1b[31m"));
	/* Without the thread. */
	ck_assert_int_eq(truncate(path_a, 0), 0);
	log_stop();
	LOG(T_LEASES, 7);
	expect_json(path_a, HEAD("INFO", "leases", "T_LEASES") "7\",\"arguments\":[7]}\n");
}
END_TEST

static void log_each(void)
{
	LOG(T_FATAL, "f");
	LOG(T_ERROR, "e");
	LOG(T_INFO, "i");
	LOG(T_DEBUG0, "d0");
	LOG(T_DEBUG40, "d40");
	LOG(T_DEBUG55, "d55");
	log_flush();
}

static const struct {
	enum log_severity severity;
	int level;
	const char *want;
} levels[] = {
	{ LOG_NONE, 0, "" },
	{ LOG_FATAL, 99, "f." },
	{ LOG_ERROR, 0, "f.e." },
	{ LOG_WARN, 0, "f.e." },
	{ LOG_INFO, 99, "f.e.i." },
	{ LOG_DBG, 0, "f.e.i.d0." },
	{ LOG_DBG, 39, "f.e.i.d0." },
	{ LOG_DBG, 40, "f.e.i.d0.d40." },
	{ LOG_DBG, 54, "f.e.i.d0.d40." },
	{ LOG_DBG, 99, "f.e.i.d0.d40.d55." },
};

/* %m is id and text; the texts are what is compared. */
static void texts(const char *content_, char *buf, size_t size)
{
	size_t n = 0;

	for (const char *p = content_; (p = strchr(p, ' ')); p++)
		for (const char *t = p + 1; *t && *t != '\n' && n + 2 < size; t++) {
			buf[n++] = *t;
			if (t[1] == '\n')
				buf[n++] = '.';
		}
	buf[n] = '\0';
}

START_TEST(severity_and_debuglevel)
{
	char got[100];

	start_with(path_a, "%m\n", levels[_i].severity, levels[_i].level);
	log_each();
	texts(content(path_a), got, sizeof(got));
	ck_assert_str_eq(got, levels[_i].want);
	ck_assert_int_eq(log_debugs(), levels[_i].severity == LOG_DBG);
}
END_TEST

/* A child inherits level and destinations from its parent until it has its own; its lines then only go there. */
START_TEST(inheritance)
{
	struct log_output a = file_output(path_a, "%c{1} %m\n"), b = file_output(path_b, "%c %m\n");
	struct log_logger v[] = {
		{ "kea-dhcp4", LOG_INFO, 0, &a, 1 },
		{ "kea-dhcp4.leases", LOG_INFO, 0, &b, 1 },
		{ "kea-dhcp4.packets", LOG_DBG, 55, NULL, 0 },
		{ "kea-dhcp6", LOG_DBG, 99, NULL, 0 },
	};

	ck_assert_int_eq(log_start("kea-dhcp4"), 0);
	configure(v, 4);
	LOG(T_LEASES, 1);
	log_each();
	ck_assert_str_eq(content(path_b), "kea-dhcp4.leases T_LEASES 1\n");
	ck_assert_str_eq(content(path_a), "dhcp4 T_FATAL f\ndhcp4 T_ERROR e\ndhcp4 T_INFO i\n"
					  "packets T_DEBUG55 d55\n");
	/* The next configuration removes the children. */
	configure(v, 1);
	LOG(T_LEASES, 2);
	LOG(T_DEBUG55, "off");
	log_flush();
	ck_assert_str_eq(content(path_b), "kea-dhcp4.leases T_LEASES 1\n");
	ck_assert_ptr_nonnull(strstr(content(path_a), "leases T_LEASES 2\n"));
	ck_assert_ptr_null(strstr(content(path_a), "off"));
}
END_TEST

/* One logger, several outputs, each with its pattern; a file named twice is opened once. */
START_TEST(fan_out)
{
	struct log_output v[] = { file_output(path_a, "1 %m%n"), file_output(path_b, "2 %m%n"),
				  file_output(path_a, "3 %m%n") };
	struct log_logger l = { "kea-dhcp4", LOG_INFO, 0, v, 3 };

	ck_assert_int_eq(log_start("kea-dhcp4"), 0);
	configure(&l, 1);
	LOG(T_INFO, "x");
	log_flush();
	ck_assert_str_eq(content(path_a), "1 T_INFO x\n3 T_INFO x\n");
	ck_assert_str_eq(content(path_b), "2 T_INFO x\n");
}
END_TEST

START_TEST(file_mode_and_append)
{
	struct stat sb;
	mode_t old = umask(0);

	start_with(path_a, "%m%n", LOG_INFO, 0);
	(void)umask(old);
	ck_assert_int_eq(stat(path_a, &sb), 0); /* exists as soon as it is configured */
	ck_assert_int_eq(sb.st_mode & 07777, 0640);
	LOG(T_INFO, "first");
	log_stop();
	start_with(path_a, "%m%n", LOG_INFO, 0);
	LOG(T_INFO, "second");
	log_flush();
	ck_assert_str_eq(content(path_a), "T_INFO first\nT_INFO second\n");
}
END_TEST

START_TEST(reopened_on_configure)
{
	struct log_output out = file_output(path_a, "%m%n");
	struct log_logger l = { "kea-dhcp4", LOG_INFO, 0, &out, 1 };

	start_with(path_a, "%m%n", LOG_INFO, 0);
	LOG(T_INFO, "before");
	ck_assert_int_eq(rename(path_a, path_b), 0);
	LOG(T_INFO, "moved");
	configure(&l, 1);
	LOG(T_INFO, "after");
	log_flush();
	ck_assert_str_eq(content(path_b), "T_INFO before\nT_INFO moved\n");
	ck_assert_str_eq(content(path_a), "T_INFO after\n");
}
END_TEST

/* An invalid configuration changes nothing. */
START_TEST(failed_configure_keeps_the_old)
{
	struct log_output bad = file_output("/nonexistent/x.log", NULL);
	struct log_logger l = { "kea-dhcp4", LOG_NONE, 0, &bad, 1 };
	const struct log_conf conf = { &l, 1 };
	const char *why = NULL;

	start_with(path_a, "%m%n", LOG_INFO, 0);
	ck_assert_int_eq(log_configure(&conf, &why), -E_SYS);
	ck_assert_str_eq(why, "cannot open log file /nonexistent/x.log: No such file or directory: the directory "
			      "/nonexistent does not exist");
	bad = file_output(path_b, "%m %z");
	ck_assert_int_eq(log_configure(&conf, &why), -E_INVAL);
	ck_assert_ptr_nonnull(strstr(why, "log pattern \"%m %z\" unknown conversion"));
	LOG(T_INFO, "still here");
	log_flush();
	ck_assert_str_eq(content(path_a), "T_INFO still here\n");
}
END_TEST

/* The file never exceeds maxsize, maxver old ones are kept, the oldest lines are lost. */
START_TEST(rolling)
{
	struct log_output out = file_output(path_a, "%m%n");
	struct log_logger l = { "kea-dhcp4", LOG_INFO, 0, &out, 1 };
	char text[1000], path[80];
	struct stat sb;

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	out.maxsize = LOG_MAXSIZE_MIN;
	out.maxver = 2;
	ck_assert_int_eq(log_start("kea-dhcp4"), 0);
	configure(&l, 1);
	for (int i = 0; i < 1000; i++) {
		LOG(T_INFO, text);
		if (i % 100 == 99)
			log_flush();
	}
	log_flush();
	ck_assert_uint_eq(log_dropped(), 0);
	for (int i = 0; i <= 2; i++) {
		(void)snprintf(path, sizeof(path), i ? "%s.%d" : "%s", path_a, i);
		ck_assert_msg(stat(path, &sb) == 0, "%s is missing", path);
		ck_assert_int_le(sb.st_size, LOG_MAXSIZE_MIN);
		/* whole lines only */
		ck_assert_int_eq(sb.st_size % (7 + 999 + 1), 0);
		if (i)
			ck_assert_int_gt(sb.st_size, LOG_MAXSIZE_MIN - 1100);
	}
	(void)snprintf(path, sizeof(path), "%s.3", path_a);
	ck_assert_int_ne(stat(path, &sb), 0);
}
END_TEST

START_TEST(small_maxsize_does_not_roll)
{
	struct log_output out = file_output(path_a, "%m%n");
	struct log_logger l = { "kea-dhcp4", LOG_INFO, 0, &out, 1 };
	char path[80];

	out.maxsize = 100;
	ck_assert_int_eq(log_start("kea-dhcp4"), 0);
	configure(&l, 1);
	for (int i = 0; i < 100; i++)
		LOG(T_LEASES, i);
	log_flush();
	(void)snprintf(path, sizeof(path), "%s.1", path_a);
	ck_assert_int_ne(access(path, F_OK), 0);
	ck_assert_ptr_nonnull(strstr(content(path_a), "T_LEASES 99\n"));
}
END_TEST

static const struct {
	const char *in, *out;
} escapes[] = {
	{ "plain", "plain" },
	{ "two\nlines", "two\\nlines" },
	{ "\tx\r", "\\tx\\x0d" },
	{ "\033[2J", "\\x1b[2J" },
	{ "\177", "\\x7f" },
	{ "Gr\303\274n \342\202\254 \360\237\230\200", "Gr\303\274n \342\202\254 \360\237\230\200" },
	{ "\302\233m", "\\xc2\\x9bm" },                /* C1 CSI */
	{ "\374ber \300\257", "\\xfcber \\xc0\\xaf" }, /* Latin-1, overlong */
	{ "\355\240\200", "\\xed\\xa0\\x80" },         /* surrogate */
	{ "cut \342\202", "cut \\xe2\\x82" },
};

START_TEST(control_characters)
{
	char want[200];

	start_with(path_a, "%m%n", LOG_INFO, 0);
	LOG(T_INFO, escapes[_i].in);
	log_flush();
	(void)snprintf(want, sizeof(want), "T_INFO %s\n", escapes[_i].out);
	ck_assert_str_eq(content(path_a), want);
}
END_TEST

START_TEST(several_lines)
{
	start_with(path_a, "%m%n", LOG_INFO, 0);
	LOG(T_LINES, "a:\nb \033[2J\r");
	log_flush();
	ck_assert_str_eq(content(path_a), "T_LINES a:\nb \\x1b[2J\\x0d\n");
}
END_TEST

START_TEST(long_message)
{
	static char text[40000];
	size_t len;

	memset(text, 'y', sizeof(text) - 1);
	start_with(path_a, "%m%n", LOG_INFO, 0);
	LOG(T_INFO, text);
	log_flush();
	len = strlen(content(path_a));
	ck_assert_uint_eq(len, 7 + 16383 + 1);
	ck_assert_str_eq(content(path_a) + len - 5, "y...\n");
}
END_TEST

/* A pipe without a reader: callers do not wait, lines are counted, and their number is logged. */
START_TEST(flood)
{
	unsigned lines = 0;
	unsigned long long told = 0;
	static char buf[1 << 22];
	size_t n = 0;
	int fd;

	ck_assert_int_eq(mkfifo(path_a, 0600), 0);
	fd = open(path_a, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	log_set_queue(32768);
	start_with(path_a, "%m%n", LOG_INFO, 0);
	for (int i = 0; i < 20000; i++)
		LOG(T_LEASES, i);
	ck_assert_uint_gt(log_dropped(), 0);
	for (int i = 0; i < 10000 && !strstr(buf, "LOG_LINES_DROPPED"); i++) {
		ssize_t got;

		while ((got = read(fd, buf + n, sizeof(buf) - 1 - n)) > 0)
			n += (size_t)got;
		(void)usleep(1000);
	}
	log_flush();
	for (ssize_t got; (got = read(fd, buf + n, sizeof(buf) - 1 - n)) > 0;)
		n += (size_t)got;
	for (char *p = buf; *p; p = strchr(p, '\n') + 1) {
		unsigned long long some;

		if (sscanf(p, "LOG_LINES_DROPPED %llu", &some) == 1) /* NOLINT */
			told += some;
		else
			lines++;
	}
	ck_assert_uint_eq(told, log_dropped());
	ck_assert_uint_eq(lines + told, 20000);
	(void)close(fd);
}
END_TEST

/* Lines lost to a full file system are counted too. */
START_TEST(full_disk)
{
	if (access("/dev/full", W_OK) != 0)
		return;
	start_with("/dev/full", "%m%n", LOG_INFO, 0);
	LOG(T_INFO, "1");
	LOG(T_INFO, "2");
	log_flush();
	ck_assert_uint_ge(log_dropped(), 2);
}
END_TEST

static void *chatter(void *arg)
{
	for (int i = 0; i < 2000; i++) {
		LOG(T_LEASES, i);
		LOG(T_DEBUG40, (const char *)arg);
	}
	return NULL;
}

/* Threads log while the main thread reconfigures, flushes and stops; each line arrives complete, once. */
START_TEST(threads)
{
	struct log_output out = file_output(path_a, "%m%n");
	struct log_logger l = { "kea-dhcp4", LOG_INFO, 0, &out, 1 };
	static char name[] = "x";
	pthread_t t[3];
	unsigned lines = 0;

	log_set_queue(4 << 20);
	ck_assert_int_eq(log_start("kea-dhcp4"), 0);
	configure(&l, 1);
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(pthread_create(&t[i], NULL, chatter, name), 0);
	for (int i = 0; i < 20; i++) {
		l.severity = i % 2 ? LOG_INFO : LOG_DBG;
		configure(&l, 1);
		log_flush();
	}
	log_stop();
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(pthread_join(t[i], NULL), 0);
	ck_assert_uint_eq(log_dropped(), 0);
	for (const char *p = content(path_a); *p; p = strchr(p, '\n') + 1) {
		ck_assert_ptr_nonnull(strchr(p, '\n'));
		if (strncmp(p, "T_LEASES ", 9) == 0)
			lines++;
		else
			ck_assert_int_eq(strncmp(p, "T_DEBUG40 x\n", 12), 0);
	}
	ck_assert_uint_eq(lines, 6000);
}
END_TEST

/* With flush off a line waits, but at most one second or until the next flush. */
START_TEST(flush_off)
{
	struct log_output out = file_output(path_a, "%m%n");
	struct log_logger l = { "kea-dhcp4", LOG_INFO, 0, &out, 1 };

	out.flush = false;
	ck_assert_int_eq(log_start("kea-dhcp4"), 0);
	configure(&l, 1);
	LOG(T_INFO, "slow");
	log_flush();
	ck_assert_str_eq(content(path_a), "T_INFO slow\n");
	LOG(T_INFO, "slower");
	for (int i = 0; i < 3000 && !strstr(content(path_a), "slower"); i++)
		(void)usleep(1000);
	ck_assert_str_eq(content(path_a), "T_INFO slow\nT_INFO slower\n");
}
END_TEST

static const struct {
	const char *pattern, *want;
} patterns[] = {
	{ "%p|%-6p|%6p|%.2p|%3.3p", "INFO|INFO  |  INFO|FO|NFO" },
	{ "%c %c{1} %c{2} %c{9}", "kea-dhcp4.a.b b a.b kea-dhcp4.a.b" },
	{ "%D{%H:%M:%S.%q} %d{%Y/%j %Q}", "03:04:05.678 2026/002 678.901" },
	{ "%D", "2026-01-02 03:04:05" },
	{ "100%% %t%n", "100% 7\n" },
	{ "[%12m]", "[       hello]" },
	{ "%-5p [%c{1}.%t] %m", "INFO  [b.7] hello" },
	{ "%r", "0" },
};

START_TEST(pattern_renders)
{
	const struct pattern_line line = { .level = "INFO",
					   .logger = "kea-dhcp4.a.b",
					   .message = "hello",
					   .message_len = 5,
					   .wall_us = 1767323045678901,
					   .tid = 7 };
	const char *why = "";
	struct pattern *p = pattern_new(patterns[_i].pattern, &why);
	struct str out = { 0 };

	ck_assert_msg(p != NULL, "%s", why);
	pattern_add(p, &line, &out);
	ck_assert_str_eq(str_text(&out), patterns[_i].want);
	str_free(&out);
	pattern_free(p);
}
END_TEST

/* Also on 32-bit processors. */
START_TEST(dates_after_2038)
{
	const struct pattern_line line = { .wall_us = 4102444800000000 };
	const char *why = "";
	struct pattern *p = pattern_new("%D", &why);
	struct str out = { 0 };

	ck_assert_msg(p != NULL, "%s", why);
	pattern_add(p, &line, &out);
	ck_assert_str_eq(str_text(&out), "2100-01-01 00:00:00");
	str_free(&out);
	pattern_free(p);
}
END_TEST

static const char *const bad_patterns[] = { "", "%", "%-5", "%x", "%D{%N}", "%D{%", "%D{%}" };

START_TEST(pattern_refused)
{
	const char *why = NULL;

	ck_assert_int_eq(log_pattern_check(bad_patterns[_i], &why), -E_INVAL);
	ck_assert_ptr_nonnull(why);
}
END_TEST

START_TEST(words)
{
	struct log_output out = { .kind = LOG_TO_FILE, .target = "x", .maxsize = 10240000 };

	ck_assert_int_eq(log_output_parse("stdout", &out), 0);
	ck_assert_int_eq(out.kind, LOG_TO_STDOUT);
	ck_assert_ptr_null(out.target);
	ck_assert_uint_eq(out.maxsize, 10240000);
	ck_assert_int_eq(log_output_parse("stderr", &out), 0);
	ck_assert_int_eq(out.kind, LOG_TO_STDERR);
	ck_assert_int_eq(log_output_parse("syslog", &out), 0);
	ck_assert_str_eq(out.target, "local0");
	ck_assert_int_eq(log_output_parse("syslog:daemon", &out), 0);
	ck_assert_str_eq(out.target, "daemon");
	ck_assert_int_eq(log_output_parse("syslog:nonsense", &out), -E_INVAL);
	ck_assert_int_eq(log_output_parse("", &out), -E_INVAL);
	ck_assert_int_eq(log_output_parse("/x/y.log", &out), 0);
	ck_assert_str_eq(out.target, "/x/y.log");
}
END_TEST

#define N(a) ((int)(sizeof(a) / sizeof((a)[0])))

int main(void)
{
	TCase *tc = tcase_create("log");

	tcase_set_timeout(tc, 30);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, default_line);
	tcase_add_test(tc, stdout_line);
	tcase_add_loop_test(tc, severity_and_debuglevel, 0, N(levels));
	tcase_add_test(tc, inheritance);
	tcase_add_test(tc, fan_out);
	tcase_add_test(tc, file_mode_and_append);
	tcase_add_test(tc, reopened_on_configure);
	tcase_add_test(tc, failed_configure_keeps_the_old);
	tcase_add_test(tc, rolling);
	tcase_add_test(tc, small_maxsize_does_not_roll);
	tcase_add_loop_test(tc, control_characters, 0, N(escapes));
	tcase_add_test(tc, several_lines);
	tcase_add_test(tc, long_message);
	tcase_add_test(tc, flood);
	tcase_add_test(tc, json_lines);
	tcase_add_test(tc, full_disk);
	tcase_add_test(tc, threads);
	tcase_add_test(tc, flush_off);
	tcase_add_loop_test(tc, pattern_renders, 0, N(patterns));
	tcase_add_test(tc, dates_after_2038);
	tcase_add_loop_test(tc, pattern_refused, 0, N(bad_patterns));
	tcase_add_test(tc, words);
	return suite_run(tc);
}
