/* SPDX-License-Identifier: MPL-2.0 */
/* Scripts are started in order and with their environment, bounded in number and time. */
#include "run_script/messages.h"
#include "run_script/runner.h"

#include "../../unit/suite.h"

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define LONG_MS 600000
#define LIMIT_S 60 /* of a wait for something that happens */

static char directory[] = "/tmp/runner.XXXXXX", logged[4096];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* guards logged */

/* --- the server's side
 * ------------------------------------------------------------------------------------------------ */

static int log_is_on(const struct kea_message *message)
{
	(void)message;
	return 1;
}

static void log_line(struct kea_message *message, const char *fmt, ...) KEA_PRINTF(2, 3);
static void log_line(struct kea_message *message, const char *fmt, ...)
{
	size_t len;
	va_list ap;

	(void)message;
	(void)pthread_mutex_lock(&lock);
	len = strlen(logged);
	va_start(ap, fmt);
	vsnprintf(logged + len, sizeof(logged) - len, fmt, ap);
	va_end(ap);
	(void)pthread_mutex_unlock(&lock);
}

static bool was_logged(const char *text)
{
	bool found;

	(void)pthread_mutex_lock(&lock);
	found = strstr(logged, text) != NULL;
	(void)pthread_mutex_unlock(&lock);
	return found;
}

static const struct kea_api table = { .log_is_on = log_is_on, .log = log_line };

/* --- scripts
 * ----------------------------------------------------------------------------------------------------------- */

static const char *path_of(const char *name)
{
	static char path[4][512];
	static unsigned i;

	i = (i + 1) % 4;
	snprintf(path[i], sizeof(path[i]), "%s/%s", directory, name);
	return path[i];
}

static const char *script(const char *text)
{
	const char *path = path_of("script");
	FILE *f = fopen(path, "w");

	ck_assert_ptr_nonnull(f);
	fprintf(f, "#!/bin/sh\ncd %s\n%s\n", directory, text);
	ck_assert_int_eq(fclose(f), 0);
	ck_assert_int_eq(chmod(path, 0755), 0);
	return path;
}

static void nap(void)
{
	const struct timespec t = { .tv_nsec = 5000000 };

	(void)nanosleep(&t, NULL);
}

static unsigned n_files(const char *prefix)
{
	DIR *dir = opendir(directory);
	const struct dirent *entry;
	unsigned n = 0;

	ck_assert_ptr_nonnull(dir);
	while ((entry = readdir(dir)) != NULL)
		n += !strncmp(entry->d_name, prefix, strlen(prefix));
	(void)closedir(dir);
	return n;
}

static void wait_files(const char *prefix, unsigned n)
{
	time_t end = time(NULL) + LIMIT_S;

	while (n_files(prefix) < n && time(NULL) < end)
		nap();
	ck_assert_uint_eq(n_files(prefix), n);
}

static const char *content(const char *name)
{
	static char text[4096];
	FILE *f = fopen(path_of(name), "r");
	size_t n;

	ck_assert_ptr_nonnull(f);
	n = fread(text, 1, sizeof(text) - 1, f);
	text[n] = '\0';
	(void)fclose(f);
	return text;
}

static void setup(void)
{
	kea = &table;
	logged[0] = '\0';
	ck_assert_ptr_nonnull(mkdtemp(directory));
}

static void teardown(void)
{
	DIR *dir = opendir(directory);
	const struct dirent *entry;

	while (dir && (entry = readdir(dir)) != NULL)
		(void)unlink(path_of(entry->d_name));
	if (dir)
		(void)closedir(dir);
	(void)rmdir(directory);
}

/* --- tests
 * -------------------------------------------------------------------------------------------------------------- */

/* Its argument and variables, no others, and no descriptor of the server. */
START_TEST(environment)
{
	static const char env[] = "LEASE4_ADDRESS=192.0.2.1\0LEASE4_HOSTNAME=$(id) \"x\"\0";
	struct runner *runner =
		runner_new(script("{ echo \"$# $1\"; env; ls /proc/self/fd | wc -l; } >new; mv new out"), LONG_MS);
	int fd = open("/dev/null", O_RDONLY); /* without O_CLOEXEC */

	(void)setenv("SECRET", "server", 1);
	ck_assert_ptr_nonnull(runner);
	runner_queue(runner, "lease4_renew", env, sizeof(env) - 1);
	wait_files("out", 1);
	ck_assert_msg(!strncmp(content("out"), "1 lease4_renew\n", 15), "%s", content("out"));
	ck_assert_ptr_nonnull(strstr(content("out"), "\nLEASE4_HOSTNAME=$(id) \"x\"\n"));
	ck_assert_ptr_nonnull(strstr(content("out"), "\nLEASE4_ADDRESS=192.0.2.1\n"));
	ck_assert_ptr_null(strstr(content("out"), "SECRET"));
	/* Its three, and that of ls. */
	ck_assert_msg(strstr(content("out"), "\n4\n") != NULL, "%s", content("out"));
	runner_end(runner);
	(void)close(fd);
}
END_TEST

/* No more than 64 run; all of them run in the end, also after the library has gone. */
START_TEST(bounded)
{
	/* Each waits until the file "go" is there. */
	struct runner *runner = runner_new(
		script(": >run.$$; while [ ! -e go ]; do sleep 0.02; done; : >done.$$; rm -f run.$$"), LONG_MS);
	FILE *go;

	for (unsigned i = 0; i < 100; i++)
		runner_queue(runner, "x", "", 0);
	wait_files("run.", 64);
	runner_end(runner);
	for (unsigned i = 0; i < 20; i++)
		nap();
	ck_assert_uint_eq(n_files("run.") + n_files("done."), 64);
	go = fopen(path_of("go"), "w");
	ck_assert_ptr_nonnull(go);
	(void)fclose(go);
	wait_files("done.", 100);
	ck_assert_str_eq(logged, "");
}
END_TEST

/* It is killed, with the processes that it started. */
START_TEST(killed)
{
	struct runner *runner = runner_new(script("sleep 1000 & echo $! >new; mv new child; wait"), 2000);
	time_t end = time(NULL) + LIMIT_S;
	pid_t pid;

	runner_queue(runner, "x", "", 0);
	wait_files("child", 1);
	pid = (pid_t)strtol(content("child"), NULL, 10);
	ck_assert_int_gt(pid, 1);
	while (!was_logged("did not end") && time(NULL) < end)
		nap();
	ck_assert(was_logged("did not end"));
	/* It may stay a zombie where nobody waits for orphans. */
	while (time(NULL) < end) {
		char name[64], line[256] = "";
		FILE *f;

		snprintf(name, sizeof(name), "/proc/%d/stat", (int)pid);
		f = fopen(name, "r");
		if (!f)
			break;
		if (!fgets(line, sizeof(line), f) || strstr(line, ") Z")) {
			(void)fclose(f);
			break;
		}
		(void)fclose(f);
		nap();
	}
	ck_assert(time(NULL) < end);
	runner_end(runner);
}
END_TEST

/* Events that do not fit are lost, which is logged; a script that cannot be started is, too. */
START_TEST(lost)
{
	static char large[RUNNER_EVENT_MAX];
	struct runner *runner = runner_new("/nonexistent/script", LONG_MS);
	time_t end = time(NULL) + LIMIT_S;

	ck_assert_ptr_nonnull(runner);
	runner_queue(runner, "x", large, sizeof(large));
	runner_queue(runner, "x", "", 0);
	while (!(was_logged("1 events were not reported") && was_logged("cannot start /nonexistent/script")) &&
	       time(NULL) < end)
		nap();
	ck_assert(time(NULL) < end);
	runner_end(runner);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("runner");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 4 * LIMIT_S);
	tcase_add_test(tc, environment);
	tcase_add_test(tc, bounded);
	tcase_add_test(tc, killed);
	tcase_add_test(tc, lost);
	return suite_run(tc);
}
