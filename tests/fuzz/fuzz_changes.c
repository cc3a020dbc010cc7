/* SPDX-License-Identifier: MPL-2.0 */
/* FILE.changes of "persist-changes": any lines after the first are made as changes, or the file is not used. */
#include "daemon/changes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ROOM 256
static const char config[] =
	"{ \"Dhcp4\": { \"subnet4\": [ { \"id\": 1, \"subnet\": \"192.0.2.0/24\", \"pools\": [ { \"pool\": "
	"\"192.0.2.0/28\" } ],"
	" \"reservations\": [ { \"hw-address\": \"02:00:00:00:00:01\", \"ip-address\": \"192.0.2.9\" } ] } ],"
	" \"client-classes\": [ { \"name\": \"a\", \"test\": \"option[60].exists\" } ] } }";

static char file[ROOM];

static void remove_file(void)
{
	char changes[ROOM + 16];

	(void)snprintf(changes, sizeof(changes), "%s.changes", file);
	(void)unlink(changes);
	(void)unlink(file);
}

static void make_file(void)
{
	const char *dir = getenv("TMPDIR");
	int fd;

	(void)snprintf(file, sizeof(file), "%s/fuzz_changes.XXXXXX", dir && strlen(dir) < ROOM / 2 ? dir : "/tmp");
	fd = mkstemp(file);
	if (fd < 0)
		abort();
	(void)close(fd);
	(void)atexit(remove_file);
}

static struct config *load(struct diag **diag)
{
	struct config *cfg = NULL;

	if (config_load_text(file, config, strlen(config), 4, CONFIG_RELAXED | CONFIG_SERVE, diag, &cfg) < 0)
		abort();
	return cfg;
}

static void write_lines(const struct changes *c, const char *hash, const uint8_t *data, size_t size)
{
	FILE *f = fopen(c->path, "we");

	if (!f || fprintf(f, "{\"base\":\"%s\"}\n", hash) < 0 || fwrite(data, 1, size, f) != size || fclose(f) != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct diag *diag = NULL;
	struct changes c;
	struct config *cfg;

	if (!file[0])
		make_file();
	changes_init(&c, 0, file);
	/* Without the file, for the hash of the configuration. */
	(void)unlink(c.path);
	cfg = load(&diag);
	cfg = changes_replay(&c, cfg, diag, CONFIG_RELAXED | CONFIG_SERVE);
	write_lines(&c, c.next.hash, data, size);
	cfg = changes_replay(&c, cfg, diag, CONFIG_RELAXED | CONFIG_SERVE);
	if (!cfg || (c.next.state != CHANGES_MADE && c.next.state != CHANGES_BAD && c.next.state != CHANGES_FOLDED))
		abort();
	config_free(cfg);
	diag_free(diag);
	changes_done(&c);
	return 0;
}
