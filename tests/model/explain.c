/* SPDX-License-Identifier: MPL-2.0 */
/*
 * With EXPLAIN=1, one message in three is explained (serve/explain.h) before it is served, while the store is at rest:
 * the explanation must have the bytes of the response that follows, or none if there is none. Configurations have an
 * option whose value is the name of its scope, in random scopes, so the scope that the explanation names is checked,
 * too.
 */
#include "model.h"

#include "serve/explain.h"

#include <json-c/json.h>

#define EXPLAINED 600 /* messages, over all games */

static struct {
	bool is_on, is_pending;
	struct explainer *explainer; /* of this game */
	struct json_object *what;
	unsigned n_messages, n, n_with_response, n_scopes, n_by_scope[6];
	uint8_t sent[65536];
	size_t n_sent; /* bytes; 0: there was no response */
} x;

/* First words of the scopes. */
static const char *const words[] = { "global", "shared", "subnet", "pool", "class", "reservation" };

void explain_start(void)
{
	x.is_on = getenv("EXPLAIN") != NULL;
}

bool explain_is_on(void)
{
	return x.is_on;
}

bool explain_is_enough(void)
{
	return x.n >= EXPLAINED;
}

void explain_begin(void)
{
	if (x.is_on)
		x.explainer = explainer_new(&m.srv, NULL);
}

void explain_end(void)
{
	explainer_stop(x.explainer);
	explainer_free(x.explainer);
	x.explainer = NULL;
}

void add_scope_option(struct str *text, const char *scope)
{
	if (x.is_on && dice(2))
		str_addf(text,
			 ", \"option-data\": [ { \"name\": \"scope\", \"data\": \"%s\", \"always-send\": true } ]",
			 scope);
}

void add_scope_definition(struct str *text)
{
	if (x.is_on)
		str_addf(text, " \"option-def\": [ { \"name\": \"scope\", \"code\": %u, \"type\": \"string\" } ],",
			 rules.family->digit == 6 ? 1000 : 224);
}

bool explain_is_due(void)
{
	return x.is_on && !explain_is_enough() && x.n_messages++ % 3 == 0;
}

static void explained(void *owner, struct json_object *what)
{
	*(struct json_object **)owner = what;
}

void explain_message_first(const struct dgram *dgram)
{
	uint64_t seed = rand_u64();

	x.what = NULL;
	rand_seed(seed);
	if (explain_message(x.explainer, m.live, dgram, explained, &x.what) < 0 || !x.what)
		fail("the message is not explained at once");
	/* The random allocator then picks the same address again. */
	rand_seed(seed);
	x.n_sent = 0;
	x.is_pending = true;
}

void explain_response(struct bytes response)
{
	if (!x.is_pending)
		return;
	x.n_sent = response.len;
	memcpy(x.sent, response.data, response.len);
}

static void check_scope(const char *value, const char *from)
{
	for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (!strncmp(value, words[i], strlen(words[i])))
			x.n_by_scope[i]++;
	/* What is in a pool cannot name it. */
	if (!strcmp(value, "pool") ? strncmp(from, "pool ", 5) != 0 : strcmp(from, value) != 0)
		fail("the option of \"%s\" is said to be from \"%s\"", value, from);
	x.n_scopes++;
}

static void check_scopes(struct json_object *what)
{
	struct json_object *list = NULL, *name, *data, *from;

	if (!json_object_object_get_ex(what, "options", &list))
		return;
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		struct json_object *one = json_object_array_get_idx(list, i);

		if (json_object_object_get_ex(one, "name", &name) && !strcmp(json_object_get_string(name), "scope") &&
		    json_object_object_get_ex(one, "data", &data) && json_object_object_get_ex(one, "from", &from))
			check_scope(json_object_get_string(data), json_object_get_string(from));
	}
}

void explain_compare(void)
{
	struct json_object *packet = NULL;
	const char *want;
	char *got;

	if (!x.is_pending)
		return;
	x.is_pending = false;
	got = xcalloc(1, 2 * x.n_sent + 1);
	(void)bytes_to_hex(bytes_of(x.sent, x.n_sent), 0, got, 2 * x.n_sent + 1);
	want = json_object_object_get_ex(x.what, "packet", &packet) ? json_object_get_string(packet) : "";
	if (strcmp(got, want) != 0)
		fail("the response is %s, and its explanation %s", got[0] ? got : "none",
		     json_object_to_json_string_ext(x.what, JSON_C_TO_STRING_PRETTY));
	x.n++;
	x.n_with_response += x.n_sent > 0;
	check_scopes(x.what);
	free(got);
	json_object_put(x.what);
}

void explain_check_enough(void)
{
	for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (!x.n_by_scope[i])
			fail("no response had an option of scope %s", words[i]);
	if (x.n < EXPLAINED || x.n_with_response < EXPLAINED / 4 || x.n_with_response == x.n)
		fail("%u messages were explained, %u with a response", x.n, x.n_with_response);
	printf("%u explained, %u with a response, %u options from the scope they name\n", x.n, x.n_with_response,
	       x.n_scopes);
}
