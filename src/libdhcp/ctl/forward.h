/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

/*
 * Requests with "service" are forwarded, as Kea's control agent does: to the unix sockets of other processes, or of
 * this one, one after the other; the response is the list of theirs, in that order. Nothing blocks, and a response
 * passes through as fast as the client accepts it, so a process that is dead, slow or endless costs only its own
 * requests: their number is limited (ctl/limits.h).
 *
 * A response of up to FORWARD_HELD bytes is passed on once it is complete and valid JSON; otherwise the list has an
 * error in its place. Of a longer one, only the end is found; if it fails on the way, the connection is closed.
 *
 * Main thread.
 */
enum ctl_service { SERVICE_DHCP4, SERVICE_DHCP6, SERVICE_D2, CTL_SERVICES };
/* "dhcp4", "dhcp6", "d2" */
extern const char *const ctl_service_names[CTL_SERVICES];

struct ctl;
struct loop;

/* Where requests with "service" go. Private. */
struct ctl_forwarder {
	struct loop *loop;
	const struct ctl *known;
	const char *paths[CTL_SERVICES];
	unsigned n_busy[CTL_SERVICES]; /* requests in progress */
};

/*
 * Makes requests with "service" go to these sockets; NULL: not configured. The paths are borrowed until the next call.
 * known: the commands of all services, for the access class that users need; one that is not there is for users with
 * full access. Borrowed.
 */
void ctl_forward(struct ctl *ctl, struct loop *loop, const struct ctl *known, const char *const paths[CTL_SERVICES]);
