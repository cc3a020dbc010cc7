/* SPDX-License-Identifier: MPL-2.0 */
#include "lease/sql_column.h"

#include "base/arena.h"
#include "base/utf8.h"
#include "lease/field.h"

#include <assert.h>
#include <openssl/sha.h>
#include <stdio.h>

/* What MySQL's TIMESTAMP can hold, and the end of the year 9999: later times are stored as these. */
static const int64_t time_max[DB_KIND_N] = { [DB_PGSQL] = 253402300799, [DB_MYSQL] = INT32_MAX };

int64_t sql_time_max(enum db_kind kind)
{
	return time_max[kind];
}

struct put {
	const struct lease *lease;
	enum db_kind kind;
	const struct sql_clock *clock;
	char *buf;
};

struct get {
	struct db_row *row;
	unsigned column;
	const struct sql_clock *clock;
	struct lease *lease;
	int64_t expire; /* by the database's clock */
	char *buf;
};

struct column {
	const char *name; /* as in lease/field.c */
	char type;        /* as in struct db_stmt */
	bool versioned;   /* identifies the state of the lease */
	int family;       /* 0 or 1; ANY */
	/* How it is read and written in SQL, where it is not the name or the parameter alone: '$' is the parameter. */
	const char *read[DB_KIND_N], *write[DB_KIND_N];
	struct db_value (*put)(const struct put *put);
	void (*get)(struct get *get);
};

enum { ANY = -1 };

static struct db_value or_null(struct bytes bytes)
{
	return bytes.len ? db_bytes_value(bytes) : db_null();
}

/* --- numbers ----------------------------------------------------------------------- */

#define NUMBER_COLUMN(field, low, high)                                                                              \
	static struct db_value put_##field(const struct put *put)                                                    \
	{                                                                                                            \
		return db_number((int64_t)put->lease->field);                                                        \
	}                                                                                                            \
	static void get_##field(struct get *get)                                                                     \
	{                                                                                                            \
		get->lease->field = (__typeof__(get->lease->field))db_row_int(get->row, get->column, (low), (high)); \
	}

NUMBER_COLUMN(valid, 0, UINT32_MAX)
NUMBER_COLUMN(preferred, 0, UINT32_MAX)
NUMBER_COLUMN(subnet_id, 0, UINT32_MAX)
NUMBER_COLUMN(pool_id, 0, UINT32_MAX)
NUMBER_COLUMN(state, 0, LEASE_STATE_N - 1)
NUMBER_COLUMN(type, LEASE_NA, LEASE_PD)
NUMBER_COLUMN(iaid, 0, UINT32_MAX)
NUMBER_COLUMN(prefix_len, 0, 128)
NUMBER_COLUMN(fqdn_fwd, 0, 1)
NUMBER_COLUMN(fqdn_rev, 0, 1)

/* NULL without a hardware address. */
static struct db_value put_hwtype(const struct put *put)
{
	return put->lease->hwaddr.len ? db_number(put->lease->hwtype) : db_null();
}

static struct db_value put_hwsource(const struct put *put)
{
	return put->lease->hwaddr.len ? db_number(put->lease->hwsource) : db_null();
}

static void get_hwtype(struct get *get)
{
	if (!db_row_is_null(get->row, get->column))
		get->lease->hwtype = (uint8_t)db_row_int(get->row, get->column, 0, UINT8_MAX);
}

static void get_hwsource(struct get *get)
{
	if (!db_row_is_null(get->row, get->column))
		get->lease->hwsource = (uint16_t)db_row_int(get->row, get->column, 0, UINT16_MAX);
}

/* An infinite lease never expires; its column has the time of the client's last transaction. */
static struct db_value put_expire(const struct put *put)
{
	int64_t max = time_max[put->kind], sec;

	if (put->lease->valid == LEASE_FOREVER)
		sec = put->lease->cltt - sql_clock_wall_ahead(put->clock);
	else if (put->lease->expires >= max)
		sec = max;
	else
		sec = sql_clock_from_boot(put->clock, put->lease->expires);
	return db_number(sec < 1 ? 1 : sec > max ? max : sec);
}

static void get_expire(struct get *get)
{
	get->expire = db_row_int(get->row, get->column, 0, 1LL << 40);
}

/* --- addresses --------------------------------------------------------------------- */

static struct db_value put_addr4(const struct put *put)
{
	return db_number(ip_to4(&put->lease->addr));
}

static void get_addr4(struct get *get)
{
	get->lease->addr = ip_from4((uint32_t)db_row_int(get->row, get->column, 0, UINT32_MAX));
	get->lease->type = LEASE_V4;
	get->lease->prefix_len = 32;
}

static struct db_value put_addr6(const struct put *put)
{
	return db_bytes_value(bytes_of(put->lease->addr.b, 16));
}

static void get_addr6(struct get *get)
{
	struct bytes bytes = db_row_bytes(get->row, get->column, 16);

	if (bytes.len == 16)
		memcpy(get->lease->addr.b, bytes.data, 16);
	if (bytes.len != 16 || ip_is4(&get->lease->addr))
		get->row->err = true;
}

/* --- bytes ------------------------------------------------------------------------- */

static struct db_value put_hwaddr(const struct put *put)
{
	return or_null(put->lease->hwaddr);
}

static void get_hwaddr(struct get *get)
{
	get->lease->hwaddr = db_row_bytes(get->row, get->column, LEASE_HWADDR_MAX);
	/* DHCPv4 has no column for the type. In DHCPv6 it follows. */
	get->lease->hwtype = get->lease->hwaddr.len ? 1 : 0;
}

static struct db_value put_client_id(const struct put *put)
{
	return or_null(put->lease->client_id);
}

static void get_client_id(struct get *get)
{
	get->lease->client_id = db_row_bytes(get->row, get->column, LEASE_ID_MAX);
}

/* As in lease files, this is the DUID of a lease that has no client. */
static const uint8_t no_duid[3];

static struct db_value put_duid(const struct put *put)
{
	struct bytes id = put->lease->client_id;

	return db_bytes_value(id.len ? id : bytes_of(no_duid, sizeof(no_duid)));
}

static void get_duid(struct get *get)
{
	get_client_id(get);
	if (bytes_equal(get->lease->client_id, bytes_of(no_duid, sizeof(no_duid))))
		get->lease->client_id.len = 0;
}

/* --- text -------------------------------------------------------------------------- */

static bool is_utf8(const char *text)
{
	size_t len = strlen(text);

	for (size_t i = 0, n; i < len; i += n)
		if (!(n = utf8_decode(text + i, len - i, NULL)))
			return false;
	return true;
}

/* A client may send any bytes as its name; a database rejects what is not UTF-8. */
static struct db_value put_hostname(const struct put *put)
{
	const char *from = put->lease->hostname ? put->lease->hostname : "";
	char *to = put->buf;

	if (is_utf8(from))
		return db_string(from);
	for (; *from; from++)
		*to++ = (unsigned char)*from < 0x80 ? *from : '?';
	*to = 0;
	return db_string(put->buf);
}

static const char *copy_text(struct get *get, size_t max)
{
	struct bytes text = db_row_text(get->row, get->column, max);
	char *copy = get->buf;

	if (text.len)
		memcpy(copy, text.data, text.len);
	copy[text.len] = 0;
	get->buf += text.len + 1;
	return copy;
}

static void get_hostname(struct get *get)
{
	const char *text = copy_text(get, LEASE_HOSTNAME_MAX);

	for (const char *p = text; *p; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			get->row->err = true;
	get->lease->hostname = text;
}

static struct db_value put_context(const struct put *put)
{
	const char *text = put->lease->user_context;

	return db_string(text && is_utf8(text) ? text : NULL);
}

static void get_context(struct get *get)
{
	const char *text = copy_text(get, LEASE_CONTEXT_MAX);

	get->lease->user_context = *text ? text : NULL;
}

/* --- the table --------------------------------------------------------------------- */

/* PostgreSQL's integer has a sign; so has the IAID there. */
#define IAID_READ_PGSQL "(iaid::bigint & 4294967295)"
#define IAID_WRITE_PGSQL "(($::bigint + 2147483648) % 4294967296 - 2147483648)::integer"

static const struct column columns[] = {
	{ "address", 'i', false, 0, { 0 }, { 0 }, put_addr4, get_addr4 },
	{ "address", '6', false, 1, { "host(address)" }, { 0 }, put_addr6, get_addr6 },
	{ "hwaddr", 'x', true, ANY, { 0 }, { 0 }, put_hwaddr, get_hwaddr },
	{ "client_id", 'x', true, ANY, { 0 }, { 0 }, put_client_id, get_client_id },
	{ "duid", 'x', true, ANY, { 0 }, { 0 }, put_duid, get_duid },
	{ "valid_lifetime", 'i', true, ANY, { 0 }, { 0 }, put_valid, get_valid },
	{ "expire",
	  'i',
	  true,
	  ANY,
	  { "CASE WHEN isfinite(expire) THEN floor(extract(epoch FROM expire))::bigint END",
	    "FLOOR(UNIX_TIMESTAMP(expire))" },
	  { "to_timestamp($)", "FROM_UNIXTIME($)" },
	  put_expire,
	  get_expire },
	{ "subnet_id", 'i', true, ANY, { 0 }, { 0 }, put_subnet_id, get_subnet_id },
	{ "pref_lifetime", 'i', false, ANY, { 0 }, { 0 }, put_preferred, get_preferred },
	{ "lease_type", 'i', true, ANY, { 0 }, { 0 }, put_type, get_type },
	{ "iaid", 'i', true, ANY, { IAID_READ_PGSQL }, { IAID_WRITE_PGSQL }, put_iaid, get_iaid },
	{ "prefix_len", 'i', true, ANY, { 0 }, { 0 }, put_prefix_len, get_prefix_len },
	{ "fqdn_fwd", 'b', false, ANY, { 0 }, { 0 }, put_fqdn_fwd, get_fqdn_fwd },
	{ "fqdn_rev", 'b', false, ANY, { 0 }, { 0 }, put_fqdn_rev, get_fqdn_rev },
	{ "hostname", 't', false, ANY, { 0 }, { 0 }, put_hostname, get_hostname },
	{ "state", 'i', true, ANY, { 0 }, { 0 }, put_state, get_state },
	{ "user_context", 't', false, ANY, { 0 }, { 0 }, put_context, get_context },
	{ "pool_id", 'i', true, ANY, { 0 }, { 0 }, put_pool_id, get_pool_id },
	{ "hwtype", 'i', false, ANY, { 0 }, { 0 }, put_hwtype, get_hwtype },
	{ "hwaddr_source", 'i', false, ANY, { 0 }, { 0 }, put_hwsource, get_hwsource },
};

static const struct column *find_column(const char *name, int family)
{
	for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++)
		if (strcmp(columns[i].name, name) == 0 && (columns[i].family == ANY || columns[i].family == family))
			return &columns[i];
	return NULL;
}

/* The columns of a family in order; found once. */
static const struct column *const *columns_of(int family)
{
	static const struct column *v[2][SQL_COLUMNS_MAX];
	static atomic_bool is_ready;
	const struct lease_fields *fields;

	if (!atomic_load_explicit(&is_ready, memory_order_acquire)) {
		for (int f = 0; f < 2; f++) {
			fields = lease_fields(f);
			assert(fields->n <= SQL_COLUMNS_MAX);
			for (unsigned i = 0; i < fields->n; i++) {
				v[f][i] = find_column(fields->v[i].name, f);
				assert(v[f][i]);
			}
		}
		atomic_store_explicit(&is_ready, true, memory_order_release);
	}
	return v[family];
}

unsigned sql_column_count(int family)
{
	return lease_fields(family)->n;
}

void sql_column_types(int family, char *ret)
{
	const struct column *const *v = columns_of(family);
	unsigned n = sql_column_count(family);

	for (unsigned i = 0; i < n; i++)
		ret[i] = v[i]->type;
	ret[n] = 0;
}

/* --- SQL --------------------------------------------------------------------------- */

static const char *read_text(const struct column *column, enum db_kind kind)
{
	return column->read[kind] ? column->read[kind] : column->name;
}

/* `from` is '$' for parameters and 'c' for columns. */
static void add_write(struct str *out, const struct column *column, enum db_kind kind, char from, unsigned number)
{
	const char *text = column->write[kind] ? column->write[kind] : "$";

	for (; *text; text++)
		if (*text == '$')
			str_addf(out, "%c%u", from, number);
		else
			str_addc(out, *text);
}

void sql_columns_add_read(struct str *out, int family, enum db_kind kind)
{
	for (unsigned i = 0; i < sql_column_count(family); i++) {
		const struct column *column = columns_of(family)[i];

		str_addf(out, column->read[kind] ? "%s%s AS %s" : "%s%s", i ? ", " : "", read_text(column, kind),
			 column->name);
	}
}

void sql_columns_add_names(struct str *out, int family)
{
	for (unsigned i = 0; i < sql_column_count(family); i++)
		str_addf(out, "%s%s", i ? ", " : "", columns_of(family)[i]->name);
}

void sql_columns_add_values(struct str *out, int family, enum db_kind kind, char from)
{
	for (unsigned i = 0; i < sql_column_count(family); i++) {
		str_add(out, i ? ", " : "");
		add_write(out, columns_of(family)[i], kind, from, i + 1);
	}
}

void sql_columns_add_set(struct str *out, int family, enum db_kind kind, char from)
{
	for (unsigned i = 1; i < sql_column_count(family); i++) {
		str_addf(out, "%s%s = ", i > 1 ? ", " : "", columns_of(family)[i]->name);
		add_write(out, columns_of(family)[i], kind, from, i + 1);
	}
}

void sql_columns_add_set_excluded(struct str *out, int family)
{
	for (unsigned i = 1; i < sql_column_count(family); i++)
		str_addf(out, "%s%s = excluded.%s", i > 1 ? ", " : "", columns_of(family)[i]->name,
			 columns_of(family)[i]->name);
}

void sql_columns_add_numbered(struct str *out, int family, enum db_kind kind)
{
	for (unsigned i = 0; i < sql_column_count(family); i++) {
		str_add(out, i ? ", " : "");
		add_write(out, columns_of(family)[i], kind, '$', i + 1);
		str_addf(out, " AS c%u", i + 1);
	}
}

void sql_columns_add_set_numbered(struct str *out, int family)
{
	for (unsigned i = 1; i < sql_column_count(family); i++)
		str_addf(out, "%s%s = c%u", i > 1 ? ", " : "", columns_of(family)[i]->name, i + 1);
}

/* --- versions ---------------------------------------------------------------------- */

/*
 * The first digits of SHA-256 over "value|value|...|", which both databases can compute: bytes in hexadecimal, nothing
 * for NULL.
 */
void sql_columns_add_version(struct str *out, int family, enum db_kind kind)
{
	bool is_pgsql = kind == DB_PGSQL;

	str_add(out, is_pgsql ? "left(encode(sha256(convert_to(concat(" : "LEFT(SHA2(CONCAT(");
	for (unsigned i = 0, n = 0; i < sql_column_count(family); i++) {
		const struct column *column = columns_of(family)[i];
		const char *text = read_text(column, kind);

		if (!column->versioned)
			continue;
		str_add(out, n++ ? ", " : "");
		if (is_pgsql)
			str_addf(out, column->type == 'x' ? "encode(%s, 'hex')" : "%s", text);
		else
			str_addf(out, column->type == 'x' ? "COALESCE(LOWER(HEX(%s)), '')" : "COALESCE(%s, '')", text);
		str_add(out, ", '|'");
	}
	str_addf(out, is_pgsql ? "), 'UTF8')), 'hex'), %d)" : "), 256), %d)", SQL_VERSION_LEN);
}

#define NUMBER_ROOM 24 /* text of a number, with its NUL */

static char *add_number(char *p, int64_t number)
{
	return p + snprintf(p, NUMBER_ROOM, "%lld", (long long)number);
}

static char *add_hex(char *p, struct bytes bytes)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < bytes.len; i++) {
		*p++ = digits[bytes.data[i] >> 4];
		*p++ = digits[bytes.data[i] & 15];
	}
	return p;
}

uint64_t sql_version(int family, const struct db_value *v)
{
	char text[2 * (LEASE_HWADDR_MAX + LEASE_ID_MAX) + NUMBER_ROOM * SQL_COLUMNS_MAX], *p = text;
	uint8_t digest[SHA256_DIGEST_LENGTH];
	uint64_t version = 0;

	for (unsigned i = 0; i < sql_column_count(family); i++) {
		const struct column *column = columns_of(family)[i];

		if (!column->versioned)
			continue;
		if (!v[i].is_null)
			p = column->type == 'x' ? add_hex(p, v[i].bytes) : add_number(p, v[i].number);
		*p++ = '|';
	}
	(void)SHA256((const uint8_t *)text, (size_t)(p - text), digest);
	for (unsigned i = 0; i < sizeof(version); i++)
		version = version << 8 | digest[i];
	return version;
}

/* --- leases ------------------------------------------------------------------------ */

void sql_put(const struct lease *lease, enum db_kind kind, const struct sql_clock *clock, struct db_value *v, char *buf)
{
	int family = lease->type == LEASE_V4 ? 0 : 1;
	const struct put put = { lease, kind, clock, buf };

	for (unsigned i = 0; i < sql_column_count(family); i++)
		v[i] = columns_of(family)[i]->put(&put);
}

const char *sql_get(struct db_row *row, int family, const struct sql_clock *clock, struct lease *ret, char *buf)
{
	struct get get = { .row = row, .clock = clock, .lease = ret, .buf = buf };
	const struct column *const *v = columns_of(family);

	*ret = (struct lease){ .hostname = "" };
	for (unsigned i = 0; i < sql_column_count(family); i++) {
		get.column = i;
		v[i]->get(&get);
		if (row->err)
			return v[i]->name;
	}
	if (ret->type == LEASE_PD && ret->prefix_len == 0)
		return "prefix_len";
	ret->version = sql_version(family, row->v);
	if (ret->valid == LEASE_FOREVER) {
		ret->expires = INT64_MAX;
		ret->cltt = get.expire + sql_clock_wall_ahead(clock);
		return NULL;
	}
	ret->expires = get.expire >= time_max[DB_PGSQL] ? INT64_MAX : sql_clock_to_boot(clock, get.expire);
	ret->cltt = get.expire - ret->valid + sql_clock_wall_ahead(clock);
	/* Kea sets the lifetime of a released lease to zero. */
	if (!ret->valid)
		ret->valid = 1;
	return NULL;
}
