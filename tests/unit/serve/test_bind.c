/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The meaning of messages, in tables: from the client's lease, the candidate and the message to the response,
 * changes and events. There is no store, allocator or worker here: bind does not know them.
 */
#include "../suite.h"

#include "base/clock.h"
#include "json/diag.h"
#include "serve/binding.h"
#include "serve/event.h"
#include "serve/family4.h"
#include "serve/family6.h"
#include "serve/grant.h"
#include "serve/propose.h"
#include "serve/service.h"

#define CONFIG4                                                                                                \
	"{ \"Dhcp4\": { \"valid-lifetime\": 600, \"cache-threshold\": 0.25, \"decline-probation-period\": 99," \
	" \"subnet4\": [ { \"id\": 1, \"subnet\": \"192.0.2.0/24\","                                           \
	" \"pools\": [ { \"pool\": \"192.0.2.10 - 192.0.2.99\" } ] } ] } }"
#define CONFIG6                                                                                 \
	"{ \"Dhcp6\": { \"preferred-lifetime\": 300, \"valid-lifetime\": 400,"                  \
	" \"subnet6\": [ { \"id\": 1, \"subnet\": \"2001:db8:1::/64\", \"rapid-commit\": true," \
	" \"pools\": [ { \"pool\": \"2001:db8:1::/80\" } ] } ] } }"

static struct arena *arena;
static struct config *cfg;
static struct live live; /* without libraries */

static void load(const char *text, unsigned digit)
{
	struct diag *diag;
	int err = config_load_text("test", text, strlen(text), digit, CONFIG_CHECK | CONFIG_SERVE, &diag, &cfg);

	ck_assert_int_eq(err, 0);
	diag_free(diag);
}

static void set_up(void)
{
	arena = arena_new(0);
	clock_set_virtual(1700000000, 100000);
}

static void tear_down(void)
{
	config_free(cfg);
	cfg = NULL;
	arena_free(arena);
}

/* Returns a request as propose and look leave it. */
static struct request *request_of(const struct family *fam, unsigned type, const struct subnet *chosen)
{
	struct request *req = arena_new_obj(arena, struct request);
	struct binding *b = arena_new_obj(arena, struct binding);
	struct ia *ia = arena_new_obj(arena, struct ia);
	struct hint *hint = arena_new_obj(arena, struct hint);

	req->fam = fam;
	req->arena = arena;
	req->live = &live;
	req->cfg = cfg;
	req->type = type;
	req->row = message_row(fam, type);
	req->chosen = req->sub = chosen;
	req->wanted = fam->zero;
	req->declines_left = 1;
	ia->type = fam->lease_type;
	ia->hints = hint;
	ia->n_hints = 1;
	hint->ia = b->ia = ia;
	hint->prefix.addr = fam->zero;
	ia->bindings = req->bindings = b;
	ia->n_bindings = req->n_bindings = 1;
	req->ias = ia;
	req->n_ias = 1;
	req->changes_max = req->events_max = 8;
	req->changes = arena_new_array(arena, struct store_change, 8);
	req->events = arena_new_array(arena, struct event, 8);
	opts_init(&req->q.opts, arena);
	opts_init(&req->q6.opts, arena);
	return req;
}

static struct ip ip_of(const char *text)
{
	struct ip ip;

	ck_assert_int_eq(ip_parse(text, &ip), 0);
	return ip;
}

/* --- DHCPv4 --- */

static const uint8_t mac[2][6] = { { 2, 0, 0, 0, 0, 1 }, { 2, 0, 0, 0, 0, 2 } };

/* of: 1 = the client's, 2 = another client's; left: s until it ends, negative = since it ended. */
static struct lease *lease4(const char *addr, int of, int left)
{
	struct lease *lease = arena_new_obj(arena, struct lease);

	*lease = (struct lease){
		.addr = ip_of(addr),
		.prefix_len = 32,
		.type = LEASE_V4,
		.hwaddr = bytes_of(mac[of - 1], 6),
		.subnet_id = 1,
		.valid = 600,
		.expires = clock_boot_sec() + left,
		.hostname = "",
		.version = 7,
	};
	return lease;
}

enum { NO_SERVER, SERVER };

struct row4 {
	const char *what;
	unsigned type;
	int server;                       /* the message has option 54 */
	const char *wanted, *ciaddr;      /* NULL: missing */
	const char *held;                 /* the client's lease, 500 s left; NULL: none */
	const char *candidate;            /* NULL: none */
	int candidate_of, candidate_left; /* the lease for it; 0: none */
	int verdict;
	unsigned answer;
	const char *kinds; /* changes: + insert, = update, - delete */
	int event;         /* the last one; -1: none */
	int drop;
};

static const struct row4 rows4[] = {
	{ "discover, new", DHCP4_DISCOVER, NO_SERVER, NULL, NULL, NULL, "192.0.2.10", 0, 0, STEP_NEXT, DHCP4_OFFER, "",
	  EVENT_OFFERED, 0 },
	{ "discover, nothing available", DHCP4_DISCOVER, NO_SERVER, NULL, NULL, NULL, NULL, 0, 0, STEP_DROP,
	  DHCP4_OFFER, "", EVENT_UNAVAILABLE, DROP_NO_ADDRESS },
	{ "selecting, new", DHCP4_REQUEST, SERVER, "192.0.2.10", NULL, NULL, "192.0.2.10", 0, 0, STEP_NEXT, DHCP4_ACK,
	  "+", EVENT_ASSIGNED, 0 },
	{ "selecting, over an ended lease of another client", DHCP4_REQUEST, SERVER, "192.0.2.10", NULL, NULL,
	  "192.0.2.10", 2, -5, STEP_NEXT, DHCP4_ACK, "=", EVENT_ASSIGNED, 0 },
	{ "selecting another address: the old lease ends", DHCP4_REQUEST, SERVER, "192.0.2.11", NULL, "192.0.2.10",
	  "192.0.2.11", 0, 0, STEP_NEXT, DHCP4_ACK, "+-", EVENT_ASSIGNED, 0 },
	{ "selecting, in use by another client", DHCP4_REQUEST, SERVER, "192.0.2.10", NULL, NULL, NULL, 0, 0, STEP_NEXT,
	  DHCP4_NAK, "", EVENT_REFUSED, 0 },
	{ "selecting, outside of the pools", DHCP4_REQUEST, SERVER, "192.0.2.200", NULL, NULL, NULL, 0, 0, STEP_NEXT,
	  DHCP4_NAK, "", EVENT_REFUSED, 0 },
	{ "rebooting, its own", DHCP4_REQUEST, NO_SERVER, "192.0.2.10", NULL, "192.0.2.10", "192.0.2.10", 1, 300,
	  STEP_NEXT, DHCP4_ACK, "=", EVENT_RENEWED, 0 },
	{ "rebooting, another one than its own", DHCP4_REQUEST, NO_SERVER, "192.0.2.11", NULL, "192.0.2.10", NULL, 0, 0,
	  STEP_NEXT, DHCP4_NAK, "", EVENT_REBOOT_REFUSED, 0 },
	{ "rebooting, unknown", DHCP4_REQUEST, NO_SERVER, "192.0.2.10", NULL, NULL, NULL, 0, 0, STEP_DROP, 0, "",
	  EVENT_REBOOT_UNKNOWN, DROP_NO_RECORD },
	{ "renewing late", DHCP4_REQUEST, NO_SERVER, NULL, "192.0.2.10", "192.0.2.10", "192.0.2.10", 1, 300, STEP_NEXT,
	  DHCP4_ACK, "=", EVENT_RENEWED, 0 },
	{ "renewing early: confirmed, not written", DHCP4_REQUEST, NO_SERVER, NULL, "192.0.2.10", "192.0.2.10",
	  "192.0.2.10", 1, 590, STEP_NEXT, DHCP4_ACK, "", EVENT_REUSED, 0 },
	{ "renewing what another server granted", DHCP4_REQUEST, NO_SERVER, NULL, "192.0.2.10", NULL, NULL, 0, 0,
	  STEP_DROP, 0, "", -1, DROP_NO_RECORD },
	{ "bare", DHCP4_REQUEST, NO_SERVER, NULL, NULL, NULL, "192.0.2.10", 0, 0, STEP_NEXT, DHCP4_ACK, "+",
	  EVENT_ASSIGNED, 0 },
	{ "bare, nothing available", DHCP4_REQUEST, NO_SERVER, NULL, NULL, NULL, NULL, 0, 0, STEP_NEXT, DHCP4_NAK, "",
	  EVENT_REFUSED, 0 },
};

static void expect(const struct request *req, const char *what, int verdict, int want_verdict, unsigned answer,
		   const char *kinds, int event, int drop)
{
	static const char marks[] = { [CHANGE_TAKE] = '+', [CHANGE_UPDATE] = '=', [CHANGE_DELETE] = '-' };

	ck_assert_msg(verdict == want_verdict, "%s: verdict %d", what, verdict);
	ck_assert_msg(req->answer_type == answer, "%s: response %u", what, req->answer_type);
	ck_assert_msg(req->n_changes == strlen(kinds), "%s: %u changes", what, req->n_changes);
	for (unsigned i = 0; i < req->n_changes; i++)
		ck_assert_msg(marks[req->changes[i].kind] == kinds[i], "%s: change %u is %d", what, i,
			      (int)req->changes[i].kind);
	ck_assert_msg(event < 0 ? !req->n_events : req->n_events && (int)req->events[req->n_events - 1].kind == event,
		      "%s: %u events, the last one %d", what, req->n_events,
		      req->n_events ? (int)req->events[req->n_events - 1].kind : -1);
	ck_assert_msg((int)req->drop == drop, "%s: drop %d", what, (int)req->drop);
}

START_TEST(messages4)
{
	const struct row4 *row = &rows4[_i];
	struct request *req;
	struct ia *ia;
	struct candidate *c;

	load(CONFIG4, 4);
	req = request_of(&family4, row->type, &cfg->plan.subs[0]);
	ia = &req->ias[0];
	c = &req->bindings[0].candidate;
	req->hwaddr = bytes_of(mac[0], 6);
	if (row->server == SERVER)
		ck_assert_int_eq(opts_add(&req->q.opts, OPT4_DHCP_SERVER_IDENTIFIER, bytes_of("\xc0\0\2\1", 4)), 0);
	if (row->wanted || row->ciaddr)
		req->wanted = ip_of(row->wanted ? row->wanted : row->ciaddr);
	if (row->ciaddr)
		req->q.ciaddr = ip_to4(&req->wanted);
	ia->hints[0].prefix = (struct prefix){ req->wanted, 32 };
	if (row->held) {
		ia->held = lease4(row->held, 1, 500);
		ia->n_held = 1;
	}
	if (row->candidate) {
		*c = (struct candidate){ .exists = true, .prefix = { ip_of(row->candidate), 32 }, .is_known = true };
		c->pool = link_pool_of(req->chosen, &c->prefix.addr);
		if (row->candidate_of)
			c->lease = lease4(row->candidate, row->candidate_of, row->candidate_left);
	}
	ia->policy = req->row->policy(req, ia);
	expect(req, row->what, (int)req->row->bind(req), row->verdict, row->answer, row->kinds, row->event, row->drop);
}
END_TEST

/* The lease named in a DECLINE or RELEASE: 0 = nobody's, 1 = the client's, 2 = another client's. */
static const struct {
	const char *what;
	unsigned type;
	int of, left;
	unsigned declines_left;
	int verdict;
	const char *kinds;
	int event;
} back4[] = {
	{ "decline", DHCP4_DECLINE, 1, 300, 1, STEP_NEXT, "=", EVENT_DECLINED },
	{ "decline, one too many", DHCP4_DECLINE, 1, 300, 0, STEP_NEXT, "-", EVENT_DECLINE_LIMIT },
	{ "decline of another client's", DHCP4_DECLINE, 2, 300, 1, STEP_DONE, "", EVENT_DECLINE_FOREIGN },
	{ "decline of nobody's", DHCP4_DECLINE, 0, 0, 1, STEP_DONE, "", EVENT_DECLINE_UNKNOWN },
	{ "decline of one that has ended", DHCP4_DECLINE, 1, -1, 1, STEP_DONE, "", EVENT_DECLINE_UNKNOWN },
	{ "release", DHCP4_RELEASE, 1, 300, 1, STEP_NEXT, "=", EVENT_RELEASED },
	{ "release of another client's", DHCP4_RELEASE, 2, 300, 1, STEP_DONE, "", EVENT_RELEASE_FOREIGN },
	{ "release of nobody's", DHCP4_RELEASE, 0, 0, 1, STEP_DONE, "", EVENT_RELEASE_UNKNOWN },
};

START_TEST(given_back4)
{
	struct request *req;

	load(CONFIG4, 4);
	req = request_of(&family4, back4[_i].type, &cfg->plan.subs[0]);
	req->hwaddr = bytes_of(mac[0], 6);
	req->wanted = ip_of("192.0.2.10");
	req->declines_left = back4[_i].declines_left;
	req->ias[0].hints[0].prefix = (struct prefix){ req->wanted, 32 };
	if (back4[_i].of)
		req->ias[0].hints[0].lease = lease4("192.0.2.10", back4[_i].of, back4[_i].left);
	expect(req, back4[_i].what, (int)req->row->bind(req), back4[_i].verdict, 0, back4[_i].kinds, back4[_i].event,
	       0);
}
END_TEST

/* --- DHCPv6 --- */

#define DUID "\0\3\0\1\2\0\0\0\0\1"

static struct lease *lease6(const char *addr, uint32_t iaid, int left)
{
	struct lease *lease = arena_new_obj(arena, struct lease);

	*lease = (struct lease){
		.addr = ip_of(addr),
		.prefix_len = 128,
		.type = LEASE_NA,
		.client_id = bytes_of(DUID, 10),
		.iaid = iaid,
		.subnet_id = 1,
		.valid = 400,
		.preferred = 300,
		.expires = clock_boot_sec() + left,
		.hostname = "",
		.version = 7,
	};
	return lease;
}

static const struct {
	const char *what;
	unsigned type;
	bool rapid;
	const char *named, *candidate;
	int left; /* of the client's lease; 0: none */
	int verdict;
	unsigned answer;
	const char *kinds;
	int event, status; /* for the IA; -1: none */
	int drop;
} rows6[] = {
	{ "solicit", DHCP6_SOLICIT, false, NULL, "2001:db8:1::1", 0, STEP_NEXT, DHCP6_ADVERTISE, "", EVENT_OFFERED, -1,
	  0 },
	{ "solicit, rapid", DHCP6_SOLICIT, true, NULL, "2001:db8:1::1", 0, STEP_NEXT, DHCP6_REPLY, "+", EVENT_ASSIGNED,
	  -1, 0 },
	{ "solicit, nothing available", DHCP6_SOLICIT, false, NULL, NULL, 0, STEP_NEXT, DHCP6_ADVERTISE, "",
	  EVENT_UNAVAILABLE, STATUS6_NO_ADDRS_AVAIL, 0 },
	{ "request", DHCP6_REQUEST, false, NULL, "2001:db8:1::1", 0, STEP_NEXT, DHCP6_REPLY, "+", EVENT_ASSIGNED, -1,
	  0 },
	{ "request of another link", DHCP6_REQUEST, false, "2001:db8:9::1", NULL, 0, STEP_NEXT, DHCP6_REPLY, "", -1,
	  STATUS6_NOT_ON_LINK, 0 },
	{ "renew", DHCP6_RENEW, false, "2001:db8:1::1", "2001:db8:1::1", 100, STEP_NEXT, DHCP6_REPLY, "=",
	  EVENT_RENEWED, -1, 0 },
	{ "renew, unknown", DHCP6_RENEW, false, "2001:db8:1::1", NULL, 0, STEP_NEXT, DHCP6_REPLY, "", EVENT_UNAVAILABLE,
	  STATUS6_NO_BINDING, 0 },
	{ "rebind, unknown", DHCP6_REBIND, false, "2001:db8:1::1", NULL, 0, STEP_DROP, DHCP6_REPLY, "",
	  EVENT_UNAVAILABLE, STATUS6_NO_BINDING, DROP_NO_RECORD },
};

START_TEST(messages6)
{
	struct request *req;
	struct candidate *c;
	struct ia *ia;

	load(CONFIG6, 6);
	req = request_of(&family6, rows6[_i].type, &cfg->plan.subs[0]);
	ia = &req->ias[0];
	c = &req->bindings[0].candidate;
	req->client_id = bytes_of(DUID, 10);
	ia->iaid = 5;
	if (rows6[_i].rapid)
		ck_assert_int_eq(opts_add(&req->q6.opts, OPT6_RAPID_COMMIT, bytes_of("", 0)), 0);
	if (rows6[_i].named)
		ia->hints[0].prefix = (struct prefix){ ip_of(rows6[_i].named), 128 };
	else
		ia->n_hints = 0;
	if (rows6[_i].candidate) {
		*c = (struct candidate){ .exists = true,
					 .prefix = { ip_of(rows6[_i].candidate), 128 },
					 .is_known = true };
		c->pool = link_pool_of(req->chosen, &c->prefix.addr);
		if (rows6[_i].left)
			c->lease = lease6(rows6[_i].candidate, 5, rows6[_i].left);
	}
	ia->policy = req->row->policy(req, ia);
	expect(req, rows6[_i].what, (int)req->row->bind(req), rows6[_i].verdict, rows6[_i].answer, rows6[_i].kinds,
	       rows6[_i].event, rows6[_i].drop);
	ck_assert_msg((ia->has_status ? (int)ia->status : -1) == rows6[_i].status, "%s: status %d", rows6[_i].what,
		      ia->has_status ? (int)ia->status : -1);
}
END_TEST

#define N(a) (int)(sizeof(a) / sizeof((a)[0]))

int main(void)
{
	TCase *tcase = tcase_create("bind");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_loop_test(tcase, messages4, 0, N(rows4));
	tcase_add_loop_test(tcase, given_back4, 0, N(back4));
	tcase_add_loop_test(tcase, messages6, 0, N(rows6));
	return suite_run(tcase);
}
