/* SPDX-License-Identifier: MPL-2.0 */
#include "serve/explain_text.h"

#include "base/screen.h"
#include "json/value.h"

#include <stdio.h>
#include <string.h>

#define LABEL 14 /* columns */
#define WIDTH_MAX 100

/* Prints a paragraph after its label, at the same column on every line. */
static void paragraph(const char *label, const char *text)
{
	size_t width = screen_width(), at = LABEL, left;
	struct str line = { 0 };

	width = width > WIDTH_MAX ? WIDTH_MAX : width;
	left = width - LABEL;
	str_addf(&line, "%-*s", LABEL, label);
	while (*text) {
		size_t len = strcspn(text, " "), columns;
		struct str word = { 0 };

		columns = screen_add(&word, text, len, left);
		if (at > LABEL && at + 1 + columns > width) {
			str_addf(&line, "\n%*s", LABEL, "");
			at = LABEL;
		} else if (at > LABEL) {
			str_addc(&line, ' ');
			at++;
		}
		str_add_n(&line, str_text(&word), word.len);
		at += columns;
		str_free(&word);
		text += len;
		text += strspn(text, " ");
	}
	puts(str_text(&line));
	str_free(&line);
}

static void printed(const char *label, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void printed(const char *label, const char *fmt, ...)
{
	struct str text = { 0 };
	va_list ap;

	va_start(ap, fmt);
	str_addv(&text, fmt, ap);
	va_end(ap);
	paragraph(label, str_text(&text));
	str_free(&text);
}

static size_t list_size(struct json_object *list)
{
	return json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;
}

static bool is_true(struct json_object *map, const char *name)
{
	return json_object_get_boolean(json_member(map, name));
}

/* True if the map has the member, be it null. */
static bool has(struct json_object *map, const char *name)
{
	return json_object_object_get_ex(map, name, NULL);
}

static const char *place_of(struct json_object *map)
{
	const char *text = json_member_text(map, "address");

	return text[0] ? text : json_member_text(map, "prefix");
}

/* --- the parts of an explanation --- */

static void print_outcome(struct json_object *what)
{
	const char *response = json_member_text(what, "response"), *reason = json_member_text(what, "reason");

	printed("Message", "%s from %s%s%s%s%s", json_member_text(what, "message"), json_member_text(what, "client"),
		json_member_text(what, "interface")[0] ? ", interface " : "", json_member_text(what, "interface"),
		json_member_text(what, "link")[0] ? ", " : "", json_member_text(what, "link"));
	if (response[0])
		printed("Response", "%s%s%s", response, reason[0] ? ": " : "", reason);
	else
		printed("Response", "none: %s", reason);
}

static void print_subnet(struct json_object *what)
{
	struct json_object *sub = json_member(what, "subnet"), *closed = json_member(sub, "closed-to-the-client");
	const char *net = json_member_text(sub, "shared-network");

	if (!has(what, "subnet"))
		return;
	if (!sub) {
		printed("Subnet", "none");
		return;
	}
	printed("Subnet", "%lld, %s%s%s", (long long)json_member_int(sub, "id", 0), json_member_text(sub, "subnet"),
		net[0] ? ", in shared network " : "", net);
	printed("", "%s", json_member_text(sub, "rule"));
	for (size_t i = 0; i < list_size(closed); i++)
		printed("", "subnet %d is for clients in other classes",
			json_object_get_int(json_object_array_get_idx(closed, i)));
}

static void print_class(const char *label, struct json_object *class)
{
	const char *because = json_member_text(class, "because"), *from = json_member_text(class, "from");
	const char *value = json_member_text(class, "value");

	printed(label, "%s %s%s%s%s%s%s", is_true(class, "member") ? "+" : "-", json_member_text(class, "name"),
		because[0] || from[0] ? ": " : "", because[0] ? because : from, value[0] ? " (" : "", value,
		value[0] ? ")" : "");
}

static void print_classes(struct json_object *what)
{
	struct json_object *list = json_member(what, "classes");

	for (size_t i = 0; i < list_size(list); i++)
		print_class(i ? "" : "Classes", json_object_array_get_idx(list, i));
	if (has(what, "classes-left-out"))
		printed("", "and %lld others", (long long)json_member_int(what, "classes-left-out", 0));
}

static void print_reservation(struct json_object *what)
{
	struct json_object *host = json_member(what, "reservation"), *list = json_member(host, "addresses");
	const char *name = json_member_text(host, "hostname");

	if (!has(what, "reservation"))
		return;
	if (!host) {
		printed("Reservation", "none");
		return;
	}
	printed("Reservation", "by %s %s, %s, from %s", json_member_text(host, "identifier-type"),
		json_member_text(host, "identifier"), is_true(host, "global") ? "global" : "in the subnet",
		json_member_text(host, "source"));
	for (size_t i = 0; i < list_size(list); i++)
		printed("", "%s", json_object_get_string(json_object_array_get_idx(list, i)));
	if (name[0])
		printed("", "host name %s", name);
}

static void print_granted(const char *label, struct json_object *map)
{
	const char *pool = json_member_text(map, "pool");

	printed(label, "%s: %s", place_of(map), json_member_text(map, "why"));
	if (pool[0])
		printed("", "pool %s, subnet %lld", pool, (long long)json_member_int(map, "subnet-id", 0));
	else
		printed("", "subnet %lld, outside of its pools", (long long)json_member_int(map, "subnet-id", 0));
	printed("", "valid for %lld s (%s)%s%s", (long long)json_member_int(map, "valid-lifetime", 0),
		json_member_text(map, "valid-lifetime-from"),
		is_true(map, "is-reduced") ? ", reduced: the pool is nearly full" : "",
		is_true(map, "is-unchanged") ? ", confirmed unchanged" : "");
	if (has(map, "preferred-lifetime"))
		printed("", "preferred for %lld s (%s)", (long long)json_member_int(map, "preferred-lifetime", 0),
			json_member_text(map, "preferred-lifetime-from"));
}

static void print_times(struct json_object *map)
{
	if (has(map, "T1"))
		printed("", "T1 %lld s, T2 %lld s", (long long)json_member_int(map, "T1", 0),
			(long long)json_member_int(map, "T2", 0));
}

static void print_binding(struct json_object *map)
{
	struct json_object *granted = json_member(map, "granted"), *passed = json_member(map, "passed-over");
	const char *label = strcmp(json_member_text(map, "type"), "prefix") ? "Address" : "Prefix";

	for (size_t i = 0; i < list_size(granted); i++)
		print_granted(i ? "" : label, json_object_array_get_idx(granted, i));
	if (!list_size(granted))
		printed(label, "none%s%s", json_member_text(map, "reason")[0] ? ": " : "",
			json_member_text(map, "reason"));
	print_times(map);
	for (size_t i = 0; i < list_size(passed); i++) {
		struct json_object *one = json_object_array_get_idx(passed, i);
		const char *place = place_of(one);

		printed(i ? "" : "Passed over", "%s%s: %s", place[0] ? "" : "pool ",
			place[0] ? place : json_member_text(one, "pool"), json_member_text(one, "why"));
	}
}

static void print_bindings(struct json_object *what)
{
	struct json_object *list = json_member(what, "bindings");

	for (size_t i = 0; i < list_size(list); i++)
		print_binding(json_object_array_get_idx(list, i));
	if (is_true(what, "is-cut"))
		printed("", "and more that was passed over");
}

static void print_decisions(struct json_object *what)
{
	struct json_object *list = json_member(what, "decisions");

	for (size_t i = 0; i < list_size(list); i++) {
		struct json_object *one = json_object_array_get_idx(list, i);
		const char *place = place_of(one), *why = json_member_text(one, "why");

		printed(i ? "" : "Decisions", "%s%s%s%s%s", place, place[0] ? " " : "", json_member_text(one, "what"),
			why[0] ? ": " : "", why);
	}
}

static const char *records(struct json_object *map)
{
	bool forward = is_true(map, "forward"), reverse = is_true(map, "reverse");

	return forward && reverse ? "forward and reverse" : forward ? "forward" : reverse ? "reverse" : "no";
}

static void print_dns(struct json_object *what)
{
	struct json_object *dns = json_member(what, "dns"), *list = json_member(dns, "updates");
	const char *name = json_member_text(dns, "name"), *when = json_member_text(dns, "when");
	const char *from = json_member_text(dns, "name-from"), *why = json_member_text(dns, "why");

	/* Nobody is interested in a client without a name. */
	if (!dns || (!from[0] && !list_size(list)))
		return;
	if (has(dns, "scope")) {
		printed("DNS", "%s%s%s", name[0] ? name : "no name", name[0] ? ": " : "", name[0] ? from : "");
		printed("", "%s records%s%s (%s)", records(dns), why[0] ? ": " : "", why,
			json_member_text(dns, "scope"));
	}
	for (size_t i = 0; i < list_size(list); i++) {
		struct json_object *one = json_object_array_get_idx(list, i);

		printed(i || has(dns, "scope") ? "" : "DNS", "%s %s records of %s and %s, TTL %lld s, %s%s%s",
			json_member_text(one, "what"), records(one), json_member_text(one, "name"),
			json_member_text(one, "address"), (long long)json_member_int(one, "ttl", 0),
			json_member_text(one, "conflict-resolution-mode"), when[0] ? ", " : "", when);
	}
}

static void print_options(struct json_object *what)
{
	struct json_object *fields = json_member(what, "boot-fields"), *list = json_member(what, "options");
	size_t n = list_size(fields);

	for (size_t i = 0; i < n + list_size(list); i++) {
		struct json_object *one =
			i < n ? json_object_array_get_idx(fields, i) : json_object_array_get_idx(list, i - n);
		char code[32] = "";

		if (i >= n)
			(void)snprintf(code, sizeof(code), "%lld ", (long long)json_member_int(one, "code", 0));
		printed(i ? "" : "Options", "%s%s %s (%s)", code, json_member_text(one, "name"),
			json_member_text(one, "data"), json_member_text(one, "from"));
	}
}

void explain_print(struct json_object *what)
{
	print_outcome(what);
	print_subnet(what);
	print_classes(what);
	print_reservation(what);
	print_bindings(what);
	print_decisions(what);
	print_dns(what);
	print_options(what);
	if (json_member_text(what, "not-asked")[0])
		printed("Not asked", "%s", json_member_text(what, "not-asked"));
}
