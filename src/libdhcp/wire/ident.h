/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "base/bytes.h"

/* Texts that say who a packet or lease belongs to; cut to size, always NUL-terminated. */
enum { IDENT_MAX = 1024 };

/* "hwtype=1 02:00:00:00:00:01" */
void ident_hwaddr(uint8_t hwtype, struct bytes hwaddr, char *buf, size_t size);
/* "01:02:03" for a client-id or DUID, "no info" when empty. */
void ident_id(struct bytes id, char *buf, size_t size);
/* "[hwtype=1 02:00:00:00:00:01], cid=[01:02:03], tid=0x12345678": how log lines begin. */
void ident_label4(uint8_t hwtype, struct bytes hwaddr, struct bytes client_id, uint32_t xid,
		  char *buf, size_t size);
