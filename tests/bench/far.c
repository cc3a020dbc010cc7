/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Makes a TCP server seem far away: far LISTEN-PORT PORT MS adds MS to each round trip, on 127.0.0.1. Each direction of
 * a connection has a thread that reads and one that writes half of that later; what is on its way is in a pipe between
 * them.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define CHUNK 65536
#define ON_ITS_WAY (1 << 20) /* more has to wait */

struct chunk {
	struct timespec due;
	size_t len; /* of the bytes that follow; 0: the end */
};

struct direction {
	int from, to, pipe[2];
};

static long delay_ns;

static bool write_all(int fd, const void *data, size_t len)
{
	const char *p = data;

	while (len) {
		ssize_t n = write(fd, p, len);

		if (n <= 0)
			return false;
		p += n;
		len -= (size_t)n;
	}
	return true;
}

static bool read_all(int fd, void *data, size_t len)
{
	char *p = data;

	while (len) {
		ssize_t n = read(fd, p, len);

		if (n <= 0)
			return false;
		p += n;
		len -= (size_t)n;
	}
	return true;
}

static void *read_side(void *arg)
{
	struct direction *d = arg;
	struct chunk chunk;
	char data[CHUNK];
	ssize_t n;

	do {
		n = read(d->from, data, sizeof(data));
		chunk.len = n > 0 ? (size_t)n : 0;
		(void)clock_gettime(CLOCK_MONOTONIC, &chunk.due);
		chunk.due.tv_nsec += delay_ns;
		chunk.due.tv_sec += chunk.due.tv_nsec / 1000000000;
		chunk.due.tv_nsec %= 1000000000;
	} while (write_all(d->pipe[1], &chunk, sizeof(chunk)) && write_all(d->pipe[1], data, chunk.len) && chunk.len);
	return NULL;
}

/* Nothing is closed: connections are few. */
static void *write_side(void *arg)
{
	struct direction *d = arg;
	struct chunk chunk;
	char data[CHUNK];

	while (read_all(d->pipe[0], &chunk, sizeof(chunk)) && chunk.len && read_all(d->pipe[0], data, chunk.len)) {
		(void)clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &chunk.due, NULL);
		if (!write_all(d->to, data, chunk.len))
			break;
	}
	(void)shutdown(d->to, SHUT_WR);
	return NULL;
}

static void start(int from, int to)
{
	struct direction *d = calloc(1, sizeof(*d));
	pthread_t thread;

	if (!d || pipe(d->pipe) < 0)
		exit(1);
	(void)fcntl(d->pipe[1], F_SETPIPE_SZ, ON_ITS_WAY);
	d->from = from;
	d->to = to;
	if (pthread_create(&thread, NULL, read_side, d) != 0 || pthread_create(&thread, NULL, write_side, d) != 0)
		exit(1);
}

static int open_socket(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;

	if (fd < 0)
		exit(1);
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	return fd;
}

int main(int argc, char **argv)
{
	struct sockaddr_in near = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) }, far = near;
	int listener = open_socket(), on = 1;

	if (argc != 4)
		return 2;
	(void)signal(SIGPIPE, SIG_IGN);
	near.sin_port = htons((uint16_t)atoi(argv[1]));
	far.sin_port = htons((uint16_t)atoi(argv[2]));
	delay_ns = (long)(strtod(argv[3], NULL) * 500000);
	if (bind(listener, (struct sockaddr *)&near, sizeof(near)) < 0 || listen(listener, 64) < 0)
		return 1;
	(void)puts("ready");
	(void)fflush(stdout);
	for (;;) {
		int client = accept(listener, NULL, NULL), server = open_socket();

		if (client < 0 || connect(server, (struct sockaddr *)&far, sizeof(far)) < 0) {
			(void)close(client);
			(void)close(server);
			continue;
		}
		(void)setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
		start(client, server);
		start(server, client);
	}
}
