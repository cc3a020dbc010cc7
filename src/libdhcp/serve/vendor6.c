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

static bool is_in(struct bytes oro, uint16_t code)
{
	struct reader r = reader_of(oro);

	while (reader_left(&r) >= 2)
		if (read_u16(&r) == code)
			return true;
	return false;
}

/* True if an inner scope has the code, for this client or others: all scopes were searched for it then. */
static bool was_seen(const struct opt_scopes *scopes, unsigned before, uint32_t vendor, uint16_t code)
{
	unsigned i, k, n;

	for (i = 0; i < before; i++) {
		const struct optval *v = optlist_vendor(scopes->v[i], vendor, &n);

		for (k = 0; k < n; k++)
			if (v[k].code == code)
				return true;
	}
	return false;
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

static void write_value(struct writer *w, const struct request *req, const struct optval *val)
{
	struct bytes data;
	unsigned pos = 0;
	int err = optval_next(val, req->scopes.classes, req->arena, &pos, &data);

	if (err < 0)
		w->err = true;
	if (err <= 0)
		return;
	write_u16(w, val->code);
	write_u16(w, (uint16_t)data.len);
	write_bytes(w, data.data, data.len);
}

static void send_vendor(struct answer_opts *s, uint32_t vendor, struct bytes oro, bool all, bool is_configured)
{
	const struct opt_scopes *scopes = &s->req->scopes;
	size_t room = room_for(scopes, vendor);
	uint8_t *buf = arena_room(s->req->arena, room);
	struct writer w = writer_init(buf, buf ? room : 0);
	unsigned i, k, n;

	write_u32(&w, vendor);
	for (i = 0; i < scopes->n; i++) {
		const struct optval *v = optlist_vendor(scopes->v[i], vendor, &n);

		for (k = 0; k < n; k++) {
			const struct optval *val;
			unsigned n_vals;

			if ((k && v[k - 1].code == v[k].code) || was_seen(scopes, i, vendor, v[k].code) ||
			    (!all && !is_in(oro, v[k].code) && !vendor_is_always(scopes, vendor, v[k].code)))
				continue;
			val = opt_scopes_all(scopes, vendor, v[k].code, &n_vals);
			for (; n_vals; n_vals--, val++)
				write_value(&w, s->req, val);
		}
	}
	if (w.err)
		opts_omit(&s->req->omitted, OPT6_VENDOR_OPTS);
	else if (writer_len(&w) > 4 || is_configured)
		answer_opts_add(s, OPT6_VENDOR_OPTS, bytes_of(buf, writer_len(&w)));
}

void vendor6_send(struct answer_opts *s)
{
	const struct request *req = s->req;
	const struct opt *opt = opts_find(&req->q6.opts, OPT6_ORO);
	bool asked = opt && is_in(opt->data, OPT6_VENDOR_OPTS);
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
