/* SPDX-License-Identifier: MPL-2.0 */
#include "db/mysql_text.h"

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

static bool fits(const struct db_units *units, const struct db_unit *unit, const struct db_call *call)
{
	const struct db_call *of_unit = db_unit_call(units, unit);
	const struct db_batch *a = &of_unit->stmt->batch, *b = &call->stmt->batch;

	return a->item && (a == b || (b->item && is_same(a->head, b->head) && is_same(a->tail, b->tail) &&
				      is_same(a->separator, b->separator) &&
				      is_same(of_unit->stmt->columns, call->stmt->columns)));
}

bool mysql_text_is_checked(const struct mysql_text *text, const struct db_unit *unit)
{
	const struct db_call *call = db_unit_call(&text->units, unit);

	return unit->n == 1 ? db_call_is_must(call) : !*call->stmt->columns;
}

/* More than one row where one is expected: an error, unless n rows were changed. */
static void add_check(struct str *out, unsigned n)
{
	str_addf(out, "SELECT IF(ROW_COUNT() = %u, 1, (SELECT 1 UNION SELECT 2));", n);
}

static void add_unit(struct mysql_text *text, const struct db_unit *unit)
{
	const struct db_place *places = text->units.places.v;
	const struct db_call *call = db_place_call(&places[unit->first]);
	const struct db_batch *batch = &call->stmt->batch;
	struct str *out = &text->sql;

	if (unit->n == 1) {
		add_call(out, call->stmt->text[DB_MYSQL], call, 0);
	} else {
		str_add(out, batch->head ? batch->head : "");
		for (unsigned i = unit->first; i != DB_END; i = places[i].next) {
			call = db_place_call(&places[i]);
			if (i != unit->first)
				str_add(out, batch->separator);
			add_call(out, call->stmt->batch.item, call, i);
		}
		str_add(out, batch->tail ? batch->tail : "");
	}
	str_addc(out, ';');
	if (mysql_text_is_checked(text, unit))
		add_check(out, unit->n);
}

void mysql_text_write(struct mysql_text *text, struct db_work *first, const struct db_work *end, unsigned flags)
{
	if (text->sql.cap > TEXT_KEEP)
		str_free(&text->sql);
	str_reset(&text->sql);
	db_units_fill(&text->units, first, end, flags & MYSQL_TEXT_IN_BATCHES ? fits : NULL);
	if (flags & MYSQL_TEXT_BEGINS)
		str_add(&text->sql, "START TRANSACTION;");
	for (size_t i = 0; i < text->units.v.n; i++)
		add_unit(text, &text->units.v.v[i]);
	if (flags & MYSQL_TEXT_COMMITS)
		str_add(&text->sql, "COMMIT;");
}

void mysql_text_free(struct mysql_text *text)
{
	str_free(&text->sql);
	db_units_free(&text->units);
}
