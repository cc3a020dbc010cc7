/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Prints the chapters of the reference that no server prints, from the rows that the servers use: options, statistics
 * and metrics, what hook libraries see, and the manual page of the lease files. Runs while the manual is built.
 */
#include "hook/point.h"
#include "kea/fields.h"
#include "lease/field.h"
#include "script/describe.h"
#include "serve/feed.h"
#include "stat/metric.h"
#include "stat/table.h"
#include "wire/dict.h"

#include <stdio.h>
#include <string.h>

/* Prints a name with the family's digit in place of '#'. */
static void put_name(const char *name, unsigned digit)
{
	for (; *name; name++)
		if (*name == '#')
			printf("%u", digit);
		else
			putchar(*name);
}

/* --- options --- */

static void put_type(const struct optdef *def)
{
	if (def->type == OPT_RECORD)
		for (unsigned i = 0; i < def->record_n; i++)
			printf("%s%s", i ? ", " : "record: ", opt_type_name(def->record[i]));
	else
		printf("%s", opt_type_name(def->type));
	if (def->array)
		printf(def->type == OPT_RECORD ? ", the last repeated" : ", list");
}

static void put_options(unsigned digit, const struct optdef *v, unsigned n)
{
	static const char *const roles[] = { [OPT_PLAIN] = "as configured",
					     [OPT_NO_SERVER] = "as configured; has no meaning in responses",
					     [OPT_FALLBACK] = "by the server if it has a value, or as configured",
					     [OPT_MADE] = "only by the server" };

	printf("# DHCPv%u options\n\nGenerated from the table that encodes and decodes them. Options have the same "
	       "names "
	       "and types as in Kea; sub-options\nare in the space that their option encapsulates.\n",
	       digit);
	for (unsigned i = 0; i < n; i++) {
		if (!i || strcmp(v[i].space, v[i - 1].space) != 0)
			printf("\n## Space %s\n\n| code | name | type | encapsulates | sent |\n|---|---|---|---|---|\n",
			       v[i].space);
		printf("| %u | `%s` | ", (unsigned)v[i].code, v[i].name);
		put_type(&v[i]);
		printf(" | %s | %s |\n", v[i].encapsulate ? v[i].encapsulate : "-", roles[v[i].role]);
	}
}

/* --- statistics --- */

static void put_places(unsigned family, enum stat_id id)
{
	static const char *const names[] = {
		[PLACE_GLOBAL] = "server", [PLACE_SUBNET] = "subnet", [PLACE_POOL] = "pool", [PLACE_PD_POOL] = "pd-pool"
	};
	const char *sep = "";

	for (unsigned kind = 0; kind < sizeof(names) / sizeof(names[0]); kind++)
		if (stat_is_at(id, (enum place_kind)kind) && (family || kind != PLACE_PD_POOL)) {
			printf("%s%s", sep, names[kind]);
			sep = ", ";
		}
}

static void put_events(void)
{
	printf("\n## Events\n\nFor subscribers; see [events](../guide/events.md).\n\n| name | meaning |\n|---|---|\n");
	for (unsigned i = 1; i < FEED_N; i++)
		printf("| `%s` | %s |\n", feed_rows[i].name, feed_rows[i].doc);
}

static void put_metrics(unsigned family)
{
	printf("\n## Metrics\n\nOf statistics, in /metrics of HTTP control sockets; [metrics](../guide/metrics.md) has "
	       "more.\n\n| metric | type | meaning | labels |\n|---|---|---|---|\n");
	for (unsigned i = 0; i < metric_n_rows; i++) {
		const struct metric_row *row = &metric_rows[i];
		const char *sep = "=";

		if (!row->name[family])
			continue;
		printf("| `kea_dhcp%u_%s%s` | %s | %s | ", family ? 6 : 4, row->name[family],
		       row->is_gauge ? "" : "_total", row->is_gauge ? "gauge" : "counter", row->help);
		if (row->label)
			printf("%s", row->label);
		for (unsigned v = 0; row->label && v < row->n; v++) {
			if (!stat_table[row->v[v].id].name[family])
				continue;
			printf("%s%s", sep, row->v[v].label);
			sep = ", ";
		}
		printf("%s |\n", row->label ? "" : "-");
	}
}

static void put_statistics(unsigned family)
{
	static const char *const kinds[] = {
		[STAT_IS_COUNTER] = "counter", [STAT_IS_GAUGE] = "gauge", [STAT_IS_TOTAL] = "set by the configuration"
	};
	unsigned digit = family ? 6 : 4;

	printf("# Statistics of kea-dhcp%u\n\nGenerated from the table that counts them. Those of a subnet have "
	       "`subnet[ID].` before the name, those of a pool\n`subnet[ID].pool[ID].`%s.\n\n"
	       "| statistic | kind | of each | meaning |\n|---|---|---|---|\n",
	       digit, family ? " or `subnet[ID].pd-pool[ID].`" : "");
	for (unsigned i = 0; i < STAT_N; i++) {
		if (!stat_table[i].name[family])
			continue;
		printf("| `");
		put_name(stat_table[i].name[family], digit);
		printf("` | %s | ", kinds[stat_table[i].kind]);
		put_places(family, (enum stat_id)i);
		printf(" | %s |\n", stat_table[i].doc);
	}
	put_metrics(family);
	put_events();
}

/* --- hook libraries --- */

struct field {
	const char *object, *name, *type, *access, *since, *doc;
	unsigned families;
};

#define FIELD(object, number, constant, name, type, access, families, since, doc) \
	{ #object, name, #type, #access, since, doc, families },
static const struct field fields[] = { KEA_FIELDS(FIELD) };

static void put_points(void)
{
	static const char *const skips[] = {
		[SKIP_NOTHING] = "nothing",
		[SKIP_STEP] = "the next step is skipped",
		[SKIP_NO_ANSWER] = "no response is sent",
		[SKIP_SUBNET] = "no subnet is selected",
		[SKIP_IDENTIFIER] = "the identifier is not used",
		[SKIP_LEASE] = "the lease is not assigned",
		[SKIP_CHANGE] = "the stored lease is unchanged",
		[SKIP_SERVER] = "the DNS server is passed over",
		[SKIP_UNKNOWN] = "the response is 401",
	};

	printf("\n## Hook points\n\nA # is 4 or 6. A library may change the arguments with a \\*.\n\n"
	       "| point | when | arguments | SKIP | DROP | PARK |\n|---|---|---|---|---|---|\n");
	for (unsigned i = 0; i < HOOK_POINT_N; i++) {
		const struct hook_point *p = &hook_points[i];
		unsigned one = p->families == 1 ? 4 : p->families == 2 ? 6 : 0;

		printf("| `");
		for (const char *c = p->name; *c; c++)
			putchar(*c == '#' && one ? (int)('0' + one) : *c);
		printf("` | %s%s | `%s`", p->doc,
		       p->refuse ? " (not called yet: libraries that need it are rejected)" : "", p->arguments);
		if (p->arguments6)
			printf("; DHCPv6: `%s`", p->arguments6);
		printf(" | %s | %s | %s |\n", skips[p->skip], p->may_drop ? "yes" : "-", p->may_park ? "yes" : "-");
	}
}

/* What scripts have besides fields; arguments of attributes are NULL. */
static const struct script_row {
	const char *object, *name, *arguments, *doc;
	unsigned families;
} script_rows[] = {
#define PART(object, name, kind, which, families, doc) { #object, name, NULL, doc, families },
#define METHOD(object, name, arguments, doc) { #object, #name, arguments, doc, 46 },
	SCRIPT_PARTS(PART) SCRIPT_METHODS(METHOD)
#define METHOD_OF_LUA(object, name, arguments, doc) { #object, #name, arguments, "Lua: " doc, 46 },
		SCRIPT_METHODS_SOCKET(METHOD_OF_LUA)
};

static void put_script_rows(void)
{
	printf("\n## Scripts\n\nLua and Python have the fields above under the same names, and in addition:\n\n"
	       "| object | attribute or method | family | meaning |\n|---|---|---|---|\n");
	for (size_t i = 0; i < sizeof(script_rows) / sizeof(script_rows[0]); i++) {
		const struct script_row *row = &script_rows[i];

		printf("| %s | `%s%s%s%s` | %s | %s |\n", row->object, row->name, row->arguments ? "(" : "",
		       row->arguments ? row->arguments : "", row->arguments ? ")" : "",
		       row->families == 46 ? "both" : "DHCPv6", row->doc);
	}
	printf("\nThe module `kea`:\n\n| function or value | meaning |\n|---|---|\n");
#define FUNCTION(name, arguments, doc) printf("| `%s(%s)` | %s |\n", #name, arguments, doc);
	SCRIPT_FUNCTIONS(FUNCTION)
#define VALUE(name, doc) printf("| `%s` | %s |\n", #name, doc);
	SCRIPT_VALUES(VALUE)
#define FUNCTION_OF_PYTHON(name, arguments, doc) printf("| `%s(%s)` | Python: %s |\n", #name, arguments, doc);
	SCRIPT_FUNCTIONS_PYTHON(FUNCTION_OF_PYTHON)
#define FUNCTION_OF_LUA(name, arguments, doc) printf("| `%s(%s)` | Lua: %s |\n", #name, arguments, doc);
	SCRIPT_FUNCTIONS_LUA(FUNCTION_OF_LUA)
}

static void put_hooks(void)
{
	put_points();
	printf("\n## Objects\n\nThe fields that libraries read (RO), or read and write (RW). include/kea/hooks.h "
	       "describes "
	       "the functions.\n");
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		const struct field *f = &fields[i];

		if (!i || strcmp(f->object, fields[i - 1].object) != 0)
			printf("\n### %s\n\n| field | type | access | family | since | meaning "
			       "|\n|---|---|---|---|---|---|"
			       "\n",
			       f->object);
		printf("| `%s` | %s | %s | %s | %s | %s |\n", f->name, f->type, f->access,
		       f->families == 46    ? "both"
		       : f->families == 4   ? "DHCPv4"
		       : f->families == 6   ? "DHCPv6"
		       : f->families == 460 ? "all"
					    : "DDNS",
		       f->since, f->doc);
	}
	put_script_rows();
}

/* --- lease files --- */

static void put_columns(int family)
{
	const struct lease_fields *columns = lease_fields(family);

	printf(".Bl -tag -width Ds -compact\n");
	for (unsigned i = 0; i < columns->n; i++)
		printf(".It Li %s\nsince %u.%u:\n%s\n", columns->v[i].name, (unsigned)columns->v[i].major,
		       (unsigned)columns->v[i].minor, columns->v[i].doc);
	printf(".El\n");
}

static void put_lease_page(void)
{
	printf(".\\\" SPDX-License-"
	       "Identifier: MPL-2.0\n.Dd November 30, 2026\n.Dt KEA-LEASES 5\n.Os\n.Sh NAME\n.Nm "
	       "kea-leases\n.Nd lease files of the DHCP servers\n.Sh DESCRIPTION\n.Pa kea-leases4.csv\nand\n.Pa "
	       "kea-leases6.csv\nin\n.Pa " KEA_STATE_DIR "\ncontain the leases; key\n.Cm name\nof\n.Cm lease-database\n"
	       "names another file.\nThe format is that of ISC Kea, and each program reads the files of the "
	       "other.\n.Pp\n"
	       "The first line is the header: the names of the columns.\nIts number of columns determines the version "
	       "of "
	       "the file; a file of an older\nversion is read, and rewritten once.\nEvery change to a lease appends a "
	       "row, so the last row of an address counts.\nA row whose\n.Li valid_lifetime\nis 0 deletes the lease.\n"
	       "In texts, a comma is\n.Li &#x2c\nand an ampersand is\n.Li &#x26 .\n.Pp\n"
	       "A server that runs has the file open: change leases by commands,\nor stop it first.\nCleanup\n"
	       ".Pq Xr kea-lfc 8\nremoves rows that no longer count.\n.Ss Columns of kea-leases4.csv\n");
	put_columns(0);
	printf(".Ss Columns of kea-leases6.csv\n");
	put_columns(1);
	printf(".Sh FILES\n.Bl -tag -width Ds\n.It Pa FILE\nThe file that the server appends to.\n.It Pa FILE.1\nWhat "
	       "the next cleanup reads.\n.It Pa FILE.2\nThe result of the last cleanup.\n.It Pa FILE.output , "
	       "FILE.completed\n"
	       "A cleanup in progress, and one whose result is complete.\n.It Pa FILE.lock\nPrevents a second server "
	       "from "
	       "using the file.\n.El\n.Sh SEE ALSO\n.Xr kea-admin 8 ,\n.Xr kea-dhcp4 8 ,\n.Xr kea-dhcp6 8 ,\n.Xr "
	       "kea-lfc "
	       "8\n");
}

int main(int argc, char **argv)
{
	const char *what = argc == 2 ? argv[1] : "";

	if (!strcmp(what, "options4"))
		put_options(4, dict4, dict4_n);
	else if (!strcmp(what, "options6"))
		put_options(6, dict6, dict6_n);
	else if (!strcmp(what, "statistics4"))
		put_statistics(0);
	else if (!strcmp(what, "statistics6"))
		put_statistics(1);
	else if (!strcmp(what, "hooks"))
		put_hooks();
	else if (!strcmp(what, "kea-leases.5"))
		put_lease_page();
	else
		return 2;
	return fflush(stdout) || ferror(stdout);
}
