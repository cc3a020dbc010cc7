/* SPDX-License-Identifier: MPL-2.0 */
/* Option 82 (RFC 3046). */
#include "wire/rai4.h"

#include "wire/option.h"

static struct ip address_of(struct bytes data)
{
	struct reader r = reader_of(data);

	return ip_from4(read_u32(&r));
}

void relay_info4_read(struct bytes option, struct relay_info4 *ret)
{
	struct reader r = reader_of(option);
	struct opt opt;

	*ret = (struct relay_info4){ .bytes = option, .link = ip_zero4, .server_id = ip_zero4 };
	while (opt_next4(&r, false, &opt)) {
		switch (opt.code) {
		case RAI_CIRCUIT_ID:
			ret->circuit_id = opt.data;
			break;
		case RAI_REMOTE_ID:
			ret->remote_id = opt.data;
			break;
		case RAI_RELAY_ID: /* RFC 6925 */
			ret->relay_id = opt.data;
			break;
		case RAI_LINK_SELECTION: /* RFC 3527 */
			if (opt.data.len == 4)
				ret->link = address_of(opt.data);
			break;
		case RAI_SERVER_ID_OVERRIDE: /* RFC 5107 */
			if (opt.data.len == 4)
				ret->server_id = address_of(opt.data);
			break;
		case RAI_RELAY_PORT: /* RFC 8357 */
			ret->source_port = true;
			break;
		default: /* also the flags of RFC 5010: the response is the same however the client sent */
			break;
		}
	}
}
