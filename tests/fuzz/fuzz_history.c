/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The history of a lease file: any bytes as a file that a cleanup has kept, compressed or not, and what its rows say
 * about an address and about a client. Reading it in one piece and reading its family first must agree.
 */
#include "base/clock.h"
#include "base/err.h"
#include "lease/archive.h"
#include "lease/tenure.h"
#include "log/config.h"

#include <assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char path[48];

static void end(void)
{
	(void)unlink(path);
}

static void begin(void)
{
	static const struct log_logger off = { .name = "fuzz", .severity = LOG_NONE };
	static const struct log_conf conf = { .loggers = &off, .n_loggers = 1 };
	const char *why;
	int fd;

	if (path[0])
		return;
	(void)snprintf(path, sizeof(path), "%s/kea-fuzz-XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	fd = mkstemp(path);
	if (log_start("fuzz") < 0 || log_configure(&conf, &why) < 0 || fd < 0)
		abort();
	(void)close(fd);
	clock_set_virtual(1700000000, 5000);
	(void)atexit(end);
}

static void put(const uint8_t *data, size_t size)
{
	int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	(void)close(fd);
}

static void check(void *ctx, const struct tenure *t)
{
	uint64_t *n = ctx;

	assert(t->end < TENURE_END_N && t->from <= t->until);
	assert(t->until != INT64_MAX || t->end == TENURE_LASTS);
	(*n)++;
}

/* Returns the number of rows. */
static uint64_t read_rows(int family, const struct tenure_query *query)
{
	struct load_result res = { 0 };
	struct load_source source;
	struct archive *archive;
	struct tenures *tenures;
	char *why = NULL;
	uint64_t n = 0;

	archive = archive_open(path, &source, &why);
	assert(archive);
	tenures = tenures_new(query, 1700000000, check, &n);
	if (load_source(&source, family, tenures_row, tenures, &res, &why) < 0)
		assert(why);
	(void)tenures_end(tenures);
	archive_close(archive);
	assert(n <= res.rows + 1 || why);
	free(why);
	return res.rows;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* Those of the corpus. */
	static const uint8_t id[] = { 0x02, 0, 0, 0, 0, 0x01 };
	struct tenure_query by_addr = { .by_id = false }, by_id = { .by_id = true, .id = bytes_of(id, sizeof(id)) };
	struct load_source source;
	struct archive *archive;
	char *why = NULL;
	int family;

	begin();
	put(data, size);
	archive = archive_open(path, &source, &why);
	assert(archive);
	family = load_family(&source);
	archive_close(archive);
	for (int i = 0; i < 2; i++) {
		uint64_t rows;

		(void)ip_parse(i ? "2001:db8::10" : "192.0.2.10", &by_addr.addr);
		rows = read_rows(i, &by_addr);
		assert(!rows || family == i);
		assert(read_rows(i, &by_id) == rows);
	}
	return 0;
}
