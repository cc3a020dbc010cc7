/* SPDX-License-Identifier: MPL-2.0 */
#include "db/mysql_text.h"

#define BATCH_MAX 128
#define TEXT_KEEP (1 << 20) /* a longer text is freed before the next one */

static void add_hex(struct str *out, struct bytes bytes)
{
	static const char digits[] = "0123456789abcdef";
	char buf[128];

	str_add(out, "x'");
	for (size_t i = 0, n = 0; i < bytes.len; i++) {
		buf[n++] = digits[bytes.data[i] >> 4];
		buf[n++] = digits[bytes.data[i] & 15];
		if (n == sizeof(buf) || i + 1 == bytes.len) {
			str_add_n(out, buf, n);
			n = 0;
		}
	}
	str_addc(out, '\'');
}

static void add_int(struct str *out, int64_t number)
{
	if (number < 0)
		str_addf(out, "%lld", (long long)number);
	else
		str_add_number(out, (uint64_t)number, 1);
}

static void add_value(struct str *out, char type, const struct db_value *v)
{
	if (v->is_null) {
		str_add(out, "NULL");
		return;
	}
	switch (type) {
	case 't':
		str_add(out, "_utf8mb4 ");
		add_hex(out, v->bytes);
		break;
	case 'x':
	case '6':
		str_add(out, "_binary ");
		add_hex(out, v->bytes);
		break;
	default:
		add_int(out, v->number);
	}
}

/* With values for the parameters; $0 is the number of the place. */
static void add_call(struct str *out, const char *text, const struct db_call *call, size_t number)
{
	for (const char *p = text; *p;) {
		size_t len = strcspn(p, "$");
		unsigned i;

		str_add_n(out, p, len);
		p += len;
		if (!*p)
			break;
		for (i = 0, p++; *p >= '0' && *p <= '9'; p++)
			i = i * 10 + (unsigned)(*p - '0');
		if (i)
			add_value(out, call->stmt->params[i - 1], &call->params[i - 1]);
		else
			str_add_number(out, number, 1);
	}
}

static bool is_same(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static bool fit_together(const struct db_stmt *a, const struct db_stmt *b)
{
	return a == b ||
	       (b->batch.item && is_same(a->batch.head, b->batch.head) && is_same(a->batch.tail, b->batch.tail) &&
		is_same(a->batch.separator, b->batch.separator) && is_same(a->columns, b->columns));
}

static struct mysql_unit *find_unit(struct mysql_text *text, const struct db_stmt *stmt)
{
	for (size_t i = text->units.n; i-- > 0;)
		if (text->units.v[i].stmt->batch.item && text->units.v[i].n < BATCH_MAX &&
		    fit_together(text->units.v[i].stmt, stmt))
			return &text->units.v[i];
	return NULL;
}

static void place_call(struct mysql_text *text, struct db_work *work, unsigned call, bool in_batches)
{
	const struct db_stmt *stmt = work->v[call].stmt;
	struct mysql_unit *unit = in_batches && stmt->batch.item ? find_unit(text, stmt) : NULL;
	unsigned at = (unsigned)text->places.n;

	*vec_push(&text->places) = (struct mysql_place){ .work = work, .call = call, .next = MYSQL_TEXT_END };
	if (unit) {
		text->places.v[unit->last].next = at;
		unit->last = at;
		unit->n++;
	} else {
		*vec_push(&text->units) = (struct mysql_unit){ .stmt = stmt, .first = at, .last = at, .n = 1 };
	}
}

/* More than one row where one is expected: an error, unless n rows were changed. */
static void add_check(struct str *out, unsigned n)
{
	str_addf(out, "SELECT IF(ROW_COUNT() = %u, 1, (SELECT 1 UNION SELECT 2));", n);
}

static void add_unit(struct mysql_text *text, struct mysql_unit *unit)
{
	const struct mysql_place *place = &text->places.v[unit->first];
	const struct db_batch *batch = &unit->stmt->batch;
	struct str *out = &text->sql;

	if (unit->n == 1) {
		const struct db_call *call = &place->work->v[place->call];

		add_call(out, call->stmt->text[DB_MYSQL], call, 0);
		unit->is_checked = db_call_is_must(call);
	} else {
		str_add(out, batch->head ? batch->head : "");
		for (unsigned i = unit->first; i != MYSQL_TEXT_END; i = text->places.v[i].next) {
			const struct db_call *call = &text->places.v[i].work->v[text->places.v[i].call];

			if (i != unit->first)
				str_add(out, batch->separator);
			add_call(out, call->stmt->batch.item, call, i);
		}
		str_add(out, batch->tail ? batch->tail : "");
		unit->is_checked = !*unit->stmt->columns;
	}
	str_addc(out, ';');
	if (unit->is_checked)
		add_check(out, unit->n);
}

void mysql_text_write(struct mysql_text *text, struct db_work *first, const struct db_work *end, unsigned flags)
{
	if (text->sql.cap > TEXT_KEEP)
		str_free(&text->sql);
	str_reset(&text->sql);
	text->places.n = text->units.n = 0;
	for (struct db_work *work = first; work != end; work = work->next)
		for (unsigned i = 0; i < work->n; i++)
			place_call(text, work, i, flags & MYSQL_TEXT_IN_BATCHES);
	if (flags & MYSQL_TEXT_BEGINS)
		str_add(&text->sql, "START TRANSACTION;");
	for (size_t i = 0; i < text->units.n; i++)
		add_unit(text, &text->units.v[i]);
	if (flags & MYSQL_TEXT_COMMITS)
		str_add(&text->sql, "COMMIT;");
}

void mysql_text_free(struct mysql_text *text)
{
	str_free(&text->sql);
	vec_free(&text->places);
	vec_free(&text->units);
}
