/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "perfdhcp/clients.h"
#include "perfdhcp/exchange.h"

/*
 * The messages of a family: written from what an exchange knows, read into what it wants to know.
 * This is a client's side, kept apart from the server's codec on purpose: a mistake made there must
 * not be made here too.
 */
struct message {
	enum kind kind;
	uint32_t client, xid;
	uint32_t waited_ms;        /* how long the client says it has been trying */
	const struct grant *grant; /* what is requested, renewed or released; NULL for FIRST */
	const struct ip *relay;    /* the relay agent's address; NULL: the client is on the link */
};

struct answer {
	uint8_t type;
	uint32_t xid;
	struct bytes client; /* hardware address or DUID; empty if the answer has none */
	struct grant grant;  /* server points into the datagram */
	bool committed;      /* ACK, REPLY: not only offered */
	bool refused;        /* NAK, or a status that is not success */
};

struct proto {
	const char *kind_names[N_KINDS];
	uint16_t server_port, client_port, relay_port;
	unsigned xid_bits;
	bool release_answered;
	/* The writer's error is set when it does not fit. */
	void (*write)(const struct options *opt, const struct message *msg, struct writer *w);
	/* False if it is malformed. */
	bool (*read)(const struct options *opt, struct bytes datagram, struct answer *ret);
	/* Whether an answer of that type belongs to this half; last: the exchange is complete with
	 * it. */
	bool (*answers)(const struct options *opt, uint8_t type, enum kind kind, bool *ret_last);
	/* The half that such an answer would belong to; N_KINDS: none. */
	enum kind (*kind_of)(uint8_t type);
};

extern const struct proto proto4, proto6;

/*
 * The second template holds options that differ from answer to answer. Write it with whole options
 * put at their offsets; where the template has that option already (code), all of it is replaced.
 */
struct splice {
	uint32_t at; /* 0: not wanted */
	uint16_t code;
	struct bytes option; /* with code and length */
};
void template_write(const uint8_t *bytes, size_t len, unsigned head_len, struct splice *splices, unsigned n,
		    struct writer *w);
/*
 * Count up the bytes that end at id_at, as many as the number of clients needs; with -b mac= the six
 * bytes that end there are the client's hardware address instead.
 */
void template_client(const struct options *opt, uint8_t *bytes, size_t len, uint32_t id_at, uint32_t client);
