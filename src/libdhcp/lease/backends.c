/* SPDX-License-Identifier: MPL-2.0 */
/* The backends of the lease store: one row each. */
#include "lease/memfile.h"
#include "lease/store.h"

const struct store_ops *const store_backends[] = {
	&memfile_ops,
	NULL,
};
