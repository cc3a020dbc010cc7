/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "base/bytes.h"
#include "base/ip.h"
#include "optconf/optconf.h"

/*
 * A host reservation: what one client, known by an identifier, gets in one subnet (or everywhere). Immutable; whoever
 * made it says where its bytes live.
 */

/* The numbers are those of Kea's databases. */
enum host_id_type {
	HOST_ID_HW_ADDRESS = 0,
	HOST_ID_DUID = 1,
	HOST_ID_CIRCUIT_ID = 2,
	HOST_ID_CLIENT_ID = 3,
	HOST_ID_FLEX_ID = 4,
	HOST_ID_N
};

struct host_id {
	enum host_id_type type;
	struct bytes value; /* 1 to host_id_rows[type].max bytes */
};

struct host_id_row {
	const char *name; /* as in configurations: "hw-address" */
	uint8_t max;      /* bytes */
	bool in_family[2];
	bool is_default[2]; /* in "host-reservation-identifiers", in this order, unless that is given */
};

extern const struct host_id_row host_id_rows[HOST_ID_N];
/* -E_NOENT when there is no such type. */
int host_id_type_of(const char *name, enum host_id_type *ret);

/* One address or prefix of a reservation. */
struct host_place {
	struct prefix prefix;   /* of an address the length is 32 or 128 */
	bool is_delegated;      /* a prefix for IA_PD */
	struct prefix excluded; /* RFC 6603; length 0: none */
};

/* What few reservations have. */
struct host_extra {
	const char *const *classes;
	unsigned n_classes;
	struct optlist opts;
	/* DHCPv4; zero and "" if not given */
	struct ip next_server;
	const char *server_hostname, *boot_file;
	const void *user_context; /* the configuration's; NULL */
};

struct host {
	struct host_id id;
	uint32_t subnet_id; /* 0: global */
	uint32_t n_places;  /* DHCPv4: at most 1 */
	const struct host_place *places;
	const char *hostname;           /* "" if none */
	const struct host_extra *extra; /* NULL */
};
