/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A hook library inside the player: it registers at every point, counts calls, and returns the verdicts of the
 * scenario.
 */
#include "play.h"

#include "api/api.h"
#include "base/str.h"
#include "ctl/command.h"
#include "hook/hooks.h"
#include "serve/slots.h"

static struct {
	enum hook_verdict verdict;
	unsigned n_left;  /* remaining calls with the verdict; then HOOK_CONTINUE */
	unsigned n_calls; /* since the last "hooked" */
	struct ip addr;   /* of the lease in the last call; zero if none */
	bool is_fake, removes;
	uint32_t valid; /* written to the lease, unless 0 */
	/* The identifier that it sets; none if its length is 0. */
	enum host_id_type id_type;
	uint8_t id[300];
	size_t id_len;
} points[HOOK_POINT_N];

static struct {
	struct request *req;
	uint64_t ticket;
} parked;

static struct hooks *hooks;

static bool is_about_a_lease(enum hook_point_id point)
{
	return strstr(hook_points[point].arguments, "lease#") && point != HOOK_LEASE_OFFER &&
	       point != HOOK_LEASES_COMMITTED;
}

static enum hook_verdict called(void *library, struct hook_call *call)
{
	(void)library;
	if (!call->req != !strstr(hook_points[call->point].arguments, "query#") && call->point != HOOK_BUFFER_SEND)
		fail("%s was called %s a request", hook_points[call->point].name, call->req ? "with" : "without");
	if (is_about_a_lease(call->point) && !call->lease)
		fail("%s was called without a lease", hook_points[call->point].name);
	points[call->point].n_calls++;
	points[call->point].addr = call->lease ? call->lease->addr : play.dialect->fam->zero;
	points[call->point].is_fake = call->is_fake;
	points[call->point].removes = call->removes;
	if (!call->cfg != (call->point != HOOK_SRV_CONFIGURED))
		fail("%s was called %s a configuration", hook_points[call->point].name, call->cfg ? "with" : "without");
	if (call->point == HOOK_HOST_IDENTIFIER && points[call->point].id_len) {
		call->id_type = points[call->point].id_type;
		call->id_value = bytes_of(points[call->point].id, points[call->point].id_len);
	}
	if (call->lease && points[call->point].valid)
		call->lease->valid = points[call->point].valid;
	if (!points[call->point].n_left)
		return HOOK_CONTINUE;
	points[call->point].n_left--;
	if (points[call->point].verdict == HOOK_PARK && hook_points[call->point].may_park) {
		parked.req = call->req;
		if (slot_park(call, 0, &parked.ticket) < 0)
			fail("it cannot be parked");
	}
	return points[call->point].verdict;
}

struct hooks *play_hooks(void)
{
	return hooks;
}

void hooks_start(void)
{
	hooks = hooks_new(play.arena);
	for (enum hook_point_id i = 0; i < HOOK_POINT_N; i++)
		hooks_register(hooks, i, called, NULL);
}

static enum hook_point_id point_of(const char *name)
{
	char full[64];

	for (enum hook_point_id i = 0; i < HOOK_POINT_N; i++) {
		size_t n = strlen(hook_points[i].name);

		memcpy(full, hook_points[i].name, n + 1);
		for (size_t k = 0; k < n; k++)
			if (full[k] == '#')
				full[k] = (char)('0' + play.dialect->fam->digit);
		if (!strcmp(full, name))
			return i;
	}
	fail("there is no hook point %s", name);
}

void do_hook(void)
{
	static const char *const names[] = { "continue", "skip", "park", "drop" };
	enum hook_point_id point = point_of(words[1]);
	const char *valid = value_of("valid"), *id = value_of("id"), *type = value_of("type");

	for (unsigned i = 0; n_words > 2 && i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(words[2], names[i])) {
			points[point].verdict = (enum hook_verdict)i;
			points[point].n_left = n_words > 3 && !strchr(words[3], '=') ? number_of(words[3]) : 1;
		}
	points[point].valid = valid ? number_of(valid) : 0;
	points[point].id_len = 0;
	points[point].id_type = HOST_ID_FLEX_ID;
	if (id) {
		int n = hex_to_bytes(id, strlen(id), points[point].id, sizeof(points[point].id));

		if (n < 1 || (type && host_id_type_of(type, &points[point].id_type) < 0))
			fail("not an identifier");
		points[point].id_len = (size_t)n;
	}
}

void do_hooked(void)
{
	enum hook_point_id point = point_of(words[1]);
	const char *addr = value_of("address"), *fake = value_of("fake"), *removes = value_of("removes");
	struct ip want;

	if (points[point].n_calls != number_of(words[2]))
		fail("%s was called %u times", words[1], points[point].n_calls);
	if (addr && (want = ip_of(addr), !ip_equal(&want, &points[point].addr)))
		fail("%s was called with another address", words[1]);
	if (fake && points[point].is_fake != (*fake == '1'))
		fail("%s: fake is %d", words[1], points[point].is_fake);
	if (removes && points[point].removes != (*removes == '1'))
		fail("%s: removes is %d", words[1], points[point].removes);
	points[point].n_calls = 0;
}

void do_unpark(void)
{
	if (!parked.req)
		fail("nothing is parked");
	if (!(n_words > 1 && !strcmp(words[1], "drop") ? slot_drop : slot_resume)(parked.req, parked.ticket))
		fail("it is not parked any longer");
	/* A second call has no effect, whichever it is. */
	if (slot_resume(parked.req, parked.ticket) || slot_drop(parked.req, parked.ticket))
		fail("the ticket is good for a second time");
	parked.req = NULL;
	pump();
}

static char response[65536];

static void on_ready(void *ctx)
{
	(void)ctx;
}

void do_command(const char *request)
{
	struct ctl_who who = { .channel = "test" };
	struct str out = { 0 };
	struct ctl_call *call;
	enum ctl_more more;
	struct ctl *ctl;

	if (!play.live)
		fail("there is no configuration");
	ctl = ctl_new(play.dialect->fam->digit == 6 ? KEY_6 : KEY_4, NULL);
	api_use_commands(ctl, play.live->hooks);
	call = ctl_dispatch(ctl, ctl_request_parse(request, strlen(request)), &who, on_ready, NULL);
	do
		more = ctl_call_read(call, &out);
	while (more == CTL_MORE);
	if (more != CTL_END)
		fail("there is no response");
	(void)snprintf(response, sizeof(response), "%s", str_text(&out));
	ctl_call_free(call);
	ctl_free(ctl);
	str_free(&out);
}

void do_response(const char *text)
{
	if (!strstr(response, text))
		fail("the response is %s", response);
}
