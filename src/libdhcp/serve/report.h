/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "serve/event.h"
#include "serve/line.h"
#include "serve/request.h"

/*
 * What is logged about a request. The lines are derived here from events and from the outcome of a step, not written
 * where the decision is made: rows (line.h) in report4.c and report6.c say which; report.c has what both share.
 */

/* No subnet serves the client: once a minute for each client. */
void report_no_subnet(const struct request *req);
/*
 * No subnet on the client's link had an address, or with `prefixes` a prefix, for it: counted, and logged. Where the
 * pools are full, expired leases are looked for soon.
 */
void report_exhausted(struct request *req, bool prefixes);
/* The client asks for more than max-leases-per-client: counted, and logged. */
void report_max_leases(struct request *req);
/* What bind has decided, each event, and why the request is dropped. */
void report_bound(const struct request *req);
void report_event(const struct request *req, const struct event *event);
void report_drop(const struct request *req);
/* The response could not be sent, for this errno: once a minute for each destination. */
void report_send_fail(const struct request *req, int err);
/* The subnet that was selected, and what it grants. */
void report_subnet(const struct request *req);

/* What of the query selected the subnet: worked out once more, for the log alone. *ret_addr is the address, if it is
 * one. */
enum selected { SELECTED_BY_ADDRESS, SELECTED_BY_RELAY, SELECTED_BY_INTERFACE, SELECTED_BY_INTERFACE_ID };
enum selected report_selected_by(const struct subnet *sub, const struct select_query *query,
				 const struct ip **ret_addr);

/* The family's part. */
void report4_chosen(const struct request *req, const struct select_query *query);
void report6_chosen(const struct request *req, const struct select_query *query);
extern const struct line_tables report4_lines, report6_lines;
