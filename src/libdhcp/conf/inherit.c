/* SPDX-License-Identifier: MPL-2.0 */
#include "conf/key.h"

/* True if the scope itself determines the value. */
static bool decides(const struct key *key, const struct conf_node *node)
{
	struct json_object *value;

	if (!conf_marked(node, key->offset, CONF_MARK_SET))
		return false;
	if (!key->empty_inherits || !json_object_object_get_ex(node->json, key->name, &value))
		return true;
	return json_object_get_string_len(value) > 0;
}

void conf_inherit(const struct scope *scope, void *inner, const struct scope *outer_scope, const void *outer)
{
	struct conf_node *node = inner;
	unsigned i;

	node->outer = outer;
	for (i = 0; i < scope->n; i++) {
		const struct key *key = &scope->keys[i];

		if (key->inherit && key->offset < outer_scope->hands_down && !decides(key, node))
			memcpy((char *)inner + key->offset, (const char *)outer + key->offset, key->size);
	}
}

const struct conf_node *conf_origin(const struct conf_node *node, size_t offset)
{
	while (node->outer && !conf_marked(node, offset, CONF_MARK_SET))
		node = node->outer;
	return node;
}

bool conf_is_given(const struct conf_node *node, size_t offset)
{
	return conf_marked(conf_origin(node, offset), offset, CONF_MARK_SET);
}

bool conf_is_unknown(const struct conf_node *node, size_t offset)
{
	for (;; node = node->outer) {
		if (conf_marked(node, offset, CONF_MARK_BAD))
			return true;
		if (!node->outer || conf_marked(node, offset, CONF_MARK_SET))
			return false;
	}
}
