/* SPDX-License-Identifier: MPL-2.0 */
/* Values of rows, read with sticky errors, and what both client libraries need to decode them. */
#include "db/conn.h"

#include <assert.h>
#include <errno.h>

bool db_parse_int(const char *text, size_t len, int64_t *ret)
{
	char buf[24], *end;
	long long number;

	if (!len || len >= sizeof(buf) || text[0] == ' ' || text[0] == '+')
		return false;
	memcpy(buf, text, len);
	buf[len] = 0;
	errno = 0;
	number = strtoll(buf, &end, 10);
	if (*end || errno)
		return false;
	*ret = number;
	return true;
}

void db_deliver(struct db_work *work, unsigned call, const struct db_value *v, const bool *is_wrong, unsigned n)
{
	struct db_row row = { .v = v, .is_wrong = is_wrong, .n = n };

	assert(work->row);
	work->row(work, call, &row);
}

static void fail(struct db_row *row, unsigned column)
{
	if (!row->err)
		row->err_column = column;
	row->err = true;
}

bool db_row_is_null(const struct db_row *row, unsigned column)
{
	assert(column < row->n);
	return row->v[column].is_null;
}

int64_t db_row_int(struct db_row *row, unsigned column, int64_t min, int64_t max)
{
	const struct db_value *v = &row->v[column];

	assert(column < row->n);
	if (v->is_null || row->is_wrong[column] || v->number < min || v->number > max) {
		fail(row, column);
		return min;
	}
	return v->number;
}

bool db_row_bool(struct db_row *row, unsigned column)
{
	return db_row_int(row, column, 0, 1);
}

struct bytes db_row_bytes(struct db_row *row, unsigned column, size_t max)
{
	const struct db_value *v = &row->v[column];

	assert(column < row->n);
	if (v->is_null)
		return bytes_of("", 0);
	if (row->is_wrong[column] || v->bytes.len > max) {
		fail(row, column);
		return bytes_of("", 0);
	}
	return v->bytes;
}

struct bytes db_row_text(struct db_row *row, unsigned column, size_t max)
{
	struct bytes text = db_row_bytes(row, column, max);

	if (text.len && memchr(text.data, 0, text.len)) {
		fail(row, column);
		return bytes_of("", 0);
	}
	return text;
}
