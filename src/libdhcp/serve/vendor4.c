/* SPDX-License-Identifier: MPL-2.0 */
#include "serve/vendor4.h"

#include "serve/vendor.h"
#include "wire/dict4.h"

#define OPTION_MAX 2048 /* bytes of option 125 in a response */

static struct bytes find_sub_option(struct bytes data, uint8_t code)
{
	struct reader r = reader_of(data);

	while (reader_left(&r) >= 2) {
		uint8_t c = read_u8(&r), len = read_u8(&r);
		const uint8_t *at = read_bytes(&r, len);

		if (!at)
			break;
		if (c == code)
			return bytes_of(at, len);
	}
	return bytes_of(NULL, 0);
}

/* RFC 3925 3 and 4: enterprise number, length and data, repeated. */
static void read_vendors(const struct request *req, uint16_t code, struct vendors *vendors)
{
	const struct opt *opt = opts_find(&req->q.opts, code);
	struct reader r;

	if (!opt)
		return;
	r = reader_of(opt->data);
	while (reader_left(&r) >= 5) {
		uint32_t vendor = read_u32(&r);
		uint8_t len = read_u8(&r);
		const uint8_t *at = read_bytes(&r, len);
		unsigned i;

		if (!at)
			return;
		i = vendors_add(vendors, vendor);
		if (i < vendors->n && code == OPT4_VIVSO_SUBOPTIONS && vendor == CABLELABS)
			vendors->oro[i] = find_sub_option(bytes_of(at, len), CABLELABS_ORO);
	}
}

static void read_configured(const struct optval *val, struct vendors *vendors)
{
	struct reader r = reader_of(val->data);

	while (reader_left(&r) >= 4)
		(void)vendors_add(vendors, read_u32(&r));
}

/* A sub-option into the block that begins at *block, or a new block when that one is full. */
static void write_sub_option(struct writer *w, uint32_t vendor, uint8_t **block, uint16_t code, struct bytes data)
{
	size_t len = 2 + data.len;

	if (!*block || (size_t)(*block)[4] + len > UINT8_MAX) {
		uint8_t *at = write_space(w, 5);
		struct writer head;

		if (!at)
			return;
		head = writer_init(at, 5);
		write_u32(&head, vendor);
		write_u8(&head, 0);
		*block = at;
	}
	write_u8(w, (uint8_t)code);
	write_u8(w, (uint8_t)data.len);
	write_bytes(w, data.data, data.len);
	if (!w->err)
		(*block)[4] = (uint8_t)((*block)[4] + len);
}

static void write_value(struct writer *w, const struct request *req, uint8_t **block, const struct optval *val)
{
	struct bytes data;
	unsigned pos = 0;
	int err = optval_next(val, req->scopes.classes, req->arena, &pos, &data);

	if (err < 0)
		w->err = true;
	else if (err && data.len <= UINT8_MAX - 2)
		write_sub_option(w, val->vendor, block, val->code, data);
}

static void write_vendor(struct writer *w, const struct request *req, uint32_t vendor, struct bytes oro, bool all,
			 bool is_configured)
{
	const struct opt_scopes *scopes = &req->scopes;
	uint64_t seen[4] = { 0 };
	uint8_t *block = NULL;
	unsigned i, k, n;

	for (i = 0; i < scopes->n; i++) {
		const struct optval *v = optlist_vendor(scopes->v[i], vendor, &n);

		for (k = 0; k < n; k++) {
			uint8_t code = (uint8_t)v[k].code;
			const struct optval *val;
			unsigned n_vals;

			if (seen[code / 64] >> code % 64 & 1)
				continue;
			seen[code / 64] |= 1ULL << code % 64;
			if (!all && !(oro.len && memchr(oro.data, code, oro.len)) &&
			    !vendor_is_always(scopes, vendor, code))
				continue;
			val = opt_scopes_all(scopes, vendor, code, &n_vals);
			for (; n_vals; n_vals--, val++)
				write_value(w, req, &block, val);
		}
	}
	if (!block && is_configured) {
		write_u32(w, vendor);
		write_u8(w, 0);
	}
}

static bool has_any_vendor(const struct opt_scopes *scopes)
{
	unsigned i;

	for (i = 0; i < scopes->n; i++)
		if (scopes->v[i]->n > scopes->v[i]->n_main)
			return true;
	return false;
}

void vendor4_send(struct answer_opts *s)
{
	struct request *req = s->req;
	const struct opt_scopes *scopes = &req->scopes;
	const struct opt *prl = opts_find(&req->q.opts, OPT4_DHCP_PARAMETER_REQUEST_LIST);
	const struct optval *val = opt_scopes_find(scopes, 0, OPT4_VIVSO_SUBOPTIONS);
	bool asked = prl && prl->data.len && memchr(prl->data.data, OPT4_VIVSO_SUBOPTIONS, prl->data.len);
	bool is_configured = val && (asked || vendor_is_always(scopes, 0, OPT4_VIVSO_SUBOPTIONS));
	struct vendors vendors = { .n = 0 };
	unsigned i, n_configured;
	struct writer w;
	uint8_t *buf;

	if (val && val->raw)
		return; /* its bytes are sent unchanged, like any option's */
	if (!is_configured && !has_any_vendor(scopes))
		return;
	if (is_configured)
		read_configured(val, &vendors);
	n_configured = vendors.n;
	read_vendors(req, OPT4_VIVSO_SUBOPTIONS, &vendors);
	read_vendors(req, OPT4_VIVCO_SUBOPTIONS, &vendors);
	if (!vendors.n)
		return;
	buf = arena_alloc(req->arena, OPTION_MAX);
	w = writer_init(buf, buf ? OPTION_MAX : 0);
	for (i = 0; i < vendors.n; i++)
		write_vendor(&w, req, vendors.v[i], vendors.oro[i], asked, i < n_configured);
	if (w.err)
		opts_omit(&req->omitted, OPT4_VIVSO_SUBOPTIONS);
	else if (writer_len(&w))
		answer_opts_put(s, OPT4_VIVSO_SUBOPTIONS, bytes_of(buf, writer_len(&w)));
}

void vendor4_each_class(const struct request *req, void (*fn)(void *ctx, struct bytes value), void *ctx)
{
	const struct opt *opt = opts_find(&req->q.opts, OPT4_VENDOR_CLASS_IDENTIFIER);
	struct bytes value = opt ? opt->data : bytes_of(NULL, 0);

	while (value.len && !value.data[value.len - 1])
		value.len--;
	if (value.len)
		fn(ctx, value);
}
