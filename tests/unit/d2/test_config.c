/* SPDX-License-Identifier: MPL-2.0 */
/* Which domain a name or an address belongs to, keys of servers and domains, secrets from files; errors: tests/badconf.
 */
#include "kea-dhcp-ddns/config.h"

#include "base/err.h"
#include "base/str.h"
#include "root/config.h"
#include "../suite.h"

#include <unistd.h>

static struct d2_config *load(const char *text)
{
	struct d2_config *cfg = NULL;
	struct diag *diag;
	int err = d2_config_load_text("test", text, strlen(text), CONFIG_SERVE, &diag, &cfg);

	if (err < 0)
		diag_print(diag, stderr, DIAG_TEXT);
	ck_assert_int_eq(err, 0);
	diag_free(diag);
	return cfg;
}

#define SERVERS "\"dns-servers\": [ { \"ip-address\": \"192.0.2.1\" } ]"
static void add_domains(struct str *text, const char *key, const char *const *names)
{
	str_addf(text, "\"%s\": { \"ddns-domains\": [", key);
	for (unsigned i = 0; names[i]; i++)
		str_addf(text, "%s{ \"name\": \"%s\", " SERVERS " }", i ? ", " : "", names[i]);
	str_add(text, "] }");
}

static struct d2_config *load_domains(void)
{
	static const char *const forward[] = { "example.org.", "Lab.Example.org", "net", NULL };
	static const char *const reverse[] = { "2.0.192.in-addr.arpa",
					       "64/26.2.0.192.in-addr.arpa.",
					       "128-129.2.0.192.in-addr.arpa.",
					       "8.b.d.0.1.0.0.2.ip6.arpa.",
					       "10.in-addr.arpa.",
					       NULL };
	struct str text = { 0 };
	struct d2_config *cfg;

	str_add(&text, "{ \"DhcpDdns\": { ");
	add_domains(&text, "forward-ddns", forward);
	str_add(&text, ", ");
	add_domains(&text, "reverse-ddns", reverse);
	str_add(&text, " } }");
	cfg = load(text.text);
	str_free(&text);
	return cfg;
}

START_TEST(forward_domains)
{
	static const struct {
		const char *name, *domain;
	} rows[] = {
		{ "pc.example.org.", "example.org." },
		{ "PC.EXAMPLE.ORG.", "example.org." },
		{ "example.org.", "example.org." },
		{ "pc.lab.example.org.", "Lab.Example.org" },
		{ "pc.xlab.example.org.", "example.org." },
		{ "a.b.c.net.", "net" },
		{ "example.com.", NULL },
		{ "org.", NULL },
		{ ".", NULL },
	};
	struct d2_config *cfg = load_domains();

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct d2_domain *domain;
		struct dname name;

		ck_assert_int_eq(dname_parse(rows[i].name, &name), 0);
		domain = d2_find_forward(cfg, &name);
		ck_assert_pstr_eq(domain ? domain->text : NULL, rows[i].domain);
	}
	d2_config_free(cfg);
}
END_TEST

START_TEST(reverse_domains)
{
	static const struct {
		const char *addr, *domain, *owner;
	} rows[] = {
		{ "192.0.2.1", "2.0.192.in-addr.arpa", "1.2.0.192.in-addr.arpa." },
		{ "192.0.2.63", "2.0.192.in-addr.arpa", "63.2.0.192.in-addr.arpa." },
		{ "192.0.2.64", "64/26.2.0.192.in-addr.arpa.", "64.64/26.2.0.192.in-addr.arpa." },
		{ "192.0.2.127", "64/26.2.0.192.in-addr.arpa.", "127.64/26.2.0.192.in-addr.arpa." },
		{ "192.0.2.128", "128-129.2.0.192.in-addr.arpa.", "128.128-129.2.0.192.in-addr.arpa." },
		{ "192.0.2.130", "2.0.192.in-addr.arpa", "130.2.0.192.in-addr.arpa." },
		{ "192.0.3.64", NULL, NULL },
		{ "10.1.2.3", "10.in-addr.arpa.", "3.2.1.10.in-addr.arpa." },
		{ "2001:db8::1", "8.b.d.0.1.0.0.2.ip6.arpa.",
		  "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa." },
		{ "2001:db9::1", NULL, NULL },
	};
	struct d2_config *cfg = load_domains();

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct d2_domain *domain;
		char text[DNAME_TEXT_MAX];
		struct dname owner;
		struct ip ip;

		ck_assert_int_eq(ip_parse(rows[i].addr, &ip), 0);
		domain = d2_find_reverse(cfg, &ip, &owner);
		ck_assert_pstr_eq(domain ? domain->text : NULL, rows[i].domain);
		if (!domain)
			continue;
		ck_assert_str_eq(dname_format(&owner, text), rows[i].owner);
		ck_assert(dname_is_under(&owner, &domain->name));
	}
	d2_config_free(cfg);
}
END_TEST

START_TEST(keys)
{
	char path[] = "/tmp/kea-secret.XXXXXX";
	int fd = mkstemp(path);
	struct d2_config *cfg;
	struct str text = { 0 };

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, " c2VjcmV0\n", 10), 10);
	(void)close(fd);
	str_addf(&text,
		 "{ \"DhcpDdns\": { \"tsig-keys\": ["
		 "{ \"name\": \"one\", \"algorithm\": \"hmac-md5\", \"secret\": \"MTIz\" },"
		 "{ \"name\": \"two.\", \"algorithm\": \"HMAC-SHA512\", \"digest-bits\": 256, \"secret-file\": \"%s\" "
		 "} ],"
		 "\"forward-ddns\": { \"ddns-domains\": [ { \"name\": \"x\", \"key-name\": \"ONE.\", \"dns-servers\": ["
		 "{ \"ip-address\": \"192.0.2.1\" }, { \"ip-address\": \"::1\", \"port\": 5, \"key-name\": \"two\" } ] "
		 "},"
		 "{ \"name\": \"y\", \"dns-servers\": [ { \"ip-address\": \"192.0.2.1\" } ] } ] } } }",
		 path);
	cfg = load(text.text);
	ck_assert_ptr_eq(cfg->forward.v[0].servers[0].key, &cfg->keys[0]);
	ck_assert_ptr_eq(cfg->forward.v[0].servers[1].key, &cfg->keys[1]);
	ck_assert_ptr_null(cfg->forward.v[1].servers[0].key);
	ck_assert_str_eq(cfg->forward.v[0].servers[0].text, "192.0.2.1");
	ck_assert_str_eq(cfg->forward.v[0].servers[1].text, "::1 port 5");
	ck_assert_uint_eq(cfg->keys[0].tsig.mac_len, 16);
	ck_assert_uint_eq(cfg->keys[1].tsig.mac_len, 32);
	ck_assert(bytes_equal(cfg->keys[0].tsig.secret, bytes_of("123", 3)));
	ck_assert(bytes_equal(cfg->keys[1].tsig.secret, bytes_of("secret", 6)));
	ck_assert_str_eq(cfg->summary, "2 forward domains, 0 reverse domains, 2 keys");
	ck_assert_uint_eq(cfg->conf.port, 53001);
	ck_assert_uint_eq(cfg->conf.dns_server_timeout, 500);
	d2_config_free(cfg);
	str_free(&text);
	(void)unlink(path);
}
END_TEST

/* Many domains: each is found. */
START_TEST(many_domains)
{
	struct str text = { 0 };
	struct d2_config *cfg;

	str_add(&text, "{ \"DhcpDdns\": { \"forward-ddns\": { \"ddns-domains\": [");
	for (unsigned i = 0; i < 1000; i++)
		str_addf(&text, "%s{ \"name\": \"d%u.example.\", " SERVERS " }", i ? ", " : "", i);
	str_add(&text, "] } } }");
	cfg = load(text.text);
	for (unsigned i = 0; i < 1000; i++) {
		char buf[64];
		struct dname name;

		(void)snprintf(buf, sizeof(buf), "a.b.d%u.example", i);
		ck_assert_int_eq(dname_parse(buf, &name), 0);
		ck_assert_ptr_eq(d2_find_forward(cfg, &name), &cfg->forward.v[i]);
	}
	d2_config_free(cfg);
	str_free(&text);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("config");

	tcase_add_test(tc, forward_domains);
	tcase_add_test(tc, reverse_domains);
	tcase_add_test(tc, keys);
	tcase_add_test(tc, many_domains);
	return suite_run(tc);
}
