/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "daemon/commands.h"
#include "wire/option.h"

/*
 * The message that a client would send, made from the arguments of the command `explain`, as it would arrive. Main
 * thread.
 */
struct explain_args {
	struct conf_node node;
	/* the message itself */
	const char *packet;
	const char *source, *destination; /* of the datagram */
	/* or what it is made of */
	const char *message_type, *interface;
	const char *hw_address, *client_id, *address;
	const char *relay, *link, *circuit_id, *remote_id, *interface_id;
	uint32_t iaid;
	struct conf_strings want;
	struct json_object *options, *relay_options;
};

#define EXPLAIN_MAX 4096 /* bytes of options in a message made from arguments */

extern const struct scope explain_args_scope;

/*
 * Fills a datagram; its bytes are in the call's arena. False: ctl_call_diag() has the errors.
 */
bool explain_query(struct ctl_call *call, const struct explain_args *args, struct dgram *ret);

/* --- for the families --- */

/* The families' parts: the message, with the datagram's addresses where the message decides them. */
bool explain_query4(struct ctl_call *call, const struct explain_args *args, unsigned type, struct dgram *ret);
bool explain_query6(struct ctl_call *call, const struct explain_args *args, unsigned type, struct dgram *ret);
/* Where a message from elsewhere comes from: sets src and dst, unless its header is too short. */
void explain_addresses4(struct dgram *ret);
void explain_addresses6(struct dgram *ret);

/* Reads 'text' or hexadecimal; empty if text is NULL or, with an error, wrong. */
struct bytes explain_bytes_of(struct ctl_call *call, const struct explain_args *args, const char *key,
			      const char *text);
/* Reads an address of the server's family; false if text is NULL or, with an error, wrong. */
bool explain_address_of(struct ctl_call *call, const struct explain_args *args, const char *key, const char *text,
			struct ip *ret);
/* Adds options from a map; `space` is where their names are looked up, NULL: they are codes. */
void explain_add_options(struct ctl_call *call, const struct explain_args *args, const char *key,
			 struct json_object *map, const char *space, struct opts *to);
