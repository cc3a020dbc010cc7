/* SPDX-License-Identifier: MPL-2.0 */
/* Names of clients and DNS updates: dhcp-ddns, and the ddns- and hostname-char- keys of all scopes. */
#include "base/err.h"
#include "ddns/dname.h"
#include "root/config_build.h"

/* Offsets of net_conf fields, the same in global, networks, subnets and pools. */
#define AT(field) offsetof(struct subnet_conf, net.ddns.field)
#define AT_BOOLEAN offsetof(struct subnet_conf, net.ddns_use_conflict_resolution)

static bool is_set(const struct conf_node *node, size_t at)
{
	return conf_marked(node, at, CONF_MARK_SET) && !conf_marked(node, at, CONF_MARK_BAD);
}

/* --- old spellings ---------------------------------------------------------- */

void expand_conflict_resolution(struct build *b, struct conf_node *node, struct net_conf *net)
{
	struct pos pos = conf_pos(node, "ddns-use-conflict-resolution");
	enum ncr_mode mode = net->ddns_use_conflict_resolution ? NCR_CHECK_WITH_DHCID : NCR_NO_CHECK_WITH_DHCID;

	if (!is_set(node, AT_BOOLEAN))
		return;
	conf_unmark(node, AT_BOOLEAN, CONF_MARK_SET);
	if (conf_marked(node, AT(conflict_resolution_mode), CONF_MARK_SET)) {
		diag_error(b->diag, pos,
			   "\"ddns-use-conflict-resolution\" conflicts with \"ddns-conflict-resolution-mode\", which "
			   "replaces it");
		return;
	}
	diag_warn(b->diag, pos,
		  "\"ddns-use-conflict-resolution\" is deprecated: use \"ddns-conflict-resolution-mode\": \"%s\"",
		  ncr_mode_words[mode]);
	net->ddns.conflict_resolution_mode = mode;
	conf_mark(node, AT(conflict_resolution_mode), CONF_MARK_SET);
}

/* The keys that Kea 1.9 moved from dhcp-ddns to the global scope. */
#define MOVED(f) offsetof(struct ddns_conf, f), sizeof(((struct ddns_conf *)0)->f)
static const struct {
	const char *name, *new_name;
	size_t at, size;
} moved[] = {
	{ "override-no-update", "ddns-override-no-update", MOVED(override_no_update) },
	{ "override-client-update", "ddns-override-client-update", MOVED(override_client_update) },
	{ "replace-client-name", "ddns-replace-client-name", MOVED(replace_client_name) },
	{ "generated-prefix", "ddns-generated-prefix", MOVED(generated_prefix) },
	{ "qualifying-suffix", "ddns-qualifying-suffix", MOVED(qualifying_suffix) },
	{ "hostname-char-set", "hostname-char-set", MOVED(hostname_char_set) },
	{ "hostname-char-replacement", "hostname-char-replacement", MOVED(hostname_char_replacement) },
};

static void move_old_keys(struct build *b, struct dhcp_ddns_conf *conf)
{
	for (unsigned i = 0; i < sizeof(moved) / sizeof(moved[0]); i++) {
		size_t from = offsetof(struct dhcp_ddns_conf, names) + moved[i].at;
		size_t to = offsetof(struct global_conf, net.ddns) + moved[i].at;
		struct pos pos = conf_pos(&conf->node, moved[i].name);

		if (!is_set(&conf->node, from))
			continue;
		conf_unmark(&conf->node, from, CONF_MARK_SET);
		if (conf_marked(&b->root->node, to, CONF_MARK_SET)) {
			diag_warn(b->diag, pos, "\"%s\" is ignored: the global \"%s\" replaces it", moved[i].name,
				  moved[i].new_name);
			continue;
		}
		diag_warn(b->diag, pos, "\"%s\" in \"dhcp-ddns\" is deprecated: use the global key \"%s\"",
			  moved[i].name, moved[i].new_name);
		memcpy((char *)b->root + to, (const char *)conf + from, moved[i].size);
		conf_mark(&b->root->node, to, CONF_MARK_SET);
	}
}

/* --- where requests go -------------------------------------------------------- */

static bool parse_address(struct build *b, const struct dhcp_ddns_conf *conf, const char *key, const char *text,
			  struct ip *ret)
{
	if (ip_parse(text, ret) == 0)
		return true;
	diag_error(b->diag, conf_pos(&conf->node, key), "\"%s\": \"%s\" is not an IP address", key, text);
	return false;
}

static bool is_any(const struct ip *ip)
{
	return ip_is_zero(ip) || (ip_is4(ip) && !ip_to4(ip));
}

void build_ddns(struct build *b)
{
	struct dhcp_ddns_conf *conf = b->root->dhcp_ddns;
	struct ncr_target *to = &b->cfg->ncr_target;
	struct ip sender;

	move_old_keys(b, conf);
	expand_conflict_resolution(b, &b->root->node, &b->root->net);
	*to = (struct ncr_target){
		.is_enabled = conf->enable_updates,
		.port = (uint16_t)conf->server_port,
		.sender_port = (uint16_t)conf->sender_port,
		.max_queue = conf->max_queue_size,
	};
	if (conf->ncr_journal)
		to->journal = build_path(b, conf_pos(&conf->node, "ncr-journal"), "ncr-journal",
					 b->cfg->family == KEY_6 ? "kea-dhcp6-ncr.journal" : "kea-dhcp4-ncr.journal",
					 "KEA_DHCP_DATA_DIR", KEA_STATE_DIR);
	/* A connection from a port of one's own cannot be opened again soon. */
	if (conf->ncr_journal && conf->sender_port)
		diag_error(b->diag, conf_pos(&conf->node, "sender-port"),
			   "\"sender-port\" cannot be used with \"ncr-journal\"");
	if (conf->ncr_protocol)
		diag_error(b->diag, conf_pos(&conf->node, "ncr-protocol"),
			   "\"ncr-protocol\": only \"UDP\" is supported, as in Kea; \"ncr-journal\" uses TCP");
	if (!CONF_BAD(conf, server_ip) && parse_address(b, conf, "server-ip", conf->server_ip, &to->server) &&
	    is_any(&to->server))
		diag_error(b->diag, conf_pos(&conf->node, "server-ip"), "\"server-ip\" must be the address of a host");
	if (CONF_BAD(conf, sender_ip) || !parse_address(b, conf, "sender-ip", conf->sender_ip, &sender) ||
	    is_any(&sender))
		return;
	if (ip_is4(&sender) != ip_is4(&to->server))
		diag_error(b->diag, conf_pos(&conf->node, "sender-ip"),
			   "\"sender-ip\" and \"server-ip\" must be of the same address family");
	else if (ip_equal(&sender, &to->server) && to->port == to->sender_port)
		diag_error(b->diag, conf_pos(&conf->node, "sender-port"),
			   "the address and port that requests are sent from are those they are sent to");
	to->sender = sender;
	to->has_sender = true;
}

static void check_path(struct build *b, const struct conf_node *node, const char *key, const char *path)
{
	if (path[0] && path[0] != '/')
		diag_error(b->diag, conf_pos(node, key), "\"%s\" must be an absolute path", key);
}

void check_publish(struct build *b)
{
	const struct dns_publish_conf *conf = b->root->dns_publish;

	if (!conf)
		return;
	check_path(b, &conf->node, "hosts-file", conf->hosts_file);
	check_path(b, &conf->node, "unbound-socket", conf->unbound_socket);
	if (!conf->hosts_file[0] && !conf->unbound_socket[0])
		diag_warn(b->diag, conf_pos(&conf->node, NULL),
			  "\"dns-publish\" has neither \"hosts-file\" nor \"unbound-socket\": nothing is published");
}

/* --- names -------------------------------------------------------------------- */

static void check_ttl(struct build *b, const struct conf_node *node, const struct ddns_conf *conf)
{
	static const struct {
		const char *name;
		size_t at;
	} others[] = { { "ddns-ttl-percent", AT(ttl_percent) },
		       { "ddns-ttl-min", AT(ttl_min) },
		       { "ddns-ttl-max", AT(ttl_max) } };

	for (unsigned i = 0; is_set(node, AT(ttl)) && i < sizeof(others) / sizeof(others[0]); i++)
		if (conf_marked(node, others[i].at, CONF_MARK_SET))
			diag_error(b->diag, conf_pos(node, others[i].name), "\"%s\" has no meaning with \"ddns-ttl\"",
				   others[i].name);
	if (conf->ttl_min && conf->ttl_max && conf->ttl_min > conf->ttl_max &&
	    (is_set(node, AT(ttl_min)) || is_set(node, AT(ttl_max))))
		diag_error(b->diag, conf_pos(node, is_set(node, AT(ttl_min)) ? "ddns-ttl-min" : "ddns-ttl-max"),
			   "ddns-ttl-min (%u) must not be greater than ddns-ttl-max (%u)", conf->ttl_min,
			   conf->ttl_max);
}

/* Longest last label: "-192-0-2-100" follows, or the longest text of an IPv6 address. */
#define GENERATED_MAX(b) (DNAME_LABEL_MAX - ((b)->cfg->family == KEY_6 ? 40 : 16))

static void check_prefix(struct build *b, const struct conf_node *node, const char *prefix)
{
	struct pos pos = conf_pos(node, "ddns-generated-prefix");
	const char *last = strrchr(prefix, '.');
	struct dname name;

	last = last ? last + 1 : prefix;
	if (dname_parse(prefix, &name) < 0 || !last[0])
		diag_error(b->diag, pos, "\"ddns-generated-prefix\": a name cannot begin with \"%s\"", prefix);
	else if (strlen(last) > (size_t)GENERATED_MAX(b))
		diag_error(b->diag, pos,
			   "\"ddns-generated-prefix\" is longer than %d characters: names would be too long",
			   GENERATED_MAX(b));
}

/* Returns it in lower case and without a final dot; "" after an error. */
static const char *build_suffix(struct build *b, const struct conf_node *node, const char *text)
{
	struct dname name;
	char *suffix;
	size_t len;

	if (!text[0] || !strcmp(text, "."))
		return "";
	if (dname_parse(text, &name) < 0) {
		if (is_set(node, AT(qualifying_suffix)))
			diag_error(b->diag, conf_pos(node, "ddns-qualifying-suffix"),
				   "\"ddns-qualifying-suffix\": \"%s\" is not a domain name", text);
		return "";
	}
	suffix = arena_strdup(b->cfg->arena, text);
	for (len = 0; suffix[len]; len++)
		if (suffix[len] >= 'A' && suffix[len] <= 'Z')
			suffix[len] = (char)(suffix[len] - 'A' + 'a');
	if (len && suffix[len - 1] == '.')
		suffix[len - 1] = '\0';
	return suffix;
}

/* Errors are reported in the scope that sets the expression. */
static const struct sanitizer *build_sanitizer(struct build *b, const struct conf_node *node,
					       const struct ddns_conf *conf)
{
	struct sanitizer *s;
	const char *why;
	size_t at;

	if (!conf->hostname_char_set[0])
		return NULL;
	s = sanitizer_new(b->cfg->arena, conf->hostname_char_set, conf->hostname_char_replacement, &why, &at);
	if (!s && is_set(node, AT(hostname_char_set)))
		diag_error(b->diag, conf_pos(node, "hostname-char-set"),
			   "\"hostname-char-set\": invalid regular expression at character %zu: %s", at + 1, why);
	if (sanitizer_needs_scratch(s))
		b->cfg->needs_regex = true;
	return s;
}

/* True if the scope sets one of the keys; their rows are those of pools, which have them at the same offsets. */
static bool sets_any(const struct conf_node *node)
{
	for (unsigned i = 0; i < pool_scope.n; i++) {
		size_t at = pool_scope.keys[i].offset;

		if (at >= offsetof(struct pool_conf, ddns) &&
		    at < offsetof(struct pool_conf, ddns) + sizeof(struct ddns_conf) &&
		    conf_marked(node, at, CONF_MARK_SET))
			return true;
	}
	return false;
}

void check_prefix_naming(struct build *b, const struct conf_node *node)
{
	static const size_t about_records[] = {
		AT(update_on_renew), AT(conflict_resolution_mode), AT(dhcid), AT(ttl_percent), AT(ttl), AT(ttl_min),
		AT(ttl_max)
	};

	for (unsigned i = 0; i < pd_pool_scope.n; i++)
		for (unsigned k = 0; k < sizeof(about_records) / sizeof(about_records[0]); k++) {
			const struct key *key = &pd_pool_scope.keys[i];

			if (key->offset == about_records[k] && is_set(node, key->offset))
				diag_warn(b->diag, conf_pos(node, key->name),
					  "\"%s\" has no effect in a pd-pool: prefixes have no records in the DNS",
					  key->name);
		}
}

const struct naming *build_naming(struct build *b, const struct conf_node *node, const struct ddns_conf *conf,
				  const struct naming *outer)
{
	struct naming *naming;

	if (outer && !sets_any(node))
		return outer;
	check_ttl(b, node, conf);
	if (is_set(node, AT(generated_prefix)))
		check_prefix(b, node, conf->generated_prefix);
	naming = arena_new_array(b->cfg->arena, struct naming, 1);
	*naming = (struct naming){
		.sends = conf->send_updates && b->root->dhcp_ddns->enable_updates,
		.override_no_update = conf->override_no_update,
		.override_client_update = conf->override_client_update,
		.update_on_renew = conf->update_on_renew,
		.replace = (enum name_replace)conf->replace_client_name,
		.prefix = conf->generated_prefix,
		.suffix = build_suffix(b, node, conf->qualifying_suffix),
		.mode = (enum ncr_mode)conf->conflict_resolution_mode,
		.owner = (enum name_owner)conf->dhcid,
		.ttl_percent = conf->ttl_percent,
		.ttl = conf->ttl,
		.ttl_min = conf->ttl_min,
		.ttl_max = conf->ttl_max,
	};
	/* Most scopes that set a key have the expression of the outer one. */
	if (outer && !conf_marked(node, AT(hostname_char_set), CONF_MARK_SET) &&
	    !conf_marked(node, AT(hostname_char_replacement), CONF_MARK_SET))
		naming->sanitizer = outer->sanitizer;
	else
		naming->sanitizer = build_sanitizer(b, node, conf);
	return naming;
}
