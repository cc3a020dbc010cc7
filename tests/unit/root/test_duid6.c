/* SPDX-License-Identifier: MPL-2.0 */
/* The server's DUID: of every type, as configured, and the same after each start. */
#include "../suite.h"

#include "root/duid6.h"

#include "base/clock.h"
#include "base/err.h"

#include <sys/stat.h>
#include <unistd.h>

static char folder[64], file[128];
static const uint8_t identifier[] = { 0xa, 0xb, 0xc, 0xd, 0xe, 0xf, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 };

static void set_up(void)
{
	(void)snprintf(folder, sizeof(folder), "/tmp/kea-duid6-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	(void)snprintf(file, sizeof(file), "%s/kea-dhcp6-serverid", folder);
	clock_set_virtual(1700000000, 100000);
}

static void tear_down(void)
{
	(void)unlink(file);
	ck_assert_int_eq(rmdir(folder), 0); /* and nothing else is left there */
}

static struct duid prepared(const struct duid_conf *conf)
{
	struct server_id_conf server_id = { .duid = *conf };
	struct config cfg = { .global.server_id = &server_id, .duid_file = file };
	struct duid duid = { .len = 0 };
	char why[256] = "";

	ck_assert_msg(duid6_prepare(&cfg, &duid, why, sizeof(why)) == 0, "%s", why);
	ck_assert(duid_is_valid(duid_bytes(&duid)));
	return duid;
}

static void want_hex(const struct duid *duid, const char *want)
{
	char hex[3 * DUID_MAX + 1];

	(void)bytes_to_hex(duid_bytes(duid), 0, hex, sizeof(hex));
	ck_assert_str_eq(hex, want);
}

static bool same(const struct duid *a, const struct duid *b)
{
	return bytes_equal(duid_bytes(a), duid_bytes(b));
}

static struct duid_conf typed(enum duid_type type, int n)
{
	return (struct duid_conf){ .is_set = true,
				   .type = type,
				   .persist = true,
				   .identifier = n ? (uint8_t *)(uintptr_t)identifier : NULL,
				   .identifier_len = n };
}

static void write_file(const char *text)
{
	FILE *f = fopen(file, "w");

	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	ck_assert_int_eq(fclose(f), 0);
}

START_TEST(without_a_wish_a_fresh_llt_is_kept)
{
	struct duid first = prepared(&(struct duid_conf){ .is_set = false }), again;

	ck_assert_uint_eq(first.b[1], DUID_LLT);
	clock_set_virtual(1800000000, 200000);
	again = prepared(&(struct duid_conf){ .is_set = false });
	ck_assert(same(&first, &again));
}
END_TEST

START_TEST(a_stored_one_of_any_type_is_taken)
{
	struct duid duid;

	/* in Kea's format */
	write_file("00:02:00:00:09:bf:11:22:33");
	duid = prepared(&(struct duid_conf){ .is_set = false });
	want_hex(&duid, "0002000009bf112233");
}
END_TEST

START_TEST(all_of_it_is_configured)
{
	struct duid_conf conf = typed(DUID_LLT, 6);
	struct duid duid;

	conf.time = 0x01020304;
	conf.htype = 8;
	duid = prepared(&conf);
	want_hex(&duid, "00010008010203040a0b0c0d0e0f");
	conf = typed(DUID_LL, 6);
	conf.htype = 8;
	duid = prepared(&conf);
	want_hex(&duid, "000300080a0b0c0d0e0f");
	conf = typed(DUID_EN, 3);
	conf.enterprise = 9;
	duid = prepared(&conf);
	want_hex(&duid, "0002000000090a0b0c");
	conf = typed(DUID_UUID, 16);
	duid = prepared(&conf);
	want_hex(&duid, "00040a0b0c0d0e0f0102030405060708090a");
}
END_TEST

START_TEST(what_is_left_open_stays_the_same)
{
	static const enum duid_type types[] = { DUID_LLT, DUID_EN, DUID_LL, DUID_UUID };
	unsigned i;

	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		struct duid_conf conf = typed(types[i], 0);
		struct duid first = prepared(&conf), again;

		ck_assert_uint_eq(first.b[1], types[i]);
		clock_set_virtual(1800000000 + i * 1000, 200000);
		again = prepared(&conf);
		ck_assert_msg(same(&first, &again), "type %u", types[i]);
		/* also without the setting, as after a restart with another configuration */
		again = prepared(&(struct duid_conf){ .is_set = false });
		ck_assert(same(&first, &again));
	}
}
END_TEST

START_TEST(nothing_is_kept_if_so_told)
{
	struct duid_conf conf = typed(DUID_LL, 6);

	conf.persist = false;
	(void)prepared(&conf);
	ck_assert_int_ne(access(file, F_OK), 0);
}
END_TEST

START_TEST(a_file_of_something_else_is_not_overwritten)
{
	struct server_id_conf server_id = { .duid.is_set = false };
	struct config cfg = { .global.server_id = &server_id, .duid_file = file };
	struct duid duid;
	char why[256] = "", text[32] = "";
	FILE *f;

	write_file("hello, world\n");
	ck_assert_int_lt(duid6_prepare(&cfg, &duid, why, sizeof(why)), 0);
	ck_assert_ptr_nonnull(strstr(why, "kea-dhcp6-serverid"));
	f = fopen(file, "r");
	ck_assert_ptr_nonnull(fgets(text, sizeof(text), f));
	(void)fclose(f);
	ck_assert_str_eq(text, "hello, world\n");
}
END_TEST

/* Someone with write access to the directory planted a link: its target is unchanged. */
START_TEST(a_planted_link_is_not_followed)
{
	char link[160], victim[160], text[32] = "";
	struct duid first, again;
	FILE *f;

	(void)snprintf(link, sizeof(link), "%s.new", file);
	(void)snprintf(victim, sizeof(victim), "%s/victim", folder);
	f = fopen(victim, "w");
	ck_assert_ptr_nonnull(f);
	fputs("precious", f);
	ck_assert_int_eq(fclose(f), 0);
	ck_assert_int_eq(symlink(victim, link), 0);
	first = prepared(&(struct duid_conf){ .is_set = false });
	again = prepared(&(struct duid_conf){ .is_set = false });
	ck_assert(same(&first, &again));
	f = fopen(victim, "r");
	ck_assert_ptr_nonnull(f);
	ck_assert_ptr_nonnull(fgets(text, sizeof(text), f));
	(void)fclose(f);
	ck_assert_str_eq(text, "precious");
	(void)unlink(victim);
}
END_TEST

static void refused(const char *path, const char *want)
{
	struct server_id_conf server_id = { .duid.is_set = false };
	struct config cfg = { .global.server_id = &server_id, .duid_file = path };
	struct duid duid;
	char why[8192] = "";

	ck_assert_int_lt(duid6_prepare(&cfg, &duid, why, sizeof(why)), 0);
	ck_assert_msg(strstr(why, want), "%s", why);
}

#define DEPTH 4

/* Makes a path in directories with long names, which are created. */
static void make_long_path(char path[8192])
{
	size_t len = (size_t)snprintf(path, 8192, "%s", folder);
	int i;

	for (i = 0; i < DEPTH; i++) {
		len += (size_t)snprintf(path + len, 8192 - len, "/%0200d", i);
		ck_assert_int_eq(mkdir(path, 0755), 0);
	}
	(void)snprintf(path + len, 8192 - len, "/kea-dhcp6-serverid");
}

/* Nothing but the file is left in them. */
static void remove_long_path(char path[8192])
{
	int i;

	ck_assert_int_eq(unlink(path), 0);
	for (i = 0; i < DEPTH; i++) {
		*strrchr(path, '/') = '\0';
		ck_assert_int_eq(rmdir(path), 0);
	}
}

/* Used completely or rejected: never truncated to another name. */
START_TEST(long_paths)
{
	char path[8192], why[8192] = "";
	struct server_id_conf server_id = { .duid.is_set = false };
	struct config cfg = { .global.server_id = &server_id, .duid_file = path };
	struct duid first, again;

	make_long_path(path);
	ck_assert_uint_gt(strlen(path), 800);
	ck_assert_msg(duid6_prepare(&cfg, &first, why, sizeof(why)) == 0, "%s", why);
	ck_assert_int_eq(access(path, F_OK), 0);
	ck_assert_msg(duid6_prepare(&cfg, &again, why, sizeof(why)) == 0, "%s", why);
	ck_assert(same(&first, &again));
	remove_long_path(path);
	memset(path, 'x', sizeof(path));
	path[0] = '/';
	path[6000] = '\0';
	refused(path, "File name too long");
	/* the name fits, the temporary name does not */
	(void)snprintf(path, sizeof(path), "%s/%0254d", folder, 0);
	refused(path, "File name too long");
}
END_TEST

START_TEST(what_is_no_file_is_refused)
{
	ck_assert_int_eq(mkfifo(file, 0600), 0);
	refused(file, "does not contain a DUID");
	ck_assert_int_eq(unlink(file), 0);
	ck_assert_int_eq(mkdir(file, 0755), 0);
	refused(file, "Is a directory");
	ck_assert_int_eq(rmdir(file), 0);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("duid6");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, without_a_wish_a_fresh_llt_is_kept);
	tcase_add_test(tc, a_stored_one_of_any_type_is_taken);
	tcase_add_test(tc, all_of_it_is_configured);
	tcase_add_test(tc, what_is_left_open_stays_the_same);
	tcase_add_test(tc, nothing_is_kept_if_so_told);
	tcase_add_test(tc, a_file_of_something_else_is_not_overwritten);
	tcase_add_test(tc, a_planted_link_is_not_followed);
	tcase_add_test(tc, long_paths);
	tcase_add_test(tc, what_is_no_file_is_refused);
	return suite_run(tc);
}
