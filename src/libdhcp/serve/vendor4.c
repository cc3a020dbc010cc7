/* SPDX-License-Identifier: MPL-2.0 */
#include "serve/vendor4.h"

#include "serve/vendor.h"
#include "wire/dict4.h"

#define OPTION_MAX 2048 /* bytes of option 125 in a response */

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
		if (i < vendors->n && code == OPT4_VIVSO_SUBOPTIONS && vendor == CABLELABS &&
		    !opt_find4(bytes_of(at, len), CABLELABS_ORO, &vendors->oro[i]))
			vendors->oro[i] = bytes_of(NULL, 0);
	}
}

static void read_configured(const struct optval *val, struct vendors *vendors)
{
	struct reader r = reader_of(val->data);

	while (reader_left(&r) >= 4)
		(void)vendors_add(vendors, read_u32(&r));
}

/* Begins a block, whose length is still zero; out->block is NULL if it does not fit. */
static void begin_block(struct vendor_writer *out, uint32_t vendor)
{
	uint8_t *at = write_space(&out->w, 5);
	struct writer head = writer_init(at, at ? 5 : 0);

	write_u32(&head, vendor);
	write_u8(&head, 0);
	out->block = at;
}

/* Adds a sub-option to the current block, or to a new one when that is full. */
static void put(struct vendor_writer *out, uint32_t vendor, uint16_t code, struct bytes data)
{
	size_t len = 2 + data.len;

	if (len > UINT8_MAX)
		return;
	if (!out->block || (size_t)out->block[4] + len > UINT8_MAX)
		begin_block(out, vendor);
	if (!out->block)
		return;
	write_u8(&out->w, (uint8_t)code);
	write_u8(&out->w, (uint8_t)data.len);
	write_bytes(&out->w, data.data, data.len);
	if (!out->w.err)
		out->block[4] = (uint8_t)(out->block[4] + len);
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
	bool asked = prl && codes4_have(prl->data, OPT4_VIVSO_SUBOPTIONS);
	bool is_configured = val && (asked || vendor_is_always(scopes, 0, OPT4_VIVSO_SUBOPTIONS));
	struct vendors vendors = { .n = 0 };
	unsigned i, n_configured;
	struct vendor_writer out = { .put = put, .lists = codes4_have };
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
	out.w = writer_init(buf, buf ? OPTION_MAX : 0);
	for (i = 0; i < vendors.n; i++) {
		out.block = NULL;
		vendor_write(&out, req, vendors.v[i], vendors.oro[i], asked);
		if (!out.block && i < n_configured)
			begin_block(&out, vendors.v[i]);
	}
	if (out.w.err)
		opts_omit(&req->omitted, OPT4_VIVSO_SUBOPTIONS);
	else if (writer_len(&out.w))
		answer_opts_put(s, OPT4_VIVSO_SUBOPTIONS, bytes_of(buf, writer_len(&out.w)));
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
