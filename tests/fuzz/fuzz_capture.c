/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A file of captured packets: whatever it contains, each datagram lies in the buffer, and the file ends. Then as
 * --replay reads it: each message is in one exchange at most, and any two of them can be compared.
 */
#include "base/arena.h"
#include "daemon/replay_diff.h"
#include "daemon/replay_pair.h"
#include "io/capture.h"

#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct replay_response response_of(const struct replay_packet *packet)
{
	const struct captured *c = &packet->captured;

	return c->number ? (struct replay_response){ c->payload, c->dst, c->dport }
			 : (struct replay_response){ .dport = 0 };
}

static void pair(const char *path, unsigned digit, size_t max)
{
	struct arena *arena = arena_new(0);
	const struct dict *dict = dict_new(arena, digit == 6);
	char why[CAPTURE_WHY_MAX];
	struct replay_exchange *x;
	struct replay_reader *reader;
	struct capture *capture;
	size_t n = 0;

	if (capture_open(path, &capture, why) == 0) {
		reader = replay_reader_new(capture, digit, digit == 6 ? 547 : 67);
		while (replay_next(reader, &x, why) > 0) {
			struct replay_response a = response_of(&x->request), b = response_of(&x->response);
			struct json_object *diffs = replay_compare(dict, digit, &a, &b);

			n += b.bytes.len ? 2 : 1;
			if (!a.bytes.len && !b.bytes.len && json_object_array_length(diffs))
				abort();
			json_object_put(diffs);
			diffs = replay_compare(dict, digit, &b, &b);
			if (json_object_array_length(diffs))
				abort();
			json_object_put(diffs);
			replay_exchange_free(x);
		}
		if (n + replay_n_unpaired(reader) > max)
			abort();
		replay_reader_free(reader);
		capture_close(capture);
	}
	arena_free(arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = memfd_create("capture", MFD_CLOEXEC);
	char why[CAPTURE_WHY_MAX], path[64];
	struct capture *capture;
	struct captured packet;
	unsigned long sum = 0;
	size_t n = 0;

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (capture_open(path, &capture, why) == 0) {
		while (capture_next(capture, &packet, why) > 0) {
			for (size_t i = 0; i < packet.payload.len; i++)
				sum += packet.payload.data[i];
			/* A datagram takes at least 28 bytes of the file. */
			if (++n > size / 28 || packet.payload.len > size)
				abort();
			if (packet.when_us < 0 || packet.when_us >= CAPTURE_WHEN_MAX ||
			    !memchr(packet.ifname, 0, sizeof(packet.ifname)) || capture_position(capture) > size)
				abort();
		}
		capture_close(capture);
	}
	pair(path, 4, n);
	pair(path, 6, n);
	(void)close(fd);
	return sum == (unsigned long)-1;
}
