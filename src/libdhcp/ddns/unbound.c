/* SPDX-License-Identifier: MPL-2.0 */
/*
 * unbound-control(8): a connection carries one command, "UBCT1 COMMAND" and a newline, then its input if it has any,
 * which ends with a line that contains only EOT; the response ends with the connection.
 *
 * Unbound can remove only all records of a name. Others may have published some of them, such as the server of the
 * other family, so those are read before and added again.
 */
#include "ddns/unbound.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/str.h"
#include "base/vec.h"
#include "ddns/dname.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define TIMEOUT_SEC 5
#define CHECK_MS 1000
#define CHECK_SHARE 50 /* looks take at most one part in so many of the time */
#define RESPONSE_MAX (64u << 20)
#define END_OF_INPUT "\004\n"

struct unbound {
	char *path;
	char *marker; /* a zone that only this program adds: as long as it is there, so is what was sent before */
	uint32_t ttl;
	bool is_known;    /* the marker was there */
	int64_t check_ms; /* when to look again; boot time */
};

struct unbound *unbound_new(const char *path, const char *program, uint32_t ttl)
{
	struct unbound *ub = xcalloc(1, sizeof(*ub));
	struct str marker = { 0 };

	str_addf(&marker, "names.%s.invalid.", program);
	ub->path = xstrdup(path);
	ub->marker = xstrdup(str_text(&marker));
	ub->ttl = ttl;
	str_free(&marker);
	return ub;
}

void unbound_free(struct unbound *ub)
{
	if (!ub)
		return;
	free(ub->path);
	free(ub->marker);
	free(ub);
}

void unbound_inherit(struct unbound *ub, const struct unbound *old)
{
	if (strcmp(ub->path, old->path) != 0 || ub->ttl != old->ttl)
		return;
	ub->is_known = old->is_known;
	ub->check_ms = old->check_ms;
}

static int open_socket(const char *path)
{
	struct timeval limit = { .tv_sec = TIMEOUT_SEC };
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd, saved;

	if (strlen(path) >= sizeof(addr.sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(addr.sun_path, path, strlen(path));
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	if (connect(fd, (struct sockaddr *)&addr, sizeof(addr)) == 0)
		return fd;
	saved = errno;
	(void)close(fd);
	errno = saved;
	return -1;
}

/* Reads up to the end; false with errno. */
static bool receive_all(int fd, struct str *ret)
{
	char buf[16384];
	ssize_t n;

	while ((n = recv(fd, buf, sizeof(buf), 0)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		if (ret->len + (size_t)n > RESPONSE_MAX) {
			errno = EMSGSIZE;
			return false;
		}
		str_add_n(ret, buf, (size_t)n);
	}
	return true;
}

/* Runs a command; input is NULL if it has none. False with the reason in why. */
static bool run(const struct unbound *ub, const char *command, const struct str *input, struct str *ret,
		struct str *why)
{
	struct str text = { 0 };
	int fd = open_socket(ub->path);
	bool ok;

	str_addf(&text, "UBCT1 %s\n", command);
	if (input) {
		str_add_n(&text, str_text(input), input->len);
		str_add(&text, END_OF_INPUT);
	}
	str_reset(ret);
	ok = fd >= 0 && file_write(fd, text.text, text.len) && receive_all(fd, ret);
	if (!ok)
		str_addf(why, "%s: %s", ub->path, strerror(errno));
	else if (!strncmp(str_text(ret), "error", 5))
		str_addf(why, "%s: %.*s", ub->path, (int)strcspn(ret->text, "\n"), ret->text);
	if (fd >= 0)
		(void)close(fd);
	str_free(&text);
	return ok && strncmp(str_text(ret), "error", 5) != 0;
}

/*
 * The response is as long as the list of zones, so a long one is asked for less often. An open connection would also
 * show whether Unbound ends, but while it waits for a command there, Unbound serves nobody.
 */
bool unbound_has_forgotten(struct unbound *ub)
{
	struct str response = { 0 }, why = { 0 };
	int64_t start_ms = clock_boot_ms(), took_ms;

	if (!ub->is_known || start_ms < ub->check_ms)
		return !ub->is_known;
	ub->is_known = run(ub, "list_local_zones", NULL, &response, &why) && strstr(str_text(&response), ub->marker);
	took_ms = clock_boot_ms() - start_ms;
	ub->check_ms = start_ms + (took_ms * CHECK_SHARE > CHECK_MS ? took_ms * CHECK_SHARE : CHECK_MS);
	str_free(&response);
	str_free(&why);
	return !ub->is_known;
}

static bool mark(struct unbound *ub, struct str *why)
{
	struct str command = { 0 }, response = { 0 };

	str_addf(&command, "local_zone %s static", ub->marker);
	ub->is_known = run(ub, str_text(&command), NULL, &response, why);
	str_free(&command);
	str_free(&response);
	return ub->is_known;
}

/* --- records ---------------------------------------------------------------------- */

/* Writes the name as in zone files; false if it is not a domain name. */
static bool zone_name(const char *name, char text[DNAME_TEXT_MAX])
{
	struct dname dname;

	if (dname_of_labels(name, strlen(name), &dname) < 0)
		return false;
	(void)dname_format(&dname, text);
	return true;
}

static void reverse_name(const struct ip *addr, char text[DNAME_TEXT_MAX])
{
	struct dname reverse = dname_reverse(addr);

	(void)dname_format(&reverse, text);
}

static const char *type_of(const struct ip *addr)
{
	return ip_is4(addr) ? "A" : "AAAA";
}

static void add_records(const struct unbound *ub, const struct ip *addr, const char *name, struct str *out)
{
	char text[DNAME_TEXT_MAX], reverse[DNAME_TEXT_MAX], ip[IP_TEXT_MAX];

	if (!zone_name(name, text))
		return;
	reverse_name(addr, reverse);
	str_addf(out, "%s %u IN %s %s\n", text, ub->ttl, type_of(addr), ip_format(addr, ip));
	str_addf(out, "%s %u IN PTR %s\n", reverse, ub->ttl, text);
}

/* --- removal ----------------------------------------------------------------------- */

/* An address record that is removed. */
struct removed {
	char *name; /* as in zone files */
	struct ip addr;
};

static int compare_removed(const void *a, const void *b)
{
	return strcasecmp(((const struct removed *)a)->name, ((const struct removed *)b)->name);
}

struct removal {
	VEC(struct removed) v;
	struct str names; /* one per line */
};

static void remove_records(struct removal *r, const struct ip *addr, const char *name)
{
	char text[DNAME_TEXT_MAX];

	if (!zone_name(name, text))
		return;
	*vec_push(&r->v) = (struct removed){ xstrdup(text), *addr };
	str_addf(&r->names, "%s\n", text);
	reverse_name(addr, text);
	str_addf(&r->names, "%s\n", text);
}

static bool is_removed(const struct removal *r, size_t first, const char *type, const char *data)
{
	struct ip addr;

	if (ip_parse(data, &addr) < 0 || strcmp(type, type_of(&addr)) != 0)
		return false;
	for (size_t i = first; i < r->v.n && !strcasecmp(r->v.v[i].name, r->v.v[first].name); i++)
		if (ip_equal(&r->v.v[i].addr, &addr))
			return true;
	return false;
}

/*
 * Adds those records of the names that are not removed, of Unbound's list: "NAME TTL IN TYPE DATA" per line. The list
 * is changed.
 */
static void keep_others(const struct removal *r, char *list, struct str *out)
{
	char *line, *rest = list;

	while ((line = strsep(&rest, "\n"))) {
		char *whole = xstrdup(line), *place = line;
		const char *name = strsep(&place, "\t "), *ttl = strsep(&place, "\t "), *class = strsep(&place, "\t ");
		const char *type = strsep(&place, "\t ");
		struct removed key = { .name = line };
		const struct removed *found = NULL;

		if (name && ttl && class && type && place && r->v.n)
			found = bsearch(&key, r->v.v, r->v.n, sizeof(key), compare_removed);
		if (found) {
			size_t first = (size_t)(found - r->v.v);

			while (first && !compare_removed(&r->v.v[first - 1], found))
				first--;
			if (!is_removed(r, first, type, place))
				str_addf(out, "%s\n", whole);
		}
		free(whole);
	}
}

static bool send_removal(const struct unbound *ub, struct removal *r, struct str *others, struct str *why)
{
	struct str response = { 0 };
	bool ok;

	if (!r->names.len)
		return true;
	qsort(r->v.v, r->v.n, sizeof(r->v.v[0]), compare_removed);
	ok = run(ub, "list_local_data", NULL, &response, why);
	if (ok && response.len)
		keep_others(r, response.text, others);
	ok = ok && run(ub, "local_datas_remove", &r->names, &response, why);
	str_free(&response);
	return ok;
}

static void removal_done(struct removal *r)
{
	for (size_t i = 0; i < r->v.n; i++)
		free(r->v.v[i].name);
	vec_free(&r->v);
	str_free(&r->names);
}

/* --- everything -------------------------------------------------------------------- */

bool unbound_send(struct unbound *ub, struct names *names, bool all, struct str *why)
{
	struct removal removal = { 0 };
	struct str added = { 0 }, others = { 0 }, response = { 0 };
	struct names_row *row;
	size_t place = 0;
	bool ok;

	while ((row = names_next(names, &place))) {
		const char *name = names_of(names, row);

		if (!all && str_equal(row->sent, name))
			continue;
		if (row->sent && !str_equal(row->sent, name))
			remove_records(&removal, &row->addr, row->sent);
		if (name)
			add_records(ub, &row->addr, name, &added);
	}
	ok = send_removal(ub, &removal, &others, why);
	str_add_n(&others, str_text(&added), added.len);
	ok = ok && (!others.len || run(ub, "local_datas", &others, &response, why)) && (ub->is_known || mark(ub, why));
	for (place = 0; ok && (row = names_next(names, &place));)
		if (!str_equal(row->sent, names_of(names, row)))
			names_set_sent(row, names_of(names, row));
	if (!ok)
		ub->is_known = false;
	removal_done(&removal);
	str_free(&added);
	str_free(&others);
	str_free(&response);
	return ok;
}
