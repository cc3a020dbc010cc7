/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "root/config.h"
#include "root/keys.h"

/* What the parts of building a configuration share; private to root/config*.c. */
struct build {
	struct config *cfg;
	struct diag *diag;
	unsigned flags;
	struct global_conf *root;
	const struct option_def_conf **bad_defs; /* what refers to them is not reported as well */
	unsigned n_bad_defs;
	bool shared_loggers; /* of several programs */
};

/* Each reports what is wrong in the diag and goes on; what can only be judged by something wrong is not judged. */
void build_options(struct build *b); /* definitions, and the global values */
void build_definitions(struct build *b);
/* Reports the error and returns false when no option of that space can have the code. */
bool check_option_code(struct build *b, const struct conf_node *node, const char *space, int64_t code);
/* Letters, digits, '-' and '_', as Kea has it; the key is "name", "space" or "encapsulate". */
bool is_option_name(const char *name);
bool check_option_name(struct build *b, const struct conf_node *node, const char *key, const char *name);
/* The values of a scope's option-data. */
#define BUILD_OPTLIST(b, conf, field, ret) build_optlist(b, &(conf)->field, CONF_BAD(conf, field), ret)
void build_optlist(struct build *b, const struct conf_list *data, bool is_bad, struct optlist *ret);
/* Checks what the scope (global, network or subnet) has inherited and set, and derives the rest; par is a copy of it.
 */
void check_params(struct build *b, const struct conf_node *node, struct net_params *par);
/* The lifetimes that a class sets, in the arena; NULL: none. */
void check_class_lifetimes(struct build *b, const struct conf_node *node, const struct net_params *par,
			   const struct lifetime **ret_valid, const struct lifetime **ret_preferred);
/* Warns if a pool of that size cannot use the allocator. */
void check_allocator(struct build *b, struct pos pos, enum allocator how, uint64_t size);
void build_pd_pools(struct build *b, const struct subnet_conf *conf, struct subnet *sub);
/* "IPv4" or "IPv6": what addresses of this configuration are. */
const char *address_kind(const struct build *b);
void number_classes(struct build *b); /* before anything refers to them */
void build_classes(struct build *b);
/* A guard; `what` has it: it is selected before host reservations are looked up, so classes that depend on them do not
 * count. NULL: of a pool. */
void build_guard(struct build *b, const struct conf_strings *names, const char *what, struct class_refs *ret);
/* evaluate-additional-classes */
void build_additional(struct build *b, const struct conf_strings *names, struct class_refs *ret);
/* Once everything that refers to classes is built. */
void finish_classes(struct build *b);
void build_root6(struct build *b); /* what only DHCPv6 has */
void build_plan(struct build *b);
/* Clears the bits after the length; warns when any was set. */
void clear_host_bits(struct build *b, struct pos pos, const char *what, struct prefix *prefix);
/* A subnet and what it was read from. */
struct subnet_pair {
	const struct subnet *sub;
	const struct subnet_conf *conf;
	bool has_prefix; /* else it is wrong, and sub->prefix is zero */
};
/* Reservations, and what pools withhold for them. The pairs are those of the plan, in its order. */
void build_hosts(struct build *b, const struct subnet_pair *pairs, size_t n);
/* Reports what is wrong between them; sorts them. */
void check_plan(struct build *b, struct subnet_pair *refs, size_t n);

/* What is allowed, and probably not meant: warnings. The pairs are those of the plan, in its order. */
void lint_plan(struct build *b, const struct subnet_pair *pairs, size_t n);
void lint_logger(struct build *b, const struct logger_conf *conf);

void build_interfaces(struct build *b);
void build_lease_database(struct build *b);
/* dhcp-queue-control */
void check_queue(struct build *b);
void build_logging(struct build *b);

/*
 * A file of ours: NAME, or FOLDER/NAME where FOLDER is what the environment variable says or the one
 * compiled in. Anything else is an error, or with -X a warning. NULL after an error.
 */
const char *build_path(struct build *b, struct pos pos, const char *key, const char *text, const char *env,
		       const char *folder);
