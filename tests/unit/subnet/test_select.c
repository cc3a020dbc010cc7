/* SPDX-License-Identifier: MPL-2.0 */
/* Which subnet is selected for a client: by relay, relay address, client address, interface, server address. */
#include "../suite.h"

#include "base/hash.h"
#include "subnet/subnet.h"

static struct arena *arena;
static struct plan plan;

static struct ip ip(const char *text)
{
	struct ip addr;

	ck_assert_int_eq(ip_parse(text, &addr), 0);
	return addr;
}

static void add(const char *prefix, const char *iface, const char *relay)
{
	struct subnet *sub = &plan.subs[plan.n++];

	ck_assert_int_eq(prefix_parse(prefix, &sub->prefix), 0);
	sub->id = (uint32_t)plan.n;
	sub->iface = iface;
	if (relay) {
		sub->relays = arena_new_obj(arena, struct ip);
		sub->relays[sub->n_relays++] = ip(relay);
	}
}

static void setup(void)
{
	arena = arena_new(0);
	plan = (struct plan){ 0 };
	plan.subs = arena_new_array(arena, struct subnet, 10);
	add("10.0.0.0/8", "", NULL);
	add("10.1.0.0/16", "", NULL);
	add("10.1.2.0/24", "", NULL);
	add("192.0.2.0/24", "eth0", NULL);
	add("198.51.100.0/24", "eth1", "203.0.113.1");
	plan_index(&plan, arena);
}

static void teardown(void)
{
	arena_free(arena);
}

static unsigned id_of(const struct subnet *sub)
{
	return sub ? sub->id : 0;
}

static unsigned at(const char *text)
{
	struct ip addr = ip(text);

	return id_of(subnet_by_address(&plan, &addr));
}

START_TEST(innermost_prefix_wins)
{
	ck_assert_uint_eq(at("10.1.2.3"), 3);
	ck_assert_uint_eq(at("10.1.3.3"), 2);
	ck_assert_uint_eq(at("10.200.3.3"), 1);
	ck_assert_uint_eq(at("10.0.0.0"), 1);
	ck_assert_uint_eq(at("10.255.255.255"), 1);
	ck_assert_uint_eq(at("192.0.2.255"), 4);
	ck_assert_uint_eq(at("192.0.3.0"), 0);
	ck_assert_uint_eq(at("9.255.255.255"), 0);
	ck_assert_uint_eq(at("255.255.255.255"), 0);
	ck_assert_uint_eq(id_of(subnet_by_id(&plan, 4)), 4);
	ck_assert_ptr_null(subnet_by_id(&plan, 6));
}
END_TEST

static unsigned chosen(struct select_query query)
{
	if (!query.iface)
		query.iface = "eth9";
	return id_of(subnet_select(&plan, &query));
}

START_TEST(order_of_selection)
{
	struct ip none = ip_zero4;

	ck_assert_uint_eq(
		chosen((struct select_query){ .has_relay = true, .relay_addr = ip("203.0.113.1"), .iface = "eth0" }),
		5);
	ck_assert_uint_eq(
		chosen((struct select_query){ .has_relay = true, .relay_addr = ip("10.1.2.1"), .iface = "eth0" }), 3);
	ck_assert_uint_eq(
		chosen((struct select_query){ .has_relay = true, .relay_addr = ip("203.0.113.2"), .iface = "eth0" }),
		0);
	ck_assert_uint_eq(chosen((struct select_query){
				  .relay_addr = none, .client_addr = ip("10.1.2.9"), .src_addr = ip("192.0.2.3") }),
			  3);
	ck_assert_uint_eq(chosen((struct select_query){ .client_addr = none, .src_addr = ip("192.0.2.3") }), 4);
	/* an address outside all subnets counts less than one inside, and means that the client is not on the link */
	ck_assert_uint_eq(chosen((struct select_query){ .client_addr = ip("172.16.0.9"), .src_addr = ip("192.0.2.3") }),
			  4);
	ck_assert_uint_eq(chosen((struct select_query){ .client_addr = ip("172.16.0.9"), .iface = "eth1" }), 0);
	ck_assert_uint_eq(chosen((struct select_query){ .src_addr = ip("172.16.0.9"), .iface = "eth1" }), 0);
	ck_assert_uint_eq(
		chosen((struct select_query){ .src_addr = ip("172.16.0.9"), .on_link = true, .iface = "eth1" }), 5);
	ck_assert_uint_eq(
		chosen((struct select_query){ .on_link = true, .iface = "eth1", .local_addr = ip("192.0.2.1") }), 5);
	ck_assert_uint_eq(chosen((struct select_query){ .on_link = true, .local_addr = ip("192.0.2.1") }), 4);
	ck_assert_uint_eq(chosen((struct select_query){ .on_link = true, .local_addr = ip("172.16.0.1") }), 0);
	/* a relay without an address (RFC 6221), whose interface no subnet names */
	ck_assert_uint_eq(chosen((struct select_query){ .has_relay = true,
							.relay_addr = ip_zero6,
							.iface_id = bytes_of("ge-0/0/7", 8),
							.iface = "eth1" }),
			  5);
}
END_TEST

/* Returns the subnet with the longest prefix that contains the address, by linear search. */
static unsigned longest(const struct ip *addr)
{
	unsigned best = 0, len = 0;

	for (size_t i = 0; i < plan.n; i++)
		if (prefix_contains(&plan.subs[i].prefix, addr) && plan.subs[i].prefix.len >= len) {
			best = plan.subs[i].id;
			len = plan.subs[i].prefix.len;
		}
	return best;
}

/* Also those that begin at the same address as the enclosing one. */
START_TEST(nested_ones_agree_with_a_walk)
{
	rand_seed(4);
	for (unsigned round = 0; round < 200; round++) {
		bool is4 = round % 2;

		plan = (struct plan){ 0 };
		plan.subs = arena_new_array(arena, struct subnet, 12);
		for (unsigned tries = 0; tries < 12; tries++) {
			unsigned bits = (unsigned)rand_below(9);
			uint8_t net = (uint8_t)(rand_below(256) & ~(0xffu >> bits));
			bool known = false;
			char text[64];

			(void)snprintf(text, sizeof(text), is4 ? "10.0.0.%u/%u" : "2001:db8::%x/%u", net,
				       (is4 ? 24 : 120) + bits);
			for (size_t i = 0; i < plan.n; i++)
				known |= prefix_first(&plan.subs[i].prefix).b[15] == net &&
					 plan.subs[i].prefix.len == (is4 ? 24 : 120) + bits;
			if (!known)
				add(text, "", NULL);
		}
		plan_index(&plan, arena);
		for (unsigned a = 0; a < 256; a++) {
			struct ip addr = ip_from4(0x0a000000 + a);

			if (!is4) {
				addr = ip("2001:db8::");
				addr.b[15] = (uint8_t)a;
			}
			ck_assert_uint_eq(id_of(subnet_by_address(&plan, &addr)), longest(&addr));
		}
	}
}
END_TEST

START_TEST(the_first_subnet_of_a_relay_is_taken)
{
	plan = (struct plan){ 0 };
	plan.subs = arena_new_array(arena, struct subnet, 4);
	plan_index(&plan, arena);
	ck_assert_uint_eq(at("10.0.0.1"), 0);
	ck_assert_uint_eq(chosen((struct select_query){ .has_relay = true, .relay_addr = ip("203.0.113.1") }), 0);
	add("198.51.100.0/24", "", "203.0.113.2");
	add("192.0.2.0/24", "", "203.0.113.1");
	add("10.0.0.0/24", "", "203.0.113.2");
	add("10.0.1.0/24", "", "203.0.113.1");
	plan_index(&plan, arena);
	ck_assert_uint_eq(chosen((struct select_query){ .has_relay = true, .relay_addr = ip("203.0.113.1") }), 2);
	ck_assert_uint_eq(chosen((struct select_query){ .has_relay = true, .relay_addr = ip("203.0.113.2") }), 1);
	ck_assert_uint_eq(chosen((struct select_query){ .has_relay = true, .relay_addr = ip("203.0.113.0") }), 0);
	ck_assert_uint_eq(chosen((struct select_query){ .has_relay = true, .relay_addr = ip("203.0.113.3") }), 0);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("index");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, innermost_prefix_wins);
	tcase_add_test(tc, order_of_selection);
	tcase_add_test(tc, nested_ones_agree_with_a_walk);
	tcase_add_test(tc, the_first_subnet_of_a_relay_is_taken);
	return suite_run(tc);
}
