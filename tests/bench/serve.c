/* SPDX-License-Identifier: MPL-2.0 */
/* See serve.h. */
#include "serve.h"

#include "../serving.h"

#include "api/api.h"
#include "base/clock.h"
#include "base/str.h"
#include "io/engine.h"
#include "json/diag.h"
#include "serve/family.h"
#include "serve/server.h"
#include "wire/packet4.h"
#include "wire/packet6.h"

#include <unistd.h>

#define CLIENTS_MAX 100000u
#define OTHERS 0x800000u /* clients from this number on never send anything */
#define SERVER4 0x0a000001u
#define IA_LEN 40u /* an IA_NA with one address, without the header of the option */

bool serve_quick;

static struct server srv;
static struct leasedb *db;
static bool has_library;                /* the next server */
static uint32_t n_clients, next_client; /* those with a lease; the next to renew */
static bool has_boot_options;
static struct ip leased[CLIENTS_MAX];

static uint32_t clients(void)
{
	return serve_quick ? 1000 : CLIENTS_MAX;
}

/* --- responses --- */

static struct ip offered; /* in the last response; zero: none */

static void take4(struct bytes answer)
{
	memcpy(&offered.b[12], answer.data + 16, 4);
}

/* The first address in the first IA_NA. */
static void take6(struct bytes answer)
{
	for (size_t i = 4; i + 4 <= answer.len; i += 4 + (size_t)(answer.data[i + 2] << 8 | answer.data[i + 3]))
		if (answer.data[i + 1] == OPT6_IA_NA && answer.data[i + 17] == OPT6_IAADDR)
			memcpy(offered.b, &answer.data[i + 20], 16);
}

static unsigned take_answers(struct io_engine *engine, struct dgram *const *v, unsigned n)
{
	(void)engine;
	for (unsigned i = 0; i < n; i++)
		(srv.fam->digit == 6 ? take6 : take4)(bytes_of(v[i]->buf, v[i]->len));
	return n;
}

static const struct io_ops answer_ops = { .send = take_answers };
static struct io_engine answer_engine = { .ops = &answer_ops };

/* --- the server --- */

static void add_subnet(struct str *text, bool is_v6)
{
	str_add(text, is_v6 ? "\"subnet6\": [ { \"id\": 1, \"interface\": \"eth0\", \"subnet\": \"2001:db8::/64\", "
			      "\"pools\": [ { \"pool\": \"2001:db8::/104\" } ]"
			    : "\"subnet4\": [ { \"id\": 1, \"subnet\": \"10.0.0.0/8\", \"pools\": [ { \"pool\": "
			      "\"10.0.0.0/9\" } ]");
}

/* Every other address of the pool's beginning, and as many outside of it. */
static void add_hosts(struct str *text, bool is_v6, uint32_t first, uint32_t n)
{
	str_add(text, ", \"reservations\": [ ");
	for (uint32_t i = 0; i < n; i++) {
		uint32_t client = first + i, host = (i % 2 ? 0x800000 : 0x100) + i;

		str_add(text, i ? ", { " : "{ ");
		if (is_v6)
			str_addf(text,
				 "\"duid\": \"00:03:00:01:02:00:%02x:%02x:%02x:%02x\", \"ip-addresses\": [ "
				 "\"2001:db8::%x:%x\" ] }",
				 client >> 24, client >> 16 & 255, client >> 8 & 255, client & 255, host >> 16,
				 host & 0xffff);
		else
			str_addf(text,
				 "\"hw-address\": \"02:00:%02x:%02x:%02x:%02x\", \"ip-address\": \"10.%u.%u.%u\" }",
				 client >> 24, client >> 16 & 255, client >> 8 & 255, client & 255, host >> 16,
				 host >> 8 & 255, host & 255);
	}
	str_add(text, " ]");
}

static void add_classes(struct str *text, const char *const *tests)
{
	str_add(text, "\"client-classes\": [ ");
	for (unsigned i = 0; i < 64; i++)
		str_addf(text, "%s{ \"name\": \"c%u\", \"test\": \"%s\" }", i ? ", " : "", i, tests[i % 4]);
	str_add(text, " ], ");
}

static void open_server(bool is_v6, struct str *text)
{
	struct store_conf conf = { .type = "memfile", .family = is_v6 };
	struct diag *diag = NULL;
	struct config *cfg = NULL;
	struct store *store;
	struct live *live;
	char *err = NULL;

	if (config_load_text("serve", str_text(text), text->len, is_v6 ? 6 : 4, CONFIG_SERVE, &diag, &cfg) < 0 ||
	    store_open(&conf, &store, &err) < 0) {
		diag_print(diag, stderr, DIAG_TEXT);
		abort();
	}
	str_free(text);
	diag_free(diag);
	/* The expiry heap has the same shape in every run. */
	if (serve_quick)
		clock_set_virtual(1700000000, 100000);
	server_init(&srv, is_v6 ? &family6 : &family4, 1, 64);
	(void)duid_parse("00:03:00:01:aa:bb:cc:dd:ee:ff", &srv.duid);
	srv.workers[0].engine = &answer_engine;
	db = leasedb_new(store);
	live = live_new(&srv, db, cfg);
	live->unused = live_free;
	server_enter(&srv, live);
	serve_worker_switch(&srv.workers[0], live);
	n_clients = next_client = 0;
	has_boot_options = false;
}

/* n_hosts reservations, from the client with this number on. */
static void prepare(bool is_v6, const char *const *tests, uint32_t first, uint32_t n_hosts)
{
	struct str text = { 0 };

	str_addf(&text,
		 "{ \"Dhcp%u\": { \"lease-database\": { \"type\": \"memfile\", \"persist\": false }, "
		 "\"valid-lifetime\": 3600, \"cache-threshold\": 0.0, ",
		 is_v6 ? 6 : 4);
	if (has_library)
		str_add(&text, "\"hooks-libraries\": [ { \"library\": \"libdhcp_idle.so\" } ], ");
	has_library = false;
	if (tests)
		add_classes(&text, tests);
	add_subnet(&text, is_v6);
	if (n_hosts)
		add_hosts(&text, is_v6, first, n_hosts);
	str_add(&text, " } ] } }");
	open_server(is_v6, &text);
}

static uint32_t many_hosts(void)
{
	return serve_quick ? 10000 : 100000;
}

void serve_prepare4(void)
{
	prepare(false, NULL, 0, 0);
}

void serve_prepare6(void)
{
	prepare(true, NULL, 0, 0);
}

/* The library is beside this program, unless the environment says another directory. */
static void prepare_idle(bool is_v6)
{
	char path[4096];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);

	if (n <= 0)
		abort();
	path[n] = '\0';
	*strrchr(path, '/') = '\0';
	(void)setenv("KEA_HOOKS_PATH", path, 0);
	api_init();
	has_library = true;
	prepare(is_v6, NULL, 0, 0);
}

void serve_prepare_idle4(void)
{
	prepare_idle(false);
}

void serve_prepare_idle6(void)
{
	prepare_idle(true);
}

void serve_prepare_hosts4(void)
{
	prepare(false, NULL, OTHERS, many_hosts());
}

void serve_prepare_hosts6(void)
{
	prepare(true, NULL, OTHERS, many_hosts());
}

void serve_prepare_reserved4(void)
{
	prepare(false, NULL, 0, many_hosts());
}

void serve_prepare_reserved6(void)
{
	prepare(true, NULL, 0, many_hosts());
}

void serve_prepare_leases4(void)
{
	serve_prepare4();
	serve_new(clients());
}

void serve_prepare_leases6(void)
{
	serve_prepare6();
	serve_new(clients());
}

void serve_prepare_leases_hosts4(void)
{
	serve_prepare_hosts4();
	serve_new(clients());
}

void serve_prepare_leases_hosts6(void)
{
	serve_prepare_hosts6();
	serve_new(clients());
}

void serve_prepare_boot(void)
{
	prepare(false, NULL, 0, 0);
	has_boot_options = true;
}

void serve_prepare_classes(void)
{
	static const char *const tests[] = { "substring(option[60].hex, 0, 9) == 'PXEClient'",
					     "option[77].hex == 'iPXE'", "option[93].hex == 0x0007",
					     "option[60].hex == 'MSFT 5.0' and not option[82].exists" };

	prepare(false, tests, 0, 0);
	has_boot_options = true;
}

void serve_prepare_no_member(void)
{
	static const char *const tests[] = { "substring(option[60].hex, 0, 8) == 'PXEClient'",
					     "option[77].exists and not option[77].exists and '' == 'x'",
					     "substring(option[93].hex, 0, 1) == 0x0007", "pkt4.msgtype == 0x07" };

	prepare(false, tests, 0, 0);
	has_boot_options = true;
}

void serve_close(void)
{
	server_done(&srv);
	leasedb_leave(db);
	clock_set_real();
}

/* --- messages --- */

static void serve_one(struct dgram *dgram)
{
	offered = srv.fam->zero;
	serve_worker_batch(&srv.workers[0], dgram, 1);
	serve_worker_resume(&srv.workers[0]);
	serve_worker_flush(&srv.workers[0]);
}

static void say4(uint32_t client, uint8_t type, const struct ip *ciaddr, const struct ip *wanted)
{
	/* Options 60, 77 and 93. */
	static const char boot[] = "\x3c\x20PXEClient:Arch:00007:UNDI:003001\x4d\x04iPXE\x5d\x02\0\7";
	const uint8_t id[] = {
		1, 2, 0, (uint8_t)(client >> 24), (uint8_t)(client >> 16), (uint8_t)(client >> 8), (uint8_t)client
	};
	static uint32_t xid;
	static uint8_t buf[512];
	const struct query4 query = {
		.type = type,
		.chaddr = id + 1,
		.client_id = bytes_of(id, sizeof(id)),
		.more = bytes_of(boot, has_boot_options ? sizeof(boot) - 1 : 0),
		.xid = ++xid,
		.ciaddr = ciaddr ? ip_to4(ciaddr) : 0,
		.wanted = wanted ? ip_to4(wanted) : 0,
		.server = wanted ? SERVER4 : 0,
	};
	struct dgram dgram = query4_write(&query, SERVER4, buf);

	serve_one(&dgram);
}

static void say6(uint32_t client, uint8_t type, const struct ip *address)
{
	static uint8_t buf[200];
	struct dgram dgram = { .buf = buf,
			       .size = sizeof(buf),
			       .sport = 546,
			       .dport = 547,
			       .ifindex = 1,
			       .ifname = "eth0",
			       .local = { .b = { 0xfe, 0x80, [15] = 1 } },
			       .src = { .b = { 0xfe, 0x80, [15] = 2 } },
			       .dst = { .b = { 0xff, 2, [13] = 1, [15] = 2 } } };
	struct writer w = writer_init(buf, sizeof(buf));
	struct bytes own = duid_bytes(&srv.duid);
	static uint32_t xid;

	write_u32(&w, (uint32_t)type << 24 | (++xid & 0xffffff));
	write_u16(&w, OPT6_CLIENTID);
	write_u16(&w, 10);
	write_u32(&w, 0x00030001);
	write_u16(&w, 0x200);
	write_u32(&w, client);
	if (type != DHCP6_SOLICIT) {
		write_u16(&w, OPT6_SERVERID);
		write_u16(&w, (uint16_t)own.len);
		write_bytes(&w, own.data, own.len);
	}
	write_u32(&w, OPT6_IA_NA << 16 | (address ? IA_LEN : 12));
	write_u32(&w, 1);
	write_u32(&w, 0);
	write_u32(&w, 0);
	if (address) {
		write_u32(&w, OPT6_IAADDR << 16 | 24);
		write_bytes(&w, address->b, 16);
		write_u32(&w, 0);
		write_u32(&w, 0);
	}
	dgram.len = (uint32_t)writer_len(&w);
	serve_one(&dgram);
}

/* --- exchanges --- */

static void check(const struct ip *expected)
{
	if (ip_is_zero(&offered) || (expected && !ip_equal(&offered, expected)))
		abort();
}

void serve_new(uint64_t n)
{
	while (n--) {
		uint32_t client = n_clients++;
		struct ip address;

		if (srv.fam->digit == 6)
			say6(client, DHCP6_SOLICIT, NULL);
		else
			say4(client, DHCP4_DISCOVER, NULL, NULL);
		check(NULL);
		address = offered;
		if (srv.fam->digit == 6)
			say6(client, DHCP6_REQUEST, &address);
		else
			say4(client, DHCP4_REQUEST, NULL, &address);
		check(&address);
		if (client < CLIENTS_MAX)
			leased[client] = address;
	}
}

void serve_renew(uint64_t n)
{
	while (n--) {
		uint32_t client = next_client++ % clients();

		if (srv.fam->digit == 6)
			say6(client, DHCP6_RENEW, &leased[client]);
		else
			say4(client, DHCP4_REQUEST, &leased[client], NULL);
		check(&leased[client]);
	}
}
