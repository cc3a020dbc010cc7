/* SPDX-License-Identifier: MPL-2.0 */
/* Classes that reservations name: guards may refer to them although client-classes does not define them, as in Kea. */
#include "root/config_build.h"

#include <stdlib.h>

struct host_class {
	const char *name;
	struct pos pos; /* where it is named first */
	unsigned order;
};

static int by_name_and_order(const void *x, const void *y)
{
	const struct host_class *a = x, *b = y;
	int order = strcmp(a->name, b->name);

	return order ? order : (a->order > b->order) - (a->order < b->order);
}

typedef void each_fn(void *ctx, const struct conf_strings *names);

static void each_list(const struct conf_list *reservations, each_fn *fn, void *ctx)
{
	const struct reservation_conf *confs = reservations->v;

	for (unsigned i = 0; i < reservations->n; i++)
		fn(ctx, &confs[i].client_classes);
}

static void each_subnet(const struct conf_list *subnets, each_fn *fn, void *ctx)
{
	const struct subnet_conf *confs = subnets->v;

	for (unsigned i = 0; i < subnets->n; i++)
		each_list(&confs[i].reservations, fn, ctx);
}

static void each_reservation(const struct build *b, each_fn *fn, void *ctx)
{
	const struct shared_network_conf *nets = b->root->shared_networks.v;

	each_list(&b->root->reservations, fn, ctx);
	each_subnet(&b->root->subnets, fn, ctx);
	for (unsigned i = 0; i < b->root->shared_networks.n; i++)
		each_subnet(&nets[i].subnets, fn, ctx);
}

static void count(void *ctx, const struct conf_strings *names)
{
	*(size_t *)ctx += names->n;
}

struct list {
	struct host_class *v;
	unsigned n;
};

static void add(void *ctx, const struct conf_strings *names)
{
	struct list *list = ctx;

	for (unsigned i = 0; i < names->n; i++)
		if (names->v[i][0]) {
			list->v[list->n] = (struct host_class){ names->v[i], names->pos[i], list->n };
			list->n++;
		}
}

void collect_host_classes(struct build *b)
{
	struct list list = { 0 };
	size_t max = 0;

	each_reservation(b, count, &max);
	if (!max)
		return;
	list.v = xcalloc(max, sizeof(*list.v));
	each_reservation(b, add, &list);
	qsort(list.v, list.n, sizeof(*list.v), by_name_and_order);
	for (unsigned i = 0; i < list.n; i++)
		if (!i || strcmp(list.v[i].name, list.v[i - 1].name) != 0)
			list.v[b->n_host_classes++] = list.v[i];
	for (unsigned i = 0; i < b->n_host_classes; i++)
		list.v[i].name = arena_strdup(b->cfg->arena, list.v[i].name);
	b->host_classes = arena_dup(b->cfg->arena, list.v, b->n_host_classes * sizeof(*list.v));
	free(list.v);
}

static int by_name(const void *key, const void *elem)
{
	return strcmp(key, ((const struct host_class *)elem)->name);
}

const char *host_class(const struct build *b, const char *name)
{
	const struct host_class *found =
		b->n_host_classes ? bsearch(name, b->host_classes, b->n_host_classes, sizeof(*b->host_classes), by_name)
				  : NULL;

	return found ? found->name : NULL;
}

/* Kea accepts a class that is neither defined nor used; it is likely a mistake. */
void lint_host_classes(struct build *b, const char *const *names, size_t n)
{
	for (size_t i = 0; i < b->n_host_classes; i++) {
		const struct host_class *class = &b->host_classes[i];

		if (class_by_name(&b->cfg->classes, class->name) >= 0 || is_built_in_class(class->name))
			continue;
		diag_warn(b->diag, class->pos, "class \"%s\" has no effect: it is neither defined nor used by a guard",
			  class->name);
		(void)diag_help_near(b->diag, class->name, names, n);
	}
}
