/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "base/vec.h"
#include "root/config.h"
#include "root/keys.h"
#include "root/program.h"
#include "wire/dict.h"

#include <kea/hooks.h>

/* State shared by the functions that build a configuration; private to root/config*.c. */
struct build {
	struct config *cfg;
	struct diag *diag;
	unsigned flags;
	struct global_conf *root;
	struct dict *dict; /* where values look up their definitions: the configuration's, or a class's over it */
	const struct left_out *left_out;         /* by "lenient"; NULL: nothing */
	struct conf_list classes;                /* client_class_conf: client-classes, and those of "boot" */
	const struct option_def_conf **bad_defs; /* invalid definitions; references to them are not reported again */
	unsigned n_bad_defs;
	unsigned *defining; /* numbers of the classes with option definitions */
	unsigned n_defining;
	const struct host_class *host_classes; /* the classes that reservations name, by name */
	size_t n_host_classes;
	VEC(uint32_t) server_ids; /* DHCPv4: configured values of dhcp-server-identifier */
	bool has_hooks;           /* a hook library is to be loaded, whether that works or not */
	bool shared_loggers;      /* from a "Logging" map for several programs */
	bool is_complete;         /* cfg is in service: it must not be changed, and has all classes */
};

/* Each function reports errors in the diag and continues; it skips checks that depend on an invalid value. */
void build_options(struct build *b); /* definitions and global values */
void build_definitions(struct build *b);
/* Returns the definitions of a class over those of the configuration; NULL if there are none. */
struct dict *build_class_definitions(struct build *b, const struct client_class_conf *conf);
/* "dhcp4" or "dhcp6". */
static inline const char *main_space(const struct build *b)
{
	return dict_main_space(b->cfg->dict);
}
/* Reports an error and returns false if no option of that space can have the code. */
bool check_option_code(struct build *b, const struct conf_node *node, const char *space, int64_t code);
/* As in Kea: letters, digits, '-' and '_'. The key is "name", "space" or "encapsulate". */
bool is_option_name(const char *name);
bool check_option_name(struct build *b, const struct conf_node *node, const char *key, const char *name);
/* "vendor-4491" -> 4491; 0 for any other space. */
uint32_t option_space_vendor(const char *space);
/* NULL if none; built-in options of vendors are in their spaces, too. */
const struct optdef *option_def_by_name(const struct build *b, const char *space, const char *name);
const struct optdef *option_def_by_code(const struct build *b, const char *space, uint16_t code);
/* Builds the option values of a scope's option-data. */
#define BUILD_OPTLIST(b, conf, field, ret) build_optlist(b, &(conf)->field, CONF_BAD(conf, field), ret)
void build_optlist(struct build *b, const struct conf_list *data, bool is_bad, struct optlist *ret);
/* Notes the server identifiers in a list. */
void note_server_ids(struct build *b, const struct optlist *list);
/* Sets cfg->server_ids; must run after all lists are built. */
void finish_server_ids(struct build *b);
/* Checks the set and inherited values of a scope (global, network or subnet) and derives the rest; par is a copy. */
void check_params(struct build *b, const struct conf_node *node, struct net_params *par);
/* Returns the lifetimes that a class sets, in the arena; NULL: none. */
void check_class_lifetimes(struct build *b, const struct conf_node *node, const struct net_params *par,
			   const struct lifetime **ret_valid, const struct lifetime **ret_preferred);
/* Warns if a pool of this size cannot use the allocator. */
void check_allocator(struct build *b, struct pos pos, enum allocator how, uint64_t size);
/* dhcp-ddns; moves its old keys to the global scope. */
void build_ddns(struct build *b);
/* Checks dns-publish. */
void check_publish(struct build *b);
/* Replaces ddns-use-conflict-resolution of a scope with the mode that it stands for. */
void expand_conflict_resolution(struct build *b, struct conf_node *node, struct net_conf *net);
/*
 * Builds how clients of a scope are named, once it has its inherited values; returns that of the outer scope if it sets
 * none of the keys. NULL: there is no outer scope.
 */
const struct naming *build_naming(struct build *b, const struct conf_node *node, const struct ddns_conf *conf,
				  const struct naming *outer);
/* Warns of keys about records, which prefixes do not have. */
void check_prefix_naming(struct build *b, const struct conf_node *node);
void build_pd_pools(struct build *b, const struct subnet_conf *conf, struct subnet *sub);
/* Returns "IPv4" or "IPv6": the type of this configuration's addresses. */
const char *address_kind(const struct build *b);
/* Fills b->host_classes. */
void collect_host_classes(struct build *b);
/* Returns the name as it lives as long as the configuration; NULL if no reservation names this class. */
const char *host_class(const struct build *b, const char *name);
/* Warns about those that nothing defines or refers to; names are those of all classes, to suggest one. */
void lint_host_classes(struct build *b, const char *const *names, size_t n);
/* Returns the text of a reservation's identifier; NULL if it has none of this type. */
const char *host_id_text(const struct reservation_conf *conf, enum host_id_type type);
/* Its bytes are in buf. Returns false if the reservation has no valid identifier, which was reported. */
bool build_host_id(struct build *b, const struct reservation_conf *conf, uint8_t buf[HOST_ID_ROOM],
		   struct host_id *ret);
/* host-reservation-identifiers. Returns false if an error was reported. */
bool build_host_id_types(struct build *b);
void number_classes(struct build *b); /* must run before anything refers to classes */
void build_classes(struct build *b);
/* True for a class that needs no definition: servers and hook libraries create it. */
bool is_built_in_class(const char *name);
/* Creates the classes of "boot" blocks; must run before number_classes(). */
void expand_boot(struct build *b);
/* Builds the additional classes of a subnet: its own, and those of the boot block in effect, which may be NULL. */
void build_boot(struct build *b, const struct conf_strings *own, const struct boot_conf *boot, struct class_refs *ret);
/* Adds definitions without members for the classes that "lenient" left out and guards name. */
void print_left_out_classes(const struct classes *classes, struct json_object *list, bool for_kea);
struct eval_env eval_env_of(struct build *b);
/* Returns the test of a "match", and its lists for match_as_test(); NULL if it is empty. */
const struct eval_expr *build_match(struct build *b, const struct match_conf *conf, const struct class_match **ret);
/* Returns it as the text of an expression. */
const char *match_as_test(const struct config *cfg, const struct class_match *match);
/*
 * Builds the guard of `what`, which is selected before host reservations are looked up: classes that depend on them
 * have no effect. `what` is NULL for a pool.
 */
void build_guard(struct build *b, const struct conf_strings *names, const char *what, struct class_refs *ret);
/* Builds the guard of a pool; its subnet must be built, and deny_unknown inherited. */
void build_pool_guard(struct build *b, const struct conf_strings *names, bool deny_unknown, struct pool *pool);
/* Numbers of classes that something refers to; reports unknown ones. */
void build_class_refs(struct build *b, const struct conf_strings *names, struct class_refs *ret);
/* evaluate-additional-classes */
void build_additional(struct build *b, const struct conf_strings *names, struct class_refs *ret);
/* Must run after everything that refers to classes is built. */
void finish_classes(struct build *b);
void build_root6(struct build *b); /* settings that only DHCPv6 has */
void build_plan(struct build *b);
/* Clears the host bits; warns if any was set. */
void clear_host_bits(struct build *b, struct pos pos, const char *what, struct prefix *prefix);
/* A subnet and its configuration. */
struct subnet_pair {
	const struct subnet *sub;
	const struct subnet_conf *conf;
	bool has_prefix; /* false: invalid, and sub->prefix is zero */
};
/* Builds reservations and withholds them from pools. The pairs are those of the plan, in its order. */
void build_hosts(struct build *b, const struct subnet_pair *pairs, size_t n);
/* Builds a reservation that is not part of the configuration, which is complete. sub is NULL for a global one. */
bool build_single_host(struct build *b, struct subnet *sub, const struct reservation_conf *conf, struct host *ret);
/* True if reservations are also in databases, or in their cache, which commands fill. */
static inline bool has_host_databases(const struct build *b)
{
	return b->cfg->keeps_hosts || CONF_SET(b->root, hosts_database) || b->root->hosts_databases.n;
}
/* Reports conflicts between subnets; sorts the pairs. */
void check_plan(struct build *b, struct subnet_pair *refs, size_t n);

/* Warns about settings that are allowed but probably a mistake. The pairs are those of the plan, in its order. */
void lint_plan(struct build *b, const struct subnet_pair *pairs, size_t n);

void build_interfaces(struct build *b);
/* config_database.c */
void build_lease_database(struct build *b);
/* "memfile", "mysql" or "postgresql". */
const char *database_type_name(const struct database_conf *conf);
void build_host_databases(struct build *b);
/* dhcp-queue-control */
void check_queue(struct build *b);
/* Loads the libraries of hooks-libraries, except those that are built in. */
void build_hooks(struct build *b);
/* Their expressions, which may name classes: after build_classes(). */
void build_hook_expressions(struct build *b);
struct hook_use;
/* config_hook_options.c */
void build_hook_options(struct build *b, struct hook_use *use);
/*
 * Returns the expressions that a scope with this user-context (or NULL) has for libraries: the list of the outer scope
 * unless it has one of its own.
 */
const struct scope_exprs *build_scope_exprs(struct build *b, struct json_object *user_context,
					    const struct scope_exprs *outer);
/* Libraries check the user-context (or NULL) of a scope. */
#define OTHER_SCOPE ((enum kea_scope)0) /* one in which such maps have no effect */
void build_scope_maps(struct build *b, enum kea_scope scope, struct json_object *user_context);
void build_logging(struct build *b);
/* control-socket, control-sockets */
void build_control(struct build *b);

/* What the functions of root/program.h need. */
struct program_build program_of(const struct build *b);
/* program_path() for the server. */
const char *build_path(const struct build *b, struct pos pos, const char *key, const char *text, const char *env,
		       const char *folder);
