/* SPDX-License-Identifier: MPL-2.0 */
/* A file of captured packets: whatever it contains, each datagram lies in the buffer, and the file ends. */
#include "io/capture.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

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
		}
		capture_close(capture);
	}
	(void)close(fd);
	return sum == (unsigned long)-1;
}
