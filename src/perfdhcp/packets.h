/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "perfdhcp/clients.h"
#include "perfdhcp/exchange.h"

/*
 * The messages of a family: written from the state of an exchange, and read for its results. This is the client
 * side, deliberately separate from the server's codec, so that both cannot share a bug.
 */
struct message {
	enum kind kind;
	uint32_t client, xid;
	uint32_t waited_ms;        /* how long the client claims to have been trying */
	const struct grant *grant; /* what is requested, renewed or released; NULL for FIRST */
	const struct ip *relay;    /* relay agent address; NULL: the client is on the link */
};

struct answer {
	uint8_t type;
	uint32_t xid;
	struct bytes client; /* hardware address or DUID; empty if missing in the response */
	struct grant grant;  /* server points into the datagram */
	bool committed;      /* ACK, REPLY: not just an offer */
	bool refused;        /* NAK, or a status other than success */
};

struct proto {
	const char *kind_names[N_KINDS];
	uint16_t server_port, client_port, relay_port;
	unsigned xid_bits;
	bool release_answered;
	/* The writer's error is set if the message does not fit. */
	void (*write)(const struct options *opt, const struct message *msg, struct writer *w);
	/* False if it is malformed. */
	bool (*read)(const struct options *opt, struct bytes datagram, struct answer *ret);
	/* True if a response of that type belongs to this half; last: it completes the exchange. */
	bool (*answers)(const struct options *opt, uint8_t type, enum kind kind, bool *ret_last);
	/* The half that such a response belongs to; N_KINDS: none. */
	enum kind (*kind_of)(uint8_t type);
};

extern const struct proto proto4, proto6;

/*
 * The second template contains options that differ from one response to the next. Writes it with complete
 * options inserted at their offsets; if the template already has that option there (code), it is replaced.
 */
struct splice {
	uint32_t at; /* 0: not used */
	uint16_t code;
	struct bytes option; /* including code and length */
};
void template_write(const uint8_t *bytes, size_t len, unsigned head_len, struct splice *splices, unsigned n,
		    struct writer *w);
/*
 * Increments the bytes that end at id_at, as many as the number of clients requires; with -b mac= the six bytes
 * that end there are replaced with the client's hardware address.
 */
void template_client(const struct options *opt, uint8_t *bytes, size_t len, uint32_t id_at, uint32_t client);
