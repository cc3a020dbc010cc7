/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "base/bytes.h"
#include "base/ip.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/*
 * The command line of perfdhcp. Letters and meanings are those of Kea's tool, so that existing scripts keep
 * working; options with only a long name are not in Kea. Lists (-M, -J, -T) are also read here: after
 * options_parse() no command line error can occur.
 */
#define MAX_TEMPLATE 1400 /* bytes of a message, without IP and UDP */
#define MAX_EXTRA 32      /* -o */
#define MAC_LEN 6
#define MAX_DUID 128

enum scenario {
	SCENARIO_BASIC,
	SCENARIO_AVALANCHE, /* all clients at once, retransmitting until each has a lease */
	SCENARIO_RENEW,     /* clients with a lease renew it */
};

enum lease_type {
	LEASE_ADDRESS = 1,
	LEASE_PREFIX = 2,
	LEASE_BOTH = LEASE_ADDRESS | LEASE_PREFIX,
};

/* -o: added to every message unchanged. */
struct extra_option {
	uint16_t code;
	struct bytes data;
};

struct template
{
	uint8_t bytes[MAX_TEMPLATE];
	size_t len; /* 0: no template, the message is generated */
	uint32_t xid_at;
	uint32_t id_at; /* offset of the last byte that distinguishes clients */
};

struct options {
	unsigned family; /* 4 or 6 */
	enum scenario scenario;
	enum lease_type leases;
	const char *server_text; /* NULL: none given */
	struct ip server;
	const char *local;                /* argument of -l, NULL if not given */
	uint32_t local_port, remote_port; /* 0: the protocol's default */
	bool direct;                      /* v4: clients on the link, with a packet socket */
	uint32_t relay_level;             /* -A */
	bool broadcast, rapid, first_only, first_server_id;
	uint32_t seed;
	uint32_t threads; /* 2: a separate thread receives */

	/* clients */
	uint32_t clients;
	bool has_mac; /* -b mac= was given; otherwise mac is the default */
	uint8_t mac[MAC_LEN];
	uint8_t duid[MAX_DUID];
	size_t duid_len;          /* 0: derived from the hardware address */
	uint8_t (*macs)[MAC_LEN]; /* -M; NULL if not given */
	uint32_t n_macs;
	struct ip *relays; /* -J; NULL if not given */
	uint32_t n_relays;

	/* load and duration. Two values: for the first and the second exchange */
	uint32_t rate, renew_rate, release_rate; /* per second, 0: as fast as responses arrive, or none */
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
	double late_from_sec, late_for_sec; /* -Y, -y: clients claim that they have waited long */

	/* message content */
	struct template templates[2];
	unsigned n_templates;
	uint32_t time_at, server_id_at, ip_at; /* offsets in the second template; 0: none */
	struct extra_option extra[MAX_EXTRA];
	unsigned n_extra;

	/* output */
	double report_sec;
	const char *separator; /* -C */
	const char *ledger;
	uint32_t cpu_of;     /* a process id, 0: none */
	const char *wrapped; /* -w */
	bool unique;
	bool diag_args, diag_exit, diag_rate, diag_leases, diag_server_id, diag_times, diag_templates;
	bool help, version;
};

#define OPTIONS_WHY_MAX 256

/*
 * Returns 0, or -E_INVAL with one line for the user in why[OPTIONS_WHY_MAX]. Strings are borrowed from argv;
 * options_done() frees the rest, also after an error. -h or -v ends the parsing.
 */
int options_parse(int argc, char **argv, struct options *ret, char *why);
void options_done(struct options *opt);
/* For -h and -v; returns the exit status for main(). */
int options_print_help(const struct options *opt);
/* For -x a. */
void options_print(const struct options *opt, FILE *out);

static inline const char *scenario_name(enum scenario s)
{
	static const char *const names[] = { "basic", "avalanche", "renew" };

	return names[s];
}
