/* SPDX-License-Identifier: MPL-2.0 */
#include "record.h"

#include "base/bytes.h"
#include "base/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAMES_MAX 32
#define FRAME_MAX 70000

static FILE *file;
static char names[NAMES_MAX][DGRAM_IFNAME_MAX]; /* of the interfaces described so far */
static unsigned n_names;

bool record_is_open(void)
{
	return file;
}

void record_end(void)
{
	if (file)
		(void)fclose(file);
	file = NULL;
}

static void put_block(uint32_t type, const uint8_t *body, size_t len)
{
	static const uint8_t zero[4];
	size_t padded = (len + 3) / 4 * 4;
	uint32_t head[2] = { type, (uint32_t)padded + 12 };

	(void)fwrite(head, 4, 2, file);
	(void)fwrite(body, 1, len, file);
	(void)fwrite(zero, 1, padded - len, file);
	(void)fwrite(&head[1], 4, 1, file);
}

void record_open(const char *path)
{
	static const uint32_t section[] = { 0x1a2b3c4d, 1, UINT32_MAX, UINT32_MAX };

	file = path ? fopen(path, "w") : NULL;
	if (path && !file) {
		perror(path);
		exit(1);
	}
	if (file)
		put_block(0x0a0d0d0a, (const uint8_t *)section, sizeof(section));
}

/* Returns the number of the interface, which is described when it is first seen. Ethernet. */
static uint32_t interface_number(const char *name)
{
	uint16_t head[6] = { 1, 0, 0, 0, 2, 0 };
	uint8_t body[12 + DGRAM_IFNAME_MAX + 8] = { 0 };
	size_t len = strlen(name);

	for (unsigned i = 0; i < n_names; i++)
		if (!strcmp(names[i], name))
			return i;
	if (n_names == NAMES_MAX) {
		fputs("too many interfaces\n", stderr);
		exit(1);
	}
	(void)snprintf(names[n_names], sizeof(names[0]), "%s", name);
	head[5] = (uint16_t)len;
	memcpy(body, head, sizeof(head));
	memcpy(body + sizeof(head), name, len);
	put_block(1, body, sizeof(head) + (len + 3) / 4 * 4 + 4);
	return n_names++;
}

static void write_ip(struct writer *w, const struct ip *src, const struct ip *dst, uint32_t len)
{
	if (ip_is4(dst)) {
		write_u16(w, 0x4500);
		write_u16(w, (uint16_t)(len + 28));
		write_u32(w, 0);
		write_u32(w, 64u << 24 | 17u << 16);
		write_u32(w, ip_to4(src));
		write_u32(w, ip_to4(dst));
		return;
	}
	write_u32(w, 6u << 28);
	write_u32(w, (len + 8) << 16 | 17 << 8 | 64);
	write_bytes(w, src->b, 16);
	write_bytes(w, dst->b, 16);
}

void record(const struct dgram *dgram, bool is_response)
{
	static uint8_t body[FRAME_MAX];
	const struct ip *src = is_response ? &dgram->local : &dgram->src;
	static const uint8_t nobody[6];
	uint64_t now = (uint64_t)clock_wall_us();
	uint32_t head[5] = { 0, (uint32_t)(now >> 32), (uint32_t)now, 0, 0 };
	struct writer w = writer_init(body + sizeof(head), sizeof(body) - sizeof(head));

	if (!file)
		return;
	head[0] = interface_number(dgram->ifname);
	write_bytes(&w, nobody, 6);
	write_bytes(&w, is_response ? nobody : dgram->src_mac, 6);
	write_u16(&w, ip_is4(&dgram->dst) ? 0x0800 : 0x86dd);
	write_ip(&w, src, &dgram->dst, dgram->len);
	write_u16(&w, dgram->sport);
	write_u16(&w, dgram->dport);
	write_u16(&w, (uint16_t)(dgram->len + 8));
	write_u16(&w, 0);
	write_bytes(&w, dgram->buf, dgram->len);
	head[3] = head[4] = (uint32_t)writer_len(&w);
	memcpy(body, head, sizeof(head));
	put_block(6, body, sizeof(head) + head[3]);
}
