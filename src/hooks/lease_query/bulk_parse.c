/* SPDX-License-Identifier: MPL-2.0 */
#include "lease_query/bulk_parse.h"

#include <string.h>

static uint16_t get16(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

static uint32_t get32(const uint8_t *at)
{
	return (uint32_t)get16(at) << 16 | get16(at + 2);
}

static bool is_zero(const uint8_t *data, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (data[i])
			return false;
	return true;
}

int bulk_frame(const uint8_t *data, size_t len)
{
	size_t n;

	if (len < BULK_HEAD)
		return 0;
	n = get16(data);
	if (!n || n > BULK_MESSAGE_MAX)
		return -1;
	return len - BULK_HEAD < n ? 0 : (int)(n + BULK_HEAD);
}

/* What is wrong with a query, for the requester and the log: the first thing. */
struct problem {
	enum bulk_status status;
	const char *why;
};

static bool wrong(struct problem *problem, enum bulk_status status, const char *why)
{
	if (problem->status == BULK_SUCCESS)
		*problem = (struct problem){ status, why };
	return false;
}

/* epoch: s since 1970. */
static bool read_time(const uint8_t *value, size_t len, int64_t epoch, bool *ret_has, int64_t *ret,
		      struct problem *problem)
{
	if (len != 4)
		return wrong(problem, BULK_MALFORMED, "a time does not have 4 bytes");
	*ret_has = true;
	*ret = epoch + get32(value);
	return true;
}

static bool check_time(const struct bulk_query *query, struct problem *problem)
{
	if (query->has_start && query->has_end && query->start > query->end)
		return wrong(problem, BULK_MALFORMED, "its time ends before it begins");
	return true;
}

/* False: it is too long to be compared with what is stored. */
static bool set_id(struct bulk_query *query, enum bulk_by by, const uint8_t *id, size_t len)
{
	if (!len || len > sizeof(query->id))
		return false;
	query->by = by;
	memcpy(query->id, id, len);
	query->id_len = len;
	return true;
}

/* --- DHCPv4 ------------------------------------------------------------------------------------------------------ */

enum {
	OP_REQUEST = 1,
	TYPE_BULK_QUERY = 14,
	TYPE_ACTIVE_QUERY = 16,
	TYPE_TLS = 18,
	/* the fixed part */
	AT_HTYPE = 1,
	AT_HLEN = 2,
	AT_XID = 4,
	AT_CIADDR = 12,
	AT_CHADDR = 28,
	CHADDR_LEN = 16,
	AT_COOKIE = 236,
	AT_OPTIONS = 240,
	/* options */
	OPT_PAD = 0,
	OPT_TYPE = 53,
	OPT_CLIENT_ID = 61,
	OPT_RELAY_AGENT_INFO = 82,
	OPT_QUERY_START = 154,
	OPT_QUERY_END = 155,
	OPT_VSS = 221,
	OPT_END = 255,
};

/*
 * Walks over options or sub-options of one byte for code and length. 1 and the next one; 0: the end; -1: it is cut off.
 */
static int next4(const uint8_t *data, size_t len, size_t *at, bool has_pad, uint8_t *ret_code,
		 const uint8_t **ret_value, size_t *ret_len)
{
	while (has_pad && *at < len && data[*at] == OPT_PAD)
		++*at;
	if (*at >= len || (has_pad && data[*at] == OPT_END))
		return 0;
	if (len - *at < 2 || len - *at - 2 < data[*at + 1])
		return -1;
	*ret_code = data[*at];
	*ret_len = data[*at + 1];
	*ret_value = data + *at + 2;
	*at += 2 + *ret_len;
	return 1;
}

const uint8_t *bulk_suboption4(const uint8_t *data, size_t len, uint8_t code, size_t *ret_len)
{
	const uint8_t *value;
	uint8_t found;
	size_t at = 0;

	while (next4(data, len, &at, false, &found, &value, ret_len) > 0)
		if (found == code)
			return value;
	return NULL;
}

/* What a query may be about; RFC 6926 7.2 allows one of them. */
struct about {
	const uint8_t *client_id, *info;
	size_t client_id_len, info_len;
	bool has_type;
};

/* False: it is no message for a listener. */
static bool read_type(const uint8_t *value, size_t len, struct bulk_query *query)
{
	if (len != 1 || (*value != TYPE_BULK_QUERY && *value != TYPE_ACTIVE_QUERY && *value != TYPE_TLS))
		return false;
	query->kind = *value == TYPE_TLS ? BULK_TLS : *value == TYPE_ACTIVE_QUERY ? BULK_ACTIVE : BULK_QUERY;
	return true;
}

static bool read_option4(uint8_t code, const uint8_t *value, size_t len, struct bulk_query *query, struct about *about,
			 struct problem *problem)
{
	switch (code) {
	case OPT_TYPE:
		about->has_type = read_type(value, len, query);
		return true;
	case OPT_CLIENT_ID:
		about->client_id = value;
		about->client_id_len = len;
		return true;
	case OPT_RELAY_AGENT_INFO:
		about->info = value;
		about->info_len = len;
		return true;
	case OPT_QUERY_START:
		return read_time(value, len, 0, &query->has_start, &query->start, problem);
	case OPT_QUERY_END:
		return read_time(value, len, 0, &query->has_end, &query->end, problem);
	case OPT_VSS:
		return wrong(problem, BULK_NOT_ALLOWED, "the server has no VPNs");
	default:
		return true;
	}
}

static bool read_info(const struct about *about, struct bulk_query *query, struct problem *problem)
{
	size_t relay_len = 0, remote_len = 0;
	const uint8_t *relay = bulk_suboption4(about->info, about->info_len, SUBOPT_RELAY_ID, &relay_len);
	const uint8_t *remote = bulk_suboption4(about->info, about->info_len, SUBOPT_REMOTE_ID, &remote_len);

	if (!relay == !remote)
		return wrong(problem, BULK_MALFORMED,
			     "option 82 must have either a relay identifier or a remote identifier");
	if (relay ? !set_id(query, BULK_BY_RELAY_ID, relay, relay_len)
		  : !set_id(query, BULK_BY_REMOTE_ID, remote, remote_len))
		return wrong(problem, BULK_MALFORMED, "the identifier is empty");
	return true;
}

static bool read_about(const uint8_t *data, const struct about *about, struct bulk_query *query,
		       struct problem *problem)
{
	const uint8_t *addr = data + AT_CIADDR;
	uint8_t hlen = data[AT_HLEN];
	unsigned n = !is_zero(addr, 4) + (hlen != 0) + (about->client_id != NULL) + (about->info != NULL);

	if (hlen > CHADDR_LEN || (!hlen && (data[AT_HTYPE] || !is_zero(data + AT_CHADDR, CHADDR_LEN))))
		return wrong(problem, BULK_MALFORMED, "the length of the hardware address is wrong");
	if (n > 1)
		return wrong(problem, BULK_MALFORMED,
			     "it must have at most one of address, hardware address, client identifier and option 82");
	/* RFC 7724 7.2: it is about all leases. */
	if (n && query->kind == BULK_ACTIVE)
		return wrong(problem, BULK_MALFORMED, "an active query must not be about an address or a client");
	if (!check_time(query, problem))
		return false;
	query->by = BULK_ALL;
	query->htype = data[AT_HTYPE];
	if (about->info)
		return read_info(about, query, problem);
	if (about->client_id && !set_id(query, BULK_BY_CLIENT_ID, about->client_id, about->client_id_len))
		return wrong(problem, BULK_MALFORMED, "the client identifier is empty");
	if (hlen)
		(void)set_id(query, BULK_BY_HWADDR, data + AT_CHADDR, hlen);
	if (!is_zero(addr, 4))
		(void)set_id(query, BULK_BY_ADDRESS, addr, 4);
	return true;
}

bool bulk_parse4(const uint8_t *data, size_t len, struct bulk_query *ret, enum bulk_status *ret_status,
		 const char **ret_why)
{
	static const uint8_t cookie[] = { 99, 130, 83, 99 };
	struct problem problem = { BULK_SUCCESS, "" };
	struct about about = { 0 };
	const uint8_t *value;
	size_t at = AT_OPTIONS, n;
	uint8_t code;
	int more;

	memset(ret, 0, sizeof(*ret));
	if (len < AT_OPTIONS || data[0] != OP_REQUEST || memcmp(data + AT_COOKIE, cookie, sizeof(cookie)) != 0)
		return false;
	memcpy(ret->xid, data + AT_XID, sizeof(ret->xid));
	while ((more = next4(data, len, &at, true, &code, &value, &n)) > 0)
		(void)read_option4(code, value, n, ret, &about, &problem);
	if (!about.has_type)
		return false;
	if (more < 0)
		(void)wrong(&problem, BULK_MALFORMED, "an option is cut off");
	if (problem.status == BULK_SUCCESS && ret->kind != BULK_TLS)
		(void)read_about(data, &about, ret, &problem);
	*ret_status = problem.status;
	*ret_why = problem.why;
	return true;
}

/* --- DHCPv6 ------------------------------------------------------------------------------------------------------ */

enum {
	TYPE_LEASEQUERY = 14,
	TYPE_ACTIVELEASEQUERY = 22,
	TYPE_STARTTLS = 23,
	HEAD6 = 4,
	QUERY_HEAD = 17, /* type, link address */
	IAADDR_LEN = 24,
	DUID_LEN_MIN = 3,
	OPT6_CLIENTID = 1,
	OPT6_SERVERID = 2,
	OPT6_IAADDR = 5,
	OPT6_LQ_QUERY = 44,
};

/* 1 and the next option; 0: the end; -1: it is cut off. */
static int next6(const uint8_t *data, size_t len, size_t *at, uint16_t *ret_code, const uint8_t **ret_value,
		 size_t *ret_len)
{
	if (*at >= len)
		return 0;
	if (len - *at < 4 || len - *at - 4 < get16(data + *at + 2))
		return -1;
	*ret_code = get16(data + *at);
	*ret_len = get16(data + *at + 2);
	*ret_value = data + *at + 4;
	*at += 4 + *ret_len;
	return 1;
}

const uint8_t *bulk_option6(const uint8_t *data, size_t len, uint16_t code, size_t *ret_len)
{
	const uint8_t *value;
	uint16_t found;
	size_t at = 0;

	while (next6(data, len, &at, &found, &value, ret_len) > 0)
		if (found == code)
			return value;
	return NULL;
}

/* RFC 5007 4.1.2.1 and RFC 5460 5.3: by the number of the type, the option that a query of it is about. */
static const struct type6 {
	enum bulk_by by;
	uint16_t code; /* 0: none */
	uint16_t len_min;
} types6[] = {
	[1] = { BULK_BY_ADDRESS, OPT6_IAADDR, IAADDR_LEN },
	[2] = { BULK_BY_CLIENT_ID, OPT6_CLIENTID, DUID_LEN_MIN },
	[3] = { BULK_BY_RELAY_ID, OPT6_RELAY_ID, DUID_LEN_MIN },
	[4] = { BULK_BY_LINK, 0, 0 },
	[5] = { BULK_BY_REMOTE_ID, OPT6_REMOTE_ID, 5 },
};

/* RFC 7653: also in bulk queries. They are options of the message or of the query. */
static bool read_times6(const uint8_t *data, size_t len, struct bulk_query *query, struct problem *problem)
{
	const uint8_t *value;
	uint16_t code;
	size_t at = 0, n;

	while (next6(data, len, &at, &code, &value, &n) > 0)
		if ((code == OPT6_START_TIME &&
		     !read_time(value, n, BULK_EPOCH6, &query->has_start, &query->start, problem)) ||
		    (code == OPT6_END_TIME && !read_time(value, n, BULK_EPOCH6, &query->has_end, &query->end, problem)))
			return false;
	return true;
}

static bool read_query6(const uint8_t *data, size_t len, struct bulk_query *query, struct problem *problem)
{
	const struct type6 *type;
	const uint8_t *id;
	size_t n = 0;

	/* An active query without one is about all leases. */
	query->by = BULK_ALL;
	if (!data && query->kind == BULK_ACTIVE)
		return true;
	if (!data || len < QUERY_HEAD)
		return wrong(problem, BULK_MALFORMED, "it has no query option, or one that is too short");
	if (!data[0] || data[0] >= sizeof(types6) / sizeof(types6[0]))
		return wrong(problem, BULK_UNKNOWN_TYPE, "the type of the query is not known");
	type = &types6[data[0]];
	memcpy(query->link, data + 1, BULK_ADDR);
	query->has_link = !is_zero(query->link, BULK_ADDR);
	query->by = type->by;
	if (query->kind == BULK_ACTIVE && (type->by == BULK_BY_ADDRESS || type->by == BULK_BY_CLIENT_ID))
		return wrong(problem, BULK_NOT_ALLOWED, "an active query must not be about an address or a client");
	if (!type->code)
		return query->has_link || query->kind == BULK_ACTIVE ||
		       wrong(problem, BULK_MALFORMED, "the link address is zero");
	id = bulk_option6(data + QUERY_HEAD, len - QUERY_HEAD, type->code, &n);
	if (!id || n < type->len_min)
		return wrong(problem, BULK_MALFORMED, "the option that the query is about is missing, or too short");
	if (!set_id(query, type->by, id, type->by == BULK_BY_ADDRESS ? (size_t)BULK_ADDR : n))
		return wrong(problem, BULK_MALFORMED, "the option that the query is about is too long");
	return true;
}

bool bulk_parse6(const uint8_t *data, size_t len, struct bulk_query *ret, enum bulk_status *ret_status,
		 const char **ret_why)
{
	struct problem problem = { BULK_SUCCESS, "" };
	const uint8_t *value, *query = NULL;
	size_t at = HEAD6, n, query_len = 0;
	uint16_t code;
	int more;

	memset(ret, 0, sizeof(*ret));
	if (len < HEAD6 || (data[0] != TYPE_LEASEQUERY && data[0] != TYPE_ACTIVELEASEQUERY && data[0] != TYPE_STARTTLS))
		return false;
	ret->kind = data[0] == TYPE_STARTTLS ? BULK_TLS : data[0] == TYPE_LEASEQUERY ? BULK_QUERY : BULK_ACTIVE;
	memcpy(ret->xid, data + 1, 3);
	while ((more = next6(data, len, &at, &code, &value, &n)) > 0)
		if (code == OPT6_CLIENTID) {
			ret->requester = value;
			ret->requester_len = n;
		} else if (code == OPT6_SERVERID) {
			ret->server = value;
			ret->server_len = n;
		} else if (code == OPT6_LQ_QUERY && !query) {
			query = value;
			query_len = n;
		}
	if (ret->requester_len < DUID_LEN_MIN || ret->requester_len > BULK_ID_MAX) {
		ret->requester = NULL;
		ret->requester_len = 0;
	}
	if (more < 0)
		(void)wrong(&problem, BULK_MALFORMED, "an option is cut off");
	/* RFC 5007 4.3: it identifies the requester. */
	else if (!ret->requester && ret->kind != BULK_TLS)
		(void)wrong(&problem, BULK_MALFORMED, "it has no valid client identifier");
	else if (ret->kind != BULK_TLS && read_query6(query, query_len, ret, &problem) &&
		 read_times6(data + HEAD6, len - HEAD6, ret, &problem) &&
		 (!query || read_times6(query + QUERY_HEAD, query_len - QUERY_HEAD, ret, &problem)))
		(void)check_time(ret, &problem);
	*ret_status = problem.status;
	*ret_why = problem.why;
	return true;
}
