/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "base/arena.h"
#include "base/bytes.h"
#include "lease/lease.h"
#include "subnet/naming.h"
#include "wire/domain.h"

/*
 * The name of a client: from the options that carry it (81 and 12 in DHCPv4, RFC 4702; 39 in DHCPv6, RFC 4704), its
 * reservation and the configuration to its lease, the response, and the records that the server updates. The families
 * read and write the options; what follows from them is decided here, for both.
 *
 * Names are text with a dot between labels, not escaped: a dot inside a label separates labels, as in Kea.
 */
#define NAME_SIZE (LEASE_HOSTNAME_MAX + 1)

/* What a message says about its client's name. */
struct name_asked {
	bool has_fqdn;           /* option 81 or 39, without contradictions */
	bool client_s, client_n; /* its flags */
	bool is_partial;         /* its name is not fully qualified */
	bool has_hostname;       /* option 12 */
	size_t len;              /* of the name in the option that counts */
	char text[DOMAIN_TEXT_MAX];
};

enum name_from { NAME_FROM_NOTHING, NAME_FROM_HOST, NAME_FROM_FQDN, NAME_FROM_HOSTNAME, NAME_FROM_ADDRESS };

/* What is decided. In the request's arena. */
struct name {
	const struct naming *naming; /* by which keys */
	enum name_from from;
	bool is_fqdn;  /* the response has option 81 or 39; else option 12, if there is a name and the family has it */
	bool s, o, n;  /* flags of the response, RFC 4702 2.1 */
	bool fwd, rev; /* the records that this server updates; none without a name */
	bool is_generated;    /* from the address */
	bool is_unusable;     /* too long, or too little of it is left: there is no name after all */
	size_t len;           /* 0: the client has no name, and the response has none of these options */
	char text[NAME_SIZE]; /* in lower case; an FQDN ends in a dot */
};

/*
 * Converts labels up to the root, or those of a partial name, to text with a dot after each label. Does not
 * follow pointers or read past the root. False if a label is truncated; text has DOMAIN_TEXT_MAX bytes.
 */
bool name_read_labels(struct bytes labels, char *text, size_t *ret_len, bool *ret_is_partial);
/* The same for an option that some clients fill with plain text although only labels are allowed. */
bool name_read_labels_or_text(struct bytes data, char *text, size_t *ret_len, bool *ret_is_partial);

/*
 * The flags in the first byte of option 81 or 39: S and O are the same bits in both, N is not. With `fixed` bytes
 * before the name; false if the option is shorter or its flags contradict each other: it is ignored then (RFC 4702 2,
 * RFC 4704 4.1).
 */
bool name_read_flags(struct bytes data, size_t fixed, uint8_t n_bit, struct name_asked *ret);
uint8_t name_flags(const struct name *name, uint8_t n_bit);

struct request;
struct pool;
/*
 * Decides about the name of a client that gets `addr`, from what its message, its reservation and the naming of its
 * pool or subnet say. name_settle() must follow.
 */
void name_decide(const struct request *req, const struct naming *naming, const struct name_asked *asked,
		 const struct ip *addr, struct name *ret);
/*
 * Ends the decision about a client that gets a lease from the pool (or NULL): asks hook libraries, and drops records
 * without a name.
 */
void name_settle(struct request *req, const struct pool *pool, struct name *name);
/*
 * Replaces the name by that of a hook library; "": none. -E_RANGE: it is too long. -E_INVAL: no client can have it.
 * Nothing is changed then.
 */
int name_replace(struct name *name, const char *text);
/* The name that a reservation provides, for who gets an address with this naming; len 0: none. */
void name_of_host(const struct naming *naming, const char *hostname, struct name *ret);
/* True if the name is in the domain that qualifying-suffix names. */
bool name_has_suffix(const struct name *name, const struct naming *naming);
/* Appends the final dot of a fully qualified name, if there is a name. */
void name_end(struct name *name);
/* Writes its labels, ending with the root. */
void name_write_labels(struct writer *w, const struct name *name);
/* Sets the columns of a lease; NULL: it has no name. */
void name_of_lease(const struct name *name, struct lease *lease);
