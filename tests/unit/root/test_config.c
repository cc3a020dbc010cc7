/* SPDX-License-Identifier: MPL-2.0 */
/* What is logged about a configuration that was read. */
#include "../suite.h"

#include "root/config.h"

static void check_summary(unsigned digit, const char *text, const char *expect)
{
	struct config *cfg = NULL;
	struct diag *diag;

	ck_assert_int_eq(config_load_text("test", text, strlen(text), digit, 0, &diag, &cfg), 0);
	ck_assert_str_eq(cfg->summary, expect);
	config_free(cfg);
	diag_free(diag);
}

START_TEST(summary4)
{
	check_summary(4, "{ \"Dhcp4\": { \"interfaces-config\": { \"interfaces\": [] } } }",
		      "0 subnets, 0 pools, 0 interfaces");
	check_summary(4,
		      "{ \"Dhcp4\": { \"interfaces-config\": { \"interfaces\": [] }, \"subnet4\": ["
		      " { \"id\": 1, \"subnet\": \"192.0.2.0/24\", \"pools\": ["
		      " { \"pool\": \"192.0.2.10-192.0.2.19\" }, { \"pool\": \"192.0.2.30-192.0.2.39\" } ] },"
		      " { \"id\": 2, \"subnet\": \"198.51.100.0/24\" } ] } }",
		      "2 subnets, 2 pools, 0 interfaces");
}
END_TEST

/* Prefix pools are logged next to address pools, even if there are none. */
START_TEST(summary6)
{
	check_summary(6,
		      "{ \"Dhcp6\": { \"interfaces-config\": { \"interfaces\": [] }, \"subnet6\": ["
		      " { \"id\": 1, \"subnet\": \"2001:db8:1::/64\", \"pools\": [ { \"pool\": \"2001:db8:1::/80\" } ] "
		      "} ] } }",
		      "1 subnet, 1 pool, 0 pd-pools, 0 interfaces");
	check_summary(6,
		      "{ \"Dhcp6\": { \"interfaces-config\": { \"interfaces\": [] }, \"subnet6\": ["
		      " { \"id\": 1, \"subnet\": \"2001:db8:1::/64\", \"pools\": [ { \"pool\": \"2001:db8:1::/80\" } "
		      "], \"pd-pools\": ["
		      " { \"prefix\": \"2001:db8:8000::\", \"prefix-len\": 40, \"delegated-len\": 56 },"
		      " { \"prefix\": \"2001:db8:9000::\", \"prefix-len\": 40, \"delegated-len\": 56 } ] },"
		      " { \"id\": 2, \"subnet\": \"2001:db8:2::/64\", \"pd-pools\": ["
		      " { \"prefix\": \"2001:db8:a000::\", \"prefix-len\": 40, \"delegated-len\": 56 } ] } ] } }",
		      "2 subnets, 1 pool, 3 pd-pools, 0 interfaces");
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("config");

	tcase_add_test(tc, summary4);
	tcase_add_test(tc, summary6);
	return suite_run(tc);
}
