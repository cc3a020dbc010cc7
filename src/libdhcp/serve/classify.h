/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "serve/request.h"

/*
 * The classes of a request's client (req->classes). Step classify assigns those that the message alone decides, before
 * the subnet is selected; classify_host() assigns the others, once it is known whether the client has a reservation.
 */
static inline bool is_in_class(const struct request *req, unsigned number)
{
	return req->classes.bits && req->classes.bits[number / 64] >> number % 64 & 1;
}

/*
 * Adds the classes of the reservation (NULL: none), then KNOWN or UNKNOWN, then the classes that depend on
 * these. May be called twice: for a global reservation, found before the subnet is selected, and for the final
 * one.
 */
enum verdict classify_host(struct request *req, const struct host *host, bool is_final);
/*
 * Evaluates evaluate-additional-classes of the scopes that contain the lease, before the response is built.
 * False if the message makes that too expensive: it gets no response.
 */
bool classify_additional(struct request *req);
extern const char classes_too_expensive[]; /* reason of the drop */
/*
 * Puts the client into a class, for a hook library, at any time. Returns 1 if it is in it already, -E_NOENT if nothing
 * in the configuration refers to the class, -E_NOMEM.
 */
int classify_add(struct request *req, const char *name);
/* Returns the state for expressions on the message. */
struct eval classify_eval(const struct request *req);
/* Adds the options of the classes, in the order of assignment. */
void classify_scopes(struct request *req);

/* The first class of the client, in the order of assignment, that sets it; one of them does. */
const struct client_class *first_class(const struct request *req, enum class_sets what);

/* What the client's classes set, of several the one assigned first; else what the subnet has. */
#define CLASS_OR_SUBNET(type, name, field, what, of_subnet)                                   \
	static inline type name##_of(const struct request *req, const struct net_params *par) \
	{                                                                                     \
		return req->classes.sets & what ? first_class(req, what)->field : of_subnet;  \
	}

CLASS_OR_SUBNET(const struct lifetime *, valid_lifetime, valid, CLASS_SETS_VALID, &par->valid)
CLASS_OR_SUBNET(const struct lifetime *, preferred_lifetime, preferred, CLASS_SETS_PREFERRED, &par->preferred)
CLASS_OR_SUBNET(uint32_t, offer_lifetime, offer_lifetime, CLASS_SETS_OFFER, par->offer_lifetime)
CLASS_OR_SUBNET(uint32_t, next_server, next_server, CLASS_SETS_NEXT_SERVER, par->next_server)
CLASS_OR_SUBNET(const char *, server_hostname, server_hostname, CLASS_SETS_SERVER_HOSTNAME, par->server_hostname)
CLASS_OR_SUBNET(const char *, boot_file_name, boot_file_name, CLASS_SETS_BOOT_FILE, par->boot_file_name)
