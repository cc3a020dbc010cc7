/* SPDX-License-Identifier: MPL-2.0 */
#include "cutter.h"

#include "base/arena.h"

#include <arpa/inet.h>
#include <assert.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PAIRS 64

struct pair {
	int client, server; /* -1: none */
	bool is_losing;     /* its next response is lost */
};

struct cutter {
	unsigned port, server_port;
	int listener, wake[2];
	pthread_t thread;
	pthread_mutex_t lock; /* guards what follows */
	enum cut how;
	char text[64];
	bool has_cut, stop;
	struct pair pairs[PAIRS]; /* of the thread */
};

static int connect_to(unsigned port)
{
	struct sockaddr_in addr = { .sin_family = AF_INET,
				    .sin_port = htons((uint16_t)port),
				    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (connect(fd, (struct sockaddr *)&addr, sizeof(addr)) == 0)
		return fd;
	(void)close(fd);
	return -1;
}

static void close_pair(struct pair *pair)
{
	if (pair->client >= 0)
		(void)close(pair->client);
	if (pair->server >= 0)
		(void)close(pair->server);
	*pair = (struct pair){ -1, -1, false };
}

static bool send_all(int fd, const char *data, size_t len)
{
	while (len) {
		ssize_t n = send(fd, data, len, MSG_NOSIGNAL);

		if (n <= 0)
			return false;
		data += n;
		len -= (size_t)n;
	}
	return true;
}

static void from_client(struct cutter *c, struct pair *pair)
{
	static char buf[65536];
	ssize_t n = recv(pair->client, buf, sizeof(buf), 0);
	enum cut how = CUT_NOTHING;

	if (n <= 0) {
		close_pair(pair);
		return;
	}
	(void)pthread_mutex_lock(&c->lock);
	if ((c->how == CUT_REQUEST || c->how == CUT_RESPONSE) && memmem(buf, (size_t)n, c->text, strlen(c->text))) {
		how = c->how;
		c->how = CUT_NOTHING;
		c->has_cut = true;
	}
	(void)pthread_mutex_unlock(&c->lock);
	if (how == CUT_REQUEST) {
		close_pair(pair);
		return;
	}
	pair->is_losing = how == CUT_RESPONSE;
	if (!send_all(pair->server, buf, (size_t)n))
		close_pair(pair);
}

static void from_server(struct pair *pair)
{
	static char buf[65536];
	ssize_t n = recv(pair->server, buf, sizeof(buf), 0);

	if (n <= 0 || pair->is_losing || !send_all(pair->client, buf, (size_t)n))
		close_pair(pair);
}

static void accept_one(struct cutter *c, bool refuses)
{
	int client = accept(c->listener, NULL, NULL);

	for (unsigned i = 0; i < PAIRS && client >= 0 && !refuses; i++) {
		if (c->pairs[i].client >= 0)
			continue;
		c->pairs[i] = (struct pair){ client, connect_to(c->server_port), false };
		if (c->pairs[i].server < 0)
			close_pair(&c->pairs[i]);
		return;
	}
	if (client >= 0)
		(void)close(client);
}

static void *relay(void *arg)
{
	struct cutter *c = arg;

	for (;;) {
		struct pollfd fds[2 + 2 * PAIRS];
		bool refuses, stop;

		fds[0] = (struct pollfd){ .fd = c->listener, .events = POLLIN };
		fds[1] = (struct pollfd){ .fd = c->wake[0], .events = POLLIN };
		for (unsigned i = 0; i < PAIRS; i++) {
			fds[2 + 2 * i] = (struct pollfd){ .fd = c->pairs[i].client, .events = POLLIN };
			fds[3 + 2 * i] = (struct pollfd){ .fd = c->pairs[i].server, .events = POLLIN };
		}
		(void)poll(fds, 2 + 2 * PAIRS, -1);
		(void)pthread_mutex_lock(&c->lock);
		refuses = c->how == CUT_ALL;
		stop = c->stop;
		(void)pthread_mutex_unlock(&c->lock);
		if (fds[1].revents) {
			char byte;

			(void)!read(c->wake[0], &byte, 1);
		}
		for (unsigned i = 0; i < PAIRS; i++) {
			struct pair *pair = &c->pairs[i];

			if (refuses || stop)
				close_pair(pair);
			if (pair->client >= 0 && fds[2 + 2 * i].revents)
				from_client(c, pair);
			if (pair->client >= 0 && fds[3 + 2 * i].revents)
				from_server(pair);
		}
		if (stop)
			return NULL;
		if (fds[0].revents)
			accept_one(c, refuses);
	}
}

struct cutter *cutter_new(unsigned server_port)
{
	struct cutter *c = xcalloc(1, sizeof(*c));
	struct sockaddr_in addr = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(addr);

	c->server_port = server_port;
	for (unsigned i = 0; i < PAIRS; i++)
		c->pairs[i] = (struct pair){ -1, -1, false };
	(void)pthread_mutex_init(&c->lock, NULL);
	c->listener = socket(AF_INET, SOCK_STREAM, 0);
	if (bind(c->listener, (struct sockaddr *)&addr, sizeof(addr)) < 0 || listen(c->listener, 64) < 0 ||
	    getsockname(c->listener, (struct sockaddr *)&addr, &len) < 0 || pipe(c->wake) < 0 ||
	    pthread_create(&c->thread, NULL, relay, c) != 0)
		abort();
	c->port = ntohs(addr.sin_port);
	return c;
}

static void wake(struct cutter *c)
{
	(void)!write(c->wake[1], "", 1);
}

void cutter_free(struct cutter *c)
{
	(void)pthread_mutex_lock(&c->lock);
	c->stop = true;
	(void)pthread_mutex_unlock(&c->lock);
	wake(c);
	(void)pthread_join(c->thread, NULL);
	(void)close(c->listener);
	(void)close(c->wake[0]);
	(void)close(c->wake[1]);
	(void)pthread_mutex_destroy(&c->lock);
	free(c);
}

unsigned cutter_port(const struct cutter *c)
{
	return c->port;
}

void cutter_cut(struct cutter *c, enum cut how, const char *text)
{
	(void)pthread_mutex_lock(&c->lock);
	c->how = how;
	c->has_cut = false;
	(void)snprintf(c->text, sizeof(c->text), "%s", text ? text : "");
	(void)pthread_mutex_unlock(&c->lock);
	wake(c);
}

bool cutter_has_cut(struct cutter *c)
{
	bool has_cut;

	(void)pthread_mutex_lock(&c->lock);
	has_cut = c->has_cut;
	(void)pthread_mutex_unlock(&c->lock);
	return has_cut;
}
