/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "lease/store.h"

/* Leases in a database with Kea's schema, which several servers may share; each was built if its library was found. */
#ifdef HAVE_PGSQL
extern const struct store_ops sqlstore_pgsql_ops;
#endif
#ifdef HAVE_MYSQL
extern const struct store_ops sqlstore_mysql_ops;
#endif
