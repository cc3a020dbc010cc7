/* SPDX-License-Identifier: MPL-2.0 */
#include "serve/vendor.h"

unsigned vendors_add(struct vendors *vendors, uint32_t vendor)
{
	unsigned i;

	if (!vendor)
		return VENDORS_MAX;
	for (i = 0; i < vendors->n && vendors->v[i] != vendor; i++)
		;
	if (i == vendors->n && i < VENDORS_MAX) {
		vendors->v[i] = vendor;
		vendors->oro[i] = bytes_of(NULL, 0);
		vendors->n++;
	}
	return i;
}

bool vendor_is_always(const struct opt_scopes *scopes, uint32_t vendor, uint16_t code)
{
	unsigned n;

	for (unsigned i = 0; i < scopes->n; i++) {
		const struct optval *v = optlist_vendor(scopes->v[i], vendor, &n);

		for (unsigned k = 0; k < n; k++)
			if (v[k].code == code && v[k].always_send && optval_is_for(&v[k], scopes->classes))
				return true;
	}
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

static void write_option(struct vendor_writer *out, const struct request *req, uint32_t vendor, uint16_t code)
{
	unsigned n;
	const struct optval *val = opt_scopes_all(&req->scopes, vendor, code, &n);

	for (; n; n--, val++) {
		struct bytes data;
		unsigned pos = 0;
		int err = optval_next(val, req->scopes.classes, req->arena, &pos, &data);

		if (err < 0)
			out->w.err = true;
		else if (err)
			out->put(out, vendor, code, data);
	}
}

void vendor_write(struct vendor_writer *out, const struct request *req, uint32_t vendor, struct bytes oro, bool all)
{
	const struct opt_scopes *scopes = &req->scopes;
	unsigned i, k, n;

	for (i = 0; i < scopes->n; i++) {
		const struct optval *v = optlist_vendor(scopes->v[i], vendor, &n);

		for (k = 0; k < n; k++)
			if (!(k && v[k - 1].code == v[k].code) && !was_seen(scopes, i, vendor, v[k].code) &&
			    (all || out->lists(oro, v[k].code) || vendor_is_always(scopes, vendor, v[k].code)))
				write_option(out, req, vendor, v[k].code);
	}
}
