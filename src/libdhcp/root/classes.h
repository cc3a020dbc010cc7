/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "eval/expr.h"
#include "optconf/optconf.h"
#include "subnet/subnet.h"

/* "match": the lists of its keys. */
struct class_match {
	struct eval_list *lists;
	unsigned *rows; /* of the table in config_match.c */
	unsigned n;
};

/*
 * The classes of a configuration. Each has a number, which is its bit in a request's class set. Classes that every
 * server knows come first, then those in client-classes in their order, then others with a built-in prefix that
 * something refers to.
 */
enum class_number {
	CLASS_BIT_ALL,
	CLASS_BIT_KNOWN,
	CLASS_BIT_UNKNOWN,
	CLASS_BIT_DROP,
	CLASS_BIT_BOOTP,
	CLASS_BIT_SKIP_DDNS,
	CLASS_BITS_BUILT_IN
};

#define VENDOR_CLASS_PREFIX "VENDOR_CLASS_"
#define SPAWN_PREFIX "SPAWN_"

/* What a class may set besides options. */
enum class_sets {
	CLASS_SETS_VALID = 1,
	CLASS_SETS_PREFERRED = 2,
	CLASS_SETS_OFFER = 4,
	CLASS_SETS_NEXT_SERVER = 8,
	CLASS_SETS_SERVER_HOSTNAME = 16,
	CLASS_SETS_BOOT_FILE = 32
};

struct client_class {
	const char *name;
	const struct client_class_conf *conf; /* NULL: not defined in client-classes */
	const struct eval_expr *test;         /* NULL: none */
	const char *test_text;                /* the test as configured; NULL: none */
	const struct class_match *match;      /* what the test is made of; NULL: an expression */
	bool is_template; /* test is a text; if not empty, the client is in the class and in one named after the text */
	bool is_additional; /* evaluated only where a scope lists it */
	bool is_listed;     /* a scope lists it */
	bool is_left_out;   /* by "lenient", but referred to */
	bool needs_host;    /* depends, itself or through another class, on whether the client has a reservation */
	struct dict *dict;  /* its option definitions, over those of the configuration; NULL: none */
	struct optlist opts;
	/* Values for clients in the class; NULL, 0 or "" if not set. */
	unsigned sets; /* which are set: enum class_sets */
	const struct lifetime *valid, *preferred;
	uint32_t offer_lifetime;
	uint32_t next_server;
	const char *server_hostname, *boot_file_name;
};

struct classes {
	struct client_class *v; /* indexed by class number */
	unsigned n;             /* 0: the configuration uses no classes */
	unsigned max;
	uint32_t *slots;      /* hash table of class numbers + 1, 0: empty; see class_by_name() */
	uint32_t cap;         /* a power of two; at most half full */
	unsigned n_words;     /* words in a class set */
	unsigned n_with_opts; /* number of classes with options */
	/* Class numbers in evaluation order: tests that can run before the host lookup, and those that need it. */
	unsigned *early, *late;
	unsigned n_early, n_late;
	bool any_additional; /* a scope has evaluate-additional-classes */
	unsigned *spawned;   /* classes named SPAWN_PREFIX..., by name */
	unsigned n_spawned;
	unsigned *vendor; /* classes named VENDOR_CLASS_PREFIX..., by name */
	unsigned n_vendor;
};

/* Returns the number of a new class, which must not exist. */
unsigned class_add(struct classes *classes, struct arena *arena, const char *name);
/* Returns the number of a class; negative if nothing in the configuration uses it. */
int class_by_name(const struct classes *classes, const char *name);
/* The same among `sorted`, which is by name, for a name in parts: they come from a client. */
int class_by_parts(const struct classes *classes, const unsigned *sorted, unsigned n, const struct bytes *parts,
		   unsigned n_parts);
/* True if the template-test of class `template` may create the class: its name begins with SPAWN_<template>_. */
bool class_may_spawn(const char *template, const char *name);
