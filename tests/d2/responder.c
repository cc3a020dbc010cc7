/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The other end of a measurement of kea-dhcp-ddns: accepts every DNS update by UDP, as fast as the kernel can, and
 *stores nothing. So the rate is that of the program that sends them. responder PORT		at 127.0.0.1, until
 *SIGTERM
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define BATCH 64
#define SIZE 1500
#define HEAD 12
#define QR 0x80

/* Returns the length of the response that replaces the update, 0 if it is none: the header and the zone. */
static size_t respond(uint8_t *message, size_t len)
{
	size_t at = HEAD;

	if (len < HEAD || message[2] & QR)
		return 0;
	while (at < len && message[at] && message[at] < 64)
		at += message[at] + 1u;
	if (at + 5 > len || message[at])
		return 0;
	message[2] |= QR;
	message[3] = 0;                   /* NOERROR */
	memset(message + 6, 0, HEAD - 6); /* only the zone */
	return at + 5;
}

int main(int argc, char **argv)
{
	static uint8_t buf[BATCH][SIZE];
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) }, from[BATCH];
	struct mmsghdr in[BATCH] = { 0 }, out[BATCH] = { 0 };
	struct iovec iov[BATCH], reply[BATCH];
	int fd = socket(AF_INET, SOCK_DGRAM, 0), room = 8 << 20;

	if (argc != 2)
		return 2;
	at.sin_port = htons((uint16_t)strtoul(argv[1], NULL, 10));
	if (fd < 0 || bind(fd, (const struct sockaddr *)&at, sizeof(at)) < 0) {
		perror("responder");
		return 1;
	}
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room));
	puts("listening");
	(void)fflush(stdout);
	for (;;) {
		int n, n_out = 0;

		for (int i = 0; i < BATCH; i++) {
			iov[i] = (struct iovec){ buf[i], SIZE };
			in[i].msg_hdr = (struct msghdr){ &from[i], sizeof(from[i]), &iov[i], 1, NULL, 0, 0 };
		}
		n = recvmmsg(fd, in, BATCH, MSG_WAITFORONE, NULL);
		for (int i = 0; i < n; i++) {
			size_t len = respond(buf[i], in[i].msg_len);

			if (!len)
				continue;
			reply[n_out] = (struct iovec){ buf[i], len };
			out[n_out].msg_hdr = (struct msghdr){ &from[i], sizeof(from[i]), &reply[n_out], 1, NULL, 0, 0 };
			n_out++;
		}
		for (int sent = 0, k; sent<n_out; sent += k> 0 ? k : 1)
			k = sendmmsg(fd, out + sent, (unsigned)(n_out - sent), 0);
	}
}
