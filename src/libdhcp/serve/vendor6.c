/* SPDX-License-Identifier: MPL-2.0 */
#include "serve/vendor6.h"

#include "serve/vendor.h"
#include "wire/dict6.h"
#include "wire/option.h"

static void read_named(const struct request *req, struct vendors *vendors)
{
	unsigned i, k;

	for (i = 0; i < req->q6.opts.n; i++) {
		const struct opt *opt = &req->q6.opts.v[i];
		struct reader r = reader_of(opt->data);

		if ((opt->code != OPT6_VENDOR_CLASS && opt->code != OPT6_VENDOR_OPTS) || opt->data.len < 4)
			continue;
		k = vendors_add(vendors, read_u32(&r));
		if (k < vendors->n && opt->code == OPT6_VENDOR_OPTS && vendors->v[k] == CABLELABS)
			(void)opt_find6(bytes_of(opt->data.data + 4, opt->data.len - 4), CABLELABS_ORO,
					&vendors->oro[k]);
	}
}

/* Sends values of option 17 that are only an enterprise number; others are sent unchanged. */
static void send_configured(struct answer_opts *s, struct vendors *vendors, bool asked)
{
	const struct opt_scopes *scopes = &s->req->scopes;
	unsigned n;
	const struct optval *val = opt_scopes_all(scopes, 0, OPT6_VENDOR_OPTS, &n);

	if (!n || (!asked && !vendor_is_always(scopes, 0, OPT6_VENDOR_OPTS)))
		return;
	for (; n; n--, val++) {
		struct reader r = reader_of(val->data);

		if (val->raw)
			answer_opts_add(s, OPT6_VENDOR_OPTS, val->data);
		else if (val->data.len == 4)
			(void)vendors_add(vendors, read_u32(&r));
	}
}

/* Returns the number of bytes that all scopes have for the vendor. */
static size_t room_for(const struct opt_scopes *scopes, uint32_t vendor)
{
	size_t room = 4;
	unsigned i, k, n;

	for (i = 0; i < scopes->n; i++) {
		const struct optval *v = optlist_vendor(scopes->v[i], vendor, &n);

		for (k = 0; k < n; k++)
			room += 4 + (v[k].cond ? optcond_size(v[k].data, v[k].cond, true) : v[k].data.len);
	}
	return room;
}

static void put(struct vendor_writer *out, uint32_t vendor, uint16_t code, struct bytes data)
{
	(void)vendor;
	opt_write6(&out->w, code, data);
}

static void send_vendor(struct answer_opts *s, uint32_t vendor, struct bytes oro, bool all, bool is_configured)
{
	size_t room = room_for(&s->req->scopes, vendor);
	uint8_t *buf = arena_room(s->req->arena, room);
	struct vendor_writer out = { .w = writer_init(buf, buf ? room : 0), .put = put, .lists = codes6_have };

	write_u32(&out.w, vendor);
	vendor_write(&out, s->req, vendor, oro, all);
	if (out.w.err)
		opts_omit(&s->req->omitted, OPT6_VENDOR_OPTS);
	else if (writer_len(&out.w) > 4 || is_configured)
		answer_opts_add(s, OPT6_VENDOR_OPTS, bytes_of(buf, writer_len(&out.w)));
}

void vendor6_send(struct answer_opts *s)
{
	const struct request *req = s->req;
	const struct opt *opt = opts_find(&req->q6.opts, OPT6_ORO);
	bool asked = opt && codes6_have(opt->data, OPT6_VENDOR_OPTS);
	struct vendors vendors = { .n = 0 };
	unsigned i, n_configured;

	(void)answer_opts_take(s, OPT6_VENDOR_OPTS);
	if (opt_scopes_forbid(&req->scopes, 0, OPT6_VENDOR_OPTS))
		return;
	send_configured(s, &vendors, asked);
	n_configured = vendors.n;
	read_named(req, &vendors);
	for (i = 0; i < vendors.n; i++)
		send_vendor(s, vendors.v[i], vendors.oro[i], asked, i < n_configured);
}

/* RFC 9915 21.16: an enterprise number, then strings with their lengths. */
static bool class_name(const struct opt *opt, struct bytes *ret)
{
	static const char *const cable[] = { "docsis3.0", "eRouter1.0" };
	struct reader r = reader_of(opt->data);
	bool any = false;
	size_t best = 2;

	(void)read_u32(&r);
	while (reader_left(&r) >= 2) {
		uint16_t len = read_u16(&r);
		const uint8_t *at = read_bytes(&r, len);
		size_t i;

		if (!at)
			break;
		if (!any)
			*ret = bytes_of(at, len);
		any = true;
		for (i = 0; i < best; i++)
			if (strlen(cable[i]) == len && !memcmp(cable[i], at, len)) {
				*ret = bytes_of(at, len);
				best = i;
			}
	}
	return any;
}

void vendor6_each_class(const struct request *req, void (*fn)(void *ctx, struct bytes value), void *ctx)
{
	unsigned i;

	for (i = 0; i < req->q6.opts.n; i++) {
		struct bytes name;

		if (req->q6.opts.v[i].code == OPT6_VENDOR_CLASS && class_name(&req->q6.opts.v[i], &name))
			fn(ctx, name);
	}
}
