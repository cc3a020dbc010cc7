/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "ddns/dhcid.h"
#include "ddns/ncr.h"

/*
 * The way from a DHCP server to kea-dhcp-ddns: a bounded queue and a thread that sends what is in it, so that neither a
 * slow nor an absent DDNS server delays DHCP. UDP says nothing about what arrives, with one exception: while nobody
 * listens at the address, which the kernel reports at once if it is one of this host, requests wait in the queue.
 *
 * With a journal, requests go through a TCP connection, and remain in the queue and in a file (journal.h) until the
 * DDNS server confirms that they have ended. After the loss of the connection, or a new start, they are sent again in
 * order.
 */
struct ncr_sender;

/* Where requests go: dhcp-ddns of a DHCP server's configuration. */
struct ncr_target {
	bool is_enabled;
	bool has_sender; /* sender is set; else any address of this host */
	struct ip server, sender;
	uint16_t port, sender_port; /* sender_port 0 = any */
	uint32_t max_queue;         /* requests that may wait */
	const char *journal;        /* the file that keeps requests until they are confirmed; NULL: none */
};

#define NCR_NAME_MAX 255
#define NCR_CLIENT_MAX 255

/* A request in the queue. */
struct ncr_item {
	enum ncr_change change;
	enum ncr_mode mode;
	bool forward, reverse; /* at least one */
	struct ip addr;
	enum dhcid_type client_type;
	uint8_t client_len, name_len;
	int64_t expires_sec;   /* as in struct ncr */
	uint32_t lease_length; /* s */
	uint8_t client[NCR_CLIENT_MAX];
	/* The sender's own: */
	bool has_dhcid, is_done; /* has_dhcid: client is the RDATA; is_done: confirmed */
	uint64_t serial;         /* in the journal; 0: not there yet */
	char name[NCR_NAME_MAX]; /* labels with a dot between them, not escaped; a final dot makes no difference */
};

/* `family` is the index of LOGF(). Sends nothing before ncr_sender_use(). Never NULL. */
struct ncr_sender *ncr_sender_new(unsigned family);
/*
 * Sends what waits, unless nobody listens, and ends the thread. Takes as long as the kernel needs to accept the
 * datagrams; with a journal, up to a second for confirmations. Accepts NULL.
 */
void ncr_sender_free_wait(struct ncr_sender *sender);
/*
 * From now on requests go there, also those that wait. They are dropped if it is not enabled or if its queue is too
 * short. Main thread. -E_SYS if the thread cannot be started: requests wait for the next call.
 */
int ncr_sender_use(struct ncr_sender *sender, const struct ncr_target *target);
/*
 * Adds a request, which is copied. Any thread; does not allocate or wait. If the queue is full, the request is dropped,
 * counted in ncr-dropped, and reported once a minute. Ignored while sending is not enabled.
 */
void ncr_sender_put(struct ncr_sender *sender, const struct ncr_item *item);
/* Number of requests that wait. Any thread. */
unsigned ncr_sender_waiting(struct ncr_sender *sender);
