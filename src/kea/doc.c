/* SPDX-License-Identifier: MPL-2.0 */
/* kea doc: what the tables say about a configuration key or a command. */
#include "json/value.h"
#include "kea/commands.h"

#include "base/screen.h"
#include "base/vec.h"
#include "ctl/library.h"
#include "kea/remote.h"
#include "root/keys.h"

#include <stdio.h>
#include <string.h>

typedef VEC(const char *) names;

/* Keys with the same name and meaning, and the scopes that have them. */
struct entry {
	struct json_object *row; /* as in --print-schema */
	struct str scopes;
	unsigned families;
};
typedef VEC(struct entry) entries;

static bool is_same(struct json_object *a, struct json_object *b)
{
	static const char *const names_of[] = { "type", "doc", "unit", "default", "scope", "refused" };

	for (size_t i = 0; i < sizeof(names_of) / sizeof(names_of[0]); i++)
		if (strcmp(json_member_text(a, names_of[i]), json_member_text(b, names_of[i])) != 0)
			return false;
	return true;
}

static void add_row(entries *all, struct json_object *row, const char *scope, unsigned family)
{
	struct entry *entry = NULL;

	for (size_t i = 0; i < all->n && !entry; i++)
		if (is_same(all->v[i].row, row))
			entry = &all->v[i];
	if (!entry) {
		entry = vec_push(all);
		entry->row = json_object_get(row);
	}
	entry->families |= family;
	if (strstr(str_text(&entry->scopes), scope) == NULL || family == KEY_4)
		str_addf(&entry->scopes, "%s%s", entry->scopes.len ? ", " : "", scope);
}

/* Adds the keys of that name, or with all all names of keys. */
static void look_up(const char *name, unsigned family, entries *found, names *all)
{
	struct json_object *schema = conf_schema(family, all_scopes);

	json_object_object_foreach(schema, scope, rows)
	{
		for (size_t i = 0; i < json_object_array_length(rows); i++) {
			struct json_object *row = json_object_array_get_idx(rows, i);

			if (!strcmp(json_member_text(row, "name"), name))
				add_row(found, row, scope, family);
		}
	}
	json_object_put(schema);
	for (unsigned k = 0; all_scopes[k]; k++)
		for (unsigned i = 0; i < all_scopes[k]->n; i++)
			*vec_push(all) = all_scopes[k]->keys[i].name;
}

/* --- text --- */

#define INDENT 4

/* Prints words within the width of the screen. */
static void print_wrapped(const char *text)
{
	unsigned width = screen_width(), at = INDENT;

	printf("%*s", INDENT, "");
	while (*text) {
		unsigned len = (unsigned)strcspn(text, " ");

		if (at > INDENT && at + 1 + len > width) {
			printf("\n%*s", INDENT, "");
			at = INDENT;
		} else if (at > INDENT) {
			putchar(' ');
			at++;
		}
		printf("%.*s", (int)len, text);
		at += len;
		text += len + strspn(text + len, " ");
	}
	putchar('\n');
}

static void add_fact(struct str *out, const char *name, const char *value)
{
	if (value[0])
		str_addf(out, "%s%s %s", out->len ? "; " : "", name, value);
}

static void add_words(struct str *out, struct json_object *words)
{
	for (size_t i = 0; i < json_object_array_length(words); i++)
		str_addf(out, "%s%s", i ? ", " : ": ", json_object_get_string(json_object_array_get_idx(words, i)));
}

static void print_row(struct json_object *row, const char *where)
{
	struct str head = { 0 }, facts = { 0 }, text = { 0 };
	struct json_object *words = json_member(row, "words");
	int64_t max = json_member_int(row, "max", 0);

	str_addf(&head, "%s (%s%s%s", json_member_text(row, "name"), json_member_text(row, "type"),
		 json_member(row, "unit") ? ", " : "", json_member_text(row, "unit"));
	if (words)
		add_words(&head, words);
	if (max)
		str_addf(&head, ", %lld to %lld", (long long)json_member_int(row, "min", 0), (long long)max);
	str_add(&head, ")");
	printf("%s\n", str_text(&head));
	str_addf(&text, "%s.", json_member_text(row, "doc"));
	print_wrapped(str_text(&text));
	add_fact(&facts, "default", json_member_text(row, "default"));
	if (json_member(row, "inherit"))
		add_fact(&facts, "inherited from", "the outer scopes");
	if (json_member(row, "required"))
		add_fact(&facts, "", "required");
	if (json_member(row, "native"))
		add_fact(&facts, "", "not in Kea");
	add_fact(&facts, "use instead:", json_member_text(row, "replaced-by"));
	add_fact(&facts, "not supported yet:", json_member_text(row, "refused"));
	if (!json_member(row, "refused"))
		add_fact(&facts, "since", json_member_text(row, "since"));
	add_fact(&facts, "in", where);
	print_wrapped(str_text(&facts));
	str_free(&head);
	str_free(&facts);
	str_free(&text);
}

/* --- as JSON --- */

static struct json_object *entry_json(const struct entry *entry)
{
	struct json_object *row = NULL;

	if (json_object_deep_copy(entry->row, &row, NULL) < 0)
		return json_object_get(entry->row);
	json_object_object_add(row, "in", json_object_new_string(str_text(&entry->scopes)));
	return row;
}

static struct json_object *arguments_of(const struct command *cmd, unsigned families)
{
	const struct scope *const one[] = { cmd->args, NULL };
	unsigned family = families & KEY_4 ? KEY_4 : KEY_6;
	struct json_object *schema = conf_schema(family, one), *rows;

	rows = cmd->args ? json_object_get(json_member(schema, scope_name(cmd->args, family)))
			 : json_object_new_array();
	json_object_put(schema);
	return rows;
}

static void doc_command(const struct cli *cli, const struct command *cmd, unsigned families)
{
	struct json_object *args = arguments_of(cmd, families), *map;
	const char *library = ctl_library_name(cmd->provider);
	struct str facts = { 0 };

	if (cli->json) {
		map = json_object_new_object();
		json_object_object_add(map, "command", json_object_new_string(cmd->name));
		json_object_object_add(map, "doc", json_object_new_string(cmd->doc));
		json_object_object_add(map, "access",
				       json_object_new_string(cmd->access == CTL_READ ? "read" : "write"));
		json_object_object_add(map, "arguments", args);
		screen_print_json(map);
		json_object_put(map);
		return;
	}
	printf("%s (command)\n", cmd->name);
	print_wrapped(cmd->doc);
	str_addf(&facts, "%s; since %s", cmd->access == CTL_READ ? "reads" : "changes something", cmd->since);
	if (library)
		str_addf(&facts, "; available with %s in \"hooks-libraries\", or \"commands\": \"all\"", library);
	if (!cmd->args)
		str_add(&facts, "; no arguments");
	print_wrapped(str_text(&facts));
	str_free(&facts);
	for (size_t i = 0; i < json_object_array_length(args); i++) {
		putchar('\n');
		print_row(json_object_array_get_idx(args, i), "");
	}
	json_object_put(args);
}

static int doc_key(const struct cli *cli, const char *name, unsigned families)
{
	struct json_object *list = json_object_new_array();
	entries found = { 0 };
	names all = { 0 };
	int code = EXIT_OK;

	for (unsigned family = KEY_4; family <= KEY_6; family <<= 1)
		if (families & family)
			look_up(name, family, &found, &all);
	if (!found.n) {
		const char *near = diag_suggest(name, all.v, all.n);

		code = cli_fail(EXIT_NOTHING, "there is no key and no command %s%s%s%s", name,
				near ? "; did you mean " : "", near ? near : "", near ? "?" : "");
	}
	for (size_t i = 0; i < found.n; i++) {
		if (cli->json) {
			json_object_array_add(list, entry_json(&found.v[i]));
		} else {
			if (i)
				putchar('\n');
			print_row(found.v[i].row, str_text(&found.v[i].scopes));
		}
		json_object_put(found.v[i].row);
		str_free(&found.v[i].scopes);
	}
	if (cli->json && code == EXIT_OK)
		screen_print_json(list);
	json_object_put(list);
	vec_free(&found);
	vec_free(&all);
	return code;
}

int run_doc(struct cli *cli, char **words, unsigned n)
{
	unsigned families = cli->family ? cli->family : KEY_DHCP;
	const struct command *cmd;

	if (n != 1)
		return cli_fail(EXIT_USAGE, n ? "one key is enough" : "a key or a command is missing");
	if (families == KEY_D2)
		return cli_fail(EXIT_USAGE, "see kea-dhcp-ddns --print-reference");
	cmd = command_row(words[0], families);
	if (!cmd)
		return doc_key(cli, words[0], families);
	doc_command(cli, cmd, command_families(words[0]) & families);
	return EXIT_OK;
}
