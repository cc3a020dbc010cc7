/* SPDX-License-Identifier: MPL-2.0 */
#include "perfdhcp/ledger.h"

#include "base/arena.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define SIZE (256 << 10)
#define LINE_MAX (20 + 1 + 10 + 2 * MAX_DUID * 2 + PREFIX_TEXT_MAX + 16)
#define NS UINT64_C(1000000000)

struct ledger {
	int fd;
	int error; /* errno of the first write that failed */
	size_t len;
	char text[SIZE];
};

static int64_t clock_ms(clockid_t id)
{
	struct timespec ts;

	(void)clock_gettime(id, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

struct ledger *ledger_open(const char *path)
{
	int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
	struct ledger *l;
	int64_t ms;

	if (fd < 0)
		return NULL;
	l = xcalloc(1, sizeof(*l));
	l->fd = fd;
	ms = clock_ms(CLOCK_REALTIME) - clock_ms(CLOCK_MONOTONIC);
	l->len = (size_t)snprintf(l->text, SIZE, "# wall - monotonic = %lld.%03lld s\n", (long long)(ms / 1000),
				  (long long)(ms % 1000));
	return l;
}

/* Removes the truncated last line of the text just written. */
static void drop_torn_line(struct ledger *l, size_t written)
{
	const char *end = memrchr(l->text, '\n', written);
	size_t torn = written - (end ? (size_t)(end + 1 - l->text) : 0);
	struct stat st;

	if (torn && fstat(l->fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size >= (off_t)torn)
		(void)!ftruncate(l->fd, st.st_size - (off_t)torn);
}

bool ledger_flush(struct ledger *l)
{
	size_t done = 0;

	while (!l->error && done < l->len) {
		ssize_t n = write(l->fd, l->text + done, l->len - done);

		if (n > 0)
			done += (size_t)n;
		else if (n < 0 && errno != EINTR) {
			l->error = errno;
			drop_torn_line(l, done);
		}
	}
	l->len = 0;
	errno = l->error;
	return !l->error;
}

/* By hand, because printf would cost more than the rest of an exchange. */
static void add_number(struct ledger *l, uint64_t n, int digits)
{
	char buf[20];
	int i = sizeof(buf);

	do {
		buf[--i] = (char)('0' + n % 10);
		n /= 10;
	} while (n || (int)sizeof(buf) - i < digits);
	memcpy(l->text + l->len, buf + i, sizeof(buf) - (size_t)i);
	l->len += sizeof(buf) - (size_t)i;
}

static void add_ip4(struct ledger *l, uint32_t ip)
{
	for (int shift = 24; shift >= 0; shift -= 8) {
		add_number(l, ip >> shift & 0xff, 1);
		if (shift)
			l->text[l->len++] = '.';
	}
}

static void add_ip(struct ledger *l, const struct ip *ip)
{
	if (ip_is4(ip)) {
		add_ip4(l, ip_to4(ip));
		return;
	}
	l->len += strlen(ip_format(ip, l->text + l->len));
}

static void add_hex(struct ledger *l, struct bytes b)
{
	l->len += bytes_to_hex(b, 0, l->text + l->len, 2 * MAX_DUID + 1);
}

static void add_line(struct ledger *l, struct bytes client, const struct ip *ip, unsigned prefix_len, uint32_t lifetime,
		     struct bytes server, uint64_t now_ns)
{
	if (l->len + LINE_MAX > SIZE)
		(void)ledger_flush(l);
	add_number(l, now_ns / NS, 1);
	l->text[l->len++] = '.';
	add_number(l, now_ns % NS, 9);
	l->text[l->len++] = ' ';
	add_hex(l, client);
	l->text[l->len++] = ' ';
	add_ip(l, ip);
	if (prefix_len) {
		l->text[l->len++] = '/';
		add_number(l, prefix_len, 1);
	}
	l->text[l->len++] = ' ';
	add_number(l, lifetime, 1);
	l->text[l->len++] = ' ';
	if (ip_is4(ip) && server.len == 4) {
		struct reader r = reader_of(server);

		add_ip4(l, read_u32(&r));
	} else if (server.len) {
		add_hex(l, server);
	} else {
		l->text[l->len++] = '-';
	}
	l->text[l->len++] = '\n';
}

void ledger_add(struct ledger *l, struct bytes client, const struct grant *grant, uint64_t now_ns)
{
	struct bytes server = grant->server;

	if (server.len > MAX_DUID)
		server.len = MAX_DUID;
	if (grant->has_addr)
		add_line(l, client, &grant->addr, 0, grant->valid, server, now_ns);
	if (grant->has_prefix)
		add_line(l, client, &grant->prefix, grant->prefix_len, grant->prefix_valid, server, now_ns);
}

bool ledger_close(struct ledger *l)
{
	int error;

	if (!l)
		return true;
	(void)ledger_flush(l);
	error = l->error;
	if (close(l->fd) < 0 && !error)
		error = errno;
	free(l);
	errno = error;
	return !error;
}
