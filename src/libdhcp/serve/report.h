/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "serve/event.h"
#include "serve/line.h"
#include "serve/request.h"

/*
 * Log lines about a request. They are derived here from events and from the outcome of steps, not written where
 * decisions are made. Their rows (line.h) are in report4.c and report6.c; report.c has the shared part.
 */

/* No subnet serves the client: logged at most every 10 seconds per client. */
void report_no_subnet(const struct request *req);
/*
 * No subnet on the client's link had an address (with `prefixes`, a prefix) for it: counted and logged. If the
 * pools are full, expired leases are looked for soon.
 */
void report_exhausted(struct request *req, bool prefixes);
/* The client asks for more leases than max-leases-per-client: counted and logged. */
void report_max_leases(struct request *req);
/* Logs what bind has decided: each event, and the reason of a drop. */
void report_bound(const struct request *req);
void report_event(const struct request *req, const struct event *event);
void report_drop(const struct request *req);
/* The response could not be sent, with this errno: logged at most every 10 seconds per destination. */
void report_send_fail(const struct request *req, int err);
/* Logs the subnet that was selected, and what it grants. */
void report_subnet(const struct request *req);

/* Logs why this subnet was selected, or why none was. */
void report_chosen(const struct request *req, const struct select_query *query);
/* Finds, for the log only, what in the query selected the subnet. *ret_addr is the address if it was one. */
enum selected report_selected_by(const struct subnet *sub, const struct select_query *query,
				 const struct ip **ret_addr);

/* The part that differs by family. */
extern const struct line_tables report4_lines, report6_lines;
