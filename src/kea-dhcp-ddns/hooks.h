/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "kea-dhcp-ddns/config.h"

/* The hook points of kea-dhcp-ddns. Without a library they cost one pointer test. */

/* A configuration is about to be used. False if a library rejects it, with the reason in *ret_why. */
bool d2_hooks_accept(const struct d2_config *cfg, const char **ret_why);
/*
 * An update is about to be sent to a server. Returns false if a library passes the server over; *key, at first that of
 * the configuration or NULL, may be replaced by another key of the configuration.
 */
bool d2_hooks_select_key(const struct d2_config *cfg, const struct d2_domain *domain, const struct d2_server *server,
			 const struct d2_key **key);
