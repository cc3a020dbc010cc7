/* SPDX-License-Identifier: MPL-2.0 */
/* Option 82 (RFC 3046). */
#include "serve/rai4.h"

#include "wire/packet4.h"

static struct ip address_of(struct bytes data)
{
	struct reader r = reader_of(data);

	return ip_from4(read_u32(&r));
}

void relay4_read(struct bytes option, struct relay_info4 *ret)
{
	struct reader r = reader_of(option);

	*ret = (struct relay_info4){ .bytes = option, .link = ip_zero4, .server_id = ip_zero4 };
	while (reader_left(&r) >= 2) {
		uint8_t code = read_u8(&r), len = read_u8(&r);
		const uint8_t *at = read_bytes(&r, len);
		struct bytes data = bytes_of(at, len);

		if (!at)
			return;
		switch (code) {
		case RAI_CIRCUIT_ID:
			ret->circuit_id = data;
			break;
		case RAI_REMOTE_ID:
			ret->remote_id = data;
			break;
		case RAI_RELAY_ID: /* RFC 6925 */
			ret->relay_id = data;
			break;
		case RAI_LINK_SELECTION: /* RFC 3527 */
			if (len == 4)
				ret->link = address_of(data);
			break;
		case RAI_SERVER_ID_OVERRIDE: /* RFC 5107 */
			if (len == 4)
				ret->server_id = address_of(data);
			break;
		case RAI_RELAY_PORT: /* RFC 8357 */
			ret->source_port = true;
			break;
		default: /* also the flags of RFC 5010: the response is the same however the client sent */
			break;
		}
	}
}
