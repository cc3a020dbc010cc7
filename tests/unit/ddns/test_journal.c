/* SPDX-License-Identifier: MPL-2.0 */
/* The journal of requests: what is found again, and in a file that was cut off, damaged, or written anew. */
#include "../suite.h"

#include "base/err.h"
#include "ddns/dhcid.h"
#include "ddns/journal.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char path[64];

static void begin(void)
{
	(void)snprintf(path, sizeof(path), "test_journal.%d", (int)getpid());
}

static void end(void)
{
	char lock[80];

	(void)snprintf(lock, sizeof(lock), "%s.lock", path);
	(void)unlink(path);
	(void)unlink(lock);
}

/* The serials that were found, "1 3 ". */
static char found[4096];
static uint64_t n_bad;

static void note(void *ctx, const struct ncr *ncr)
{
	char text[DNAME_TEXT_MAX];

	(void)ctx;
	(void)snprintf(found + strlen(found), sizeof(found) - strlen(found), "%u ", (unsigned)ncr->serial);
	ck_assert_str_eq(dname_format(&ncr->fqdn, text), "pc.example.org.");
}

static struct ncr_journal *open_it(void)
{
	struct ncr_journal *journal = NULL;
	struct str why = { 0 };

	found[0] = '\0';
	ck_assert_int_eq(ncr_journal_open(path, note, NULL, &journal, &n_bad, &why), 0);
	str_free(&why);
	return journal;
}

static uint64_t add(struct ncr_journal *journal)
{
	struct ncr ncr = { .forward = true, .addr = ip_from4(0xc0000201), .dhcid_len = DHCID_LEN };
	uint8_t buf[NCR_DATAGRAM_MAX];
	int len;

	ck_assert_int_eq(dname_parse("pc.example.org", &ncr.fqdn), 0);
	ncr.journal = ncr_journal_id(journal);
	ncr.serial = ncr_journal_next_serial(journal);
	len = ncr_write(&ncr, buf, sizeof(buf));
	ck_assert_int_gt(len, 0);
	ncr_journal_add(journal, bytes_of(buf, (size_t)len));
	return ncr.serial;
}

static void append(const char *text)
{
	FILE *f = fopen(path, "a");

	ck_assert_ptr_nonnull(f);
	ck_assert_int_ge(fputs(text, f), 0);
	ck_assert_int_eq(fclose(f), 0);
}

START_TEST(found_again)
{
	struct ncr_journal *journal, *other = NULL;
	struct str why = { 0 };
	uint64_t id;

	begin();
	journal = open_it();
	ck_assert_str_eq(found, "");
	id = ncr_journal_id(journal);
	ck_assert_uint_ne(id, 0);
	for (unsigned i = 1; i <= 5; i++)
		ck_assert_uint_eq(add(journal), i);
	ncr_journal_done(journal, 2);
	ncr_journal_done(journal, 5);
	ck_assert_int_eq(ncr_journal_write(journal, true), 0);
	(void)add(journal); /* not written */
	ck_assert_int_eq(ncr_journal_open(path, note, NULL, &other, &n_bad, &why), -E_BUSY);
	ck_assert_ptr_nonnull(strstr(why.text, path));
	str_free(&why);
	ncr_journal_close(journal);
	journal = open_it();
	ck_assert_str_eq(found, "1 3 4 ");
	ck_assert_uint_eq(n_bad, 0);
	ck_assert_uint_eq(ncr_journal_id(journal), id);
	ck_assert_uint_eq(add(journal), 6);
	ncr_journal_done(journal, 1);
	ck_assert_int_eq(ncr_journal_write(journal, false), 0);
	ncr_journal_close(journal);
	journal = open_it();
	ck_assert_str_eq(found, "3 4 6 ");
	ncr_journal_close(journal);
	ncr_journal_close(NULL);
	end();
}
END_TEST

/* After a crash or worse: what can be read is found, and what is added then, too. */
START_TEST(damaged)
{
	struct ncr_journal *journal;
	char many[3 * NCR_DATAGRAM_MAX];

	begin();
	journal = open_it();
	(void)add(journal);
	(void)add(journal);
	ck_assert_int_eq(ncr_journal_write(journal, true), 0);
	ncr_journal_close(journal);
	append("- 0\n- -1\n- 99\n- 1x\n+ {}\n+ \n+\nnonsense\n\n- 18446744073709551615\njournal x\n");
	memset(many, 'a', sizeof(many) - 2);
	many[sizeof(many) - 2] = '\n';
	many[sizeof(many) - 1] = '\0';
	append(many);
	append("+ { \"change-type\": 0, \"forw");
	journal = open_it();
	ck_assert_str_eq(found, "1 2 ");
	ck_assert_uint_eq(n_bad, 11);
	(void)add(journal);
	ncr_journal_done(journal, 1);
	ck_assert_int_eq(ncr_journal_write(journal, true), 0);
	ncr_journal_close(journal);
	journal = open_it();
	ck_assert_str_eq(found, "2 3 ");
	ncr_journal_close(journal);
	end();
}
END_TEST

START_TEST(written_anew)
{
	struct ncr_journal *journal;
	struct stat st;

	begin();
	journal = open_it();
	for (unsigned i = 0; i < 200; i++)
		ncr_journal_done(journal, add(journal));
	ck_assert_int_eq(ncr_journal_write(journal, false), 0);
	ck_assert_int_eq(ncr_journal_begin(journal), 0);
	ck_assert_int_eq(ncr_journal_end(journal), 0);
	(void)add(journal);
	(void)add(journal);
	ncr_journal_done(journal, 201);
	ck_assert_int_eq(ncr_journal_write(journal, true), 0);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_lt(st.st_size, 2000);
	ncr_journal_close(journal);
	journal = open_it();
	ck_assert_str_eq(found, "202 ");
	ncr_journal_close(journal);
	end();
}
END_TEST

/* It grows without end only if nothing is ever confirmed. */
START_TEST(length)
{
	struct ncr_journal *journal;
	unsigned n;

	begin();
	journal = open_it();
	for (n = 0; n < 8000; n++)
		(void)add(journal);
	ck_assert_int_eq(ncr_journal_write(journal, false), 0);
	ck_assert(!ncr_journal_is_long(journal));
	for (n = 1; n <= 8000; n++)
		ncr_journal_done(journal, n);
	ck_assert_int_eq(ncr_journal_write(journal, false), 0);
	ck_assert(ncr_journal_is_long(journal));
	ck_assert_int_eq(ncr_journal_begin(journal), 0);
	ck_assert_int_eq(ncr_journal_end(journal), 0);
	ck_assert(!ncr_journal_is_long(journal));
	ncr_journal_close(journal);
	end();
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("journal");

	tcase_add_test(t, found_again);
	tcase_add_test(t, damaged);
	tcase_add_test(t, written_anew);
	tcase_add_test(t, length);
	return suite_run(t);
}
