/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

/*
 * The functions that hook libraries receive: what the table in include/kea/hooks.h says, over the objects of the
 * server.
 */

/* Makes the table available to libraries. Once, at startup, before a configuration is loaded. */
void api_init(void);
