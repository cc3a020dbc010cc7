/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "root/config_build.h"
#include "wire/option.h"

/* Building a list of option values; private to root/config_value*.c and config_sub_options.c. */

/* A value that is being added to the list. */
struct value {
	struct optval val;
	const char *space;
	struct option_data_conf *conf;
	struct bytes subs;   /* sub-options within the configured bytes */
	struct optcond cond; /* its guard, and sub-options that depend on classes */
	unsigned rank;       /* index of the first value of the option with the same guard */
	bool is_used;        /* in the list, or inside an option that is */
};

struct values {
	struct build *b;
	struct value *v;
	unsigned n;
	bool has_guards;
};

static inline struct pos value_pos(const struct value *value, const char *key)
{
	return conf_pos(&value->conf->node, key);
}

/* Reads and encodes one value, without its sub-options. False after an error. */
bool value_read(struct build *b, struct option_data_conf *conf, struct value *ret);
/* Returns the name of its option, or its code. */
const char *value_text(struct build *b, const struct value *value);
/* Reads the next sub-option in the family's format. */
bool value_next_sub(const struct build *b, struct reader *r, struct opt *ret);

/* Appends the sub-options of the space that an option encapsulates to its value: now, or when it is sent. */
void add_sub_options(struct values *values, struct value *outer, unsigned depth);
/* True for an option without data of which each sub-option makes an instance. */
bool is_bare_container(const struct value *value);
/* Drops bytes that only repeat sub-options of this list, as Kea writes them: they are no instance. */
void drop_known_bytes(struct values *values);
/* True if a sub-option of the container, or a configured container itself, is only for some clients. */
bool is_any_guarded(const struct values *values, const struct optdef *def);
/* Adds a container of which each sub-option for the client makes an instance. */
void add_each(struct values *values, struct value *outer, struct optlist *ret);
/* Adds an instance per sub-option; the container itself has no data and need not be configured. */
void add_instances(struct values *values, struct optlist *ret);
/* Returns what a value in the list has as its cond. */
const struct optcond *value_cond(struct build *b, const struct optcond *cond);
