/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "ctl/channel.h"
#include "ddns/sender.h"
#include "hook/hooks.h"
#include "host/keeper.h"
#include "io/sock.h"
#include "root/classes.h"
#include "root/config_text.h"
#include "root/keys.h"
#include "subnet/subnet.h"
#include "wire/hwaddr6.h"

/* A database over SQL: its keys and the connection they describe. */
struct sql_database {
	const struct database_conf *conf;
	struct db_conf db;
};

/*
 * A configuration as the server uses it: read, checked, with inheritance applied and options encoded. Immutable once
 * built; its arena holds everything in it.
 */
struct config {
	struct arena *arena;
	unsigned family;           /* KEY_4, KEY_6 */
	struct global_conf global; /* the values as read; keys that need no further processing are used from here */
	/* Only for loading and printing; gone with CONFIG_SERVE: */
	struct json_doc doc;
	struct arena *loading;            /* the reservations as read */
	struct json_object *texts;        /* of expressions that are not in the document; NULL if none */
	struct json_object *boot_classes; /* the classes of "boot", as configuration */

	struct listen *listen; /* interfaces-config */
	unsigned n_listen;
	struct pos *listen_pos; /* position of each listen entry */

	struct ncr_target ncr_target; /* dhcp-ddns */
	bool needs_regex;             /* a name may need a regular expression: workers have a scratch for it */

	const char *lease_file;               /* absolute; NULL unless the lease database is memfile */
	const struct sql_database *lease_sql; /* NULL if it is memfile */
	const struct sql_database *hosts_sql; /* databases of reservations, in order */
	unsigned n_hosts_sql;
	void (*hosts_closed)(
		void *ctx); /* called by config_free() when `hosts` is closed; NULL: nobody waits for that */
	void *hosts_ctx;

	struct dict *dict;
	struct optlist opts; /* global */
	struct classes classes;
	struct plan plan;
	struct host_source
		*hosts; /* reservations, of the file when it is loaded; NULL: none. Closed by config_free() */
	enum host_id_type host_ids[HOST_ID_N]; /* types of identifiers for lookups there, in this order */
	unsigned n_host_ids;
	bool has_global_hosts;
	bool keeps_hosts;        /* "libdhcp_host_cache.so" */
	uint32_t max_kept_hosts; /* 0: any number */
	/* What messages ask instead of `hosts`, made when that is open; NULL: none. Freed by config_free(). */
	struct host_keeper *keeper;
	bool asks_hosts;            /* reservations are also in databases: which addresses are reserved must be asked */
	const uint32_t *server_ids; /* DHCPv4: configured values of dhcp-server-identifier, in all scopes; ascending */
	unsigned n_server_ids;
	/* DHCPv6 */
	enum hwaddr6_source *mac_sources;
	unsigned n_mac_sources;
	uint16_t *rsoo; /* options that relays may supply */
	unsigned n_rsoo;
	const char *duid_file; /* absolute */

	struct config_text *text;      /* CONFIG_SERVE: what commands read and change */
	struct channel_conf *channels; /* control-sockets */
	unsigned n_channels;
	struct hooks *hooks;      /* libraries; NULL: none. Unloaded by config_free() */
	struct agent_conf *agent; /* Control-agent; NULL: none, or taken */
	bool has_agent;           /* agent is valid: the configuration comes from a file */

	struct log_conf log;
	const char *summary; /* "2 subnets, 3 pools, ...", for the log */
};

/* 4 or 6 */
static inline unsigned config_digit(const struct config *cfg)
{
	return cfg->family == KEY_6 ? 6 : 4;
}

/* True if the server receives on raw sockets. */
static inline bool config_is_raw(const struct config *cfg)
{
	return cfg->global.interfaces_config->dhcp_socket_type == SOCKETS_RAW;
}

/* True if the kernel's routes choose the outgoing interface of responses. */
static inline bool config_is_routed(const struct config *cfg)
{
	return cfg->global.interfaces_config->outbound_interface == OUTBOUND_ROUTED;
}

/* True if the configuration sends this server identifier to some client. */
bool config_has_server_id(const struct config *cfg, uint32_t id);

/* For struct host_sql_conf: ctx is the configuration, which must be complete and is not changed. */
int config_host_options(void *ctx, const struct host_option *v, unsigned n, struct arena *arena, struct optlist *ret,
			struct str *why);
bool config_host_subnet(void *ctx, uint32_t subnet_id, struct prefix *ret);
/*
 * Appends the text, a JSON map, that config-get has for a reservation which the source of the configuration file has
 * found; nothing if `out` is NULL. Returns its position in the list of its subnet. The configuration serves. Main
 * thread; the first call for a configuration takes time in proportion to its size.
 */
size_t config_host_text(const struct config *cfg, struct host_source *file, const struct host *host, struct str *out);
/*
 * Reads a reservation, as in the configuration, that is not part of it: with extra->texts, to be stored elsewhere. cfg
 * must be complete and is not changed; subnet_id is 0 for a global one, or that of a subnet of cfg. The result is in
 * the arena, which has no cap. -E_INVAL: the errors are in diag.
 */
int config_host_read(const struct config *cfg, struct json_object *map, uint32_t subnet_id, struct arena *arena,
		     struct diag *diag, struct host *ret);

enum {
	CONFIG_CHECK = 1,   /* -t: does not check what depends on this host */
	CONFIG_RELAXED = 2, /* -X: path errors become warnings */
	CONFIG_SERVE = 4,   /* frees what only loading and printing need */
};

/*
 * Reads and builds a configuration; the running one is not touched. *ret_diag is always set; the caller frees it.
 * Returns 0, or -E_CONFIG with the errors in it.
 */
int config_load_file(const char *path, unsigned digit, unsigned flags, struct diag **ret_diag, struct config **ret);
/* Same as config_load_file, from memory. */
int config_load_text(const char *name, const char *text, size_t len, unsigned digit, unsigned flags,
		     struct diag **ret_diag, struct config **ret);
/*
 * Same as config_load_file, from a document: { "Dhcp4": { ... } }, whose memory must outlive the call. Errors are added
 * to diag, in which the texts of the document are sources.
 */
int config_load_json(struct json_object *top, unsigned digit, unsigned flags, struct diag *diag, struct config **ret);
/*
 * Reads only the logging settings of a file that may otherwise be broken; NULL if they are not usable. Only `log` of
 * the result is valid.
 */
struct config *config_load_log(const char *path, unsigned digit, unsigned flags);
void config_free(struct config *cfg); /* accepts NULL */
/*
 * Returns what config-get shows: { "Dhcp4": ... }. It refers to values in cfg's document, so the caller must put it
 * before freeing cfg. Not for a configuration loaded with CONFIG_SERVE.
 */
struct json_object *config_print(const struct config *cfg);
/* Returns "Dhcp4" or "Dhcp6". */
const char *config_root_name(unsigned digit);
/*
 * Returns what Kea can read: without defaults and without the keys that only this server has, which are replaced by
 * classes and guards or reported in diag. Like config_print().
 */
struct json_object *config_print_kea(const struct config *cfg, struct diag *diag);
void config_print_schema(unsigned digit, FILE *to);
void config_print_reference(unsigned digit, FILE *to);
