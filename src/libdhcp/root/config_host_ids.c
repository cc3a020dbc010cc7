/* SPDX-License-Identifier: MPL-2.0 */
/* The identifiers of reservations, and host-reservation-identifiers. */
#include "base/err.h"
#include "root/config_build.h"

const char *host_id_text(const struct reservation_conf *conf, enum host_id_type type)
{
	switch (type) {
	case HOST_ID_HW_ADDRESS:
		return CONF_SET(conf, hw_address) ? conf->hw_address : NULL;
	case HOST_ID_DUID:
		return CONF_SET(conf, duid) ? conf->duid : NULL;
	case HOST_ID_CIRCUIT_ID:
		return CONF_SET(conf, circuit_id) ? conf->circuit_id : NULL;
	case HOST_ID_CLIENT_ID:
		return CONF_SET(conf, client_id) ? conf->client_id : NULL;
	case HOST_ID_FLEX_ID:
		return CONF_SET(conf, flex_id) ? conf->flex_id : NULL;
	default:
		return NULL;
	}
}

/* True if there is an identifier, whatever is wrong with it; that has been reported. */
static bool any_id_key(const struct reservation_conf *conf)
{
	for (unsigned i = 0; i < HOST_ID_N; i++)
		if (json_object_object_get_ex(conf->node.json, host_id_rows[i].name, NULL))
			return true;
	return false;
}

/* Parses hex, or text in single quotes. */
static bool parse_id(struct build *b, const struct reservation_conf *conf, enum host_id_type type, const char *text,
		     uint8_t buf[HOST_ID_ROOM], struct host_id *ret)
{
	const struct host_id_row *row = &host_id_rows[type];
	struct pos pos = conf_pos(&conf->node, row->name);
	int err = host_id_parse(type, text, buf, ret);

	if (err == -E_INVAL)
		diag_error(b->diag, pos, "%s \"%s\" is neither hex nor text in single quotes", row->name, text);
	else if (err == -E_NOENT)
		diag_error(b->diag, pos, "%s must not be empty", row->name);
	else if (err < 0)
		diag_error(b->diag, pos, "%s is longer than %u bytes", row->name, row->max);
	return err == 0;
}

bool build_host_id(struct build *b, const struct reservation_conf *conf, uint8_t buf[HOST_ID_ROOM], struct host_id *ret)
{
	const char *found = NULL;
	enum host_id_type type = HOST_ID_N;
	unsigned family = b->cfg->family == KEY_6;

	for (unsigned i = 0; i < HOST_ID_N; i++) {
		const char *text = host_id_rows[i].in_family[family] ? host_id_text(conf, (enum host_id_type)i) : NULL;

		if (text && found) {
			diag_error(b->diag, conf_pos(&conf->node, host_id_rows[i].name),
				   "a reservation has one identifier: both \"%s\" and \"%s\" are set",
				   host_id_rows[type].name, host_id_rows[i].name);
			return false;
		}
		if (!text)
			continue;
		found = text;
		type = (enum host_id_type)i;
	}
	if (found)
		return parse_id(b, conf, type, found, buf, ret);
	if (!any_id_key(conf) && !json_is_cut(conf->node.json)) {
		diag_error(b->diag, conf_pos(&conf->node, NULL), "the reservation has no identifier");
		diag_help(b->diag,
			  family ? "set \"duid\", \"hw-address\" or \"flex-id\""
				 : "set \"hw-address\", \"client-id\", \"duid\", \"circuit-id\" or \"flex-id\"");
	}
	return false;
}

bool build_host_id_types(struct build *b)
{
	const struct conf_strings *names = &b->root->host_reservation_identifiers;
	unsigned family = b->cfg->family == KEY_6;
	struct config *cfg = b->cfg;
	unsigned before = diag_errors(b->diag);

	if (!CONF_SET(b->root, host_reservation_identifiers)) {
		for (unsigned i = 0; i < HOST_ID_N; i++)
			if (host_id_rows[i].is_default[family])
				cfg->host_ids[cfg->n_host_ids++] = (enum host_id_type)i;
		return true;
	}
	if (!names->n && !CONF_BAD(b->root, host_reservation_identifiers))
		diag_error(b->diag, conf_pos(&b->root->node, "host-reservation-identifiers"),
			   "\"host-reservation-identifiers\" must not be empty");
	for (unsigned i = 0; i < names->n; i++) {
		enum host_id_type type;
		bool is_known = host_id_type_of(names->v[i], &type) == 0 && host_id_rows[type].in_family[family];
		unsigned k = 0;

		if (!is_known) {
			diag_error(b->diag, names->pos[i], "\"%s\" does not identify %s clients", names->v[i],
				   family ? "DHCPv6" : "DHCPv4");
			diag_help(b->diag, family ? "expected duid, hw-address or flex-id"
						  : "expected hw-address, duid, circuit-id, client-id or flex-id");
			continue;
		}
		while (k < cfg->n_host_ids && cfg->host_ids[k] != type)
			k++;
		if (k < cfg->n_host_ids)
			diag_error(b->diag, names->pos[i], "\"%s\" is listed twice", names->v[i]);
		else
			cfg->host_ids[cfg->n_host_ids++] = type;
	}
	return diag_errors(b->diag) == before && !CONF_BAD(b->root, host_reservation_identifiers);
}
