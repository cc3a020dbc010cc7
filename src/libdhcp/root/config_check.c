/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Conflicts between subnets: duplicate ids, overlapping addresses, and subnets that are never selected because another
 * one always is.
 */
#include "root/config_build.h"

static int order_by_id(const void *x, const void *y)
{
	const struct subnet_pair *a = x, *b = y;

	if (a->sub->id != b->sub->id)
		return a->sub->id < b->sub->id ? -1 : 1;
	return a->sub < b->sub ? -1 : a->sub > b->sub;
}

static int order_by_prefix(const void *x, const void *y)
{
	const struct subnet_pair *a = x, *b = y;
	int order = ip_cmp(&a->sub->prefix.addr, &b->sub->prefix.addr);

	if (order)
		return order;
	if (a->sub->prefix.len != b->sub->prefix.len)
		return a->sub->prefix.len < b->sub->prefix.len ? -1 : 1;
	return a->sub < b->sub ? -1 : a->sub > b->sub;
}

static void check_ids(struct build *b, struct subnet_pair *refs, size_t n)
{
	size_t i;

	qsort(refs, n, sizeof(*refs), order_by_id);
	for (i = 1; i < n; i++) {
		const struct subnet_pair *a = &refs[i - 1], *z = &refs[i];

		if (a->sub->id != z->sub->id || CONF_BAD(a->conf, id) || CONF_BAD(z->conf, id))
			continue;
		diag_error(b->diag, conf_pos(&z->conf->node, "id"), "subnet id %u is already in use", z->sub->id);
		diag_note(b->diag, conf_pos(&a->conf->node, "id"), "first used here");
	}
}

/* refs must be sorted by prefix. */
static void check_prefixes(struct build *b, const struct subnet_pair *refs, size_t n)
{
	size_t *outer = xcalloc(n, sizeof(*outer)), i, k; /* the enclosing subnet of each, plus 1 */
	char text[PREFIX_TEXT_MAX];

	for (i = 1; i < n; i++) {
		const struct prefix *a = &refs[i - 1].sub->prefix, *z = &refs[i].sub->prefix;

		if (prefix_equal(a, z)) {
			diag_error(b->diag, conf_pos(&refs[i].conf->node, "subnet"), "subnet %s is defined twice",
				   prefix_format(z, text));
			diag_note(b->diag, conf_pos(&refs[i - 1].conf->node, "subnet"), "first defined here");
			outer[i] = outer[i - 1];
			continue;
		}
		for (k = i; k && !prefix_contains(&refs[k - 1].sub->prefix, &z->addr); k = outer[k - 1])
			;
		outer[i] = k;
		if (!k)
			continue;
		diag_warn(b->diag, conf_pos(&refs[i].conf->node, "subnet"), "subnet %s is inside another subnet",
			  prefix_format(z, text));
		diag_note(b->diag, conf_pos(&refs[k - 1].conf->node, "subnet"), "the outer subnet is here");
	}
	free(outer);
}

/* --- subnets that are never selected --------------------------------------- */

/* Orders subnets by their selector, and those with the same one by position in the configuration. */
static int order_by_iface(const void *x, const void *y)
{
	const struct subnet_pair *a = x, *b = y;
	int order = strcmp(a->sub->iface, b->sub->iface);

	return order ? order : a->sub < b->sub ? -1 : a->sub > b->sub;
}

struct relay_ref {
	struct ip relay;
	const struct subnet_pair *ref;
};

static int order_by_relay(const void *x, const void *y)
{
	const struct relay_ref *a = x, *b = y;
	int order = ip_cmp(&a->relay, &b->relay);

	return order ? order : a->ref->sub < b->ref->sub ? -1 : a->ref->sub > b->ref->sub;
}

/* True if errors make it unknown where the server listens. */
static bool interfaces_are_bad(const struct build *b)
{
	const struct interfaces_config_conf *conf = b->root->interfaces_config;

	return CONF_BAD(b->root, interfaces_config) || conf->interfaces.n != b->cfg->n_listen;
}

static bool is_listened_on(const struct config *cfg, const char *iface)
{
	unsigned i;

	for (i = 0; i < cfg->n_listen; i++)
		if (listen_matches(&cfg->listen[i], iface))
			return true;
	return false;
}

static void check_interfaces(struct build *b, const struct subnet_pair *refs, size_t n)
{
	struct subnet_pair *sorted = xcalloc(n, sizeof(*sorted));
	size_t i, first = 0;

	if (n)
		memcpy(sorted, refs, n * sizeof(*sorted));
	qsort(sorted, n, sizeof(*sorted), order_by_iface);
	for (i = 0; i < n; i++) {
		const struct subnet *sub = sorted[i].sub, *before = sorted[first].sub;

		if (!sub->iface[0])
			continue;
		if (strcmp(sub->iface, before->iface) != 0) {
			first = i;
			before = sub;
		}
		if (!sub->n_relays && !is_listened_on(b->cfg, sub->iface) && !interfaces_are_bad(b)) {
			diag_warn(b->diag, conf_pos(&sorted[i].conf->node, "interface"),
				  "subnet %u will never be selected by interface \"%s\": the server does not listen "
				  "there",
				  sub->id, sub->iface);
		} else if (!link_same(sub, before)) {
			diag_warn(b->diag, conf_pos(&sorted[i].conf->node, "interface"),
				  "subnet %u will never be selected by interface \"%s\": an earlier subnet has it",
				  sub->id, sub->iface);
			diag_note(b->diag, conf_pos(&sorted[first].conf->node, "interface"),
				  "the earlier subnet is here");
			diag_help(b->diag, "put subnets that share a link in a shared network");
		}
	}
	free(sorted);
}

static int order_by_iface_id(const void *x, const void *y)
{
	const struct subnet_pair *a = x, *b = y;
	struct bytes i = a->sub->iface_id, k = b->sub->iface_id;
	size_t len = i.len < k.len ? i.len : k.len;
	int order = len ? memcmp(i.data, k.data, len) : 0;

	if (order || i.len != k.len)
		return order ? order : i.len < k.len ? -1 : 1;
	return a->sub < b->sub ? -1 : a->sub > b->sub;
}

static void check_interface_ids(struct build *b, const struct subnet_pair *refs, size_t n)
{
	struct subnet_pair *sorted = xcalloc(n, sizeof(*sorted));
	size_t i, first = 0;

	if (n)
		memcpy(sorted, refs, n * sizeof(*sorted));
	qsort(sorted, n, sizeof(*sorted), order_by_iface_id);
	for (i = 0; i < n; i++) {
		const struct subnet *sub = sorted[i].sub;

		if (!bytes_equal(sub->iface_id, sorted[first].sub->iface_id))
			first = i;
		if (!sub->iface_id.len || link_same(sub, sorted[first].sub))
			continue;
		diag_warn(b->diag, conf_pos(&sorted[i].conf->node, "interface-id"),
			  "subnet %u will never be selected by its interface-id: an earlier subnet has it", sub->id);
		diag_note(b->diag, conf_pos(&sorted[first].conf->node, "interface-id"), "the earlier subnet is here");
		diag_help(b->diag, "put subnets that share a link in a shared network");
	}
	free(sorted);
}

/* Returns the options with which a DHCPv4 relay or client selects a subnet by address, for warnings. */
static const char *without_selection(const struct build *b)
{
	if (b->cfg->family == KEY_6)
		return "";
	return b->root->compatibility->ignore_rai_link_selection ? " without option 118"
								 : " without option 118 or 82.5";
}

static void check_relays(struct build *b, const struct subnet_pair *refs, size_t n)
{
	struct relay_ref *sorted;
	size_t i, n_relays = 0, first = 0;
	unsigned k;

	for (i = 0; i < n; i++)
		n_relays += refs[i].sub->n_relays;
	sorted = xcalloc(n_relays, sizeof(*sorted));
	n_relays = 0;
	for (i = 0; i < n; i++)
		for (k = 0; k < refs[i].sub->n_relays; k++)
			sorted[n_relays++] = (struct relay_ref){ refs[i].sub->relays[k], &refs[i] };
	qsort(sorted, n_relays, sizeof(*sorted), order_by_relay);
	for (i = 0; i < n_relays; i++) {
		char text[IP_TEXT_MAX];

		if (!ip_equal(&sorted[i].relay, &sorted[first].relay))
			first = i;
		if (link_same(sorted[i].ref->sub, sorted[first].ref->sub))
			continue;
		/* The interface-id can distinguish subnets of one relay. */
		if (sorted[i].ref->sub->iface_id.len)
			continue;
		diag_warn(b->diag, conf_pos(&sorted[i].ref->conf->node, "relay"),
			  "subnet %u will never be selected by relay %s%s: an earlier subnet has it",
			  sorted[i].ref->sub->id, ip_format(&sorted[i].relay, text), without_selection(b));
		diag_note(b->diag, conf_pos(&sorted[first].ref->conf->node, "relay"), "the earlier subnet is here");
		diag_help(b->diag, "put subnets that share a link in a shared network");
	}
	free(sorted);
}

/* True if the subnets inside this one, which follow it, cover all its addresses. */
static bool is_filled(const struct subnet_pair *refs, size_t n, size_t i)
{
	const struct prefix *outer = &refs[i].sub->prefix;
	struct ip last = prefix_last(outer), end = prefix_first(outer);
	bool any = false;
	size_t k;

	/* Duplicate subnets have been reported as errors. */
	if (i + 1 < n && outer->len == refs[i + 1].sub->prefix.len)
		return false;

	for (k = i + 1; k < n && prefix_contains(outer, &refs[k].sub->prefix.addr); k++) {
		struct ip inner_first = prefix_first(&refs[k].sub->prefix),
			  inner_last = prefix_last(&refs[k].sub->prefix);

		if (any && ip_cmp(&inner_first, &end) <= 0)
			continue; /* inside the previous one */
		if (any ? ip_distance(&end, &inner_first) != 1 : !ip_equal(&end, &inner_first))
			return false;
		end = inner_last;
		any = true;
	}
	return any && ip_equal(&end, &last);
}

/* An address selects the most specific subnet. refs must be sorted by prefix. */
static void check_addresses(struct build *b, const struct subnet_pair *refs, size_t n)
{
	size_t i;

	if (n && !b->cfg->n_listen && !interfaces_are_bad(b))
		diag_warn(b->diag, conf_pos(&b->root->node, "interfaces-config"),
			  "the server listens on no interface, so no subnet will be selected");
	for (i = 0; i < n; i++) {
		const struct subnet *sub = refs[i].sub;

		if (sub->iface[0] || sub->n_relays || sub->iface_id.len || (sub->net && sub->net->n > 1) ||
		    !is_filled(refs, n, i))
			continue;
		diag_warn(b->diag, conf_pos(&refs[i].conf->node, "subnet"),
			  "subnet %u will never be selected: more specific subnets cover it", sub->id);
		diag_help(b->diag, "set \"interface\" or \"relay\" to select it");
	}
}

void check_plan(struct build *b, struct subnet_pair *refs, size_t n)
{
	size_t n_prefixes = 0, i;

	check_ids(b, refs, n);
	/* Subnets with an invalid prefix are left out of the other checks. */
	for (i = 0; i < n; i++)
		if (refs[i].has_prefix)
			refs[n_prefixes++] = refs[i];
	qsort(refs, n_prefixes, sizeof(*refs), order_by_prefix);
	check_prefixes(b, refs, n_prefixes);
	check_interfaces(b, refs, n_prefixes);
	check_interface_ids(b, refs, n_prefixes);
	check_relays(b, refs, n_prefixes);
	check_addresses(b, refs, n_prefixes);
}
