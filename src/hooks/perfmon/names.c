/* SPDX-License-Identifier: MPL-2.0 */
#include "perfmon/names.h"

#include <stdio.h>
#include <string.h>

#define RESPONSES_MAX 3

static const struct message {
	uint8_t family, type;
	const char *name;
	uint8_t responses[RESPONSES_MAX]; /* types; none: it is a response */
} messages_rows[] = {
	{ 4, 1, "DHCPDISCOVER", { 2, 5, 6 } },
	{ 4, 2, "DHCPOFFER", { 0 } },
	{ 4, 3, "DHCPREQUEST", { 5, 6 } },
	{ 4, 5, "DHCPACK", { 0 } },
	{ 4, 6, "DHCPNAK", { 0 } },
	{ 4, 8, "DHCPINFORM", { 5 } },
	{ 4, 10, "DHCPLEASEQUERY", { 11, 12, 13 } },
	{ 4, 11, "DHCPLEASEUNASSIGNED", { 0 } },
	{ 4, 12, "DHCPLEASEUNKNOWN", { 0 } },
	{ 4, 13, "DHCPLEASEACTIVE", { 0 } },
	{ 6, 1, "SOLICIT", { 2, 7 } },
	{ 6, 2, "ADVERTISE", { 0 } },
	{ 6, 3, "REQUEST", { 7 } },
	{ 6, 4, "CONFIRM", { 7 } },
	{ 6, 5, "RENEW", { 7 } },
	{ 6, 6, "REBIND", { 7 } },
	{ 6, 7, "REPLY", { 0 } },
	{ 6, 8, "RELEASE", { 7 } },
	{ 6, 9, "DECLINE", { 7 } },
	{ 6, 11, "INFORMATION_REQUEST", { 7 } },
	{ 6, 14, "LEASEQUERY", { 15 } },
	{ 6, 15, "LEASEQUERY_REPLY", { 0 } },
	{ 6, 36, "ADDR_REG_INFORM", { 37 } },
	{ 6, 37, "ADDR_REG_REPLY", { 0 } },
};
#define MESSAGES_N (sizeof(messages_rows) / sizeof(messages_rows[0]))

static const char *const events[EVENT_N] = {
	[SOCKET_RECEIVED] = "socket_received", [BUFFER_READ] = "buffer_read",
	[PROCESS_STARTED] = "process_started", [PROCESS_COMPLETED] = "process_completed",
	[RESPONSE_SENT] = "response_sent",
};

const char *message_name(int family, uint8_t type)
{
	for (size_t i = 0; i < MESSAGES_N; i++)
		if (messages_rows[i].family == family && messages_rows[i].type == type)
			return messages_rows[i].name;
	return "*";
}

int message_type(int family, const char *name)
{
	for (size_t i = 0; i < MESSAGES_N; i++)
		if (messages_rows[i].family == family && !strcmp(messages_rows[i].name, name))
			return messages_rows[i].type;
	return -1;
}

bool message_responds(int family, int query, int response)
{
	for (size_t i = 0; i < MESSAGES_N; i++) {
		const struct message *row = &messages_rows[i];

		for (unsigned k = 0; row->family == family && row->type == query && k < RESPONSES_MAX; k++)
			if (row->responses[k] && row->responses[k] == response)
				return true;
	}
	return false;
}

const char *event_name(enum event event)
{
	return events[event];
}

const char *pair_start(unsigned pair)
{
	return pair == TOTAL ? "composite" : events[pair];
}

const char *pair_stop(unsigned pair)
{
	return pair == TOTAL ? "total_response" : events[pair + 1];
}

static bool is_name(const char *text, const char *name)
{
	while (*text && (*text == *name || (*text == '-' && *name == '_')))
		text++, name++;
	return !*text && !*name;
}

int pair_find(const char *start, const char *stop)
{
	for (unsigned pair = 0; pair < PAIR_N; pair++)
		if (is_name(start, pair_start(pair)) && is_name(stop, pair_stop(pair)))
			return (int)pair;
	return -1;
}

const char *duration_name(int family, const struct group *group, unsigned pair, char buf[DURATION_NAME_MAX])
{
	(void)snprintf(buf, DURATION_NAME_MAX, "%s-%s.%s-%s", message_name(family, group->query),
		       message_name(family, group->response), pair_start(pair), pair_stop(pair));
	return buf;
}
