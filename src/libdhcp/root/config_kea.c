/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A configuration as Kea reads it: what it sets, without the keys that only this server has. Those that can be said in
 * Kea's terms are: "match" is a test, "boot" its classes, "deny-unknown" a guard of pools. Guards, additional
 * classes and outputs of loggers have their old names, which all versions read; a guard of several classes then
 * needs one more class.
 */
#include "root/config_build.h"

struct kea {
	const struct config *cfg;
	struct json_object *classes;
	struct diag *diag;
};

static void rename_key(struct json_object *map, const char *from, const char *to)
{
	struct json_object *value;

	if (!json_object_object_get_ex(map, from, &value))
		return;
	json_object_object_add(map, to, json_object_get(value));
	json_object_object_del(map, from);
}

static struct json_object *get(struct json_object *map, const char *key)
{
	struct json_object *value = NULL;

	(void)json_object_object_get_ex(map, key, &value);
	return value;
}

/* --- classes ----------------------------------------------------------------------- */

static void add_class(struct kea *kea, const char *name, const char *test)
{
	struct json_object *class;
	size_t i;

	for (i = 0; i < json_object_array_length(kea->classes); i++) {
		class = json_object_array_get_idx(kea->classes, i);
		if (!strcmp(json_object_get_string(get(class, "name")), name))
			return;
	}
	class = json_object_new_object();
	json_object_object_add(class, "name", json_object_new_string(name));
	json_object_object_add(class, "test", json_object_new_string(test));
	json_object_array_add(kea->classes, class);
}

/* The class whose clients may use something: those in one of these, with deny_unknown only known ones; NULL: all. */
static const char *guard_of(struct kea *kea, const struct conf_strings *names, bool deny_unknown)
{
	struct arena *arena = kea->cfg->arena;
	const char *name = NULL, *test = NULL;
	bool is_known;
	unsigned i, n = 0;

	for (i = 0; i < names->n; i++) {
		if (!names->v[i][0])
			continue;
		name = n ? arena_printf(arena, "%s-or-%s", name, names->v[i]) : names->v[i];
		test = n ? arena_printf(arena, "%s or member('%s')", test, names->v[i])
			 : arena_printf(arena, "member('%s')", names->v[i]);
		n++;
	}
	is_known = n == 1 && !strcmp(name, "KNOWN");
	if (deny_unknown && (!n || is_known))
		return "KNOWN";
	if (deny_unknown) {
		name = arena_printf(arena, "KNOWN-and-%s", name);
		test = arena_printf(arena, "member('KNOWN') and (%s)", test);
	}
	if (n > 1 || deny_unknown)
		add_class(kea, name, test);
	return name;
}

static void print_classes(struct kea *kea)
{
	const struct client_class_conf *confs = kea->cfg->global.client_classes.v;
	const struct classes *classes = &kea->cfg->classes;
	size_t i;
	unsigned k;

	for (i = 0; i < json_object_array_length(kea->classes); i++) {
		const struct class_match *match = classes->v[class_by_name(classes, confs[i].name)].match;

		if (match)
			json_object_object_add(json_object_array_get_idx(kea->classes, i), "test",
					       json_object_new_string(match_as_test(kea->cfg, match)));
	}
	for (k = 0; k < classes->n; k++)
		if (classes->v[k].conf && classes->v[k].conf->is_of_boot)
			json_object_array_add(kea->classes, conf_print_set(kea->cfg->family, &client_class_scope,
									   classes->v[k].conf, kea->diag));
	for (i = 0; i < json_object_array_length(kea->classes); i++)
		rename_key(json_object_array_get_idx(kea->classes, i), "only-in-additional-list", "only-if-required");
}

static void print_loggers(struct json_object *loggers)
{
	size_t i;

	for (i = 0; loggers && i < json_object_array_length(loggers); i++)
		rename_key(json_object_array_get_idx(loggers, i), "output-options", "output_options");
}

/* --- the plan ------------------------------------------------------------------------- */

static void print_refs(struct kea *kea, struct json_object *map, const struct conf_strings *guard, bool deny_unknown)
{
	const char *name = guard_of(kea, guard, deny_unknown);

	json_object_object_del(map, "client-classes");
	if (name)
		json_object_object_add(map, "client-class", json_object_new_string(name));
	rename_key(map, "evaluate-additional-classes", "require-client-classes");
}

static void print_boot(struct json_object *map, const struct boot_conf *boot)
{
	struct json_object *list = get(map, "require-client-classes");
	unsigned i;

	if (!boot || !boot->classes.n)
		return;
	if (!list) {
		list = json_object_new_array();
		json_object_object_add(map, "require-client-classes", list);
	}
	for (i = 0; i < boot->classes.n; i++)
		json_object_array_add(list, json_object_new_string(boot->classes.v[i]));
}

static void print_subnets(struct kea *kea, struct json_object *list, const struct conf_list *subnets)
{
	const struct subnet_conf *confs = subnets->v;
	unsigned i, k;

	for (i = 0; i < subnets->n; i++) {
		const struct pool_conf *pools = confs[i].pools.v;
		const struct pd_pool_conf *pd_pools = confs[i].pd_pools.v;
		struct json_object *map = json_object_array_get_idx(list, i);

		print_refs(kea, map, &confs[i].link.client_classes, false);
		print_boot(map, confs[i].net.boot);
		for (k = 0; k < confs[i].pools.n; k++)
			print_refs(kea, json_object_array_get_idx(get(map, "pools"), k), &pools[k].client_classes,
				   pools[k].deny_unknown);
		for (k = 0; k < confs[i].pd_pools.n; k++)
			print_refs(kea, json_object_array_get_idx(get(map, "pd-pools"), k), &pd_pools[k].client_classes,
				   pd_pools[k].deny_unknown);
	}
}

static void print_on_fail(struct kea *kea, struct json_object *database)
{
	const struct database_conf *conf = kea->cfg->global.lease_database;

	if (!database || conf->on_fail != ON_FAIL_CACHED)
		return;
	diag_warn(kea->diag, conf_pos(&conf->node, "on-fail"),
		  "\"serve-cached\" becomes \"serve-retry-continue\": Kea does not remember leases");
	json_object_object_add(database, "on-fail", json_object_new_string("serve-retry-continue"));
}

struct json_object *config_print_kea(const struct config *cfg, struct diag *diag)
{
	const struct shared_network_conf *nets = cfg->global.shared_networks.v;
	const char *subnets = cfg->family == KEY_6 ? "subnet6" : "subnet4";
	struct json_object *top = json_object_new_object();
	struct json_object *root = conf_print_set(cfg->family, &global_scope, &cfg->global, diag);
	struct kea kea = { cfg, json_object_get(get(root, "client-classes")), diag };
	unsigned i;

	json_object_object_add(top, scope_name(&global_scope, cfg->family), root);
	print_on_fail(&kea, get(root, "lease-database"));
	if (!kea.classes)
		kea.classes = json_object_new_array();
	print_classes(&kea);
	print_left_out_classes(&cfg->classes, kea.classes, true);
	print_loggers(get(root, "loggers"));
	for (i = 0; i < cfg->global.shared_networks.n; i++) {
		struct json_object *map = json_object_array_get_idx(get(root, "shared-networks"), i);

		print_refs(&kea, map, &nets[i].link.client_classes, false);
		print_subnets(&kea, get(map, subnets), &nets[i].subnets);
	}
	print_subnets(&kea, get(root, subnets), &cfg->global.subnets);
	json_object_object_del(root, "client-classes");
	if (json_object_array_length(kea.classes))
		json_object_object_add(root, "client-classes", kea.classes);
	else
		json_object_put(kea.classes);
	return top;
}
