/* SPDX-License-Identifier: MPL-2.0 */
#include "host/check.h"

#include "base/str.h"
#include "wire/domain.h"

bool host_may_have(const struct ip *addr)
{
	return !ip_is_zero(addr) &&
	       (ip_is4(addr) ? ip_to4(addr) != 0 && ip_to4(addr) != UINT32_MAX : addr->b[0] != 0xff);
}

bool host_name(const char *text, char ret[HOST_NAME_MAX + 1])
{
	uint8_t labels[DOMAIN_WIRE_MAX];
	struct writer w = writer_init(labels, sizeof(labels));
	size_t len = strlen(text);

	if (len && (len > HOST_NAME_MAX || domain_write(&w, text, len) < 0))
		return false;
	for (size_t i = 0; i <= len; i++)
		ret[i] = ascii_lower(text[i]);
	if (len && ret[len - 1] == '.')
		ret[len - 1] = '\0';
	return true;
}
