/* SPDX-License-Identifier: MPL-2.0 */
#include "ddns/dhcid.h"

#include "base/err.h"

#include <openssl/evp.h>

#define DIGEST_SHA256 1

int dhcid_make(enum dhcid_type type, struct bytes id, const struct dname *fqdn, uint8_t ret[DHCID_LEN])
{
	struct writer w = writer_init(ret, DHCID_LEN);
	struct dname name = dname_lower(fqdn);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t digest[EVP_MAX_MD_SIZE];
	unsigned len = 0;
	bool ok;

	/* RFC 4701 3.5: the hash of the identifier and the name in canonical form */
	ok = ctx && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) == 1 && EVP_DigestUpdate(ctx, id.data, id.len) == 1 &&
	     EVP_DigestUpdate(ctx, name.wire, name.len) == 1 && EVP_DigestFinal_ex(ctx, digest, &len) == 1;
	EVP_MD_CTX_free(ctx);
	if (!ok || len != DHCID_LEN - 3)
		return -E_SYS;
	write_u16(&w, (uint16_t)type);
	write_u8(&w, DIGEST_SHA256);
	write_bytes(&w, digest, len);
	return 0;
}
