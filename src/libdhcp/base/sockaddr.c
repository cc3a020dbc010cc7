/* SPDX-License-Identifier: MPL-2.0 */
#include "base/sockaddr.h"

#include <netinet/in.h>
#include <string.h>

socklen_t sockaddr_of(const struct ip *ip, uint16_t port, struct sockaddr_storage *ret)
{
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(port) };

	memset(ret, 0, sizeof(*ret));
	if (ip_is4(ip)) {
		in.sin_addr.s_addr = htonl(ip_to4(ip));
		memcpy(ret, &in, sizeof(in));
		return sizeof(in);
	}
	memcpy(&in6.sin6_addr, ip->b, 16);
	memcpy(ret, &in6, sizeof(in6));
	return sizeof(in6);
}
