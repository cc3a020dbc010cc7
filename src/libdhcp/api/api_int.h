/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "hook/library.h"
#include "serve/request.h"

/* Private to the room: the functions of the table, by the file that has them. */

/* library.c */
int api_on(struct kea_library *lib, const char *point, kea_hook_fn *fn);
int api_family(const struct kea_library *lib);
int api_is_check(const struct kea_library *lib);
const char *api_name(const struct kea_library *lib);
void api_set_context(struct kea_library *lib, void *context);
void *api_context(const struct kea_library *lib);
struct kea_library *api_library(const struct kea_call *call);
void *api_thread_context(struct kea_library *lib, size_t size, kea_done_fn *done);
int api_set_config_context(struct kea_call *call, void *context, kea_done_fn *done);
void *api_config_context(const struct kea_call *call);
void *api_packet_context(struct kea_call *call, size_t size, kea_done_fn *done);
void *api_packet_alloc(struct kea_call *call, size_t size);
struct kea_message *api_message(struct kea_library *lib, const char *id, const char *logger, enum kea_severity severity,
				int debuglevel);
int api_log_is_on(const struct kea_message *message);
void api_log(struct kea_message *message, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* params.c */
const struct kea_json *api_parameters(const struct kea_library *lib);
int64_t api_param_int(struct kea_library *lib, const struct kea_json *map, const char *key, int64_t def, int64_t min,
		      int64_t max);
int api_param_bool(struct kea_library *lib, const struct kea_json *map, const char *key, int def);
const char *api_param_text(struct kea_library *lib, const struct kea_json *map, const char *key, const char *def);
int api_param_keys(struct kea_library *lib, const struct kea_json *map, const char *const *keys);
int api_fail(struct kea_library *lib, const struct kea_json *value, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void api_warn(struct kea_library *lib, const struct kea_json *value, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* json.c */
const struct kea_json *api_config(struct kea_call *call);
enum kea_json_type api_json_type(const struct kea_json *json);
const struct kea_json *api_json_get(const struct kea_json *map, const char *key);
size_t api_json_count(const struct kea_json *json);
const struct kea_json *api_json_at(const struct kea_json *json, size_t i, const char **ret_key);
int api_json_bool(const struct kea_json *json);
int64_t api_json_int(const struct kea_json *json);
double api_json_real(const struct kea_json *json);
const char *api_json_text(const struct kea_json *json);
size_t api_json_print(const struct kea_json *json, char *buf, size_t size);
struct kea_json *api_json_read(const char *text, size_t len);
void api_json_free(struct kea_json *json);

/* A kea_json is a json-c value. */
static inline struct json_object *json_of(const struct kea_json *json)
{
	return (struct json_object *)(uintptr_t)json;
}

static inline const struct kea_json *json_handle(struct json_object *value)
{
	return (const struct kea_json *)value;
}

/* object.c */
struct kea_object *api_argument(struct kea_call *call, enum kea_argument which, unsigned i);
struct kea_object *api_part(struct kea_object *object, enum kea_part which, unsigned i);
enum kea_object_kind api_kind(const struct kea_object *object);
int api_is_writable(const struct kea_object *object);
unsigned object_n_leases(const struct kea_call *call, bool deleted);
/* Returns the handle of an object; NULL: there is no memory, or `at` is NULL. */
struct kea_object *object_make(struct kea_call *call, enum kea_object_kind kind, enum kea_argument role, void *at);
/* Once, at startup: the names of the points, and which arguments may be written. */
void object_init(void);
const char *point_name(enum hook_point_id point, unsigned digit);

/* Memory of the packet; NULL if there is none. */
static inline struct arena *call_arena(const struct kea_call *call)
{
	return call->hook->packet ? call->hook->packet->arena : NULL;
}

/* The list of options of a packet or relay; NULL if the object has none. */
struct opts *object_opts(const struct kea_object *object);

/* field.c */
int api_get_int(const struct kea_object *object, enum kea_field field, int64_t *ret);
const void *api_get_bytes(const struct kea_object *object, enum kea_field field, size_t *ret_len);
int api_get_text(const struct kea_object *object, enum kea_field field, char *buf, size_t size);
enum kea_field api_field_by_name(enum kea_object_kind kind, const char *name);
enum kea_field api_field_at(unsigned i, const char **ret_name, enum kea_type *ret_type, const char **ret_doc);

/* A value of a field; the type says which member is valid. */
struct value {
	enum kea_type type;
	int64_t number;
	const char *text;
	struct bytes bytes;
	struct ip ip;
};

/* False: the object has no such field. get.c */
bool field_get(const struct kea_object *object, enum kea_field field, struct value *ret);
/* Returns 1 if the field may be written here, or why not. */
int field_check_write(const struct kea_object *object, enum kea_field field);

/* http.c: fields of the exchange over HTTP */
bool http_get(const struct ctl_exchange *http, enum kea_field field, struct value *ret);
int http_set_status(struct ctl_exchange *http, int64_t status);
int http_set_body(struct ctl_exchange *http, const char *text);

/* set.c */
int api_set_int(struct kea_object *object, enum kea_field field, int64_t value);
int api_set_bytes(struct kea_object *object, enum kea_field field, const void *data, size_t len);
int api_set_text(struct kea_object *object, enum kea_field field, const char *text);

/* option.c */
const void *api_option_get(const struct kea_object *packet, const uint32_t *path, unsigned depth, unsigned nth,
			   size_t *ret_len);
int api_option_at(const struct kea_object *packet, const uint32_t *path, unsigned depth, unsigned i, uint32_t *ret_code,
		  const void **ret_data, size_t *ret_len);
int api_option_code(struct kea_call *call, const char *space, const char *name);
/* option_set.c */
int api_option_set(struct kea_object *packet, const uint32_t *path, unsigned depth, const void *data, size_t len);
int api_option_add(struct kea_object *packet, const uint32_t *path, unsigned depth, const void *data, size_t len);
int api_option_delete(struct kea_object *packet, const uint32_t *path, unsigned depth);

/* option_named.c */
struct kea_option *api_option(struct kea_library *lib, const struct kea_json *where, const struct kea_option *container,
			      const char *space, const char *name, uint32_t code, int is_csv);
unsigned api_option_path(struct kea_call *call, const struct kea_option *option, uint32_t *path);
const void *api_option_encode(struct kea_call *call, const struct kea_option *option, const void *text, size_t len,
			      size_t *ret_len);

/* select.c */
int api_set_subnet(struct kea_call *call, const struct kea_object *subnet);
int api_set_subnet_id(struct kea_call *call, uint32_t id);
int api_class_has(struct kea_call *call, const char *name);
int api_class_add(struct kea_call *call, const char *name);
const char *api_class_at(struct kea_call *call, unsigned i);

/* park.c */
struct kea_parked *api_park(struct kea_call *call, int64_t ms, kea_resumed_fn *resumed, void *context);
int api_resume(struct kea_parked *parked);
int api_drop(struct kea_parked *parked);

struct kea_parked *park_new(struct kea_call *call, int64_t ms, kea_resumed_fn *resumed, void *context);

/* find.c */
int api_answer(struct kea_call *call, unsigned type);
int api_find(struct kea_call *call, enum kea_find_by by, const void *id, size_t len, int number, unsigned max);
int api_find_start(struct kea_call *call, kea_resumed_fn *resumed, void *context);
int api_found_count(struct kea_call *call, unsigned query);
const struct kea_object *api_found(struct kea_call *call, unsigned query, unsigned i);

/* search.c */
struct kea_search *api_search(struct kea_library *lib, kea_search_fn *fn, void *context);
int api_search_start(struct kea_search *search, enum kea_find_by by, const void *id, size_t len, int number,
		     const uint32_t *subnets, unsigned n, unsigned max);
int api_search_count(const struct kea_search *search);
const struct kea_object *api_search_lease(struct kea_search *search, unsigned i);
void api_search_clear(struct kea_search *search);
void api_search_free(struct kea_search *search);
const void *api_server_id(const struct kea_library *lib, size_t *ret_len);

/* feed.c */
struct kea_feed *api_feed(struct kea_library *lib, kea_feed_fn *fn, void *context);
const struct kea_object *api_feed_next(struct kea_feed *feed, enum kea_change *ret_change, int *ret_removed,
				       uint64_t *ret_lost);
void api_feed_free(struct kea_feed *feed);

/* Returns the configuration that leases are described by; NULL: none is in service. Main thread. */
const struct config *api_config_in_service(void);
/* find.c: false if no lease can have that identifier; not for KEA_FIND_AFTER. */
bool find_query(unsigned digit, enum kea_find_by by, struct bytes id, int number, struct lease_query *ret);

/* expression.c */
struct kea_expression *api_expression(struct kea_library *lib, const struct kea_json *text, int is_test);
struct kea_expression *api_scope_expression(struct kea_library *lib, const char *map, const char *key,
					    const struct kea_expression *outer, int is_test);
struct kea_expression *api_expression_text(struct kea_library *lib, const char *text, const struct kea_json *where,
					   const char *name);
int api_is_test(struct kea_object *packet, const struct kea_expression *expression);
int api_test(struct kea_object *packet, const struct kea_expression *expression);
const void *api_evaluate(struct kea_object *packet, const struct kea_expression *expression, size_t *ret_len);
const void *api_evaluate_lease(struct kea_object *packet, const struct kea_object *lease,
			       const struct kea_expression *expression, size_t *ret_len);

/* stat.c */
struct kea_stat *api_stat(struct kea_library *lib, const char *name);
void api_stat_add(struct kea_stat *stat, int64_t n);
void api_stat_set(struct kea_stat *stat, int64_t n);
int64_t api_stat_get(const struct kea_stat *stat);

/* lease.c */
int64_t api_lease_count(struct kea_call *call, uint32_t subnet_id, int of_prefixes);
int api_lease_walk(struct kea_call *call, kea_lease_fn *fn, void *context);

/* command.c */
int api_command(struct kea_library *lib, const char *name, enum kea_access access, const char *doc, kea_command_fn *fn,
		void *context);
int api_command_argument(struct kea_library *lib, const char *command, const char *name, enum kea_json_type type,
			 int is_required, const char *doc);
int api_command_any(struct kea_library *lib, const char *command);
const struct kea_json *api_command_arguments(const struct kea_call *call);
const struct kea_json *api_arguments(const struct kea_request *request);
void api_respond(struct kea_request *request, enum kea_result result, struct kea_json *arguments, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
