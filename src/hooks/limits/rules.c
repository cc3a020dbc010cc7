/* SPDX-License-Identifier: MPL-2.0 */
#include "limits/rules.h"

#include "limits/messages.h"
#include "subnets.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A reload continues to count for the same class or subnet, unless its limit changed. */
struct shared_rate {
	struct shared_rate *next;
	unsigned refs;
	struct rate rate;
	bool of_class;
	char key[];
};

static struct shared_rate *rate_get(struct limits *limits, bool of_class, const char *key, uint32_t max,
				    int64_t unit_ms)
{
	struct shared_rate *rate;

	for (rate = limits->rates; rate; rate = rate->next)
		if (rate->of_class == of_class && !strcmp(rate->key, key) && rate->rate.max == max &&
		    rate->rate.unit_ms == unit_ms) {
			rate->refs++;
			return rate;
		}
	rate = calloc(1, sizeof(*rate) + strlen(key) + 1);
	if (!rate)
		return NULL;
	memcpy(rate->key, key, strlen(key));
	rate->of_class = of_class;
	rate->refs = 1;
	rate_init(&rate->rate, max, unit_ms);
	rate->next = limits->rates;
	limits->rates = rate;
	return rate;
}

static void rate_put(struct limits *limits, struct shared_rate *rate)
{
	struct shared_rate **at = &limits->rates;

	if (!rate || --rate->refs)
		return;
	while (*at != rate)
		at = &(*at)->next;
	*at = rate->next;
	rate_done(&rate->rate);
	free(rate);
}

struct rate *rule_rate(const struct rule *rule)
{
	return rule->rate ? &rule->rate->rate : NULL;
}

/* --- reading --------------------------------------------------------------------------------------------------- */

struct reader {
	struct rules *rules;
	char *why;
	size_t size;
	bool has_failed;
};

static void bad(struct reader *r, const char *class, const char *problem)
{
	if (!r->has_failed)
		(void)snprintf(r->why, r->size, "\"limits\" in the user-context of class %s: %s", class, problem);
	r->has_failed = true;
}

/* By the place in rule.has and rule.max. */
static const char *const keys[] = { "address-limit", "prefix-limit" };
static const char rate_key[] = "rate-limit";

void rules_check(struct kea_library *lib, enum kea_scope scope, const struct kea_json *map)
{
	static const char *const keys4[] = { "address-limit", "rate-limit", NULL };
	static const char *const keys6[] = { "address-limit", "prefix-limit", "rate-limit", NULL };
	const struct kea_json *rate = kea->json_get(map, rate_key);
	int64_t unit_ms;
	uint32_t max;

	if (kea->param_keys(lib, map, kea->family(lib) == 4 ? keys4 : keys6) < 0)
		return;
	for (unsigned i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		const struct kea_json *value = kea->json_get(map, keys[i]);

		(void)kea->param_int(lib, map, keys[i], 0, 0, UINT32_MAX);
		/* The leases of other servers are not counted. */
		if (value && scope == KEA_SCOPE_CLASS && strcmp(kea->lease_database(lib), "memfile") != 0)
			(void)kea->fail(lib, value,
					"leases of classes can be limited with \"lease-database\" of type "
					"\"memfile\" only");
	}
	if (rate && !rate_parse(kea->json_text(rate), &max, &unit_ms))
		(void)kea->fail(lib, rate,
				"\"rate-limit\" must be like \"16 packets per hour\"; second, minute, day, week, month "
				"and year are possible as well");
}

/* Fills the rule of a scope, whose map was checked; false: it has no limits. */
static bool read_rule(struct reader *r, bool of_class, const char *name, int64_t id, const struct kea_json *scope,
		      struct rule *rule)
{
	const struct kea_json *map = kea->json_get(kea->json_get(scope, "user-context"), "limits");
	struct limits *limits = r->rules->limits;
	const char *text = kea->json_text(kea->json_get(map, rate_key));
	char key[32];
	uint32_t max;
	int64_t unit_ms;

	*rule = (struct rule){ .class = -1, .id = id };
	if (!map)
		return false;
	for (unsigned i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		const struct kea_json *value = kea->json_get(map, keys[i]);

		if (!value)
			continue;
		rule->has[i] = true;
		rule->max[i] = (uint32_t)kea->json_int(value);
		r->rules->limits_leases = true;
	}
	rule->name = strdup(name);
	if (of_class && (rule->has[0] || rule->has[1]))
		rule->class = counts_class(limits->counts, name);
	if (of_class && (rule->has[0] || rule->has[1]) && rule->class < 0)
		bad(r, name, "too many classes have limits");
	if (!rate_parse(text, &max, &unit_ms))
		return true;
	(void)snprintf(rule->rate_text, sizeof(rule->rate_text), "%s", text);
	(void)snprintf(key, sizeof(key), "%lld", (long long)id);
	rule->rate = rate_get(limits, of_class, of_class ? name : key, max, unit_ms);
	return true;
}

static void log_rule(const struct rule *rule, bool of_class)
{
	if (of_class) {
		if (rule->has[0])
			LOG(LIMITS_CONFIGURED_ADDRESS_LIMIT_BY_CLIENT_CLASS, rule->max[0], rule->name);
		if (rule->has[1])
			LOG(LIMITS_CONFIGURED_PREFIX_LIMIT_BY_CLIENT_CLASS, rule->max[1], rule->name);
		if (rule->rate)
			LOG(LIMITS_CONFIGURED_RATE_LIMIT_BY_CLIENT_CLASS, rule->rate_text, rule->name);
		return;
	}
	if (rule->has[0])
		LOG(LIMITS_CONFIGURED_ADDRESS_LIMIT_BY_SUBNET, rule->max[0], (long long)rule->id);
	if (rule->has[1])
		LOG(LIMITS_CONFIGURED_PREFIX_LIMIT_BY_SUBNET, rule->max[1], (long long)rule->id);
	if (rule->rate)
		LOG(LIMITS_CONFIGURED_RATE_LIMIT_BY_SUBNET, rule->rate_text, (long long)rule->id);
}

static void read_subnets(struct reader *r, const struct kea_json *config)
{
	struct subnet_walk walk = subnet_walk(config, r->rules->limits->family);
	const struct kea_json *sub;

	while ((sub = subnet_next(&walk)) != NULL)
		r->rules->n_subnets += read_rule(r, false, kea->json_text(kea->json_get(sub, "subnet")),
						 kea->json_int(kea->json_get(sub, "id")), sub,
						 &r->rules->subnets[r->rules->n_subnets]);
}

static int by_id(const void *a, const void *b)
{
	const struct rule *x = a, *y = b;

	return (x->id > y->id) - (x->id < y->id);
}

/* Makes room for as many rules as the configuration can have. */
static struct rules *rules_new(struct limits *limits, const struct kea_json *config)
{
	size_t n_classes = kea->json_count(kea->json_get(config, "client-classes"));
	struct rules *rules = calloc(1, sizeof(*rules));

	if (!rules)
		return NULL;
	rules->limits = limits;
	rules->classes = calloc(n_classes + 1, sizeof(struct rule));
	rules->subnets = calloc(subnet_count(config, limits->family) + 1, sizeof(struct rule));
	if (rules->classes && rules->subnets)
		return rules;
	rules_free(rules);
	return NULL;
}

struct rules *rules_read(struct limits *limits, const struct kea_json *config, char *why, size_t size)
{
	const struct kea_json *classes = kea->json_get(config, "client-classes");
	struct reader r = { rules_new(limits, config), why, size, false };

	(void)snprintf(why, size, "out of memory");
	if (!r.rules)
		return NULL;
	for (size_t i = 0; i < kea->json_count(classes); i++) {
		const struct kea_json *class = kea->json_at(classes, i, NULL);

		r.rules->n_classes += read_rule(&r, true, kea->json_text(kea->json_get(class, "name")), 0, class,
						&r.rules->classes[r.rules->n_classes]);
	}
	read_subnets(&r, config);
	if (r.has_failed) {
		rules_free(r.rules);
		return NULL;
	}
	qsort(r.rules->subnets, r.rules->n_subnets, sizeof(struct rule), by_id);
	for (size_t i = 0; i < r.rules->n_classes; i++)
		log_rule(&r.rules->classes[i], true);
	for (size_t i = 0; i < r.rules->n_subnets; i++)
		log_rule(&r.rules->subnets[i], false);
	return r.rules;
}

static void free_list(struct limits *limits, struct rule *v, size_t n)
{
	for (size_t i = 0; v && i < n; i++) {
		rate_put(limits, v[i].rate);
		free(v[i].name);
	}
	free(v);
}

void rules_free(struct rules *rules)
{
	if (!rules)
		return;
	free_list(rules->limits, rules->classes, rules->n_classes);
	free_list(rules->limits, rules->subnets, rules->n_subnets);
	free(rules);
}

const struct rule *rules_subnet(const struct rules *rules, int64_t id)
{
	const struct rule key = { .id = id };

	return rules->n_subnets ? bsearch(&key, rules->subnets, rules->n_subnets, sizeof(key), by_id) : NULL;
}
