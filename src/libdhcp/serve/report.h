/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "serve/request.h"

/*
 * What is logged about a request. The lines are derived here from events and from the outcome of a step, not written
 * where the decision is made: report4.c and report6.c know the messages of their family, report.c has what both share.
 */
enum { LEASE_TEXT_MAX = 2048 };

/* No subnet serves the client: once a minute for each client. */
void report_no_subnet(const struct request *req);
/*
 * No subnet on the client's link had an address, or with `prefixes` a prefix, for it: counted, and logged. Where the
 * pools are full, expired leases are looked for soon.
 */
void report_exhausted(struct request *req, bool prefixes);
/* The client asks for more than max-leases-per-client: counted, and logged. */
void report_max_leases(struct request *req);
/* A lease could not be made durable; `addr` is its address. */
void report_store_failed(const struct request *req);
/* The response could not be sent, for this errno: once a minute for each destination. */
void report_send_fail(const struct request *req, int err);
/* The address a change is about, or the one the client names; in buf of IP_TEXT_MAX. */
const char *report_address(const struct request *req, char *buf);
/* The subnet that was selected, and what it grants. */
void report_subnet(const struct request *req);
/* The lease is from another subnet of the shared network than the selected one. */
void report_other_subnet(const struct request *req, const struct subnet *sub);
/* What distinguishes lines that are folded: the client and an address. */
uint64_t report_key(const struct request *req, const struct ip *addr);
/* Printable, whatever a client sent; in buf of `size`. */
const char *report_printable(const char *text, char *buf, size_t size);

/* What of the query selected the subnet: worked out once more, for the log alone. *ret_addr is the address, if it is
 * one. */
enum selected { SELECTED_BY_ADDRESS, SELECTED_BY_RELAY, SELECTED_BY_INTERFACE, SELECTED_BY_INTERFACE_ID };
enum selected report_selected_by(const struct subnet *sub, const struct select_query *query,
				 const struct ip **ret_addr);

/* The functions log_chosen, log_bound, log_event and log_drop of struct family. */
void report4_chosen(const struct request *req, const struct select_query *query);
void report6_chosen(const struct request *req, const struct select_query *query);
void report4_bound(const struct request *req);
void report4_event(const struct request *req, const struct event *event);
void report4_drop(const struct request *req);
void report6_bound(const struct request *req);
void report6_event(const struct request *req, const struct event *event);
void report6_drop(const struct request *req);
