/* SPDX-License-Identifier: MPL-2.0 */
/* Lines of files with any content; which row is the last of its address. */
#include "../suite.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/hash.h"
#include "lease/lastrow.h"
#include "lease/lines.h"

#include <unistd.h>

static int temporary(void)
{
	char name[] = "/tmp/kea-lines-XXXXXX";
	int fd = mkstemp(name);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(unlink(name), 0);
	return fd;
}

static void put(int fd, const char *text, size_t len)
{
	ck_assert_int_eq((int)write(fd, text, len), (int)len);
}

static void put_many(int fd, char c, size_t n)
{
	char *text = xmalloc(n);

	memset(text, c, n);
	put(fd, text, n);
	free(text);
}

static void expect(struct lines *l, int kind, uint64_t number, size_t len, off_t good_len)
{
	ck_assert_int_eq(lines_next(l), kind);
	ck_assert_uint_eq(l->number, number);
	ck_assert_int_eq(l->good_len, good_len);
	if (kind)
		ck_assert_uint_eq(l->len, len);
}

START_TEST(short_lines_and_a_tail)
{
	struct lines l;
	int fd = temporary();

	put(fd, "one\n\nthree\nfo", 13);
	ck_assert_int_eq(lseek(fd, 0, SEEK_SET), 0);
	lines_begin(&l, fd);
	expect(&l, LINE_WHOLE, 1, 3, 4);
	ck_assert_int_eq(memcmp(l.text, "one", 3), 0);
	expect(&l, LINE_WHOLE, 2, 0, 5);
	expect(&l, LINE_WHOLE, 3, 5, 11);
	expect(&l, LINE_TAIL, 4, 2, 11);
	expect(&l, LINE_END, 4, 0, 11);
	lines_end(&l);
	lines_begin(&l, fd);
	expect(&l, LINE_END, 0, 0, 0);
	lines_end(&l);
	(void)close(fd);
}
END_TEST

/* A line of 2.5 buffers is split into pieces; one that exactly fills the buffer is not. */
START_TEST(long_lines)
{
	struct lines l;
	off_t at;
	int fd = temporary();

	put(fd, "a\n", 2);
	put_many(fd, 'x', LINE_MAX_LEN * 2 + LINE_MAX_LEN / 2);
	put(fd, "\n", 1);
	put_many(fd, 'y', LINE_MAX_LEN - 1);
	put(fd, "\nb\n", 3);
	put_many(fd, 'z', LINE_MAX_LEN + 5);
	ck_assert_int_eq(lseek(fd, 0, SEEK_SET), 0);
	lines_begin(&l, fd);
	expect(&l, LINE_WHOLE, 1, 1, 2);
	expect(&l, LINE_LONG, 2, LINE_MAX_LEN, 2);
	expect(&l, LINE_LONG, 2, LINE_MAX_LEN, 2);
	at = 2 + LINE_MAX_LEN * 2 + LINE_MAX_LEN / 2 + 1;
	expect(&l, LINE_LONG, 2, LINE_MAX_LEN / 2 + 1, at);
	expect(&l, LINE_WHOLE, 3, LINE_MAX_LEN - 1, at += LINE_MAX_LEN);
	expect(&l, LINE_WHOLE, 4, 1, at += 2);
	expect(&l, LINE_LONG, 5, LINE_MAX_LEN, at);
	expect(&l, LINE_LONG, 5, 5, at);
	expect(&l, LINE_END, 5, 0, at);
	lines_end(&l);
	(void)close(fd);
}
END_TEST

START_TEST(a_disk_error_is_a_result)
{
	struct lines l;

	lines_begin(&l, -1);
	ck_assert_int_eq(lines_next(&l), -E_SYS);
	lines_end(&l);
}
END_TEST

#define ADDRS 3000
#define ROWS 20000

/* Random rows for few addresses compared with an array. */
static void last_rows(bool is4)
{
	static uint32_t last[ADDRS];
	struct lastrow t;
	uint64_t n = 0;

	memset(last, 0, sizeof(last));
	rand_seed(is4 ? 4 : 6);
	lastrow_init(&t, is4);
	for (uint32_t row = 1; row <= ROWS; row++) {
		uint32_t i = (uint32_t)rand_below(ADDRS);
		bool deleted = rand_below(4) == 0;
		struct ip addr = is4 ? ip_from4(0x0a000000 + i) : (struct ip){ .b = { 0x20, 1 } };

		if (!is4)
			memcpy(addr.b + (i % 2 ? 2 : 12), &i, sizeof(i));
		lastrow_add(&t, &addr, row, deleted);
		last[i] = deleted ? 0 : row;
	}
	for (uint32_t i = 0; i < ADDRS; i++) {
		if (!last[i])
			continue;
		n++;
		ck_assert_msg(lastrow_is_last(&t, last[i]), "address %u, row %u", i, last[i]);
	}
	ck_assert_uint_eq(t.n_last, n);
	for (uint64_t row = 0; row <= ROWS + 1000; row++)
		n -= lastrow_is_last(&t, row);
	ck_assert_uint_eq(n, 0);
	lastrow_done(&t);
}

START_TEST(last_rows_4)
{
	last_rows(true);
}
END_TEST

START_TEST(last_rows_6)
{
	last_rows(false);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("lines");

	tcase_add_test(tc, short_lines_and_a_tail);
	tcase_add_test(tc, long_lines);
	tcase_add_test(tc, a_disk_error_is_a_result);
	tcase_add_test(tc, last_rows_4);
	tcase_add_test(tc, last_rows_6);
	return suite_run(tc);
}
