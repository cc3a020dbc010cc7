/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Implements sd_notify(3) itself: the protocol is a few lines of text in one datagram on a unix socket and is
 * guaranteed to be stable; no reason to link a library into a network daemon.
 */
#include "io/notify.h"
#include "base/clock.h"
#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int notify_send(const char *text, size_t len)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	size_t path_len;
	ssize_t n;
	int fd, saved;

	if (!path || !path[0])
		return 0;
	path_len = strlen(path);
	if ((path[0] != '/' && path[0] != '@') || path_len >= sizeof(to.sun_path)) {
		errno = EINVAL;
		return -E_SYS;
	}
	memcpy(to.sun_path, path, path_len);
	if (to.sun_path[0] == '@') /* the abstract namespace */
		to.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -E_SYS;
	n = sendto(fd, text, len, MSG_NOSIGNAL | MSG_DONTWAIT, (struct sockaddr *)&to,
		   (socklen_t)(offsetof(struct sockaddr_un, sun_path) + path_len));
	saved = errno;
	close(fd);
	errno = saved;
	return n == (ssize_t)len ? 1 : -E_SYS;
}

/* Sends FIRST and STATUS=..., with characters removed from the text that would end the line. */
__attribute__((format(printf, 2, 0))) static int notify_with_status(const char *first, const char *fmt, va_list ap)
{
	char buf[512];
	size_t n, end;
	int len;

	n = (size_t)snprintf(buf, sizeof(buf), "%sSTATUS=", first);
	len = vsnprintf(buf + n, sizeof(buf) - n, fmt, ap);
	if (len < 0)
		return -E_SYS;
	end = n + (size_t)len < sizeof(buf) ? n + (size_t)len : sizeof(buf) - 1;
	for (size_t i = n; i < end; i++)
		if ((unsigned char)buf[i] < ' ')
			buf[i] = ' ';
	return notify_send(buf, end);
}

static unsigned long long env_number(const char *name)
{
	const char *text = getenv(name);
	unsigned long long n;
	char *end;

	if (!text || text[0] < '0' || text[0] > '9')
		return 0;
	errno = 0;
	n = strtoull(text, &end, 10);
	return errno || *end ? 0 : n;
}

/* Writes one line, once, to the process waiting for the start, such as keactrl. Descriptors 0 to 2 are not allowed. */
static void tell_starter(void)
{
	static bool told;
	int fd = (int)env_number("KEA_READY_FD");

	if (told || fd <= STDERR_FILENO)
		return;
	told = true;
	if (write(fd, "READY=1\n", 8) < 0)
		errno = 0; /* the waiting process is gone */
	(void)close(fd);
}

int notify_ready(const char *status_fmt, ...)
{
	va_list ap;
	int err;

	tell_starter();
	va_start(ap, status_fmt);
	err = notify_with_status("READY=1\n", status_fmt, ap);
	va_end(ap);
	return err;
}

int notify_status(const char *fmt, ...)
{
	va_list ap;
	int err;

	va_start(ap, fmt);
	err = notify_with_status("", fmt, ap);
	va_end(ap);
	return err;
}

#define PROGRESS_FIRST_MS 2000
#define PROGRESS_MS 1000

struct notify_progress notify_progress_now(void)
{
	return (struct notify_progress){ .next_ms = clock_mono_ms() + PROGRESS_FIRST_MS };
}

void notify_progress(struct notify_progress *progress, const char *fmt, ...)
{
	int64_t now_ms = clock_mono_ms();
	va_list ap;

	if (now_ms < progress->next_ms)
		return;
	progress->next_ms = now_ms + PROGRESS_MS;
	va_start(ap, fmt);
	(void)notify_with_status("EXTEND_TIMEOUT_USEC=60000000\n", fmt, ap);
	va_end(ap);
}

int notify_reloading(void)
{
	char buf[64];
	int len;

	/* The service manager's clock. */
	len = snprintf(buf, sizeof(buf), "RELOADING=1\nMONOTONIC_USEC=%lld", (long long)clock_mono_us());
	return notify_send(buf, (size_t)len);
}

int notify_stopping(void)
{
	return notify_send("STOPPING=1", strlen("STOPPING=1"));
}

int notify_watchdog(void)
{
	return notify_send("WATCHDOG=1", strlen("WATCHDOG=1"));
}

uint64_t notify_watchdog_us(void)
{
	/* WATCHDOG_PID, if set, says which process it is meant for. */
	if (getenv("WATCHDOG_PID") && env_number("WATCHDOG_PID") != (unsigned long long)getpid())
		return 0;
	return env_number("WATCHDOG_USEC");
}
