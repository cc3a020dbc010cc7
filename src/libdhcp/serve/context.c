/* SPDX-License-Identifier: MPL-2.0 */
/* Relay information as text in a lease's user-context: writing and checking it. What it is, is in context4.c and
 * context6.c. */
#include "serve/context.h"

#include "json/value.h"
#include "lease/lease.h"

#include <json-c/json.h>

char *context_put_text(char *at, const char *text)
{
	size_t len = strlen(text);

	memcpy(at, text, len);
	return at + len;
}

char *context_put_hex(char *at, struct bytes data)
{
	static const char digits[] = "0123456789ABCDEF";
	size_t i;

	for (i = 0; i < data.len; i++) {
		*at++ = digits[data.data[i] >> 4];
		*at++ = digits[data.data[i] & 15];
	}
	return at;
}

char *context_begin(const struct context_form *form, struct arena *arena, size_t room)
{
	size_t all = strlen(form->head) + room + strlen(form->tail) + 1;
	char *text = all <= LEASE_CONTEXT_MAX ? arena_alloc(arena, all) : NULL;

	return text ? context_put_text(text, form->head) : NULL;
}

const char *context_end(const struct context_form *form, char *content, char *at)
{
	*context_put_text(at, form->tail) = '\0';
	return content - strlen(form->head);
}

/* Returns the context as text; NULL if the arena is full or the text is longer than a lease can hold. */
static const char *print(struct arena *arena, struct json_object *context)
{
	const char *text =
		json_object_to_json_string_ext(context, JSON_C_TO_STRING_SPACED | JSON_C_TO_STRING_NOSLASHESCAPE);

	return strlen(text) <= LEASE_CONTEXT_MAX ? arena_strdup(arena, text) : NULL;
}

/* Returns the value that a context has for the key; the caller puts it. */
static struct json_object *value_of(const char *context, const char *key)
{
	struct json_object *root = json_parse(context, strlen(context)), *isc, *value = NULL;

	if (json_object_object_get_ex(root, "ISC", &isc) && json_object_object_get_ex(isc, key, &value))
		(void)json_object_get(value);
	json_object_put(root);
	return value;
}

/* --- what is stored anew ------------------------------------------------------ */

/* True if the whole context is one that this server writes, so that nothing of another origin would be lost. */
static bool is_ours_alone(const struct context_form *form, const char *context)
{
	const char *content = context + strlen(form->head), *end;

	if (strncmp(context, form->head, strlen(form->head)) != 0)
		return false;
	end = strstr(content, form->tail);
	/* The value ends where the context does. */
	return end && !end[strlen(form->tail)] && !memchr(content, form->tail[1], (size_t)(end - content));
}

/* Adds the value to a context of another origin: a library or an operator. Rare. */
static const char *merge(const struct context_form *form, struct arena *arena, const char *fresh, const char *old)
{
	struct json_object *to = json_parse(old, strlen(old)), *value = value_of(fresh, form->key), *isc;
	const char *ret = fresh;

	if (json_object_is_type(to, json_type_object) && value) {
		if (!json_object_object_get_ex(to, "ISC", &isc) || !json_object_is_type(isc, json_type_object)) {
			isc = json_object_new_object();
			json_object_object_add(to, "ISC", isc);
		}
		json_object_object_add(isc, form->key, json_object_get(value));
		ret = print(arena, to);
	}
	json_object_put(to);
	json_object_put(value);
	return ret ? ret : old;
}

const char *context_join(const struct context_form *form, struct arena *arena, const char *fresh, const char *old)
{
	if (!fresh || !old || !old[0] || is_ours_alone(form, old))
		return fresh ? fresh : old;
	return merge(form, arena, fresh, old);
}

/* --- what is stored already --------------------------------------------------- */

/* True if two maps, or the maps of two lists, have the same content; with all_keys, and no other keys. */
static bool is_right(struct json_object *value, struct json_object *want, bool all_keys)
{
	struct json_object *got;
	size_t i;

	if (json_object_is_type(want, json_type_array)) {
		for (i = 0; i < json_object_array_length(want); i++)
			if (!is_right(json_object_array_get_idx(value, i), json_object_array_get_idx(want, i),
				      all_keys))
				return false;
		return true;
	}
	json_object_object_foreach(want, key, member)
	{
		if (!json_object_object_get_ex(value, key, &got) || !json_object_equal(got, member))
			return false;
	}
	return !all_keys || json_object_object_length(value) == json_object_object_length(want);
}

/* Before Kea 2.3 the key was another one, or the value was a text. */
static bool is_old(const struct context_form *form, struct json_object *isc, struct json_object *value)
{
	return !json_object_object_get_ex(isc, form->key, NULL) || json_object_is_type(value, json_type_string);
}

/* Finds the value and what it should be (NULL: it cannot be read); false if there is none, or it is left alone. */
static bool find_values(const struct context_form *form, struct arena *arena, const char *context,
			struct json_object *isc, struct json_object **ret_value, struct json_object **ret_want)
{
	const char *fresh = NULL;
	bool is_readable;

	if (!json_object_is_type(isc, json_type_object) ||
	    (!json_object_object_get_ex(isc, form->key, ret_value) &&
	     !(form->old_key && json_object_object_get_ex(isc, form->old_key, ret_value))))
		return false;
	is_readable = form->rewrite(arena, context, *ret_value, &fresh);
	*ret_want = fresh ? value_of(fresh, form->key) : NULL;
	return !is_readable || *ret_want;
}

static void replace(const struct context_form *form, struct json_object *root, struct json_object *isc,
		    struct json_object *want)
{
	if (want)
		json_object_object_add(isc, form->key, json_object_get(want));
	else
		json_object_object_del(isc, form->key);
	if (form->old_key)
		json_object_object_del(isc, form->old_key);
	if (!json_object_object_length(isc))
		json_object_object_del(root, "ISC");
}

static enum context_verdict check(const struct context_form *form, struct arena *arena, const char *context,
				  enum context_checks level, struct json_object *root, const char **ret)
{
	struct json_object *isc = NULL, *value, *want = NULL;
	enum context_verdict verdict = CONTEXT_FINE;
	const char *text = NULL;

	if (!json_object_object_get_ex(root, "ISC", &isc) || !find_values(form, arena, context, isc, &value, &want))
		goto out;
	if (!want)
		verdict = CONTEXT_REMOVED;
	else if (is_old(form, isc, value) ||
		 (level >= CONTEXT_CHECK_STRICT && !is_right(value, want, level == CONTEXT_CHECK_PEDANTIC)))
		verdict = CONTEXT_UPGRADED;
	if (verdict == CONTEXT_FINE)
		goto out;
	replace(form, root, isc, want);
	if (json_object_object_length(root) && !(text = print(arena, root)))
		verdict = CONTEXT_FINE;
	else
		*ret = text;
out:
	json_object_put(want);
	return verdict;
}

/* Most leases have nothing of it: that is decided without parsing the context. */
static bool may_have(const char *context, const char *key)
{
	return key && strstr(context, key);
}

enum context_verdict context_check(const struct context_form *form, struct arena *arena, const char *context,
				   enum context_checks level, const char **ret)
{
	enum context_verdict verdict = CONTEXT_FINE;
	struct json_object *root;

	if (level == CONTEXT_CHECK_NONE || !context ||
	    (!may_have(context, form->key) && !may_have(context, form->old_key)))
		return CONTEXT_FINE;
	root = json_parse(context, strlen(context));
	if (json_object_is_type(root, json_type_object))
		verdict = check(form, arena, context, level, root, ret);
	json_object_put(root);
	return verdict;
}
