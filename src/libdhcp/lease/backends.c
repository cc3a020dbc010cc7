/* SPDX-License-Identifier: MPL-2.0 */
/* The backends of the lease store: one row each. */
#include "lease/memfile.h"
#include "lease/sqlstore.h"
#include "lease/store.h"

const struct store_ops *const store_backends[] = {
	&memfile_ops,
#ifdef HAVE_PGSQL
	&sqlstore_pgsql_ops,
#endif
#ifdef HAVE_MYSQL
	&sqlstore_mysql_ops,
#endif
	NULL,
};
