/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "ctl/channel.h"
#include "json/read.h"
#include "kea-dhcp-ddns/keys.h"
#include "kea-dhcp-ddns/stats.h"
#include "kea-dhcp-ddns/tsig_key.h"
#include "log/config.h"
#include "root/config_text.h"

#define D2_PROGRAM "kea-dhcp-ddns"
#define D2_ROOT "DhcpDdns"
#define DNS_PORT 53

/* A configuration of kea-dhcp-ddns as it is used. Immutable once built; its arena holds everything in it. */
struct d2_key {
	struct tsig_key tsig;
	const char *text; /* its name */
	struct d2_stats *stats;
};

struct d2_server {
	struct ip ip;
	uint16_t port;
	const struct d2_key *key; /* NULL: updates are not signed */
	const char *text;         /* "192.0.2.1", "192.0.2.1 port 5353" */
};

struct d2_domain {
	struct dname name;
	const char *text;
	struct d2_server *servers; /* in the order in which they are tried; at least one */
	unsigned n_servers;
	unsigned number; /* of all domains, forward ones first */
	/*
	 * RFC 2317: a zone for a part of an IPv4 /24, "64/26.2.0.192.in-addr.arpa" or "64-127.2.0.192.in-addr.arpa".
	 * The records of its addresses are below it: "70.64/26.2.0.192.in-addr.arpa".
	 */
	bool is_part;
	uint8_t first, last;
};

struct d2_domains {
	struct d2_domain *v;
	unsigned n;
	uint32_t *index; /* hash table of positions in v, plus 1 */
	unsigned index_size;
};

struct d2_config {
	struct arena *arena;
	struct d2_conf conf; /* as read */
	struct json_doc doc; /* only for printing */
	struct ip ip;
	struct d2_domains forward, reverse;
	bool has_parts; /* some reverse domain is one of RFC 2317 */
	struct d2_key *keys;
	unsigned n_keys;
	struct log_conf log;
	struct channel_conf *channels; /* control-sockets */
	unsigned n_channels;
	struct hooks *hooks;      /* NULL: no libraries */
	struct config_text *text; /* for commands; NULL without CONFIG_SERVE */
	const char *summary;      /* "2 forward domains, 1 reverse domain, 1 key" */
};

/* flags as in root/config.h. *ret_diag is always set; the caller frees it. 0, or -E_CONFIG with the errors in it. */
int d2_config_load_file(const char *path, unsigned flags, struct diag **ret_diag, struct d2_config **ret);
int d2_config_load_text(const char *name, const char *text, size_t len, unsigned flags, struct diag **ret_diag,
			struct d2_config **ret);
/* The same from a document, { "DhcpDdns": { ... } }, whose memory must outlive the call. Errors are added to diag. */
int d2_config_load_json(struct json_object *top, unsigned flags, struct diag *diag, struct d2_config **ret);
void d2_config_free(struct d2_config *cfg); /* accepts NULL */
/* Returns { "DhcpDdns": ... }; refers to cfg. Not for one loaded with CONFIG_SERVE. */
struct json_object *d2_config_print(const struct d2_config *cfg);
void d2_config_print_schema(FILE *to);
void d2_config_print_reference(FILE *to);

/* Returns the domain with the longest name that the name is under; NULL if there is none. */
const struct d2_domain *d2_find_forward(const struct d2_config *cfg, const struct dname *name);
/* The same for the name of an address, which is *ret_owner. */
const struct d2_domain *d2_find_reverse(const struct d2_config *cfg, const struct ip *ip, struct dname *ret_owner);
