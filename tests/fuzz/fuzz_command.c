/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A command with arguments, to a server without interfaces: every text gets a response, which is a JSON map with a
 * result. The first byte chooses the family. Commands that reach outside of the server (sockets, files, processes) are
 * not allowed; config-test reads the same arguments as config-set.
 */
#include "base/str.h"
#include "daemon/commands.h"
#include "log/config.h"

#include <ftw.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define TURNS_MAX 2000

static const char *const forbidden[] = { "config-set",    "config-reload", "config-write",      "interface-add",
					 "kea-lfc-start", "shutdown",      "interface-redetect" };

static struct daemon servers[2];
static const char *names[2][256];
static struct conf_strings allowed[2];
static char dir[64];

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

static void clean_up(void)
{
	for (unsigned i = 0; i < 2; i++) {
		daemon_stop(&servers[i]);
		loop_free(servers[i].loop);
	}
	(void)nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void allow(void *ctx, const struct command *cmd, bool is_available)
{
	struct conf_strings *list = ctx;

	for (unsigned i = 0; i < sizeof(forbidden) / sizeof(forbidden[0]); i++)
		if (!strcmp(forbidden[i], cmd->name))
			return;
	if (is_available && list->n < 256)
		list->v[list->n++] = cmd->name;
}

static void start(struct daemon *d, const struct family *fam, const char *members)
{
	static char paths[2][96];
	char *path = paths[fam->idx];
	FILE *f;

	(void)snprintf(path, sizeof(paths[0]), "%s/kea%u.conf", dir, fam->digit);
	f = fopen(path, "w");
	if (!f ||
	    fprintf(f,
		    "{ \"Dhcp%u\": { \"interfaces-config\": { \"interfaces\": [] }, \"commands\": \"all\", "
		    "\"lease-database\": { \"type\": \"memfile\", \"persist\": false }, \"hooks-libraries\": [ { "
		    "\"library\": \"libdhcp_host_cache.so\", \"parameters\": { \"maximum\": 9 } } ], %s } }",
		    fam->digit, members) < 0 ||
	    fclose(f) != 0)
		abort();
	*d = (struct daemon){ .fam = fam,
			      .commands = &server_commands,
			      .opts = { .config_file = path, .verbose = true } };
	d->loop = loop_new();
	if (!d->loop || daemon_start(d) < 0)
		abort();
}

static void begin(void)
{
	(void)snprintf(dir, sizeof(dir), "/tmp/fuzz_command.XXXXXX");
	if (!mkdtemp(dir) || setenv("KEA_PIDFILE_DIR", dir, 1) < 0 || setenv("KEA_DHCP_DATA_DIR", dir, 1) < 0)
		abort();
	if (!freopen("/dev/null", "w", stdout))
		abort();
	start(&servers[0], &family4,
	      "\"subnet4\": [ { \"id\": 1, \"subnet\": \"192.0.2.0/24\", \"pools\": [ { \"pool\": "
	      "\"192.0.2.10-192.0.2.99\" } ] } ]");
	start(&servers[1], &family6,
	      "\"server-id\": { \"type\": \"EN\", \"enterprise-id\": 2495, \"identifier\": \"0102\", \"persist\": "
	      "false }, "
	      "\"subnet6\": [ { \"id\": 1, \"subnet\": \"2001:db8::/32\", \"pools\": [ { \"pool\": "
	      "\"2001:db8:0:1::/64\" } ] "
	      "} ]");
	for (unsigned i = 0; i < 2; i++) {
		allowed[i].v = names[i];
		ctl_each(servers[i].ctl, allow, &allowed[i]);
	}
	(void)atexit(clean_up);
}

static void on_ready(void *ctx)
{
	*(bool *)ctx = true;
}

/* The response must come, and be a map with a result. */
static void respond(struct daemon *d, struct ctl_call *call, const bool *is_ready, struct str *out)
{
	struct json_object *map, *result;
	enum ctl_more more;
	unsigned turns = 0;

	while ((more = ctl_call_read(call, out)) != CTL_END && more != CTL_FAILED)
		while (more == CTL_WAIT && !*is_ready)
			if (loop_run_once(d->loop, 1) < 0 || ++turns > TURNS_MAX)
				abort();
	if (more == CTL_FAILED)
		return;
	map = json_tokener_parse(str_text(out));
	if (!map || !json_object_object_get_ex(map, "result", &result))
		abort();
	json_object_put(map);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ctl_who who = { .channel = "fuzz" };
	bool is_ready = false;
	struct str out = { 0 };
	struct ctl_call *call;
	struct daemon *d;

	if (!dir[0])
		begin();
	if (!size)
		return 0;
	d = &servers[data[0] == '6'];
	who.commands = &allowed[data[0] == '6'];
	call = ctl_dispatch(d->ctl, ctl_request_parse((const char *)data + 1, size - 1), &who, on_ready, &is_ready);
	/* Some clients leave at once. */
	if (size % 7)
		respond(d, call, &is_ready, &out);
	ctl_call_free(call);
	(void)loop_run_once(d->loop, 0);
	str_free(&out);
	return 0;
}
