/* SPDX-License-Identifier: MPL-2.0 */
/* Descriptors that something else closes: the process ends with a line that says so, and writes to no other file. */
#include "../suite.h"

#include "log/config.h"
#include "log/descriptor.h"
#include "log/log.h"

#include <fcntl.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char dir[] = "/tmp/kea-test-descriptor-XXXXXX";
static char log_path[64], victim_path[64], text[4096];

static void setup(void)
{
	ck_assert_ptr_nonnull(mkdtemp(dir));
	(void)snprintf(log_path, sizeof(log_path), "%s/log", dir);
	(void)snprintf(victim_path, sizeof(victim_path), "%s/victim", dir);
}

static void teardown(void)
{
	(void)unlink(log_path);
	(void)unlink(victim_path);
	(void)rmdir(dir);
}

static void log_to(enum log_output_kind kind)
{
	struct log_output out = { .kind = kind, .target = kind == LOG_TO_FILE ? log_path : NULL, .flush = true };
	struct log_logger logger = { "kea-dhcp4", LOG_INFO, 0, &out, 1 };
	const struct log_conf conf = { &logger, 1 };
	const char *why;

	if (log_start("kea-dhcp4") < 0 || log_configure(&conf, &why) < 0)
		_exit(9);
}

static void close_all(void)
{
	for (int fd = 0; fd < 100; fd++)
		(void)close(fd);
}

/* Opens the file until it has all low numbers. */
static void take_numbers(void)
{
	while (open(victim_path, O_RDWR | O_CREAT | O_APPEND, 0600) < 20)
		;
}

/* --- what a process does ----------------------------------------------------------------------------------------- */

static void closes(void)
{
	log_to(LOG_TO_FILE);
	descriptor_own(open("/dev/null", O_RDONLY), "a test");
	descriptors_check();
	close_all();
	descriptors_check();
}

static void reuses(void)
{
	log_to(LOG_TO_FILE);
	descriptor_own(open("/dev/null", O_RDONLY), "a test");
	close_all();
	take_numbers();
	descriptors_check();
}

static void logs(void)
{
	log_to(LOG_TO_FILE);
	close_all();
	take_numbers();
	log_end(&log_msg_LOG_LINES_DROPPED, "line", 4);
}

static void logs_in_thread(void)
{
	log_to(LOG_TO_FILE);
	close_all();
	take_numbers();
	log_write(&log_msg_LOG_LINES_DROPPED, "%s", "line");
	(void)sleep(10);
}

static void writes_to_stdout(void)
{
	if (dup2(open(log_path, O_RDWR | O_CREAT | O_APPEND, 0600), 1) != 1)
		_exit(9);
	log_to(LOG_TO_STDOUT);
	descriptor_own(open("/dev/null", O_RDONLY), "a test");
	close_all();
	take_numbers();
	descriptors_check();
}

static void ends_before(void)
{
	int fd = open("/dev/null", O_RDONLY);

	descriptor_own(fd, "a test");
	descriptor_disown(fd);
	(void)close(fd);
	descriptors_check();
}

/* Returns the exit status of a process that does it, and reads the log that it leaves. */
static int status_of(void (*does)(void))
{
	pid_t child = fork();
	int status, fd;
	ssize_t n;

	ck_assert_int_ge(child, 0);
	if (!child) {
		does();
		_exit(0);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	fd = open(log_path, O_RDONLY);
	n = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);
	text[n > 0 ? n : 0] = '\0';
	if (fd >= 0)
		(void)close(fd);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void is_untouched(void)
{
	int fd = open(victim_path, O_RDONLY);
	char c;

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(read(fd, &c, 1), 0);
	(void)close(fd);
}

START_TEST(a_closed_descriptor_ends_the_process)
{
	ck_assert_int_eq(status_of(closes), 1);
	ck_assert_ptr_nonnull(strstr(text, "DESCRIPTOR_LOST the descriptor of a test was closed from outside"));
}
END_TEST

START_TEST(a_descriptor_that_is_another_file_ends_the_process)
{
	ck_assert_int_eq(status_of(reuses), 1);
	ck_assert_ptr_nonnull(strstr(text, "DESCRIPTOR_LOST the descriptor of a test was closed from outside"));
	is_untouched();
}
END_TEST

START_TEST(a_line_goes_to_the_log_opened_again)
{
	ck_assert_int_eq(status_of(logs), 1);
	ck_assert_ptr_nonnull(strstr(text, "LOG_LINES_DROPPED line"));
	is_untouched();
}
END_TEST

START_TEST(a_closed_log_ends_the_process)
{
	ck_assert_int_eq(status_of(logs_in_thread), 1);
	ck_assert_ptr_nonnull(strstr(text, "DESCRIPTOR_LOST the descriptor of the log was closed from outside"));
	is_untouched();
}
END_TEST

START_TEST(stdout_has_the_last_line)
{
	ck_assert_int_eq(status_of(writes_to_stdout), 1);
	ck_assert_ptr_nonnull(strstr(text, "DESCRIPTOR_LOST the descriptor of a test"));
	is_untouched();
}
END_TEST

START_TEST(the_server_may_close_its_own)
{
	ck_assert_int_eq(status_of(ends_before), 0);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("descriptor");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_closed_descriptor_ends_the_process);
	tcase_add_test(tc, a_descriptor_that_is_another_file_ends_the_process);
	tcase_add_test(tc, a_line_goes_to_the_log_opened_again);
	tcase_add_test(tc, a_closed_log_ends_the_process);
	tcase_add_test(tc, stdout_has_the_last_line);
	tcase_add_test(tc, the_server_may_close_its_own);
	return suite_run(tc);
}
