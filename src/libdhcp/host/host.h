/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "base/bytes.h"
#include "base/ip.h"
#include "optconf/optconf.h"

/*
 * A host reservation: what one client, known by an identifier, gets in one subnet or globally. Immutable; the
 * creator owns the memory its fields point to.
 */

/* Values as in Kea's databases. */
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

static inline bool host_id_equal(const struct host_id *a, const struct host_id *b)
{
	return a->type == b->type && bytes_equal(a->value, b->value);
}

struct host_id_row {
	const char *name; /* as in the configuration: "hw-address" */
	uint8_t max;      /* maximum length, bytes */
	bool in_family[2];
	bool is_default[2]; /* in the default "host-reservation-identifiers", in this order */
};

extern const struct host_id_row host_id_rows[HOST_ID_N];
/* Returns -E_NOENT if there is no such type. */
int host_id_type_of(const char *name, enum host_id_type *ret);
#define HOST_ID_ROOM 256
/*
 * Reads an identifier as in the configuration: hexadecimal, or text in single quotes. Its bytes are in buf. Returns
 * -E_INVAL if the text is neither, -E_NOENT if it is empty, -E_RANGE if it is longer than the type permits.
 */
int host_id_parse(enum host_id_type type, const char *text, uint8_t buf[HOST_ID_ROOM], struct host_id *ret);

/* One address or prefix of a reservation. */
struct host_place {
	struct prefix prefix; /* length 32 or 128 for an address */
	bool is_delegated;    /* a prefix for IA_PD */
	bool sets_excluded;   /* host_extra.excluded applies; false: what its pool excludes is excluded */
};

/* An option as a database stores it. */
struct host_option {
	const char *space; /* "": the family's own */
	uint16_t code;
	const char *text; /* the value as text in the format of the option's type; NULL: `data` */
	struct bytes data;
	bool always_send, never_send;
	const char *const *classes; /* only for clients in one of these */
	unsigned n_classes;
	const char *user_context; /* JSON; "" if none */
};

/* What management commands show and set, and serving does not need. */
struct host_texts {
	const struct host_option *options;
	unsigned n_options;
	const char *user_context; /* JSON; "" if none */
	const char *auth_key;     /* "" if none */
};

/* Settings that few reservations have. */
struct host_extra {
	const char *const *classes;
	unsigned n_classes;
	struct optlist opts;
	const struct prefix *excluded; /* RFC 6603, from each place; length 0: none. NULL if no place sets it */
	/* DHCPv4; zero and "" if not set */
	struct ip next_server;
	const char *server_hostname, *boot_file;
	const struct host_texts *texts; /* NULL if it was not asked for, or the source has none */
};

struct host {
	struct host_id id;
	uint32_t subnet_id; /* 0: global */
	uint32_t n_places;  /* DHCPv4: at most 1 */
	const struct host_place *places;
	const char *hostname;           /* "" if none */
	const struct host_extra *extra; /* NULL if none */
};
