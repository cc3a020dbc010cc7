/* SPDX-License-Identifier: MPL-2.0 */
#include "host/host.h"

#include "base/err.h"

const struct host_id_row host_id_rows[HOST_ID_N] = {
	[HOST_ID_HW_ADDRESS] = { "hw-address", 20, { true, true }, { true, true } },
	[HOST_ID_DUID] = { "duid", 130, { true, true }, { true, true } },
	[HOST_ID_CIRCUIT_ID] = { "circuit-id", 255, { true, false }, { true, false } },
	[HOST_ID_CLIENT_ID] = { "client-id", 255, { true, false }, { true, false } },
	[HOST_ID_FLEX_ID] = { "flex-id", 255, { true, true }, { false, false } },
};

int host_id_type_of(const char *name, enum host_id_type *ret)
{
	for (unsigned i = 0; i < HOST_ID_N; i++)
		if (strcmp(host_id_rows[i].name, name) == 0) {
			*ret = (enum host_id_type)i;
			return 0;
		}
	return -E_NOENT;
}

int host_id_parse(enum host_id_type type, const char *text, uint8_t buf[HOST_ID_ROOM], struct host_id *ret)
{
	size_t len = strlen(text);
	int n;

	if (len >= 2 && text[0] == '\'' && text[len - 1] == '\'') {
		n = (int)(len - 2 <= HOST_ID_ROOM ? len - 2 : HOST_ID_ROOM);
		memcpy(buf, text + 1, (size_t)n);
	} else {
		n = hex_to_bytes(text, len, buf, HOST_ID_ROOM);
	}
	if (n == -E_INVAL)
		return n;
	if (!n)
		return -E_NOENT;
	if (n < 0 || n > host_id_rows[type].max)
		return -E_RANGE;
	*ret = (struct host_id){ type, bytes_of(buf, (size_t)n) };
	return 0;
}
