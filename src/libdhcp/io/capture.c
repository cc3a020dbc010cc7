/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Two formats of files (draft-ietf-opsawg-pcap, draft-ietf-opsawg-pcapng), and the headers below UDP. Blocks and
 * options of pcapng that say nothing about packets are skipped; packets of a kind of link that is not known, too.
 */
#include "io/capture.h"

#include "base/arena.h"
#include "base/err.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define PACKET_MAX (1u << 18) /* bytes captured of one packet; what tcpdump writes at most */
#define BLOCK_MAX (1u << 20)
#define IFACES_MAX 256
#define TAGS_MAX 4       /* VLAN tags */
#define EXTENSIONS_MAX 8 /* IPv6 extension headers */

/* Options of the description of an interface. */
enum { IFACE_NAME = 2, IFACE_RESOLUTION = 9, IFACE_OFFSET = 14 };
enum { BLOCK_SECTION = 0x0a0d0d0a, BLOCK_IFACE = 1, BLOCK_SIMPLE = 3, BLOCK_PACKET = 6 };
/* Kinds of links, as registered for both formats. */
enum {
	LINK_NULL = 0,
	LINK_ETHERNET = 1,
	LINK_RAW = 101,
	LINK_LOOP = 108,
	LINK_SLL = 113,
	LINK_IPV4 = 228,
	LINK_IPV6 = 229,
	LINK_SLL2 = 276
};

/* An interface of the section; of a pcap file, the only one. */
struct source {
	uint32_t link;
	char name[CAPTURE_IFNAME_MAX];
	uint8_t resolution; /* of times, as in the file: a power of 10, or with the first bit of 2 */
	int64_t offset_sec; /* is added to times */
};

struct capture {
	FILE *file;
	uint64_t length, position;
	bool is_ng, is_big; /* is_big: numbers of the file have the first byte first */
	struct source sources[IFACES_MAX];
	unsigned n_sources;
	uint64_t number;
	uint8_t *buf; /* of BLOCK_MAX */
};

static uint32_t number_of(const struct capture *c, const uint8_t *p, unsigned n)
{
	uint32_t v = 0;

	for (unsigned i = 0; i < n; i++)
		v = v << 8 | p[c->is_big ? i : n - 1 - i];
	return v;
}

/* 1; 0 at the end of the file; -E_INVAL within. */
static int read_exactly(struct capture *c, void *buf, size_t len, char *why)
{
	size_t n = fread(buf, 1, len, c->file);

	c->position += n;
	if (n == len)
		return 1;
	if (ferror(c->file)) {
		(void)snprintf(why, CAPTURE_WHY_MAX, "%s", strerror(errno));
		return -E_SYS;
	}
	if (!n)
		return 0;
	(void)snprintf(why, CAPTURE_WHY_MAX, "the file is cut short after packet %llu", (unsigned long long)c->number);
	return -E_INVAL;
}

static int cut_short(struct capture *c, int err, char *why)
{
	if (err)
		return err;
	(void)snprintf(why, CAPTURE_WHY_MAX, "the file is cut short after packet %llu", (unsigned long long)c->number);
	return -E_INVAL;
}

static int broken(const struct capture *c, char *why)
{
	(void)snprintf(why, CAPTURE_WHY_MAX, "the file is damaged after packet %llu", (unsigned long long)c->number);
	return -E_INVAL;
}

/* --- headers --------------------------------------------------------------- */

static bool read_udp(struct reader *r, struct captured *ret)
{
	uint16_t len;

	ret->sport = read_u16(r);
	ret->dport = read_u16(r);
	len = read_u16(r);
	(void)read_u16(r);
	if (r->err || len < 8 || reader_left(r) < len - 8u)
		return false;
	ret->payload = bytes_of(read_bytes(r, len - 8u), len - 8u);
	return true;
}

static bool read_ip4(struct reader *r, struct captured *ret)
{
	uint8_t first = read_u8(r), protocol;
	unsigned header = (first & 15) * 4u;
	uint16_t fragment;

	(void)read_bytes(r, 5);
	fragment = read_u16(r);
	(void)read_u8(r);
	protocol = read_u8(r);
	(void)read_u16(r);
	ret->src = ip_from4(read_u32(r));
	ret->dst = ip_from4(read_u32(r));
	/* Neither a later fragment nor one with more to come. */
	if (r->err || header < 20 || protocol != 17 || fragment & 0x3fff)
		return false;
	(void)read_bytes(r, header - 20);
	return read_udp(r, ret);
}

static bool read_ip6(struct reader *r, struct captured *ret)
{
	const uint8_t *src, *dst;
	uint8_t next;

	(void)read_bytes(r, 6);
	next = read_u8(r);
	(void)read_u8(r);
	src = read_bytes(r, 16);
	dst = read_bytes(r, 16);
	if (r->err)
		return false;
	memcpy(ret->src.b, src, 16);
	memcpy(ret->dst.b, dst, 16);
	/* Hop-by-hop, routing, destination options. */
	for (unsigned i = 0; i < EXTENSIONS_MAX && (next == 0 || next == 43 || next == 60); i++) {
		unsigned len;

		next = read_u8(r);
		len = (read_u8(r) + 1u) * 8;
		(void)read_bytes(r, len - 2);
	}
	return next == 17 && read_udp(r, ret);
}

static bool read_ip(struct reader *r, struct captured *ret)
{
	if (!reader_left(r))
		return false;
	return *r->pos >> 4 == 4 ? read_ip4(r, ret) : *r->pos >> 4 == 6 && read_ip6(r, ret);
}

static bool read_ethernet(struct reader *r, struct captured *ret)
{
	const uint8_t *src;
	uint16_t type;

	(void)read_bytes(r, 6);
	src = read_bytes(r, 6);
	if (src)
		memcpy(ret->src_mac, src, 6);
	type = read_u16(r);
	for (unsigned i = 0; i < TAGS_MAX && (type == 0x8100 || type == 0x88a8); i++) {
		(void)read_u16(r);
		type = read_u16(r);
	}
	return !r->err && (type == 0x0800 || type == 0x86dd) && read_ip(r, ret);
}

static bool read_packet(uint32_t link, struct bytes packet, struct captured *ret)
{
	struct reader r = reader_of(packet);

	switch (link) {
	case LINK_ETHERNET:
		return read_ethernet(&r, ret);
	case LINK_NULL:
	case LINK_LOOP:
		(void)read_u32(&r);
		break;
	case LINK_SLL:
		(void)read_bytes(&r, 16);
		break;
	case LINK_SLL2:
		(void)read_bytes(&r, 20);
		break;
	case LINK_RAW:
	case LINK_IPV4:
	case LINK_IPV6:
		break;
	default:
		return false;
	}
	return !r.err && read_ip(&r, ret);
}

/* --- time ------------------------------------------------------------------ */

#define MICRO 1000000u

/* A time in units of the source, as wall time in us. */
static int64_t when_of(const struct source *source, uint64_t time)
{
	unsigned power = source->resolution & 0x7f;
	uint64_t sec, us = 0, unit = 1;
	int64_t offset = source->offset_sec;

	if (source->resolution & 0x80) {
		sec = power < 64 ? time >> power : 0;
		/* The first 40 bits after the point. */
		if (power && power < 64) {
			us = time << (64 - power) >> 24;
			us = us * MICRO >> 40;
		}
	} else {
		for (unsigned i = 0; i < power && unit <= UINT64_MAX / 10; i++)
			unit *= 10;
		sec = power < 20 ? time / unit : 0;
		us = power > 6 ? time % unit / (unit / MICRO) : time % unit * (MICRO / unit);
	}
	if (sec > CAPTURE_WHEN_MAX / MICRO || offset > CAPTURE_WHEN_MAX / MICRO || offset < -CAPTURE_WHEN_MAX / MICRO)
		return 0;
	offset += (int64_t)sec;
	if (offset < 0 || offset >= CAPTURE_WHEN_MAX / MICRO)
		return 0;
	return offset * MICRO + (int64_t)us;
}

/* A packet of the file, before it is known whether it is a datagram. */
struct packet {
	struct bytes bytes;
	const struct source *source; /* NULL: not described */
	uint64_t time;               /* in its units */
};

/* --- pcap ------------------------------------------------------------------ */

static int next_pcap(struct capture *c, struct packet *ret, char *why)
{
	uint8_t header[16];
	int err = read_exactly(c, header, sizeof(header), why);
	uint32_t len;

	if (err <= 0)
		return err;
	len = number_of(c, header + 8, 4);
	if (len > PACKET_MAX)
		return broken(c, why);
	err = read_exactly(c, c->buf, len, why);
	if (err <= 0 && len)
		return cut_short(c, err, why);
	*ret = (struct packet){ bytes_of(c->buf, len), &c->sources[0], 0 };
	ret->time = number_of(c, header, 4) * (uint64_t)(c->sources[0].resolution == 9 ? 1000000000u : MICRO) +
		    number_of(c, header + 4, 4);
	return 1;
}

/* --- pcapng ---------------------------------------------------------------- */

static int read_section(struct capture *c, const uint8_t magic[4], char *why)
{
	c->is_big = magic[0] == 0x1a;
	if (number_of(c, magic, 4) != 0x1a2b3c4d)
		return broken(c, why);
	c->n_sources = 0;
	return 1;
}

static void read_iface_option(const struct capture *c, struct source *source, unsigned code, struct bytes value)
{
	if (code == IFACE_NAME && value.len < sizeof(source->name)) {
		memcpy(source->name, value.data, value.len);
		source->name[value.len] = '\0';
	} else if (code == IFACE_RESOLUTION && value.len == 1) {
		source->resolution = value.data[0];
	} else if (code == IFACE_OFFSET && value.len == 8) {
		const uint8_t *v = value.data;
		uint64_t high = number_of(c, v + (c->is_big ? 0 : 4), 4),
			 low = number_of(c, v + (c->is_big ? 4 : 0), 4);

		source->offset_sec = (int64_t)(high << 32 | low);
	}
}

static void read_iface(struct capture *c, const uint8_t *body, uint32_t len)
{
	struct source *source = &c->sources[c->n_sources];

	if (c->n_sources == IFACES_MAX)
		return;
	c->n_sources++;
	*source = (struct source){ .link = len >= 2 ? number_of(c, body, 2) : UINT32_MAX, .resolution = 6 };
	for (uint32_t at = 8, size; at + 4 <= len; at += 4 + (size + 3) / 4 * 4) {
		unsigned code = number_of(c, body + at, 2);

		size = number_of(c, body + at + 2, 2);
		if (!code || size > len - at - 4)
			break;
		read_iface_option(c, source, code, bytes_of(body + at + 4, size));
	}
}

/* Returns true if the block is a packet. */
static bool use_block(struct capture *c, uint32_t type, const uint8_t *body, uint32_t len, struct packet *ret)
{
	uint32_t iface = 0, n, at;
	uint64_t time = 0;

	if (type == BLOCK_IFACE)
		read_iface(c, body, len);
	if (type == BLOCK_PACKET && len >= 20) {
		iface = number_of(c, body, 4);
		time = (uint64_t)number_of(c, body + 4, 4) << 32 | number_of(c, body + 8, 4);
		n = number_of(c, body + 12, 4);
		at = 20;
	} else if (type == BLOCK_SIMPLE && len >= 4) {
		n = number_of(c, body, 4);
		at = 4;
		n = n > len - at ? len - at : n;
	} else {
		return false;
	}
	*ret = (struct packet){ bytes_of(body + at, n > len - at ? 0 : n), NULL, time };
	if (iface < c->n_sources)
		ret->source = &c->sources[iface];
	return true;
}

static int next_block(struct capture *c, struct packet *ret, char *why)
{
	uint8_t head[8];
	int err;

	while ((err = read_exactly(c, head, sizeof(head), why)) > 0) {
		/* The type of a section is the same in both byte orders, which the section then says. */
		uint32_t type = number_of(c, head, 4), len, at = 0;

		if (type == BLOCK_SECTION) {
			err = read_exactly(c, c->buf, 4, why);
			if (err <= 0)
				return cut_short(c, err, why);
			err = read_section(c, c->buf, why);
			if (err < 0)
				return err;
			at = 4;
		}
		len = number_of(c, head + 4, 4);
		if (len < 12 + at || len % 4 || len > BLOCK_MAX)
			return broken(c, why);
		err = read_exactly(c, c->buf + at, len - 8 - at, why);
		if (err <= 0)
			return cut_short(c, err, why);
		if (use_block(c, type, c->buf, len - 12, ret))
			return 1;
	}
	return err;
}

/* --- files ----------------------------------------------------------------- */

static int read_header(struct capture *c, char *why)
{
	static const uint8_t magics[][4] = {
		{ 0xa1, 0xb2, 0xc3, 0xd4 }, { 0xa1, 0xb2, 0x3c, 0x4d }, /* the second ones count nanoseconds */
		{ 0xd4, 0xc3, 0xb2, 0xa1 }, { 0x4d, 0x3c, 0xb2, 0xa1 }, { 0x0a, 0x0d, 0x0d, 0x0a },
	};
	uint8_t header[24];
	unsigned i;

	c->position = fread(header, 1, sizeof(header), c->file);
	if (c->position == sizeof(header))
		for (i = 0; i < 5; i++) {
			if (memcmp(header, magics[i], 4) != 0)
				continue;
			c->is_ng = i == 4;
			c->is_big = i < 2;
			/* The upper bits say how long a checksum is. */
			c->sources[0].link = number_of(c, header + 20, 4) & 0xffff;
			c->sources[0].resolution = i == 1 || i == 3 ? 9 : 6;
			c->n_sources = 1;
			if (!c->is_ng)
				return 0;
			c->position = 0;
			return fseek(c->file, 0, SEEK_SET);
		}
	if (ferror(c->file)) {
		(void)snprintf(why, CAPTURE_WHY_MAX, "%s", strerror(errno));
		return -E_SYS;
	}
	(void)snprintf(why, CAPTURE_WHY_MAX, "not a file of captured packets (pcap or pcapng)");
	return -E_INVAL;
}

int capture_open(const char *path, struct capture **ret, char why[CAPTURE_WHY_MAX])
{
	struct capture *c = xcalloc(1, sizeof(*c));
	struct stat st;
	int err = -E_SYS;

	c->file = fopen(path, "re");
	if (c->file)
		err = read_header(c, why);
	else
		(void)snprintf(why, CAPTURE_WHY_MAX, "%s", strerror(errno));
	if (err) {
		capture_close(c);
		return err < 0 ? err : -E_SYS;
	}
	if (fstat(fileno(c->file), &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0)
		c->length = (uint64_t)st.st_size;
	c->buf = xmalloc(BLOCK_MAX);
	*ret = c;
	return 0;
}

void capture_close(struct capture *capture)
{
	if (!capture)
		return;
	if (capture->file)
		(void)fclose(capture->file);
	free(capture->buf);
	free(capture);
}

int capture_next(struct capture *capture, struct captured *ret, char why[CAPTURE_WHY_MAX])
{
	struct packet packet = { 0 };
	int err;

	while ((err = capture->is_ng ? next_block(capture, &packet, why) : next_pcap(capture, &packet, why)) > 0) {
		*ret = (struct captured){ .number = ++capture->number };
		if (!packet.source)
			continue;
		ret->when_us = when_of(packet.source, packet.time);
		memcpy(ret->ifname, packet.source->name, sizeof(ret->ifname));
		if (read_packet(packet.source->link, packet.bytes, ret))
			return 1;
	}
	return err;
}

uint64_t capture_position(const struct capture *capture)
{
	return capture->position;
}

uint64_t capture_length(const struct capture *capture)
{
	return capture->length;
}
