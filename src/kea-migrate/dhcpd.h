/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "base/bytes.h"
#include "base/ip.h"
#include "kea-migrate/out.h"
#include "kea-migrate/statement.h"
#include "wire/dict.h"

/* Converts ISC dhcpd's configuration; see dhcpd.c. What is shared by its files is here. */

/* --- scopes --- */

enum {
	IN_ROOT = 1,
	IN_NET = 2,
	IN_SUBNET = 4,
	IN_POOL = 8,
	IN_GROUP = 16,
	IN_HOST = 32,
	IN_CLASS = 64,
	IN_SUBCLASS = 128,
	IN_IF = 256,
	IN_GUARDED = 512, /* also under a condition in a network, a subnet or a pool */
	IN_ALL = 511,
	IN_LINKS = IN_ROOT | IN_NET | IN_SUBNET,
};

enum { DHCPD_4 = 1, DHCPD_6 = 2, DHCPD_46 = 3 };

/* Statements of the groups around a declaration: they apply to it as if they were in it. */
struct inherited {
	const struct inherited *outer;
	const struct statement *first;
};

/* Who may use a pool. */
struct permits {
	VEC(struct out *) pools; /* its ranges */
	struct str allow, deny;  /* conditions, joined with "or" */
	unsigned n_allow, n_deny;
	bool is_closed;            /* nobody */
	bool is_open;              /* allow all clients */
	VEC(const char *) allowed; /* classes, if each condition of `allow` is one */
};

struct dhcpd_scope {
	unsigned kind;   /* IN_... */
	struct out *map; /* where parameters go; IN_IF: the class */
	struct dhcpd_scope *outer;
	const struct inherited *inherited;
	/* IN_IF, inside networks, subnets and pools: options go there, guarded by the class. */
	struct dhcpd_scope *guarded;
	const char *class_name; /* IN_IF, IN_CLASS, IN_SUBCLASS */
	const char *test;       /* the same: its condition, NULL while it is not known */
	struct out *boot;       /* IN_IF with `guarded`: the class that sets the boot fields, NULL until one is set */
	/* IN_NET, IN_SUBNET: where its subnets and pools are. */
	struct prefix prefix;
	struct dhcpd_class *class;
	struct permits *permits; /* IN_POOL */
};

/* A host waits until all subnets are known. */
struct dhcpd_host {
	const struct statement *st;
	const struct inherited *inherited;
};

struct dhcpd_subnet {
	struct prefix prefix;
	struct out *map;
};

struct dhcpd_class {
	const char *name;
	struct out *map;
	const struct statement *st;
	struct ex *match; /* of "match EXPR", NULL if none */
	struct str subs;  /* conditions of subclasses without a block */
	unsigned n_subs, n_hardware;
	struct out *hardware; /* list of hardware addresses of subclasses */
	bool is_rejected;     /* its condition could not be converted */
};

/* The definition of an option, as dhcpd knows it. */
struct dhcpd_option {
	const char *name;  /* "space.name" */
	const char *space; /* of Kea: "dhcp4", a name, "vendor-4491" */
	uint16_t code;
	enum opt_type fields[16];
	unsigned n;
	bool is_array, is_list;   /* the last field, or all of them, repeat; is_list: domain-list */
	const char *encapsulates; /* space, NULL if none */
	const struct optdef *def; /* that the server has; NULL if none */
	bool is_text;             /* values can be written as text of def */
	bool is_defined;          /* by the source, and not by the server */
};

struct dhcpd_space {
	const char *name;
	const char *kea;    /* its name in Kea: "vendor-4491" */
	uint16_t container; /* code of the option that contains it, 0 if none is known */
	bool is_wide;       /* codes of two bytes */
};

struct dhcpd {
	struct arena *arena;
	struct report *rep;
	unsigned family; /* 4 or 6 */
	bool may_resolve;
	const char *const *interfaces;
	unsigned n_interfaces;
	struct dict *dict, *other_dict; /* of the family, and of the other one; other_dict: NULL until it is needed */
	struct out *root, *top, *ddns, *ddns_top; /* { "Dhcp4": top }, { "DhcpDdns": ddns_top } */
	struct out *classes, *ifs, *subnets, *networks, *option_defs;
	VEC(struct dhcpd_subnet) subs;
	VEC(struct dhcpd_host) hosts;
	VEC(struct dhcpd_class *) class_list;
	VEC(struct dhcpd_option) options; /* defined by the source */
	VEC(struct dhcpd_space) spaces;
	unsigned next_id, next_if, next_pool, next_sub;
	const struct statement *current; /* the statement that is being converted */
	const struct dhcpd_row *row;     /* its row; valid until the function of the row converts others */
	bool uses_known;                 /* known-clients, unknown-clients: every host must be found everywhere */
	bool uses_host_names;
	bool has_zones, wants_updates;
	const char *vendor_space;             /* of option 43, globally; NULL if none */
	const struct statement *rapid_commit; /* global; NULL if none */
	unsigned host_ids;                    /* bits of host_id_words */
	unsigned n_values;                    /* generated, to bound what replayed groups produce */
};

/* Most values that are generated from one source. */
#define DHCPD_VALUES_MAX 2000000

struct dhcpd_row {
	const char *name;
	unsigned families;
	unsigned where; /* IN_... */
	void (*convert)(struct dhcpd *d, struct dhcpd_scope *sc, const struct statement *st);
	const char *key;     /* for convert */
	bool is_declaration; /* in a group it is converted there, not in what the group contains */
	const char *doc;     /* what becomes of it, or why it needs a decision */
};

extern const struct dhcpd_row dhcpd_rows[];
extern const unsigned dhcpd_n_rows;

/* --- dhcpd.c --- */

/* Reports that the current statement needs a decision, and puts it into the output as a comment. */
void dhcpd_decide(struct dhcpd *d, struct dhcpd_scope *sc, const struct statement *st, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
void dhcpd_notice(struct dhcpd *d, const struct statement *st, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* Makes the value the unit of the statement, with the comment that is before it. */
struct out *dhcpd_unit(struct dhcpd *d, const struct statement *st, struct out *value);
void dhcpd_convert(struct dhcpd *d, struct dhcpd_scope *sc, const struct statement *first);
void dhcpd_block(struct dhcpd *d, struct dhcpd_scope *sc, const struct statement *st);
/* The map for a parameter that is not an option: scopes of conditions have one of their own. */
struct out *dhcpd_boot_map(struct dhcpd *d, struct dhcpd_scope *sc);
void dhcpd_group(struct dhcpd *d, struct dhcpd_scope *sc, const struct statement *st);
void dhcpd_subnet_stmt(struct dhcpd *d, struct dhcpd_scope *sc, const struct statement *st);
void dhcpd_network(struct dhcpd *d, struct dhcpd_scope *sc, const struct statement *st);
void dhcpd_pool_stmt(struct dhcpd *d, struct dhcpd_scope *sc, const struct statement *st);
void dhcpd_range(struct dhcpd *d, struct dhcpd_scope *sc, const struct statement *st);
void dhcpd_range6(struct dhcpd *d, struct dhcpd_scope *sc, const struct statement *st);
void dhcpd_prefix6(struct dhcpd *d, struct dhcpd_scope *sc, const struct statement *st);
bool dhcpd_number(const char *text, uint64_t max, uint64_t *ret);
bool dhcpd_flag(const struct statement *st, unsigned i, bool *ret);

/* --- dhcpd_option.c --- */
void dhcpd_option(struct dhcpd *d, struct dhcpd_scope *sc, const struct statement *st);
void dhcpd_prepare_options(struct dhcpd *d, const struct statement *first);
void dhcpd_vendor_space(struct dhcpd *d, struct dhcpd_scope *sc, const struct statement *st);
/* Finds an option by dhcpd's name; false if there is none. */
bool dhcpd_find_option(struct dhcpd *d, const char *name, struct dhcpd_option *ret);
/* Resolves a name or address of the family; false if there is none. */
bool dhcpd_address(struct dhcpd *d, const struct statement *st, const char *text, unsigned family, struct ip *ret);
/* Adds an option to a list of a scope. */
struct out *dhcpd_add_option(struct dhcpd *d, struct dhcpd_scope *sc, const struct statement *st, const char *space,
			     uint16_t code, const char *name, const char *data, bool is_hex);

/* --- dhcpd_expr.c --- */

enum ex_type { EX_BAD, EX_BOOL, EX_DATA, EX_NUMBER };

struct ex {
	enum ex_type type;
	const char *text;   /* in Kea's syntax */
	const char *exists; /* condition under which data is not null; NULL if it never is */
	bool is_const;      /* data, number: the value is known */
	struct bytes data;  /* data */
	uint64_t number;    /* number */
	unsigned width;     /* number: bytes of `text`, 0 for a constant */
	bool is_hardware;   /* the whole of "hardware" */
	unsigned base;      /* binary-to-ascii: base; `of` is its argument */
	unsigned bits;
	const char *sep, *of;
	bool is_compound; /* needs parentheses */
};

/* Converts tokens from *i on, as far as they are an expression. EX_BAD: *ret_why says why not. */
struct ex dhcpd_expr(struct dhcpd *d, const struct statement *st, unsigned *i, const char **ret_why);
/* The same for a condition that fills the rest of the statement; NULL with the reason. */
const char *dhcpd_condition(struct dhcpd *d, const struct statement *st, unsigned i, const char **ret_why);
/* Bytes as a literal of Kea's expressions. */
const char *dhcpd_literal(struct dhcpd *d, struct bytes b);
/* Reads "1:2a" or "0f" to bytes; -E_INVAL. */
int dhcpd_hex(const char *text, uint8_t *buf, size_t size);
/* Kea's condition for `expr == value`. */
const char *dhcpd_equals(struct dhcpd *d, const struct ex *a, const struct ex *b);

/* --- dhcpd_class.c, dhcpd_host.c, dhcpd_ddns.c --- */
void dhcpd_class_stmt(struct dhcpd *d, struct dhcpd_scope *sc, const struct statement *st);
void dhcpd_subclass(struct dhcpd *d, struct dhcpd_scope *sc, const struct statement *st);
void dhcpd_match(struct dhcpd *d, struct dhcpd_scope *sc, const struct statement *st);
void dhcpd_spawn(struct dhcpd *d, struct dhcpd_scope *sc, const struct statement *st);
void dhcpd_permit(struct dhcpd *d, struct dhcpd_scope *sc, const struct statement *st);
/* Converts an if and the branches that follow it; returns the last statement of them. */
const struct statement *dhcpd_if(struct dhcpd *d, struct dhcpd_scope *sc, const struct statement *st);
void dhcpd_finish_classes(struct dhcpd *d);
void dhcpd_pool_guard(struct dhcpd *d, struct dhcpd_scope *sc, const struct statement *st);
void dhcpd_hoist(struct dhcpd *d);
void dhcpd_host_stmt(struct dhcpd *d, struct dhcpd_scope *sc, const struct statement *st);
void dhcpd_finish_hosts(struct dhcpd *d);
void dhcpd_zone(struct dhcpd *d, struct dhcpd_scope *sc, const struct statement *st);
void dhcpd_ddns_style(struct dhcpd *d, struct dhcpd_scope *sc, const struct statement *st);
void dhcpd_finish_ddns(struct dhcpd *d);
void dhcpd_key(struct dhcpd *d, struct dhcpd_scope *sc, const struct statement *st);

/* --- the conversion --- */

struct dhcpd_input {
	const char *name;
	const char *text; /* NULL: the file `name` is read */
	size_t len;
	unsigned family; /* 4, 6 or 0: as the file says */
	bool may_resolve;
	const char *const *interfaces; /* that the server listens on */
	unsigned n_interfaces;
};

struct conversion {
	unsigned family;
	struct out *root; /* of the server; NULL if there is none */
	struct out *ddns; /* of kea-dhcp-ddns; NULL if there is none */
};

void dhcpd_run(const struct dhcpd_input *in, struct report *rep, struct conversion *ret);
