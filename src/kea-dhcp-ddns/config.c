/* SPDX-License-Identifier: MPL-2.0 */
/* Reads, checks and builds a configuration of kea-dhcp-ddns. */
#include "kea-dhcp-ddns/config.h"

#include "base/err.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/str.h"
#include "ctl/library.h"
#include "hook/library.h"
#include "root/agent.h"
#include "root/config.h"
#include "root/program.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

#define SECRET_MAX 1024 /* bytes of a decoded secret */
#define SECRET_TEXT_MAX 2048

struct build {
	struct d2_config *cfg;
	struct diag *diag;
	unsigned flags;
	unsigned n_domains;
	struct program_build program;
};

/* --- keys --- */

/* Decodes base64 without line breaks; -E_INVAL. */
static int decode(struct arena *arena, const char *text, size_t len, struct bytes *ret)
{
	uint8_t *data;
	int n;

	if (!len || len % 4 || len > SECRET_TEXT_MAX)
		return -E_INVAL;
	data = arena_alloc(arena, len);
	n = EVP_DecodeBlock(data, (const unsigned char *)text, (int)len);
	if (n < 0)
		return -E_INVAL;
	/* The result counts the padding. */
	for (size_t i = 1; i <= 2 && text[len - i] == '='; i++)
		n--;
	*ret = bytes_of(data, (size_t)n);
	return n > 0 ? 0 : -E_INVAL;
}

/* Returns the text of the file without white space around it; NULL after an error. */
static const char *read_secret(struct build *b, const struct tsig_key_conf *conf, size_t *ret_len)
{
	struct pos pos = conf_pos(&conf->node, "secret-file");
	int fd = open(conf->secret_file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	char buf[SECRET_TEXT_MAX + 2];
	struct stat st;
	ssize_t n = fd < 0 ? -1 : read(fd, buf, sizeof(buf) - 1);
	char *start = buf;

	if (n < 0)
		diag_error(b->diag, pos, "cannot read \"%s\": %s", conf->secret_file, strerror(errno));
	else if (fstat(fd, &st) == 0 && st.st_mode & S_IROTH)
		diag_warn(b->diag, pos, "\"%s\" can be read by every user of this host", conf->secret_file);
	if (fd >= 0)
		(void)close(fd);
	if (n < 0)
		return NULL;
	while (n && strchr(" \t\r\n", start[n - 1]) && start[n - 1])
		n--;
	while (n && strchr(" \t\r\n", *start) && *start)
		start++, n--;
	*ret_len = (size_t)n;
	return arena_strndup(b->cfg->arena, start, (size_t)n);
}

static void build_secret(struct build *b, const struct tsig_key_conf *conf, struct d2_key *key)
{
	const char *text = conf->secret;
	size_t len = text ? strlen(text) : 0;

	if (CONF_BAD(conf, secret) || CONF_BAD(conf, secret_file))
		return;
	if (conf->secret && conf->secret_file) {
		diag_error(b->diag, conf_pos(&conf->node, "secret-file"),
			   "\"secret\" and \"secret-file\" exclude each other");
		return;
	}
	if (!conf->secret && !conf->secret_file) {
		if (!json_is_cut(conf->node.json))
			diag_error(b->diag, json_pos(conf->node.json), "\"secret\" is missing in tsig-key");
		return;
	}
	if (conf->secret_file)
		text = read_secret(b, conf, &len);
	if (text && decode(b->cfg->arena, text, len, &key->tsig.secret) < 0)
		diag_error(b->diag, conf_pos(&conf->node, conf->secret ? "secret" : "secret-file"),
			   "the secret of key \"%s\" is not base64", conf->name ? conf->name : "");
}

static void build_algorithm(struct build *b, const struct tsig_key_conf *conf, struct d2_key *key)
{
	const char *words[16];
	unsigned n = 0;

	if (!conf->algorithm)
		return;
	key->tsig.algorithm = tsig_algorithm_find(conf->algorithm);
	if (!key->tsig.algorithm) {
		for (const struct tsig_algorithm *row = tsig_algorithms; row->word; row++)
			words[n++] = row->word;
		diag_error(b->diag, conf_pos(&conf->node, "algorithm"), "unknown algorithm \"%s\"", conf->algorithm);
		if (!diag_help_near(b->diag, conf->algorithm, words, n))
			diag_help(b->diag, "it is one of HMAC-MD5, HMAC-SHA1, HMAC-SHA224, HMAC-SHA256, HMAC-SHA384, "
					   "HMAC-SHA512");
		return;
	}
	key->tsig.mac_len = (conf->digest_bits ? conf->digest_bits : key->tsig.algorithm->bits) / 8;
	if (!CONF_BAD(conf, digest_bits) && !tsig_bits_are_valid(key->tsig.algorithm, conf->digest_bits)) {
		diag_error(b->diag, conf_pos(&conf->node, "digest-bits"),
			   "\"digest-bits\" is %u, expected 0 or a multiple of 8 in %u..%u with %s", conf->digest_bits,
			   tsig_bits_min(key->tsig.algorithm), key->tsig.algorithm->bits, key->tsig.algorithm->word);
	}
}

static void build_keys(struct build *b)
{
	const struct conf_list *list = &b->cfg->conf.tsig_keys;

	b->cfg->keys = arena_new_array(b->cfg->arena, struct d2_key, list->n);
	b->cfg->n_keys = list->n;
	for (unsigned i = 0; i < list->n; i++) {
		const struct tsig_key_conf *conf = &((const struct tsig_key_conf *)list->v)[i];
		struct d2_key *key = &b->cfg->keys[i];

		key->text = conf->name ? conf->name : "";
		key->tsig.name = dname_root;
		if (conf->name && (dname_parse(conf->name, &key->tsig.name) < 0 || key->tsig.name.len == 1))
			diag_error(b->diag, conf_pos(&conf->node, "name"), "\"%s\" is not a domain name", conf->name);
		for (unsigned k = 0; conf->name && k < i; k++)
			if (dname_equal(&key->tsig.name, &b->cfg->keys[k].tsig.name)) {
				const struct tsig_key_conf *first = &((const struct tsig_key_conf *)list->v)[k];

				diag_error(b->diag, conf_pos(&conf->node, "name"), "duplicate key \"%s\"", conf->name);
				diag_note(b->diag, conf_pos(&first->node, "name"), "first defined here");
				break;
			}
		build_algorithm(b, conf, key);
		build_secret(b, conf, key);
	}
}

/* Returns the key that a "key-name" names; NULL for "", or after an error. */
static const struct d2_key *find_key(struct build *b, const struct conf_node *node, const char *name)
{
	const char *names[256];
	struct dname wanted;
	unsigned n = 0;

	if (!name || !name[0] || CONF_BAD(&b->cfg->conf, tsig_keys))
		return NULL;
	if (dname_parse(name, &wanted) == 0)
		for (unsigned i = 0; i < b->cfg->n_keys; i++)
			if (dname_equal(&wanted, &b->cfg->keys[i].tsig.name))
				return &b->cfg->keys[i];
	diag_error(b->diag, conf_pos(node, "key-name"), "key \"%s\" is not in \"tsig-keys\"", name);
	for (unsigned i = 0; i < b->cfg->n_keys && n < 256; i++)
		names[n++] = b->cfg->keys[i].text;
	(void)diag_help_near(b->diag, name, names, n);
	return NULL;
}

/* --- domains --- */

static void build_server(struct build *b, const struct dns_server_conf *conf, const struct d2_key *domain_key,
			 struct d2_server *ret)
{
	char text[IP_TEXT_MAX];

	ret->ip = ip_zero4;
	ret->port = conf->port;
	if (conf->ip_address && (ip_parse(conf->ip_address, &ret->ip) < 0 || ip_is_zero(&ret->ip)))
		diag_error(b->diag, conf_pos(&conf->node, "ip-address"), "\"%s\" is not the address of a DNS server",
			   conf->ip_address);
	ret->text = ret->port == DNS_PORT
			    ? arena_strdup(b->cfg->arena, ip_format(&ret->ip, text))
			    : arena_printf(b->cfg->arena, "%s port %u", ip_format(&ret->ip, text), ret->port);
	ret->key = conf->key_name && conf->key_name[0] ? find_key(b, &conf->node, conf->key_name) : domain_key;
}

static int digits(const uint8_t *text, size_t len, unsigned max)
{
	unsigned v = 0;

	if (!len || len > 3)
		return -E_INVAL;
	for (size_t i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9')
			return -E_INVAL;
		v = v * 10 + (text[i] - '0');
	}
	return v <= max ? (int)v : -E_INVAL;
}

/* RFC 2317: sets is_part, first and last if the first label is "64/26" or "64-127". */
static void find_part(struct d2_domain *domain)
{
	static const struct dname v4 = { .len = 14, .wire = "\7in-addr\4arpa" };
	const uint8_t *label = domain->name.wire + 1, *sep;
	size_t len = domain->name.wire[0];
	int first, second;

	if (domain->name.len <= v4.len || !dname_is_under(&domain->name, &v4))
		return;
	sep = memchr(label, '/', len);
	if (!sep)
		sep = memchr(label, '-', len);
	if (!sep)
		return;
	first = digits(label, (size_t)(sep - label), 255);
	second = digits(sep + 1, len - (size_t)(sep - label) - 1, *sep == '/' ? 32 : 255);
	if (first < 0 || second < 0 || (*sep == '/' && second < 25) || (*sep == '-' && second < first))
		return;
	domain->is_part = true;
	domain->first = (uint8_t)first;
	domain->last = (uint8_t)(*sep == '/' ? first | ((1 << (32 - second)) - 1) : second);
}

/* Returns the slot of the index that has the name in lower case, or the free one where it belongs. */
static uint32_t *find_slot(const struct d2_domains *domains, const uint8_t *lower, size_t len)
{
	uint64_t at = hash_bytes(lower, len, 0);

	for (;; at++) {
		uint32_t *slot = &domains->index[at & (domains->index_size - 1)];
		const struct d2_domain *domain = *slot ? &domains->v[*slot - 1] : NULL;

		if (!domain || (domain->name.len == len && memcmp(domain->name.wire, lower, len) == 0))
			return slot;
	}
}

static void build_domain(struct build *b, const struct ddns_domain_conf *conf, struct d2_domain *domain)
{
	const struct conf_list *servers = &conf->dns_servers;
	const struct d2_key *key = find_key(b, &conf->node, conf->key_name);

	domain->text = conf->name ? conf->name : "";
	domain->name = dname_root;
	domain->number = b->n_domains++;
	if (conf->name && dname_parse(conf->name, &domain->name) < 0)
		diag_error(b->diag, conf_pos(&conf->node, "name"), "\"%s\" is not a domain name", conf->name);
	domain->name = dname_lower(&domain->name);
	domain->servers = arena_new_array(b->cfg->arena, struct d2_server, servers->n);
	domain->n_servers = servers->n;
	for (unsigned i = 0; i < servers->n; i++)
		build_server(b, &((const struct dns_server_conf *)servers->v)[i], key, &domain->servers[i]);
	if (!servers->n && CONF_SET(conf, dns_servers) && !CONF_BAD(conf, dns_servers))
		diag_error(b->diag, conf_pos(&conf->node, "dns-servers"), "domain \"%s\" has no DNS servers",
			   domain->text);
}

static void build_domains(struct build *b, const struct conf_list *list, bool is_reverse, struct d2_domains *ret)
{
	const struct ddns_domain_conf *confs = list->v;

	ret->v = arena_new_array(b->cfg->arena, struct d2_domain, list->n);
	ret->n = list->n;
	for (ret->index_size = 4; ret->index_size < 2 * list->n; ret->index_size *= 2)
		;
	ret->index = arena_new_array(b->cfg->arena, uint32_t, ret->index_size);
	for (unsigned i = 0; i < list->n; i++) {
		struct d2_domain *domain = &ret->v[i];
		uint32_t *slot;

		build_domain(b, &confs[i], domain);
		if (!confs[i].name)
			continue;
		if (is_reverse)
			find_part(domain);
		slot = find_slot(ret, domain->name.wire, domain->name.len);
		if (*slot) {
			diag_error(b->diag, conf_pos(&confs[i].node, "name"), "duplicate domain \"%s\"", domain->text);
			diag_note(b->diag, conf_pos(&confs[*slot - 1].node, "name"), "first defined here");
			continue;
		}
		*slot = i + 1;
	}
}

/* Returns the longest domain that the name is under. */
static const struct d2_domain *longest(const struct d2_domains *domains, const struct dname *lower)
{
	for (unsigned at = 0; domains->n && at < lower->len; at += lower->wire[at] + 1u) {
		uint32_t slot = *find_slot(domains, lower->wire + at, (size_t)lower->len - at);

		if (slot)
			return &domains->v[slot - 1];
	}
	return NULL;
}

const struct d2_domain *d2_find_forward(const struct d2_config *cfg, const struct dname *name)
{
	struct dname lower = dname_lower(name);

	return longest(&cfg->forward, &lower);
}

/* Finds the part of a /24 that has the octet: its name has one more label than that of the /24. */
static const struct d2_domain *find_part_of(const struct d2_domains *domains, const struct dname *reverse,
					    uint8_t octet)
{
	size_t skip = reverse->wire[0] + 1u, len = reverse->len - skip;

	for (unsigned i = 0; i < domains->n; i++) {
		const struct d2_domain *domain = &domains->v[i];
		size_t own = domain->name.wire[0] + 1u;

		if (domain->is_part && octet >= domain->first && octet <= domain->last &&
		    domain->name.len - own == len && memcmp(domain->name.wire + own, reverse->wire + skip, len) == 0)
			return domain;
	}
	return NULL;
}

const struct d2_domain *d2_find_reverse(const struct d2_config *cfg, const struct ip *ip, struct dname *ret_owner)
{
	struct dname reverse = dname_reverse(ip), owner;
	const struct d2_domain *part = NULL;

	*ret_owner = reverse;
	if (ip_is4(ip) && cfg->has_parts)
		part = find_part_of(&cfg->reverse, &reverse, ip->b[15]);
	if (!part)
		return longest(&cfg->reverse, &reverse);
	/* The octet before the name of the part; both are short. */
	owner.len = (uint8_t)(reverse.wire[0] + 1u + part->name.len);
	memcpy(owner.wire, reverse.wire, reverse.wire[0] + 1u);
	memcpy(owner.wire + reverse.wire[0] + 1u, part->name.wire, part->name.len);
	*ret_owner = owner;
	return part;
}

/* --- the whole --- */

static void build_listener(struct build *b)
{
	const struct d2_conf *conf = &b->cfg->conf;

	b->cfg->ip = ip_from4(0x7f000001);
	if (conf->ip_address && ip_parse(conf->ip_address, &b->cfg->ip) < 0)
		diag_error(b->diag, conf_pos(&conf->node, "ip-address"), "\"%s\" is not an address", conf->ip_address);
	if (conf->ncr_protocol == NCR_TCP) {
		diag_error(b->diag, conf_pos(&conf->node, "ncr-protocol"),
			   "\"ncr-protocol\": \"TCP\" is not supported yet");
		diag_help(b->diag, "use \"UDP\", as all versions of Kea do");
	}
}

static void build_hooks(struct build *b)
{
	const struct hooks_library_conf *libraries = b->cfg->conf.hooks_libraries.v;

	for (unsigned i = 0; i < b->cfg->conf.hooks_libraries.n; i++) {
		const struct hooks_library_conf *conf = &libraries[i];
		const char *name = conf->library ? file_name(conf->library) : NULL, *why;
		struct pos pos = conf_pos(&conf->node, "library");

		if (!name)
			continue;
		why = ctl_library_refused(name);
		if (why)
			diag_error(b->diag, pos, "\"hooks-libraries\": %s: %s not supported yet", name, why);
		else if (ctl_library_is_built_in(name))
			diag_error(b->diag, pos, "\"hooks-libraries\": %s is for the DHCP servers", name);
		else
			(void)program_hook(&b->program, conf, 0, &b->cfg->hooks);
	}
}

static void summarise(struct d2_config *cfg)
{
	char forward[COUNT_TEXT_MAX], reverse[COUNT_TEXT_MAX], keys[COUNT_TEXT_MAX];

	cfg->summary =
		arena_printf(cfg->arena, "%s, %s, %s", str_count(forward, cfg->forward.n, "forward domain"),
			     str_count(reverse, cfg->reverse.n, "reverse domain"), str_count(keys, cfg->n_keys, "key"));
}

static struct d2_config *config_new(void)
{
	struct d2_config *cfg = xcalloc(1, sizeof(*cfg));

	cfg->arena = arena_new(0);
	return cfg;
}

static void build_parts(struct build *b, struct json_object *root)
{
	struct d2_config *cfg = b->cfg;
	const struct conf_reader rd = { .diag = b->diag, .all = d2_scopes, .family = KEY_D2, .arena = cfg->arena };

	(void)conf_read(&rd, &d2_scope, root, &cfg->conf);
	build_listener(b);
	build_keys(b);
	build_domains(b, &cfg->conf.forward_ddns->ddns_domains, false, &cfg->forward);
	build_domains(b, &cfg->conf.reverse_ddns->ddns_domains, true, &cfg->reverse);
	for (unsigned i = 0; i < cfg->reverse.n; i++)
		cfg->has_parts |= cfg->reverse.v[i].is_part;
	cfg->n_channels = program_control(&b->program, &cfg->conf.node, cfg->conf.control_socket,
					  &cfg->conf.control_sockets, "kea-ddns-ctrl-socket", &cfg->channels);
	build_hooks(b);
	cfg->log = program_loggers(&b->program, &cfg->conf.loggers);
	summarise(cfg);
}

/* The messages of all programs are in one table. */
static bool logs_to(const struct program_build *pb, const char *logger)
{
	static const char *const own[] = { "dctl",         "dhcpddns", "dhcp-to-d2", "d2-to-dns",
					   "libdhcp-ddns", "commands", "http",       "auth" };

	(void)pb;
	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		if (!strcmp(own[i], logger))
			return true;
	return false;
}

/* With secrets: config-write needs them. */
static struct config_text *print_text(const struct d2_config *cfg)
{
	struct conf_output out = { .with_secrets = true };

	conf_write(KEY_D2, &d2_scope, &cfg->conf, &out);
	return config_text_new(&out.text);
}

/* Takes cfg. */
static int build(struct d2_config *cfg, unsigned flags, struct diag *diag, struct d2_config **ret)
{
	struct build b = { .cfg = cfg, .diag = diag, .flags = flags };
	struct json_object *root, *agent;

	b.program = (struct program_build){
		.arena = cfg->arena, .diag = diag, .flags = flags, .program = D2_PROGRAM, .logs_to = logs_to
	};
	root = program_find_root(&b.program, cfg->doc.root, D2_ROOT);
	if (root && json_object_object_get_ex(cfg->doc.root, AGENT_ROOT, &agent))
		diag_warn(diag, json_key_pos(agent), "\"" AGENT_ROOT "\" is for the DHCP servers: they open the port");
	if (root)
		build_parts(&b, root);
	else if (!diag_errors(diag))
		diag_error(diag, POS_NONE, "no configuration found");
	if (diag_errors(diag)) {
		d2_config_free(cfg);
		return -E_CONFIG;
	}
	if (flags & CONFIG_SERVE) {
		cfg->text = print_text(cfg);
		conf_detach(&d2_scope, &cfg->conf);
		json_doc_done(&cfg->doc);
	}
	*ret = cfg;
	return 0;
}

int d2_config_load_file(const char *path, unsigned flags, struct diag **ret_diag, struct d2_config **ret)
{
	struct program_top top;
	struct json_shape shape = program_shape(&top, &d2_scope);
	struct d2_config *cfg = config_new();

	*ret_diag = diag_new();
	(void)json_read_file(path, &shape, *ret_diag, &cfg->doc);
	return build(cfg, flags, *ret_diag, ret);
}

int d2_config_load_text(const char *name, const char *text, size_t len, unsigned flags, struct diag **ret_diag,
			struct d2_config **ret)
{
	struct program_top top;
	struct json_shape shape = program_shape(&top, &d2_scope);
	struct d2_config *cfg = config_new();

	*ret_diag = diag_new();
	(void)json_read_text(name, text, len, 0, &shape, *ret_diag, &cfg->doc);
	return build(cfg, flags, *ret_diag, ret);
}

int d2_config_load_json(struct json_object *top, unsigned flags, struct diag *diag, struct d2_config **ret)
{
	struct d2_config *cfg = config_new();

	cfg->doc.root = json_object_get(top);
	return build(cfg, flags, diag, ret);
}

void d2_config_free(struct d2_config *cfg)
{
	if (!cfg)
		return;
	hooks_unload(cfg->hooks);
	config_text_unref(cfg->text);
	json_doc_done(&cfg->doc);
	arena_free(cfg->arena);
	free(cfg);
}

struct json_object *d2_config_print(const struct d2_config *cfg)
{
	struct json_object *top = json_object_new_object();

	json_object_object_add(top, D2_ROOT, conf_print(KEY_D2, &d2_scope, &cfg->conf));
	return top;
}

void d2_config_print_schema(FILE *to)
{
	struct json_object *schema = conf_schema(KEY_D2, d2_scopes);

	fprintf(to, "%s\n",
		json_object_to_json_string_ext(schema, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(schema);
}

void d2_config_print_reference(FILE *to)
{
	fprintf(to, "# Configuration keys of " D2_PROGRAM "\n\n"
		    "Generated by `" D2_PROGRAM
		    " --print-reference` from the tables that read the configuration. A key that\n"
		    "works \"not yet\" is recognized, and rejected by name unless its value disables the feature.\n\n");
	conf_reference(KEY_D2, d2_scopes, to);
}
