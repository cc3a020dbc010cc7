/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Opens the sockets. The file of a unix socket may be left over from a process that was killed: it is removed if nobody
 * accepts connections there. It never has a mode wider than 0660.
 */
#include "ctl/channel_int.h"

#include "base/err.h"
#include "base/file.h"
#include "base/sockaddr.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG 128
#define SOCKET_MODE 0660

static int fail(char **ret_why, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static int fail(char **ret_why, const char *fmt, ...)
{
	struct str text = { 0 };
	va_list ap;

	va_start(ap, fmt);
	str_addv(&text, fmt, ap);
	va_end(ap);
	*ret_why = text.text;
	return -E_SYS;
}

/* Returns 0 if the path is free now. */
static int remove_stale(const char *path, const struct sockaddr_un *sun, char **ret_why)
{
	struct stat st;
	int fd, err;

	if (lstat(path, &st) < 0)
		return 0;
	if (!S_ISSOCK(st.st_mode))
		return fail(ret_why, "%s exists and is not a socket", path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return fail(ret_why, "cannot create a socket: %s", strerror(errno));
	err = connect(fd, (const struct sockaddr *)sun, sizeof(*sun)) < 0 ? errno : 0;
	close(fd);
	/* EAGAIN: its backlog is full, so somebody listens. */
	if (err != ECONNREFUSED)
		return fail(ret_why, "%s is in use by another process%s%s", path, err ? ": " : "",
			    err ? strerror(err) : "");
	if (unlink(path) < 0)
		return fail(ret_why, "cannot remove %s, left over from another process: %s", path, strerror(errno));
	return 0;
}

static int bind_unix(struct channel *ch, char **ret_why)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	const char *path = ch->conf.path;
	char why[FILE_WHY_MAX];
	struct stat st;

	if (strlen(path) > CHANNEL_PATH_MAX)
		return fail(ret_why, "%s is longer than %d bytes, the most that the system allows", path,
			    CHANNEL_PATH_MAX);
	memcpy(sun.sun_path, path, strlen(path));
	if (remove_stale(path, &sun, ret_why) < 0)
		return -E_SYS;
	/* The mode of the file is this one without the bits of the umask; then chmod() makes it the same everywhere. */
	if (fchmod(ch->fd, SOCKET_MODE) < 0 || bind(ch->fd, (const struct sockaddr *)&sun, sizeof(sun)) < 0)
		return fail(ret_why, "cannot create %s: %s", path, file_why(path, W_OK, why));
	if (chmod(path, SOCKET_MODE) < 0 || lstat(path, &st) < 0)
		return fail(ret_why, "cannot set the mode of %s: %s", path, strerror(errno));
	ch->dev = st.st_dev;
	ch->ino = st.st_ino;
	return 0;
}

static int bind_tcp(struct channel *ch, char **ret_why)
{
	struct sockaddr_storage addr;
	socklen_t len = sockaddr_of(&ch->conf.addr, ch->conf.port, &addr);
	int on = 1;

	if (addr.ss_family == AF_INET6)
		(void)setsockopt(ch->fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	(void)setsockopt(ch->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	(void)setsockopt(ch->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (bind(ch->fd, (const struct sockaddr *)&addr, len) < 0)
		return fail(ret_why, "cannot listen on %s: %s", ch->name, strerror(errno));
	return 0;
}

int channel_open(struct channel *ch, char **ret_why)
{
	bool is_unix = ch->conf.type == CHANNEL_UNIX;
	int family = is_unix ? AF_UNIX : ip_is4(&ch->conf.addr) ? AF_INET : AF_INET6;

	ch->fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (ch->fd < 0)
		return fail(ret_why, "cannot create a socket for %s: %s", ch->name, strerror(errno));
	if ((is_unix ? bind_unix(ch, ret_why) : bind_tcp(ch, ret_why)) < 0)
		return -E_SYS;
	if (listen(ch->fd, BACKLOG) < 0)
		return fail(ret_why, "cannot listen on %s: %s", ch->name, strerror(errno));
	return 0;
}

void channel_close(struct channel *ch)
{
	struct stat st;

	if (ch->fd < 0)
		return;
	loop_del(ch->all->loop, ch->fd);
	close(ch->fd);
	ch->fd = -1;
	/* The file of another process that took the path is left alone. */
	if (ch->ino && lstat(ch->conf.path, &st) == 0 && st.st_dev == ch->dev && st.st_ino == ch->ino)
		(void)unlink(ch->conf.path);
	ch->ino = 0;
}
