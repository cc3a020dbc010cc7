/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "eval/expr.h"
#include "optconf/optconf.h"
#include "subnet/subnet.h"

/*
 * The classes of a configuration. Each has a number, which is its bit in the set of a request: those that every server
 * knows come first, then those of client-classes in their order, then others with a built-in prefix that something
 * refers to.
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

struct client_class {
	const char *name;
	const struct client_class_conf *conf; /* NULL: it is not in client-classes */
	const struct eval_expr *test;         /* NULL: none */
	bool is_template;   /* test is a text: what it is not empty for is in the class, and in one named after the text
			     */
	bool is_additional; /* evaluated only where a scope names it */
	bool is_listed;     /* a scope does */
	bool needs_host;    /* it depends on whether the client has a reservation, itself or by another class */
	struct optlist opts;
	/* What it sets for its clients; NULL, or has_...: false, where it says nothing. */
	const struct lifetime *valid, *preferred;
	bool has_offer_lifetime;
	uint32_t offer_lifetime;
	uint32_t next_server;
	const char *server_hostname, *boot_file_name;
};

struct classes {
	struct client_class *v; /* by number */
	unsigned n;             /* 0: nothing in the configuration is about classes */
	unsigned max;
	unsigned n_words;     /* of a set */
	unsigned n_with_opts; /* how many have options */
	/* Numbers, in the order of evaluation: those with a test that can be judged at once, and after the host lookup.
	 */
	unsigned *early, *late;
	unsigned n_early, n_late;
	bool any_additional; /* a scope has evaluate-additional-classes */
	unsigned *spawned;   /* those whose name begins with SPAWN_PREFIX */
	unsigned n_spawned;
	unsigned *vendor; /* those whose name begins with VENDOR_CLASS_PREFIX */
	unsigned n_vendor;
};
