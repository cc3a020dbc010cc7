/* SPDX-License-Identifier: MPL-2.0 */
/*
 * user_chk: clients that are in a file of known users are served as usual, and get options that the file has for them;
 * all others get the subnet with the highest id. What became of each client is appended to another file. Files are read
 * and written in the main thread.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "subnets.h"
#include "user_chk/messages.h"
#include "user_chk/registry.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define REFRESH_MS 1000
#define PATH_MAX_LEN 4096
#define RECORD_MAX 640
#define DOCSIS 4491 /* enterprise number of CableLabs */

enum {
	FILE_NAME4 = 67,
	TFTP_SERVER4 = 66,
	IA_NA = 3,
	IAADDR = 5,
	VENDOR_OPTS = 17,
	IA_PD = 25,
	IAPREFIX = 26,
	DOCSIS_TFTP = 32,
	DOCSIS_FILE = 33,
	NAK = 6
};

struct chk {
	struct kea_library *lib;
	int family;
	char registry_path[PATH_MAX_LEN], outcome_path[PATH_MAX_LEN];
	struct kea_timer *timer;
	struct stat seen; /* of the registry, when it was read */
	bool is_failing;  /* the outcome cannot be written, which was logged */
	/* Guards the registry, which the main thread replaces. */
	pthread_mutex_t lock;
	struct registry *registry;
};

/* Of a message, in its memory. */
struct packet {
	bool is_looked_up, is_known;
	struct user user; /* if it is known, or of the default user */
};

KEA_HOOK_LIBRARY

int kea_hook_threads(void)
{
	return 1;
}

/* --- the registry -------------------------------------------------------------------------------------------- */

static bool has_changed(const struct stat *a, const struct stat *b)
{
	return a->st_ino != b->st_ino || a->st_size != b->st_size || a->st_mtim.tv_sec != b->st_mtim.tv_sec ||
	       a->st_mtim.tv_nsec != b->st_mtim.tv_nsec;
}

/* In the main thread. A file that cannot be used leaves what was read before. */
static void refresh(void *context)
{
	struct chk *chk = context;
	struct registry *fresh, *old;
	struct stat st = { 0 };
	char why[PATH_MAX_LEN + 128];

	(void)kea->timer_start(chk->timer, REFRESH_MS);
	(void)stat(chk->registry_path, &st);
	if (!has_changed(&st, &chk->seen))
		return;
	chk->seen = st;
	fresh = registry_read(chk->registry_path, why, sizeof(why));
	if (!fresh) {
		LOG(USER_CHK_REGISTRY_INVALID, why);
		return;
	}
	LOG(USER_CHK_REGISTRY_READ, registry_count(fresh), chk->registry_path);
	(void)pthread_mutex_lock(&chk->lock);
	old = chk->registry;
	chk->registry = fresh;
	(void)pthread_mutex_unlock(&chk->lock);
	registry_free(old);
}

/* Who is not known has the values of the identifier 00:00:00:00, if the registry has that. */
static void look_up(struct chk *chk, const struct kea_object *query, struct packet *packet)
{
	static const unsigned char of_default[4];
	enum user_type type = chk->family == 4 ? USER_HWADDR : USER_DUID;
	const struct user *user = NULL;
	size_t len;
	const void *id = kea->get_bytes(query, chk->family == 4 ? KEA_PACKET_HWADDR : KEA_PACKET_CLIENT_ID, &len);

	(void)pthread_mutex_lock(&chk->lock);
	if (id)
		user = registry_find(chk->registry, type, id, len);
	packet->is_known = user != NULL;
	if (!user)
		user = registry_find(chk->registry, type, of_default, sizeof(of_default));
	if (user)
		packet->user = *user;
	(void)pthread_mutex_unlock(&chk->lock);
	packet->is_looked_up = true;
}

static struct packet *packet_of(struct kea_call *call)
{
	struct chk *chk = kea->context(kea->library(call));
	struct packet *packet = kea->packet_context(call, sizeof(*packet), NULL);

	if (packet && !packet->is_looked_up)
		look_up(chk, kea->argument(call, KEA_ARG_QUERY, 0), packet);
	return packet;
}

static int pkt_receive(struct kea_call *call)
{
	return packet_of(call) ? KEA_CONTINUE : KEA_DROP;
}

/* --- the subnet ---------------------------------------------------------------------------------------------- */

/* Of a configuration. */
struct restricted {
	int64_t id; /* -1: it has no subnets */
};

static int srv_configured(struct kea_call *call)
{
	struct chk *chk = kea->context(kea->library(call));
	struct subnet_walk walk = subnet_walk(kea->config(call), chk->family);
	const struct kea_json *subnet;
	struct restricted *restricted = calloc(1, sizeof(*restricted));

	if (!restricted)
		return KEA_DROP;
	restricted->id = -1;
	while ((subnet = subnet_next(&walk)) != NULL) {
		int64_t id = kea->json_int(kea->json_get(subnet, "id"));

		if (id > restricted->id)
			restricted->id = id;
	}
	(void)kea->set_config_context(call, restricted, free);
	return KEA_CONTINUE;
}

/* A client that is not known must not get another subnet. */
static int subnet_select(struct kea_call *call)
{
	const struct restricted *restricted = kea->config_context(call);
	const struct packet *packet = packet_of(call);

	if (!packet || !restricted)
		return KEA_DROP;
	if (packet->is_known || restricted->id < 0)
		return KEA_CONTINUE;
	return kea->set_subnet_id(call, (uint32_t)restricted->id) == 0 ? KEA_CONTINUE : KEA_DROP;
}

/* --- the outcome --------------------------------------------------------------------------------------------- */

struct record {
	struct chk *chk;
	char text[RECORD_MAX];
};

/* In the main thread. The file may be moved at any time. */
static void write_record(void *context)
{
	struct record *record = context;
	struct chk *chk = record->chk;
	size_t len = strlen(record->text);
	int fd = open(chk->outcome_path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);
	bool ok = fd >= 0 && write(fd, record->text, len) == (ssize_t)len;

	if (!ok && !chk->is_failing)
		LOG(USER_CHK_OUTCOME_FAILED, chk->outcome_path, strerror(errno));
	chk->is_failing = !ok;
	if (fd >= 0)
		(void)close(fd);
	free(record);
}

static void report(struct kea_call *call, const struct packet *packet, const char *type, const char *client,
		   const char *addr)
{
	struct record *record = calloc(1, sizeof(*record));

	if (!record)
		return;
	record->chk = kea->context(kea->library(call));
	(void)snprintf(record->text, sizeof(record->text), "id_type=%s\nclient=%s\naddr=%s\nregistered=%s\n\n", type,
		       client, addr, packet->is_known ? "yes" : "no");
	if (kea->post(record->chk->lib, write_record, record) < 0)
		free(record);
}

/* --- the response -------------------------------------------------------------------------------------------- */

static void set_option(struct kea_object *response, const uint32_t *path, unsigned depth, const char *value)
{
	if (*value)
		(void)kea->option_set(response, path, depth, value, strlen(value));
}

static int pkt4_send(struct kea_call *call)
{
	static const uint32_t file_name = FILE_NAME4, tftp_server = TFTP_SERVER4;
	const struct kea_object *query = kea->argument(call, KEA_ARG_QUERY, 0);
	struct kea_object *response = kea->argument(call, KEA_ARG_RESPONSE, 0);
	const struct packet *packet = packet_of(call);
	char client[80], mac[64], addr[32];
	int64_t type, hwtype;

	if (!packet || !response)
		return KEA_DROP;
	if (kea->get_int(response, KEA_PACKET_TYPE, &type) < 0 || type == NAK)
		return KEA_CONTINUE;
	set_option(response, &file_name, 1, packet->user.bootfile);
	if (packet->user.bootfile[0])
		(void)kea->set_text(response, KEA_PACKET_FILE, packet->user.bootfile);
	set_option(response, &tftp_server, 1, packet->user.tftp_server);
	if (kea->get_text(query, KEA_PACKET_HWADDR, mac, sizeof(mac)) < 0 ||
	    kea->get_int(query, KEA_PACKET_HWTYPE, &hwtype) < 0 ||
	    kea->get_text(response, KEA_PACKET_YIADDR, addr, sizeof(addr)) < 0)
		return KEA_CONTINUE;
	(void)snprintf(client, sizeof(client), "hwtype=%d %s", (int)hwtype, mac);
	report(call, packet, "HW_ADDR", client, addr);
	return KEA_CONTINUE;
}

/* Finds the first address or prefix of an IA; false: it has none. */
static bool first_of(const struct kea_object *response, uint32_t ia, uint32_t code, char *out, size_t size)
{
	const uint32_t path[] = { ia, code };
	char text[INET6_ADDRSTRLEN];
	size_t len;
	const unsigned char *data = kea->option_get(response, path, 2, 0, &len);

	if (!data || len < (code == IAADDR ? 24u : 25u) ||
	    !inet_ntop(AF_INET6, code == IAADDR ? data : data + 9, text, sizeof(text)))
		return false;
	if (code == IAADDR)
		(void)snprintf(out, size, "%s", text);
	else
		(void)snprintf(out, size, "%s/%u", text, data[8]);
	return true;
}

static int pkt6_send(struct kea_call *call)
{
	static const uint32_t vendor[] = { VENDOR_OPTS, DOCSIS }, file_name[] = { VENDOR_OPTS, DOCSIS, DOCSIS_FILE },
			      tftp_server[] = { VENDOR_OPTS, DOCSIS, DOCSIS_TFTP };
	const struct kea_object *query = kea->argument(call, KEA_ARG_QUERY, 0);
	struct kea_object *response = kea->argument(call, KEA_ARG_RESPONSE, 0);
	const struct packet *packet = packet_of(call);
	char duid[3 * USER_ID_MAX + 1], addr[64];
	size_t len;

	if (!packet || !response)
		return KEA_DROP;
	if (!first_of(response, IA_NA, IAADDR, addr, sizeof(addr)) &&
	    !first_of(response, IA_PD, IAPREFIX, addr, sizeof(addr)))
		return KEA_CONTINUE;
	/* As in Kea: only what the response has already is changed. */
	if (kea->option_get(response, vendor, 2, 0, &len)) {
		set_option(response, file_name, 3, packet->user.bootfile);
		set_option(response, tftp_server, 3, packet->user.tftp_server);
	}
	if (kea->get_text(query, KEA_PACKET_CLIENT_ID, duid, sizeof(duid)) >= 0)
		report(call, packet, "DUID", duid, addr);
	return KEA_CONTINUE;
}

/* --- life ---------------------------------------------------------------------------------------------------- */

static void set_path(char out[PATH_MAX_LEN], const char *variable, const char *directory, const char *name)
{
	const char *env = getenv(variable);

	(void)snprintf(out, PATH_MAX_LEN, "%s/%s", env && *env ? env : directory, name);
}

/* Both files must be usable, as in Kea. */
static int open_files(struct kea_library *lib, struct chk *chk)
{
	char why[PATH_MAX_LEN + 128];
	int fd;

	(void)stat(chk->registry_path, &chk->seen);
	chk->registry = registry_read(chk->registry_path, why, sizeof(why));
	if (!chk->registry)
		return kea->fail(lib, NULL, "%s", why);
	if (kea->is_check(lib))
		return 0;
	fd = open(chk->outcome_path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);
	if (fd < 0)
		return kea->fail(lib, NULL, "cannot write %s: %s", chk->outcome_path, strerror(errno));
	(void)close(fd);
	LOG(USER_CHK_REGISTRY_READ, registry_count(chk->registry), chk->registry_path);
	chk->timer = kea->timer(lib, refresh, chk);
	return kea->timer_start(chk->timer, REFRESH_MS);
}

int kea_hook_load(struct kea_library *lib, const struct kea_api *api)
{
	static const char *const keys[] = { NULL };
	struct chk *chk = calloc(1, sizeof(*chk));
	const struct {
		const char *point;
		kea_hook_fn *fn;
	} points[] = {
		{ "dhcp#_srv_configured", srv_configured },
		{ "pkt#_receive", pkt_receive },
		{ "subnet#_select", subnet_select },
		{ "pkt4_send", pkt4_send },
		{ "pkt6_send", pkt6_send },
	};
	int err;

	messages_register(lib, api);
	if (!chk)
		return KEA_E_NOMEM;
	(void)pthread_mutex_init(&chk->lock, NULL);
	chk->lib = lib;
	chk->family = kea->family(lib);
	kea->set_context(lib, chk);
	(void)kea->param_keys(lib, kea->parameters(lib), keys);
	set_path(chk->registry_path, "KEA_USER_CHK_DIR", KEA_USER_CHK_DIR, "user_chk_registry.txt");
	set_path(chk->outcome_path, "KEA_DHCP_DATA_DIR", KEA_DATA_DIR, "user_chk_outcome.txt");
	err = open_files(lib, chk);
	for (size_t i = 0; i < sizeof(points) / sizeof(points[0]) && !err; i++)
		err = kea->on(lib, points[i].point, points[i].fn);
	return err;
}

void kea_hook_unload(struct kea_library *lib)
{
	struct chk *chk = kea->context(lib);

	if (!chk)
		return;
	registry_free(chk->registry);
	(void)pthread_mutex_destroy(&chk->lock);
	free(chk);
}
