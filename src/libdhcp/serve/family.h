/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "base/err.h"
#include "base/str.h"
#include "serve/context.h"
#include "serve/link_text.h"
#include "serve/request.h"
#include "stat/stat.h"

/*
 * A dialect: what the RFCs make different between DHCPv4 and DHCPv6. Shared files never ask which family they
 * serve; they read a column here or call one of its functions.
 */
enum message_use {
	MESSAGE_UNKNOWN, /* no such type */
	MESSAGE_SERVED,
	MESSAGE_OF_SERVER,   /* only servers send it */
	MESSAGE_OF_LIBRARY,  /* served if a hook library answers it */
	MESSAGE_UNSUPPORTED, /* a type of a protocol extension that is not supported */
};

struct line_tables;
struct server;
struct policy;
struct json_object;

struct message_row {
	const char *name; /* "DHCPDISCOVER" */
	enum message_use use;
	enum stat_id received, sent;
	/* What the message means: makes the changes and sets the type of the response. NULL unless served. */
	enum verdict (*bind)(struct request *req);
	/* DHCPv6, RFC 9915 16: which identifiers it must have, and whether it must be multicast. */
	enum { ID_MAY, ID_MUST, ID_MUST_NOT } client_id, server_id;
	bool multicast_only;
	bool any_link; /* served even if no subnet matches */
	/* Returns the policy for the candidates of an IA, NULL for none. NULL: the message assigns nothing. */
	const struct policy *(*policy)(const struct request *req, const struct ia *ia);
	bool recalls_held; /* all leases of the client matter, not only those it names */
	bool declines;     /* takes addresses out of use */
	bool rebinds;      /* DHCPv6: leases are extended for a Rebind */
};

#define MESSAGE(NAME, USE, RECEIVED, SENT, ...)                                             \
	{                                                                                   \
		.name = NAME, .use = USE, .received = RECEIVED, .sent = SENT, ##__VA_ARGS__ \
	}

struct family {
	unsigned idx;         /* 0: DHCPv4, 1: DHCPv6; the index of LOGF() and of names in tables */
	unsigned digit;       /* 4, 6 */
	const char *program;  /* "kea-dhcp4" */
	const char *protocol; /* "DHCPv4" */
	uint16_t server_port, client_port;
	size_t datagram_max; /* the largest datagram received, bytes */
	struct ip zero;      /* no address */
	size_t arena_extra;  /* bytes of a request's arena beyond REQUEST_ARENA */

	const struct message_row *messages; /* indexed by type */
	unsigned n_messages;

	/* Prepares what the process also needs at startup; NULL: nothing. On failure `why` is filled. */
	int (*prepare)(struct server *srv, const struct config *cfg, char *why, size_t size);
	/* Steps of the pipeline that differ. */
	int (*parse)(struct request *req, struct bytes datagram, bool lenient, const char **ret_why);
	enum verdict (*unpack)(struct request *req); /* what the header says */
	enum verdict (*identify)(struct request *req);
	/* Calls fn for each vendor class that the client names, without the prefix VENDOR_CLASS_. */
	void (*each_vendor_class)(const struct request *req, void (*fn)(void *ctx, struct bytes value), void *ctx);
	/*
	 * Gets an address whose lease says which link the client is on, if the message itself does not; false if
	 * there is none.
	 */
	bool (*needs_lease)(const struct request *req, struct ip *ret);
	void (*use_lease)(struct request *req, const struct lease *lease);
	void (*where)(const struct request *req, struct select_query *query);
	/* Prepares what depends on the subnet. */
	enum verdict (*chosen)(struct request *req);
	/* Reads the IAs of the message, with what the client names; -E_NOMEM. */
	int (*read_ias)(struct request *req);
	/* True if such a message mostly comes from a client that has no lease yet. */
	bool (*is_probably_new)(const struct request *req);
	/* Makes the nth query that finds leases of the IA; false if there are no more. */
	bool (*held_query)(const struct request *req, const struct ia *ia, unsigned nth, struct lease_query *ret);
	/* True if a lease belongs to this client and this IA. */
	bool (*belongs)(const struct request *req, const struct ia *ia, const struct lease *lease);
	/* Returns who claims an address for the client, so that claims belong to it by the same rule as leases. */
	struct alloc_client (*claimant)(const struct request *req);
	/* Returns the identifier by which a reservation may know the client; empty if the message has none. */
	struct bytes (*host_id)(const struct request *req, enum host_id_type type);
	enum lease_type lease_type; /* bits of an address */
	bool one_lease;             /* a client has one lease per link: a new one replaces it */
	/* Decides req->name; returns what of it is stored with the lease of this binding, NULL for nothing. */
	const struct name *(*name_of)(struct request *req, const struct binding *b);
	/* Returns the user-context to store with a lease: the current one with the relay information added. */
	const char *(*make_context)(struct request *req, const char *old);
	/* The response: its header, and req->pool if its options apply; then, with the scopes known, the rest. */
	void (*begin)(struct request *req);
	enum verdict (*answer)(struct request *req);
	/*
	 * A hook library answers the message at pkt#_receive: makes a response of this type with its header,
	 * identifiers and destination. -E_NOMEM.
	 */
	int (*begin_answer)(struct request *req, unsigned type);
	enum verdict (*pack)(struct request *req);
	const struct context_form *context; /* how leases store the relay information */
	/* Writes who the request is from: the beginning of its log lines. */
	void (*make_label)(const struct request *req, char *buf, size_t size);
	/* Describes what subnet selection looks at, apart from the interface. */
	void (*describe_link)(const struct request *req, struct link_text *text);
	const struct line_tables *lines; /* other log lines */
	/* The IA gets nothing after all: sets what the response says about it. */
	enum verdict (*without_lease)(struct request *req, struct ia *ia);
	/*
	 * Finds the client's hardware address and identifier in a message that is not yet unpacked, empty if it does
	 * not name them; false if it is not valid. The bytes are in the arena or the datagram.
	 */
	bool (*named_client)(struct bytes datagram, struct arena *arena, struct bytes *ret_hwaddr,
			     struct bytes *ret_id);
	/* --- explanations --- */
	/* Returns the options of the response. */
	const struct opts *(*answer_opts)(const struct request *req);
	/* True if the option contains bindings, which are explained elsewhere; NULL: none does. */
	bool (*is_binding_option)(uint16_t code);
	/* Adds the times of an IA that the response has; NULL: they are options. */
	void (*explain_times)(const struct request *req, const struct ia *ia, struct json_object *map);
	/* Adds the fields of the response's header, and where they came from; NULL: it has none. */
	void (*explain_header)(const struct request *req, struct json_object *map);
	/* Writes the whole message as text, for debug lines. */
	void (*dump_query)(const struct request *req, struct str *out);
	void (*dump_answer)(const struct request *req, struct str *out);
};

extern const struct family family4, family6;

/* Message type and client are known: logged at debug levels. */
void request_received(const struct request *req);
/*
 * The response was packed into len bytes: counted and, at debug levels, logged. Negative: it does not fit and is
 * dropped.
 */
enum verdict request_packed(struct request *req, int len);

static inline const struct message_row *message_row(const struct family *fam, unsigned type)
{
	static const struct message_row unknown = { "UNKNOWN", .received = STAT_UNKNOWN_RECEIVED };

	return type < fam->n_messages && fam->messages[type].name ? &fam->messages[type] : &unknown;
}
