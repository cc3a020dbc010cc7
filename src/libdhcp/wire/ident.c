/* SPDX-License-Identifier: MPL-2.0 */
#include "wire/ident.h"

#include "base/err.h"

#include <stdio.h>

enum {
	HWTYPE_ETHERNET = 1,
	HWADDR_MAX = 20,    /* InfiniBand */
	LABEL_ID_MAX = 255, /* a client-id may be joined from many parts: this much is enough */
};

/* 2000-01-01 00:00 UTC */
#define DUID_EPOCH 946684800

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

/* The two parts of a label. */
struct label {
	char hw[80], id[3 * LABEL_ID_MAX + 1];
};

static void label(struct label *l, uint8_t hwtype, struct bytes hwaddr, struct bytes id)
{
	if (id.len > LABEL_ID_MAX)
		id.len = LABEL_ID_MAX;
	if (hwaddr.len)
		ident_hwaddr(hwtype, hwaddr, l->hw, sizeof(l->hw));
	else
		snprintf(l->hw, sizeof(l->hw), "no hwaddr info");
	ident_id(id, l->id, sizeof(l->id));
}

void ident_label4(uint8_t hwtype, struct bytes hwaddr, struct bytes client_id, uint32_t xid, char *buf, size_t size)
{
	struct label l;

	label(&l, hwtype, hwaddr, client_id);
	snprintf(buf, size, "[%s], cid=[%s], tid=0x%x", l.hw, l.id, xid);
}

void ident_label6(struct bytes duid, uint8_t hwtype, struct bytes hwaddr, uint32_t xid, char *buf, size_t size)
{
	struct label l;

	label(&l, hwtype, hwaddr, duid);
	snprintf(buf, size, "duid=[%s], [%s], tid=0x%x", l.id, l.hw, xid);
}

bool duid_is_valid(struct bytes duid)
{
	static const uint8_t none[DUID_MIN];

	if (duid.len < DUID_MIN || duid.len > DUID_MAX)
		return false;
	return !bytes_equal(duid, bytes_of(none, sizeof(none)));
}

uint32_t duid_time(int64_t wall_sec)
{
	return (uint32_t)(wall_sec - DUID_EPOCH);
}

static int finish(const struct writer *w, struct bytes last, struct duid *duid, struct duid *ret)
{
	if (w->err || !last.len)
		return -E_RANGE;
	duid->len = (unsigned)writer_len(w);
	*ret = *duid;
	return 0;
}

int duid_make_llt(uint16_t hwtype, uint32_t time, struct bytes hwaddr, struct duid *ret)
{
	struct duid duid = { 0 };
	struct writer w = writer_init(duid.b, sizeof(duid.b));

	write_u16(&w, DUID_LLT);
	write_u16(&w, hwtype);
	write_u32(&w, time);
	write_bytes(&w, hwaddr.data, hwaddr.len);
	return finish(&w, hwaddr, &duid, ret);
}

int duid_make_en(uint32_t enterprise, struct bytes id, struct duid *ret)
{
	struct duid duid = { 0 };
	struct writer w = writer_init(duid.b, sizeof(duid.b));

	write_u16(&w, DUID_EN);
	write_u32(&w, enterprise);
	write_bytes(&w, id.data, id.len);
	return finish(&w, id, &duid, ret);
}

int duid_make_ll(uint16_t hwtype, struct bytes hwaddr, struct duid *ret)
{
	struct duid duid = { 0 };
	struct writer w = writer_init(duid.b, sizeof(duid.b));

	write_u16(&w, DUID_LL);
	write_u16(&w, hwtype);
	write_bytes(&w, hwaddr.data, hwaddr.len);
	return finish(&w, hwaddr, &duid, ret);
}

void duid_make_uuid(const uint8_t random[16], struct duid *ret)
{
	*ret = (struct duid){ .b = { 0, DUID_UUID }, .len = 18 };
	memcpy(ret->b + 2, random, 16);
	ret->b[2 + 6] = (uint8_t)((ret->b[2 + 6] & 0x0f) | 0x40);
	ret->b[2 + 8] = (uint8_t)((ret->b[2 + 8] & 0x3f) | 0x80);
}

int duid_parse(const char *text, struct duid *ret)
{
	struct duid duid = { 0 };
	int len = hex_to_bytes(text, strlen(text), duid.b, sizeof(duid.b));

	if (len < 0)
		return len == -E_SPACE ? -E_RANGE : len;
	duid.len = (unsigned)len;
	if (!duid_is_valid(duid_bytes(&duid)))
		return -E_RANGE;
	*ret = duid;
	return 0;
}

bool duid_hwaddr(struct bytes duid, uint8_t *ret_hwtype, struct bytes *ret_hwaddr)
{
	struct reader r = reader_of(duid);
	uint16_t type = read_u16(&r), hwtype = read_u16(&r);
	struct bytes hwaddr;

	if (type == DUID_LLT)
		(void)read_u32(&r);
	else if (type != DUID_LL)
		return false;
	hwaddr = read_rest(&r);
	if (hwtype > UINT8_MAX || !hwaddr.len || hwaddr.len > HWADDR_MAX)
		return false;
	if (hwtype == HWTYPE_ETHERNET && hwaddr.len != 6)
		return false;
	*ret_hwtype = (uint8_t)hwtype;
	*ret_hwaddr = hwaddr;
	return true;
}

bool ident_eui64(const struct ip *addr, uint8_t ret_mac[6])
{
	const uint8_t *b = addr->b;

	/* fe80::/10, and in the middle of the interface identifier the padding of a 48-bit address */
	if (b[0] != 0xfe || (b[1] & 0xc0) != 0x80 || b[11] != 0xff || b[12] != 0xfe)
		return false;
	ret_mac[0] = b[8] ^ 0x02;
	memcpy(ret_mac + 1, b + 9, 2);
	memcpy(ret_mac + 3, b + 13, 3);
	return true;
}
