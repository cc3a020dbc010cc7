/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "log/log.h"
#include "serve/request.h"

/*
 * The log lines about requests are rows of report4.c and report6.c, indexed by what happened: a message of
 * messages.mes, when it applies, and the arguments for its text. A list of rows ends with an empty one. The
 * first row that applies is logged; a row with goes_on is logged in addition.
 *
 *	[EVENT_RELEASED] = LINES(LINE(DHCP4_RELEASE, SAY_LABEL, SAY_ADDRESS)),
 */
enum say {
	SAY_END,
	SAY_LABEL, /* who the request is from */
	SAY_ADDRESS,
	SAY_ADDRESS_OR_NONE, /* "(no address)" for the unspecified one */
	SAY_LEASE,           /* address, or prefix with its length */
	SAY_LENGTH,          /* of the prefix */
	SAY_KIND,            /* "address", "prefix" */
	SAY_IAID,
	SAY_VALID,
	SAY_SECONDS,   /* of the event */
	SAY_STATE,     /* of the lease */
	SAY_CLIENT_ID, /* of the lease, */
	SAY_HWADDR,
	SAY_LEASE_IAID,
	SAY_DETAILS,     /* all of it */
	SAY_OLD_DETAILS, /* of the lease that is replaced */
	SAY_WHY,
	SAY_HINT, /* the first address or prefix that the IA names */
	SAY_IA_STATUS,
	SAY_IA_STATUS_TEXT,
	SAY_STATUS, /* of the message */
	SAY_STATUS_TEXT,
	SAY_SUBNET_ID,
	SAY_SUBNET, /* the prefix of the selected one */
	SAY_INTERFACE,
	SAY_INTERFACE_ID, /* DHCPv6, of a relay */
	SAY_LOCAL,        /* the address that received the message */
	SAY_SOURCE,       /* of the datagram */
	SAY_DESTINATION,
	SAY_CIADDR, /* DHCPv4 */
	SAY_WANTED,
	SAY_RESERVED, /* the first reserved address or prefix */
	SAY_TYPE,     /* of the message: its number, its name */
	SAY_MESSAGE,
	SAY_N
};

/* What in a query selected the subnet. */
enum selected { SELECTED_BY_ADDRESS, SELECTED_BY_RELAY, SELECTED_BY_INTERFACE, SELECTED_BY_INTERFACE_ID };

/* The subject of a line. What does not exist is NULL or zero. */
struct subject {
	const struct request *req;
	const struct event *event;
	const struct ia *ia;
	const struct binding *binding;
	const struct lease *lease;
	struct ip addr;
	uint8_t prefix_len;
	const char *why;
	const struct select_query *query; /* about the selection of a subnet, */
	enum selected by;                 /* and by what, if there is one */
};

#define LINE_ARGS 8

struct line {
	struct log_msg *msg; /* NULL: end of the list */
	const char *text;
	bool (*when)(const struct subject *s); /* NULL: it always applies */
	bool goes_on;                          /* rows after it are considered too */
	/* How often it may be repeated; see log/fold.h. */
	enum { LINE_EACH, LINE_ONCE_PER_CLIENT, LINE_ONCE_PER_ADDRESS, LINE_ONCE } often;
	uint8_t args[LINE_ARGS]; /* enum say */
};

#define LINES(...) ((const struct line[]){ __VA_ARGS__, { 0 } })
#define LINE_OF(ID, ...) .msg = &log_msg_##ID, .text = LOGTEXT_##ID, .args = { __VA_ARGS__ }
#define LINE(ID, ...)                    \
	{                                \
		LINE_OF(ID, __VA_ARGS__) \
	}
#define LINE_AND(ID, ...)                                 \
	{                                                 \
		.goes_on = true, LINE_OF(ID, __VA_ARGS__) \
	}
#define LINE_IF(WHEN, ID, ...)                         \
	{                                              \
		.when = WHEN, LINE_OF(ID, __VA_ARGS__) \
	}
#define LINE_IF_AND(WHEN, ID, ...)                                      \
	{                                                               \
		.when = WHEN, .goes_on = true, LINE_OF(ID, __VA_ARGS__) \
	}
#define LINE_FOLDED(OFTEN, ID, ...)                      \
	{                                                \
		.often = OFTEN, LINE_OF(ID, __VA_ARGS__) \
	}
#define LINE_IF_FOLDED(WHEN, OFTEN, ID, ...)                           \
	{                                                              \
		.when = WHEN, .often = OFTEN, LINE_OF(ID, __VA_ARGS__) \
	}
/* For a message that exists once per family. */
#define LINE_OF_F(FAMILY, ID, ...) .msg = &log_msg_##ID[FAMILY], .text = LOGTEXT_##ID, .args = { __VA_ARGS__ }
#define LINE_F_FOLDED(FAMILY, OFTEN, ID, ...)                      \
	{                                                          \
		.often = OFTEN, LINE_OF_F(FAMILY, ID, __VA_ARGS__) \
	}

/* The lines of a family by subject; a list may be NULL. */
struct line_tables {
	/* By message type; 0 for all types without a list. After bind, all of severity DEBUG: */
	const struct line *const *message; /* for the message, */
	const struct line *const *ia;      /* for each IA, */
	const struct line *const *binding; /* for each binding that is granted, */
	const struct line *const *removed; /* for each lease that is deleted because of it, */
	const struct line *const *end;     /* and for the message again */
	const struct line *const *events;  /* indexed by enum event_kind */
	const struct line *const *drops;   /* indexed by enum drop_reason; 0 for all reasons without a list */
	/* Of severity DEBUG, too: */
	const struct line *chosen;     /* a subnet was selected, */
	const struct line *not_chosen; /* or none */
};

/* False if no row of the list would be logged, whatever its subject. `lines` may be NULL here and below. */
static inline bool line_is_on(const struct line *lines)
{
	for (; lines && lines->msg; lines++)
		if (log_is_on(lines->msg))
			return true;
	return false;
}

void line_log(const struct line *lines, const struct subject *s);
/*
 * True if the row has a fitting argument for each conversion of its text, and one more for the number of folded
 * lines. For tests: an incorrect row is logged as far as possible.
 */
bool line_is_right(const struct line *line);

/* Conditions that both families use. */
bool if_prefix(const struct subject *s);     /* about a prefix */
bool if_lease(const struct subject *s);      /* there is a lease */
bool if_held(const struct subject *s);       /* the client already has the lease that the binding is granted */
bool if_wanted(const struct subject *s);     /* the client names it */
bool if_reserved(const struct subject *s);   /* something on the link is reserved for the client */
bool if_from_host(const struct subject *s);  /* what the binding is granted is reserved for the client */
bool if_takes_over(const struct subject *s); /* the binding's lease was another client's */
bool if_deleted(const struct subject *s);    /* the lease is deleted */
bool if_decline(const struct subject *s);    /* the message declines addresses */
bool if_relayed(const struct subject *s);    /* a relay says where the client is, and nothing else does */
bool if_not_relayed(const struct subject *s);
bool if_by_relay(const struct subject *s); /* the subnet names the relay, */
bool if_by_interface(const struct subject *s);
bool if_by_interface_id(const struct subject *s);
