/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "base/bytes.h"
#include "base/ip.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/*
 * The command line of perfdhcp. Letters and meanings are those of Kea's tool, so that the scripts
 * operators have go on working; options with a long name only are our own. Lists (-M, -J, -T) are
 * read here too: after options_parse() nothing about the command line can fail any more.
 */
#define MAX_TEMPLATE 1400 /* bytes of a message, without IP and UDP */
#define MAX_EXTRA 32      /* -o */
#define MAC_LEN 6
#define MAX_DUID 128

enum scenario {
	SCENARIO_BASIC,
	SCENARIO_AVALANCHE, /* all clients at once, repeating until each has a lease */
	SCENARIO_RENEW,     /* clients that have a lease renew it */
};

enum lease_type {
	LEASE_ADDRESS = 1,
	LEASE_PREFIX = 2,
	LEASE_BOTH = LEASE_ADDRESS | LEASE_PREFIX,
};

/* -o: goes into every message as it is. */
struct extra_option {
	uint16_t code;
	struct bytes data;
};

struct template
{
	uint8_t bytes[MAX_TEMPLATE];
	size_t len; /* 0: there is none, the message is generated */
	uint32_t xid_at;
	uint32_t id_at; /* the last byte of what tells clients apart */
};

struct options {
	unsigned family; /* 4 or 6 */
	enum scenario scenario;
	enum lease_type leases;
	const char *server_text; /* NULL: none given */
	struct ip server;
	const char *local;                /* -l as given, NULL if not */
	uint32_t local_port, remote_port; /* 0: the protocol's */
	bool direct;                      /* v4: clients on the link, through a packet socket */
	uint32_t relay_level;             /* -A */
	bool broadcast, rapid, first_only, first_server_id;
	uint32_t seed;
	uint32_t threads; /* 2: a thread of its own receives */

	/* who */
	uint32_t clients;
	bool has_mac; /* -b mac=; otherwise mac is the default */
	uint8_t mac[MAC_LEN];
	uint8_t duid[MAX_DUID];
	size_t duid_len;          /* 0: made from the hardware address */
	uint8_t (*macs)[MAC_LEN]; /* -M; NULL if not given */
	uint32_t n_macs;
	struct ip *relays; /* -J; NULL if not given */
	uint32_t n_relays;

	/* how much, how long. Two values: of the first and the second exchange */
	uint32_t rate, renew_rate, release_rate; /* per second, 0: as fast as answers come, or none */
	uint32_t window;
	uint32_t preload;
	uint32_t n_requests[2]; /* 0: no limit */
	double period_sec;      /* 0: no limit */
	double drop_sec[2];
	bool has_max_drops[2];
	uint32_t max_drops[2];
	double max_drop_percent[2]; /* 0: not given */
	bool has_exit_wait;
	uint32_t exit_wait_us;
	double late_from_sec, late_for_sec; /* -Y, -y: clients say they have waited long */

	/* what they say */
	struct template templates[2];
	unsigned n_templates;
	uint32_t time_at, server_id_at, ip_at; /* in the second template; 0: nowhere */
	struct extra_option extra[MAX_EXTRA];
	unsigned n_extra;

	/* what we say */
	double report_sec;
	const char *separator; /* -C */
	const char *ledger;
	uint32_t cpu_of;     /* a process, 0: none */
	const char *wrapped; /* -w */
	bool unique;
	bool diag_args, diag_exit, diag_rate, diag_leases, diag_server_id, diag_times, diag_templates;
	bool help, version;
};

#define OPTIONS_WHY_MAX 256

/*
 * 0, or -E_INVAL with one line for the user in why[OPTIONS_WHY_MAX]. Texts are borrowed from argv;
 * the rest is freed by options_done(), also after an error. With -h or -v nothing else is looked
 * at.
 */
int options_parse(int argc, char **argv, struct options *ret, char *why);
void options_done(struct options *opt);
/* For -h and -v; what main() returns. */
int options_print_help(const struct options *opt);
/* For -x a. */
void options_print(const struct options *opt, FILE *out);

static inline const char *scenario_name(enum scenario s)
{
	static const char *const names[] = { "basic", "avalanche", "renew" };

	return names[s];
}
