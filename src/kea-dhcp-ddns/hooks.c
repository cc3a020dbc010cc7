/* SPDX-License-Identifier: MPL-2.0 */
#include "kea-dhcp-ddns/hooks.h"

#include "base/list.h"
#include "hook/hooks.h"
#include "json/value.h"

bool d2_hooks_accept(const struct d2_config *cfg, const char **ret_why)
{
	struct hook_call call = { .point = HOOK_D2_CONFIGURED, .memory = cfg->arena };
	enum hook_verdict said;

	if (!hooks_at(cfg->hooks, call.point))
		return true;
	call.config = config_text_parse(cfg->text);
	said = hooks_call(cfg->hooks, &call);
	json_object_put(call.config);
	if (said != HOOK_DROP)
		return true;
	*ret_why = call.why ? call.why : "a hook library rejects the configuration";
	return false;
}

/* A call of select_key. */
struct selection {
	struct hook_dns dns;
	const struct d2_config *cfg;
	const struct d2_key *key;
};

static bool use_key(struct hook_dns *dns, const char *name)
{
	struct selection *selection = container_of(dns, struct selection, dns);
	const struct d2_key *key = NULL;
	struct dname wanted;

	if (name[0]) {
		if (dname_parse(name, &wanted) < 0)
			return false;
		for (unsigned i = 0; i < selection->cfg->n_keys && !key; i++)
			if (dname_equal(&selection->cfg->keys[i].tsig.name, &wanted))
				key = &selection->cfg->keys[i];
		if (!key)
			return false;
	}
	selection->key = key;
	dns->key = key ? key->text : "";
	return true;
}

bool d2_hooks_select_key(const struct d2_config *cfg, const struct d2_domain *domain, const struct d2_server *server,
			 const struct d2_key **key)
{
	struct selection selection = {
		.dns = {
			.addr = server->ip,
			.port = server->port,
			.zone = domain->text,
			.key = *key ? (*key)->text : "",
			.use_key = use_key,
		},
		.cfg = cfg,
		.key = *key,
	};
	struct hook_call call = { .point = HOOK_SELECT_KEY, .dns = &selection.dns };

	if (!hooks_at(cfg->hooks, call.point))
		return true;
	if (hooks_call(cfg->hooks, &call) != HOOK_CONTINUE)
		return false;
	*key = selection.key;
	return true;
}
