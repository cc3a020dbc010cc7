/* SPDX-License-Identifier: MPL-2.0 */
/* The rows of kea/fields.h, and a field's value in the form that a library asks for. */
#include "api/api_int.h"

#include "base/err.h"

#define FOR_4 4
#define FOR_6 6
#define FOR_46 10
#define FOR_0 0 /* kea-dhcp-ddns */
#define FOR_460 11
#define ACCESS_RO false
#define ACCESS_RW true

static const struct field_row {
	enum kea_field field;
	const char *name;
	enum kea_type type;
	bool is_writable;
	unsigned families; /* FOR_... */
	const char *doc;
} rows[] = {
#define ROW(object, number, constant, field_name, field_type, access, fams, since, text) \
	{ KEA_##object##_##constant, field_name, KEA_TYPE_##field_type, ACCESS_##access, FOR_##fams, text },
	KEA_FIELDS(ROW)
#undef ROW
};

enum { ROWS_N = sizeof(rows) / sizeof(rows[0]) };

static const struct field_row *row_of(enum kea_field field)
{
	for (unsigned i = 0; i < ROWS_N; i++)
		if (rows[i].field == field)
			return &rows[i];
	return NULL;
}

static bool is_of(const struct field_row *row, const struct kea_object *object)
{
	return row && (unsigned)row->field >> 16 == object->kind &&
	       (row->families == FOR_460 || row->families == object->call->hook->digit ||
		(row->families == FOR_46 && object->call->hook->digit));
}

static bool get(const struct kea_object *object, enum kea_field field, struct value *ret)
{
	const struct field_row *row = row_of(field);

	if (!is_of(row, object))
		return false;
	*ret = (struct value){ .type = row->type, .text = "" };
	return field_get(object, field, ret);
}

int field_check_write(const struct kea_object *object, enum kea_field field)
{
	const struct field_row *row = row_of(field);

	if (!is_of(row, object))
		return -E_NOENT;
	return row->is_writable && object->is_writable ? (int)row->type : -E_UNSUPPORTED;
}

int api_get_int(const struct kea_object *object, enum kea_field field, int64_t *ret)
{
	struct value value;

	if (!get(object, field, &value))
		return -E_NOENT;
	if (value.type != KEA_TYPE_INT)
		return -E_INVAL;
	*ret = value.number;
	return 0;
}

/* The bytes of an address that is part of an object live as long as that; others are in the packet's memory. */
static const void *address_bytes(const struct kea_object *object, const struct ip *ip, size_t *ret_len)
{
	struct arena *arena = call_arena(object->call);
	size_t skip = ip_is4(ip) ? 12 : 0;

	*ret_len = 16 - skip;
	if (arena)
		return arena_dup(arena, ip->b + skip, 16 - skip);
	if (object->kind == KEA_OBJECT_LEASE)
		return ((const struct lease *)object->at)->addr.b + skip;
	*ret_len = 0;
	return NULL;
}

const void *api_get_bytes(const struct kea_object *object, enum kea_field field, size_t *ret_len)
{
	struct value value;

	*ret_len = 0;
	if (!get(object, field, &value))
		return NULL;
	switch (value.type) {
	case KEA_TYPE_INT:
		return NULL;
	case KEA_TYPE_TEXT:
		*ret_len = strlen(value.text);
		return value.text;
	case KEA_TYPE_BYTES:
		*ret_len = value.bytes.len;
		return value.bytes.len ? value.bytes.data : NULL;
	case KEA_TYPE_ADDR:
		return address_bytes(object, &value.ip, ret_len);
	}
	return NULL;
}

int api_get_text(const struct kea_object *object, enum kea_field field, char *buf, size_t size)
{
	char ip[IP_TEXT_MAX];
	struct value value;

	if (size)
		buf[0] = '\0';
	if (!get(object, field, &value))
		return -E_NOENT;
	switch (value.type) {
	case KEA_TYPE_INT:
		return snprintf(buf, size, "%lld", (long long)value.number);
	case KEA_TYPE_TEXT:
		return snprintf(buf, size, "%s", value.text);
	case KEA_TYPE_BYTES:
		return (int)bytes_to_hex(value.bytes, ':', buf, size);
	case KEA_TYPE_ADDR:
		return snprintf(buf, size, "%s", ip_format(&value.ip, ip));
	}
	return -E_NOENT;
}

enum kea_field api_field_by_name(enum kea_object_kind kind, const char *name)
{
	for (unsigned i = 0; i < ROWS_N; i++)
		if ((unsigned)rows[i].field >> 16 == kind && !strcmp(rows[i].name, name))
			return rows[i].field;
	return KEA_FIELD_NONE;
}

enum kea_field api_field_at(unsigned i, const char **ret_name, enum kea_type *ret_type, const char **ret_doc)
{
	if (i >= ROWS_N)
		return KEA_FIELD_NONE;
	if (ret_name)
		*ret_name = rows[i].name;
	if (ret_type)
		*ret_type = rows[i].type;
	if (ret_doc)
		*ret_doc = rows[i].doc;
	return rows[i].field;
}
