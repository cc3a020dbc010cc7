/* SPDX-License-Identifier: MPL-2.0 */
/* Global settings that only DHCPv6 has: mac-sources, relay-supplied-options, server-id. */
#include "root/config_build.h"

static void build_mac_sources(struct build *b)
{
	const struct conf_strings *names = &b->root->mac_sources;
	struct config *cfg = b->cfg;
	unsigned i;

	cfg->mac_sources = arena_new_array(cfg->arena, enum hwaddr6_source, names->n + 1);
	for (i = 0; i < names->n; i++) {
		enum hwaddr6_source source = hwaddr6_source_by_name(names->v[i]);

		if (source == HWADDR6_UNKNOWN) {
			diag_error(b->diag, names->pos[i], "\"%s\" is not a source of hardware addresses", names->v[i]);
			diag_help(b->diag,
				  "valid sources are any, duid, ipv6-link-local, client-link-addr-option, remote-id, "
				  "subscriber-id, docsis-cmts, docsis-modem and their RFC names");
			continue;
		}
		if (source == HWADDR6_RAW)
			diag_warn(b->diag, names->pos[i],
				  "source \"raw\" finds no hardware address: DHCPv6 messages are received without the "
				  "link-layer header");
		cfg->mac_sources[cfg->n_mac_sources++] = source;
	}
	if (!CONF_SET(b->root, mac_sources))
		cfg->mac_sources[cfg->n_mac_sources++] = HWADDR6_ANY;
}

/* RFC 6422 8: option 65 plus what the operator adds, by number or name. */
static void build_rsoo(struct build *b)
{
	const struct conf_strings *names = &b->root->relay_supplied_options;
	struct config *cfg = b->cfg;
	unsigned i;

	cfg->rsoo = arena_new_array(cfg->arena, uint16_t, names->n + 1);
	cfg->rsoo[cfg->n_rsoo++] = OPT6_ERP_LOCAL_DOMAIN_NAME;
	for (i = 0; i < names->n; i++) {
		const struct optdef *def = dict_by_name(cfg->dict, "dhcp6", names->v[i]);
		char *end;
		unsigned long code = strtoul(names->v[i], &end, 10);

		if (def)
			code = def->code;
		if (!def && (*end || !code || code > UINT16_MAX))
			diag_error(b->diag, names->pos[i], "\"%s\" is neither an option code nor an option name",
				   names->v[i]);
		else
			cfg->rsoo[cfg->n_rsoo++] = (uint16_t)code;
	}
}

static void build_server_id(struct build *b)
{
	struct server_id_conf *conf = b->root->server_id;
	struct duid_conf *duid = &conf->duid;
	struct duid probe;

	duid->is_set = CONF_SET(conf, duid.type);
	if (!conf->identifier || !conf->identifier[0])
		return;
	duid->identifier = arena_alloc(b->cfg->arena, sizeof(probe.b));
	duid->identifier_len =
		hex_to_bytes(conf->identifier, strlen(conf->identifier), duid->identifier, sizeof(probe.b) - 8);
	if (duid->identifier_len <= 0)
		diag_error(b->diag, conf_pos(&conf->node, "identifier"),
			   "\"%s\" is not a hex string of at most %zu bytes", conf->identifier, sizeof(probe.b) - 8);
	else if (duid->type == DUID_UUID && duid->identifier_len != 16)
		diag_error(b->diag, conf_pos(&conf->node, "identifier"), "\"%s\" has %d bytes, but a UUID has 16",
			   conf->identifier, duid->identifier_len);
}

void build_root6(struct build *b)
{
	build_mac_sources(b);
	build_rsoo(b);
	build_server_id(b);
}
