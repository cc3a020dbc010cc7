/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Responses to LEASEQUERY by TCP (RFC 5460): the first binding in a LEASEQUERY-REPLY, each further one in a
 * LEASEQUERY-DATA, then LEASEQUERY-DONE. Without a binding, and for an error at once, the LEASEQUERY-REPLY is all.
 *
 * To ACTIVELEASEQUERY (RFC 7653): a LEASEQUERY-REPLY without a binding, then each change in a LEASEQUERY-DATA, with
 * lifetimes of 0 if the binding has ended. A LEASEQUERY-DATA without a binding is a status or a sign of life.
 */
#include "lease_query/answer.h"
#include "lease_query/bulk_run.h"

#include <time.h>

static void header(struct out *out, const struct bulk_run *run, uint8_t type)
{
	out8(out, type);
	out_bytes(out, run->query.xid, 3);
	/* RFC 5460 5.2.2: they are not repeated. */
	if (type == LEASEQUERY_REPLY) {
		size_t len = 0;
		const void *duid = kea->server_id(run->self->lib, &len);

		if (duid)
			out_option6(out, OPT6_SERVERID, duid, len);
		if (run->requester_len)
			out_option6(out, OPT6_CLIENTID, run->requester, run->requester_len);
	}
}

static void add_base_time(struct out *out, const struct bulk_run *run)
{
	if (run->query.kind != BULK_ACTIVE && !run->query.has_start && !run->query.has_end)
		return;
	out_head6(out, OPT6_BASE_TIME, 4);
	out32(out, (uint32_t)(time(NULL) - BULK_EPOCH6));
}

static void add_lease(struct out *out, const struct bulk_run *run, const struct kea_object *lease,
		      enum kea_change change)
{
	size_t begin = out->n, data, len = 0;
	const void *duid = kea->get_bytes(lease, KEA_LEASE_CLIENT_ID, &len);

	out16(out, 0);
	header(out, run, run->has_begun ? LEASEQUERY_DATA : LEASEQUERY_REPLY);
	add_base_time(out, run);
	out16(out, OPT6_CLIENT_DATA);
	data = out->n;
	out16(out, 0);
	if (duid)
		out_option6(out, OPT6_CLIENTID, duid, len);
	add_lease6(out, lease, bulk_ends(change) || !is_active(lease));
	out_head6(out, OPT6_CLT_TIME, 4);
	out32(out, (uint32_t)number_of(lease, KEA_LEASE_ELAPSED));
	out_end(out, data);
	out_end(out, begin);
}

static void add_code(struct out *out, enum bulk_status status, const char *text)
{
	/* 0: none is sent. */
	static const uint16_t codes[] = {
		[BULK_UNKNOWN_TYPE] = STATUS6_UNKNOWN_QUERY_TYPE,    [BULK_MALFORMED] = STATUS6_MALFORMED_QUERY,
		[BULK_NOT_CONFIGURED] = STATUS6_NOT_CONFIGURED,      [BULK_NOT_ALLOWED] = STATUS6_NOT_ALLOWED,
		[BULK_TERMINATED] = STATUS6_QUERY_TERMINATED,        [BULK_NOT_SUPPORTED] = STATUS6_NOT_SUPPORTED,
		[BULK_DATA_MISSING] = STATUS6_DATA_MISSING,          [BULK_CAUGHT_UP] = STATUS6_CATCH_UP_COMPLETE,
		[BULK_TLS_REFUSED] = STATUS6_TLS_CONNECTION_REFUSED, [BULK_CONNECTION_ACTIVE] = 0,
	};

	if (!codes[status])
		return;
	out_head6(out, OPT6_STATUS_CODE, 2 + strlen(text));
	out16(out, codes[status]);
	out_bytes(out, text, strlen(text));
}

static void add_end(struct out *out, const struct bulk_run *run, enum bulk_status status, const char *text)
{
	size_t begin = out->n;

	out16(out, 0);
	header(out, run, run->has_begun ? LEASEQUERY_DONE : LEASEQUERY_REPLY);
	add_code(out, status, text);
	out_end(out, begin);
}

static void add_status(struct out *out, const struct bulk_run *run, enum bulk_status status, const char *text)
{
	size_t begin = out->n;

	out16(out, 0);
	header(out, run, run->has_begun ? LEASEQUERY_DATA : LEASEQUERY_REPLY);
	add_base_time(out, run);
	add_code(out, status, text);
	out_end(out, begin);
}

static void add_tls(struct out *out, const struct bulk_run *run, enum bulk_status status, const char *text)
{
	size_t begin = out->n;

	out16(out, 0);
	header(out, run, REPLY6);
	add_code(out, status, text);
	out_end(out, begin);
}

const struct bulk_family bulk6 = { bulk_parse6, add_lease, add_end, add_status, add_tls };
