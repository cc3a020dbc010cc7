/* SPDX-License-Identifier: MPL-2.0 */
/* What a bar writes to standard error, which is a terminal or not. */
#include "../suite.h"

#include "base/progress.h"

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

static int terminal, saved;

/* Standard error becomes a terminal, or a pipe, whose other end is `terminal`. */
static void redirect(bool is_terminal)
{
	struct termios mode;
	int ends[2];

	saved = dup(STDERR_FILENO);
	if (is_terminal) {
		ends[0] = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
		ck_assert_int_ge(ends[0], 0);
		ck_assert_int_eq(grantpt(ends[0]), 0);
		ck_assert_int_eq(unlockpt(ends[0]), 0);
		ends[1] = open(ptsname(ends[0]), O_RDWR | O_NOCTTY | O_CLOEXEC);
		ck_assert_int_eq(tcgetattr(ends[1], &mode), 0);
		mode.c_oflag &= ~(tcflag_t)OPOST;
		ck_assert_int_eq(tcsetattr(ends[1], TCSANOW, &mode), 0);
	} else {
		ck_assert_int_eq(pipe(ends), 0);
	}
	ck_assert_int_ge(dup2(ends[1], STDERR_FILENO), 0);
	close(ends[1]);
	terminal = ends[0];
}

static void restore(void)
{
	ck_assert_int_ge(dup2(saved, STDERR_FILENO), 0);
	close(saved);
	close(terminal);
}

/* Returns what was written since the last call; it is in the terminal at once. */
static const char *written(void)
{
	static char text[256];
	struct pollfd fd = { terminal, POLLIN, 0 };
	ssize_t n = 0;

	if (poll(&fd, 1, 0) > 0 && fd.revents & POLLIN)
		n = read(terminal, text, sizeof(text) - 1);
	text[n > 0 ? n : 0] = '\0';
	return text;
}

START_TEST(on_a_terminal)
{
	struct progress_bar bar;

	redirect(true);
	bar = progress_begin("work");
	progress_show(&bar, 1, 4);
	ck_assert_str_eq(written(), ""); /* not within the first second */
	progress_hide(&bar);
	ck_assert_str_eq(written(), "");
	bar.next_us = 0;
	progress_show(&bar, 1, 0);
	ck_assert_str_eq(written(), ""); /* of how much is not known */
	progress_show(&bar, 1, 4);
	ck_assert_str_eq(written(), "\rwork [##########                              ]  25 %");
	progress_show(&bar, 2, 4);
	ck_assert_str_eq(written(), ""); /* ten times a second */
	bar.next_us = 0;
	progress_show(&bar, 5, 4);
	ck_assert_str_eq(written(), "\rwork [########################################] 100 %");
	progress_hide(&bar);
	ck_assert_str_eq(written(), "\r\033[K");
	progress_hide(&bar);
	ck_assert_str_eq(written(), "");
	bar.next_us = 0;
	progress_show(&bar, 0, 1000);
	ck_assert_str_eq(written(), "\rwork [                                        ]   0 %");
	restore();
}
END_TEST

START_TEST(elsewhere)
{
	struct progress_bar bar;

	redirect(false);
	bar = progress_begin("work");
	ck_assert_int_eq(bar.next_us, INT64_MAX);
	progress_show(&bar, 1, 4);
	progress_hide(&bar);
	ck_assert_str_eq(written(), "");
	restore();
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("progress");

	tcase_add_test(tc, on_a_terminal);
	tcase_add_test(tc, elsewhere);
	return suite_run(tc);
}
