/* SPDX-License-Identifier: MPL-2.0 */
#include "wire/ident.h"

#include <stdio.h>

void ident_id(struct bytes id, char *buf, size_t size)
{
	if (id.len)
		bytes_to_hex(id, ':', buf, size);
	else
		snprintf(buf, size, "no info");
}

void ident_hwaddr(uint8_t hwtype, struct bytes hwaddr, char *buf, size_t size)
{
	int n = snprintf(buf, size, "hwtype=%u ", hwtype);

	if (n >= 0 && (size_t)n < size)
		bytes_to_hex(hwaddr, ':', buf + n, size - (size_t)n);
}

void ident_label4(uint8_t hwtype, struct bytes hwaddr, struct bytes client_id, uint32_t xid,
		  char *buf, size_t size)
{
	/* a client-id may be joined from many parts: its first 255 bytes say enough */
	char hw[64], cid[3 * 255 + 1];

	if (client_id.len > 255)
		client_id.len = 255;
	ident_hwaddr(hwtype, hwaddr, hw, sizeof(hw));
	ident_id(client_id, cid, sizeof(cid));
	snprintf(buf, size, "[%s], cid=[%s], tid=0x%x", hwaddr.len ? hw : "no hwaddr info", cid,
		 xid);
}
