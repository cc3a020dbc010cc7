/* SPDX-License-Identifier: MPL-2.0 */
#include "root/duid6.h"

#include "base/clock.h"
#include "base/err.h"
#include "base/file.h"
#include "base/hash.h"
#include "io/iface.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static int fail(char *why, size_t size, const char *what, const char *path, int how)
{
	char reason[FILE_WHY_MAX];

	(void)snprintf(why, size, "%s %s: %s", what, path, file_why(path, how, reason));
	return -E_SYS;
}

/* Returns 0, -E_NOENT if there is no file, -E_INVAL if it contains no DUID, -E_SYS with errno. */
static int read_stored(const char *path, struct duid *ret)
{
	char text[512];
	/* A pipe without a writer must not block the start. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), saved;
	ssize_t len;

	if (fd < 0)
		return errno == ENOENT ? -E_NOENT : -E_SYS;
	len = read(fd, text, sizeof(text) - 1);
	saved = errno;
	(void)close(fd);
	errno = saved;
	if (len < 0)
		return -E_SYS;
	while (len && strchr(" \t\r\n", text[len - 1]))
		len--;
	text[len] = '\0';
	return duid_parse(text, ret) < 0 ? -E_INVAL : 0;
}

static int write_synced(int fd, const char *text, size_t len)
{
	ssize_t n = write(fd, text, len);

	if (n < 0)
		return -E_SYS;
	if ((size_t)n != len) {
		errno = ENOSPC;
		return -E_SYS;
	}
	return fsync(fd) < 0 ? -E_SYS : 0;
}

/* Replaces anything at `temp`: it was left by a failed start, or is a planted link. */
static int write_new(const char *temp, const char *text, size_t len)
{
	int fd, err, saved;

	(void)unlink(temp);
	fd = file_open(temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0640);
	if (fd < 0)
		return -E_SYS;
	err = write_synced(fd, text, len);
	saved = errno;
	(void)close(fd);
	errno = saved;
	return err;
}

/* Stores the DUID atomically: it is completely on disk, or the file is unchanged. */
static int store(const char *path, const struct duid *duid, char *why, size_t size)
{
	char text[3 * DUID_MAX + 2], *temp;
	size_t len;
	int err = 0;

	(void)bytes_to_hex(duid_bytes(duid), ':', text, sizeof(text));
	len = strlen(text);
	text[len++] = '\n';
	if (asprintf(&temp, "%s.new", path) < 0)
		return -E_NOMEM;
	if (write_new(temp, text, len) < 0)
		err = fail(why, size, "cannot write", temp, W_OK);
	else if (rename(temp, path) < 0 || file_sync_folder(path) < 0)
		err = fail(why, size, "cannot write", path, W_OK);
	if (err < 0)
		(void)unlink(temp);
	free(temp);
	return err;
}

/* Finds an Ethernet address of this host, preferably of an interface that is up. */
static bool find_mac(uint8_t mac[6])
{
	struct ifaces *ifaces = NULL;
	bool found = false, up = false;
	unsigned i;

	if (ifaces_read(&ifaces) < 0)
		return false;
	for (i = 0; i < ifaces->n; i++) {
		const struct iface *iface = &ifaces->v[i];
		static const uint8_t none[6];

		if (iface->hwtype != 1 || iface->mac_len != 6 || !memcmp(iface->mac, none, 6) ||
		    (iface->flags & IFF_LOOPBACK) || (found && (up || !iface_is_up(iface))))
			continue;
		memcpy(mac, iface->mac, 6);
		found = true;
		up = iface_is_up(iface);
	}
	ifaces_free(ifaces);
	return found;
}

static uint16_t get16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

/* Returns the number of bytes before the identifier. */
static size_t fixed_len(enum duid_type type)
{
	switch (type) {
	case DUID_LLT:
		return 8;
	case DUID_EN:
		return 6;
	case DUID_LL:
		return 4;
	case DUID_UUID:
		break;
	}
	return 2;
}

/* Fills in what the configuration does not set from the stored DUID if its type is the same, or generates it. */
static int make(const struct duid_conf *conf, const struct duid *stored, struct duid *ret)
{
	bool same = stored && stored->len > 8 && get16(stored->b) == conf->type;
	struct bytes id = bytes_of(conf->identifier, (size_t)(conf->identifier_len > 0 ? conf->identifier_len : 0));
	uint16_t htype = conf->htype ? conf->htype : same ? get16(stored->b + 2) : 1;
	uint32_t time = conf->time;
	uint8_t mac[6], random[16];
	size_t skip = fixed_len(conf->type);
	unsigned i;

	if (!time && conf->type == DUID_LLT && same) {
		struct reader r = reader_init(stored->b + 4, 4);

		time = read_u32(&r);
	}
	if (!time)
		time = duid_time(clock_wall_sec());
	for (i = 0; i < sizeof(random); i += 8) {
		uint64_t n = rand_u64();

		memcpy(random + i, &n, 8);
	}
	if (!id.len && same && stored->len > skip)
		id = bytes_of(stored->b + skip, stored->len - skip);
	if (!id.len && conf->type == DUID_EN)
		id = bytes_of(random, 6);
	if (!id.len && find_mac(mac))
		id = bytes_of(mac, 6);
	if (!id.len)
		id = bytes_of(random, 6);
	switch (conf->type) {
	case DUID_EN:
		/* 2495 is ISC's enterprise number, Kea's default. */
		return duid_make_en(conf->enterprise ? conf->enterprise : 2495, id, ret);
	case DUID_LL:
		return duid_make_ll(htype, id, ret);
	case DUID_UUID:
		duid_make_uuid(random, ret);
		/* A configured UUID is used unchanged. */
		if (id.len == 16)
			memcpy(ret->b + skip, id.data, 16);
		return 0;
	case DUID_LLT:
		break;
	}
	return duid_make_llt(htype, time, id, ret);
}

int duid6_prepare(const struct config *cfg, struct duid *ret, char *why, size_t size)
{
	struct duid_conf conf = cfg->global.server_id->duid;
	struct duid stored;
	int err = read_stored(cfg->duid_file, &stored);

	if (err == -E_SYS)
		return fail(why, size, "cannot read", cfg->duid_file, R_OK);
	if (err == -E_INVAL) {
		(void)snprintf(why, size, "%s does not contain a DUID in hex", cfg->duid_file);
		return err;
	}
	if (!conf.is_set && err == 0) {
		*ret = stored;
		return 0;
	}
	if (!conf.is_set) {
		conf.type = DUID_LLT;
		conf.persist = true;
	}
	if (make(&conf, err == 0 ? &stored : NULL, ret) < 0) {
		(void)snprintf(why, size, "server-id: these values do not form a valid DUID");
		return -E_INVAL;
	}
	if (!conf.persist || (err == 0 && bytes_equal(duid_bytes(&stored), duid_bytes(ret))))
		return 0;
	return store(cfg->duid_file, ret, why, size);
}
