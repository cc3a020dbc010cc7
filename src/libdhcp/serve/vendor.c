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
