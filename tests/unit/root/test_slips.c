/* SPDX-License-Identifier: MPL-2.0 */
/*
 * One typing mistake is one error: each bracket, quote, comma and colon of a configuration is omitted, doubled
 * or replaced, and the only error must be at that position.
 */
#include "../suite.h"

#include "base/str.h"
#include "root/config.h"

static const char conf4[] = "{\n"
			    "  \"Dhcp4\": {\n"
			    "    // where we listen\n"
			    "    \"interfaces-config\": {\n"
			    "      \"interfaces\": [ \"lo\", \"dummy0/192.0.2.1\" ]\n"
			    "    },\n"
			    "    \"lease-database\": {\n"
			    "      \"type\": \"memfile\",\n"
			    "      \"persist\": false\n"
			    "    },\n"
			    "    \"valid-lifetime\": 600, # ten minutes\n"
			    "    \"option-def\": [\n"
			    "      { \"name\": \"foo\", \"code\": 222, \"type\": \"string\" }\n"
			    "    ],\n"
			    "    \"option-data\": [\n"
			    "      {\n"
			    "        \"name\": \"domain-name-servers\",\n"
			    "        \"data\": \"192.0.2.1, 192.0.2.2\"\n"
			    "      },\n"
			    "      { \"name\": \"foo\", \"data\": \"http://[2001:db8::1]/x\" }\n"
			    "    ],\n"
			    "    \"subnet4\": [\n"
			    "      {\n"
			    "        \"id\": 1,\n"
			    "        \"subnet\": \"192.0.2.0/24\",\n"
			    "        \"pools\": [\n"
			    "          { \"pool\": \"192.0.2.10 - 192.0.2.20\" },\n"
			    "          {\n"
			    "            \"pool\": \"192.0.2.30 - 192.0.2.40\",\n"
			    "            \"option-data\": [ { \"name\": \"routers\", \"data\": \"192.0.2.1\" } ]\n"
			    "          }\n"
			    "        ],\n"
			    "        \"relay\": { \"ip-addresses\": [ \"192.0.9.1\" ] },\n"
			    "        \"option-data\": [\n"
			    "          { \"name\": \"routers\", \"data\": \"192.0.2.1\" }\n"
			    "        ]\n"
			    "      },\n"
			    "      {\n"
			    "        \"id\": 2,\n"
			    "        \"subnet\": \"192.0.3.0/24\",\n"
			    "        \"pools\": [ { \"pool\": \"192.0.3.10 - 192.0.3.20\" } ],\n"
			    "        \"valid-lifetime\": 700\n"
			    "      }\n"
			    "    ],\n"
			    "    \"shared-networks\": [\n"
			    "      {\n"
			    "        \"name\": \"n\",\n"
			    "        \"relay\": { \"ip-addresses\": [ \"192.0.9.2\" ] },\n"
			    "        \"subnet4\": [\n"
			    "          { \"id\": 3, \"subnet\": \"192.0.4.0/24\" }\n"
			    "        ]\n"
			    "      }\n"
			    "    ],\n"
			    "    \"loggers\": [ {\n"
			    "      \"name\": \"kea-dhcp4\",\n"
			    "      \"severity\": \"INFO\",\n"
			    "      \"output-options\": [ { \"output\": \"stdout\" } ]\n"
			    "    } ]\n"
			    "  }\n"
			    "}\n";

static const char conf6[] =
	"{ \"Dhcp6\": {\n"
	"\t\"interfaces-config\": { \"interfaces\": [ \"lo\", \"lo/2001:db8::547\" ] },\n"
	"\t\"lease-database\": { \"type\": \"memfile\", \"persist\": false },\n"
	"\t\"mac-sources\": [ \"client-link-addr-option\", \"duid\" ],\n"
	"\t\"preferred-lifetime\": 500, \"valid-lifetime\": 600,\n"
	"\t\"option-data\": [ { \"name\": \"dns-servers\", \"data\": \"2001:db8::1, 2001:db8::2\" } ],\n"
	"\t\"subnet6\": [\n"
	"\t\t{ \"id\": 1, \"subnet\": \"2001:db8:1::/64\", \"rapid-commit\": true,\n"
	"\t\t  \"pools\": [ { \"pool\": \"2001:db8:1::1000 - 2001:db8:1::1fff\" } ],\n"
	"\t\t  \"pd-pools\": [\n"
	"\t\t\t{ \"prefix\": \"2001:db8:8000::\", \"prefix-len\": 40, \"delegated-len\": 56 },\n"
	"\t\t\t{ \"prefix\": \"2001:db8:9000::\", \"prefix-len\": 40, \"delegated-len\": 48 }\n"
	"\t\t  ] },\n"
	"\t\t{ \"id\": 2, \"subnet\": \"2001:db8:2::/64\", \"interface-id\": \"port 7\",\n"
	"\t\t  \"pools\": [ { \"pool\": \"2001:db8:2::/80\" }, { \"pool\": \"2001:db8:2:0:1::/80\" } ] }\n"
	"\t],\n"
	"\t\"shared-networks\": [ {\n"
	"\t\t\"name\": \"n\", \"interface\": \"lo\",\n"
	"\t\t\"subnet6\": [ { \"id\": 3, \"subnet\": \"2001:db8:3::/64\" } ]\n"
	"\t} ],\n"
	"\t\"loggers\": [ { \"name\": \"kea-dhcp6\", \"severity\": \"INFO\",\n"
	"\t\t\"output-options\": [ { \"output\": \"stdout\" } ] } ]\n"
	"} }\n";

struct outcome {
	unsigned line, distance;
	struct str lines;
};

/* "NAME:LINE:COLUMN: ..." and notes in brackets. */
static void look(void *ctx, enum diag_kind kind, const char *line)
{
	struct outcome *o = ctx;
	const char *at = line;

	if (kind == DIAG_WARNING)
		return;
	str_addf(&o->lines, "%s\n", line);
	while ((at = strstr(at, "conf:"))) {
		unsigned there = (unsigned)strtoul(at + 5, NULL, 10);
		unsigned distance = there > o->line ? there - o->line : o->line - there;

		if (distance < o->distance)
			o->distance = distance;
		at += 5;
	}
}

static void check_text(unsigned digit, const char *text, unsigned errors, unsigned line, const char *slip)
{
	struct outcome o = { .line = line, .distance = 1000 };
	struct config *cfg = NULL;
	struct diag *diag;

	(void)config_load_text("conf", text, strlen(text), digit, CONFIG_CHECK, &diag, &cfg);
	diag_each(diag, look, &o);
	ck_assert_msg(diag_errors(diag) == errors, "%s: %u errors\n%s\n%s", slip, diag_errors(diag), str_text(&o.lines),
		      text);
	ck_assert_msg(!errors || o.distance <= 2, "%s in line %u: reported elsewhere\n%s", slip, line,
		      str_text(&o.lines));
	config_free(cfg);
	diag_free(diag);
	str_free(&o.lines);
}

static char other_of(char c)
{
	switch (c) {
	case '{':
		return '[';
	case '[':
		return '{';
	case '}':
		return ']';
	case ']':
		return '}';
	default:
		return 0;
	}
}

static void check_place(unsigned digit, const char *text, size_t at, unsigned line)
{
	struct str s = { 0 };
	char slip[64];

	str_add_n(&s, text, at);
	str_add(&s, text + at + 1);
	(void)snprintf(slip, sizeof(slip), "'%c' %zu left out", text[at], at);
	check_text(digit, s.text, 1, line, slip);
	if (other_of(text[at])) {
		str_reset(&s);
		str_add_n(&s, text, at + 1);
		str_add(&s, text + at);
		(void)snprintf(slip, sizeof(slip), "'%c' %zu twice", text[at], at);
		check_text(digit, s.text, 1, line, slip);
		str_reset(&s);
		str_add(&s, text);
		s.text[at] = other_of(text[at]);
		(void)snprintf(slip, sizeof(slip), "'%c' %zu exchanged", text[at], at);
		check_text(digit, s.text, 1, line, slip);
	}
	str_free(&s);
}

static void check_slips(unsigned digit, const char *text)
{
	bool in_string = false;
	unsigned line = 1;
	size_t i;

	check_text(digit, text, 0, 0, "no slip");
	for (i = 0; text[i]; i++) {
		if (text[i] == '\n')
			line++;
		if (!in_string && (text[i] == '#' || (text[i] == '/' && text[i + 1] == '/'))) {
			i += strcspn(text + i, "\n") - 1;
			continue;
		}
		if (text[i] == '"') {
			in_string = !in_string;
			check_place(digit, text, i, line);
		} else if (!in_string && strchr("{}[],:", text[i])) {
			check_place(digit, text, i, line);
		}
	}
}

/* Same in one line, without the comments. */
static void check_one_line(unsigned digit, const char *text)
{
	struct str s = { 0 };
	bool in_string = false;

	for (; *text; text++) {
		if (*text == '"')
			in_string = !in_string;
		if (!in_string && (*text == '#' || (text[0] == '/' && text[1] == '/')))
			text += strcspn(text, "\n");
		str_addc(&s, *text == '\n' || *text == '\t' ? ' ' : *text);
	}
	check_slips(digit, s.text);
	str_free(&s);
}

/* Same without any indentation. */
static void check_flat(unsigned digit, const char *text)
{
	struct str s = { 0 };

	for (; *text; text++) {
		str_addc(&s, *text);
		while (*text == '\n' && (text[1] == ' ' || text[1] == '\t'))
			text++;
	}
	check_slips(digit, s.text);
	str_free(&s);
}

START_TEST(indented)
{
	check_slips(4, conf4);
	check_slips(6, conf6);
}
END_TEST

START_TEST(in_one_line)
{
	check_one_line(4, conf4);
	check_one_line(6, conf6);
}
END_TEST

START_TEST(flat)
{
	check_flat(4, conf4);
	check_flat(6, conf6);
}
END_TEST

/* Lines that only close brackets are easily lost with a copied block, or left behind by one. */
START_TEST(lines)
{
	const char *text = conf4;
	unsigned line = 0;

	while (*text) {
		size_t len = strcspn(text, "\n") + 1, blanks = strspn(text, " ");
		struct str s = { 0 };

		line++;
		if (strspn(text + blanks, "}],") == len - blanks - 1) {
			str_add_n(&s, conf4, (size_t)(text - conf4));
			str_add(&s, text + len);
			check_text(4, s.text, 1, line, "a closing line left out");
			str_reset(&s);
			str_add_n(&s, conf4, (size_t)(text - conf4) + len);
			str_add(&s, text);
			check_text(4, s.text, 1, line, "a closing line twice");
		}
		str_free(&s);
		text += len;
	}
}
END_TEST

/* A text that ends too early is one error; the maps that were open are not reported for missing keys. */
START_TEST(cut_off)
{
	static const char *const cuts[] = { "\"id\": 1,\n", "\"pools\": [\n", "\"type\": \"memfile\",\n",
					    "\"code\": 222" };
	size_t i;

	for (i = 0; i < sizeof(cuts) / sizeof(cuts[0]); i++) {
		struct str s = { 0 };

		str_add_n(&s, conf4, (size_t)(strstr(conf4, cuts[i]) - conf4) + strlen(cuts[i]));
		check_text(4, s.text, 1, 0, cuts[i]);
		str_free(&s);
	}
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("slips");

	tcase_set_timeout(tc, 300);
	tcase_add_test(tc, indented);
	tcase_add_test(tc, in_one_line);
	tcase_add_test(tc, flat);
	tcase_add_test(tc, lines);
	tcase_add_test(tc, cut_off);
	return suite_run(tc);
}
