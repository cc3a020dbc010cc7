/* SPDX-License-Identifier: MPL-2.0 */
#ifndef KEA_HOOKS_H
#define KEA_HOOKS_H

/*
 * The interface between the servers (kea-dhcp4, kea-dhcp6, kea-dhcp-ddns) and hook libraries: code that they load at
 * run time and call at points of their work. A library includes only kea/ headers, and reaches everything through the
 * table of functions that kea_hook_load() receives; it links nothing of the server. A library built for version 1.N
 * works in every server whose version is 1.N or later: fields of the table are never changed, moved or removed.
 *
 *	#include <kea/hooks.h>
 *
 *	static const struct kea_api *kea;
 *
 *	static int pkt4_receive(struct kea_call *call)
 *	{
 *		return kea->class_add(call, "seen") == 0 ? KEA_CONTINUE : KEA_DROP;
 *	}
 *
 *	KEA_HOOK_LIBRARY
 *
 *	int kea_hook_load(struct kea_library *lib, const struct kea_api *api)
 *	{
 *		kea = api;
 *		return kea->on(lib, "pkt4_receive", pkt4_receive);
 *	}
 *
 * Handles are opaque. Who may use one, and for how long, is said where it comes from; a handle of a call ends with the
 * call. Functions return 0 or a positive value on success and one of enum kea_error otherwise, unless they say
 * something else. None of them takes a NULL handle unless it says so, and none blocks unless it says so.
 *
 * A reload loads a library again if the list of libraries, its parameters, its file or one it depends on changed, while
 * the old instance still serves: static variables are then shared by both. Keep state in the contexts below.
 */
#include <kea/fields.h>

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define KEA_HOOKS_MAJOR 1
#define KEA_HOOKS_MINOR 1
#define KEA_HOOKS_VERSION ((KEA_HOOKS_MAJOR << 16) | KEA_HOOKS_MINOR)

#if defined(__GNUC__) || defined(__clang__)
#define KEA_EXPORT __attribute__((visibility("default")))
#define KEA_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#else
#define KEA_EXPORT
#define KEA_PRINTF(fmt, args)
#endif

struct kea_library; /* a library as one configuration loads it; until kea_hook_unload() returns */
struct kea_call;    /* one call of a hook function; until it returns */
struct kea_object;  /* a packet, subnet, lease ... of a call; as long as the call */
struct kea_json;    /* a JSON value; as long as what it is part of */
struct kea_message; /* a log message of the library; as long as the library */
struct kea_api;

/* What a hook function returns. If several libraries are loaded, the highest one counts. */
enum kea_verdict {
	KEA_CONTINUE = 0,
	KEA_SKIP = 1, /* its meaning depends on the point: see the table of hook points in doc/ref/hooks.md */
	KEA_PARK = 2, /* only after park() */
	KEA_DROP = 3  /* no response; the libraries after this one are not called */
};

enum kea_error {
	KEA_E_NOMEM = -1,        /* the memory of the packet is used up */
	KEA_E_INVAL = -2,        /* not valid */
	KEA_E_RANGE = -3,        /* out of range */
	KEA_E_SPACE = -4,        /* does not fit */
	KEA_E_NOENT = -5,        /* does not exist */
	KEA_E_EXIST = -6,        /* exists already */
	KEA_E_BUSY = -8,         /* too many at once */
	KEA_E_UNSUPPORTED = -10, /* not at this point, not in this family, or not writable */
	KEA_E_CONFIG = -11       /* reported with fail() */
};

/* --- what a library exports ----------------------------------------------------------------------------------- */

typedef int kea_hook_fn(struct kea_call *call); /* returns an enum kea_verdict */

/* Returns KEA_HOOKS_VERSION as of the headers that the library was built with. KEA_HOOK_LIBRARY defines it. */
KEA_EXPORT unsigned kea_hook_version(void);
/*
 * Called once, in the main thread, before the first call of a hook function: reads parameters, registers functions.
 * Returns 0, or a negative number after fail(), which rejects the configuration. The table is valid until the library
 * is unloaded. With is_check() it must not change anything outside of the process.
 */
KEA_EXPORT int kea_hook_load(struct kea_library *lib, const struct kea_api *api);
/* Optional. Called in the main thread when no packet uses the library any longer; also after a failed load. */
KEA_EXPORT void kea_hook_unload(struct kea_library *lib);
/*
 * Optional. Returns 1 if functions of the library may be called by several threads at once. Otherwise, and without this
 * function, calls wait for each other, except in instances that call allow_threads().
 */
KEA_EXPORT int kea_hook_threads(void);

#define KEA_HOOK_LIBRARY                  \
	unsigned kea_hook_version(void)   \
	{                                 \
		return KEA_HOOKS_VERSION; \
	}

/* --- objects ----------------------------------------------------------------------------------------------------- */

enum kea_object_kind {
	KEA_OBJECT_PACKET = 1,
	KEA_OBJECT_RELAY = 2,
	KEA_OBJECT_SUBNET = 3,
	KEA_OBJECT_POOL = 4,
	KEA_OBJECT_LEASE = 5,
	KEA_OBJECT_HOST = 6,
	KEA_OBJECT_CALL = 7
};

/* KEA_PACKET_TYPE, KEA_LEASE_ADDRESS ...: a row of kea/fields.h. */
enum kea_field {
#define KEA_FIELD_CONSTANT(object, number, constant, ...) \
	KEA_##object##_##constant = KEA_OBJECT_##object << 16 | (number),
	KEA_FIELDS(KEA_FIELD_CONSTANT)
#undef KEA_FIELD_CONSTANT
		KEA_FIELD_NONE = 0
};

/* Types of fields. */
enum kea_type { KEA_TYPE_INT = 1, KEA_TYPE_TEXT = 2, KEA_TYPE_BYTES = 3, KEA_TYPE_ADDR = 4 };

/* The arguments of a hook function. */
enum kea_argument {
	KEA_ARG_CALL = 0,           /* the call: what is about none of the other objects */
	KEA_ARG_QUERY = 1,          /* packet: the client's message */
	KEA_ARG_RESPONSE = 2,       /* packet */
	KEA_ARG_SUBNET = 3,         /* the selected subnet */
	KEA_ARG_SUBNETS = 4,        /* by index: the subnets on that link; 0 is the selected one */
	KEA_ARG_LEASE = 5,          /* the lease concerned */
	KEA_ARG_OLD_LEASE = 6,      /* the stored lease that it replaces */
	KEA_ARG_LEASES = 7,         /* by index: leases granted or offered */
	KEA_ARG_DELETED_LEASES = 8, /* by index: leases ended */
	KEA_ARG_HOST = 9,           /* the client's reservation */
	KEA_ARG_POOL = 10           /* the pool of the response's options */
};

enum kea_part {
	KEA_PART_RELAY = 1,  /* of a packet */
	KEA_PART_POOL = 2,   /* of a subnet */
	KEA_PART_PD_POOL = 3 /* of a subnet */
};

/* The longest path of an option that a library declares. */
#define KEA_OPTION_DEPTH 6

enum kea_json_type {
	KEA_JSON_NULL,
	KEA_JSON_BOOL,
	KEA_JSON_INT,
	KEA_JSON_REAL,
	KEA_JSON_TEXT,
	KEA_JSON_LIST,
	KEA_JSON_MAP
};

enum kea_severity { KEA_FATAL, KEA_ERROR, KEA_WARN, KEA_INFO, KEA_DEBUG };

/* Frees what a context points to. Called by the server, in the main thread unless another one is named. */
typedef void kea_done_fn(void *context);

struct kea_parked;     /* a packet that waits for the library; until resume() or drop() */
struct kea_expression; /* as long as the library */
struct kea_stat;       /* a statistic of the library; as long as the library */
struct kea_request;    /* a command in progress; until respond() */
struct kea_timer;      /* until timer_free(), at most as long as the library */
struct kea_watch;      /* a descriptor that is watched; until unwatch(), at most as long as the library */
struct kea_pool;       /* helper threads of the library; as long as the library */
struct kea_option;     /* an option that parameters name; as long as the library */
struct kea_search;     /* leases that a library searches for without a packet; until search_free(), likewise */

/* Called in the packet's thread once the library has resumed it. Returns an enum kea_verdict other than KEA_PARK. */
typedef int kea_resumed_fn(struct kea_call *call, void *context);
/* Called in the main thread: executes a command, and calls respond() now or later. */
typedef void kea_command_fn(struct kea_request *request, void *context);

/* Called in the main thread: a timer has run out, or what another thread handed over. */
typedef void kea_task_fn(void *context);
/*
 * Called in the main thread, once for all work that pool_work() has accepted: 0, it was done; KEA_E_INVAL: its function
 * threw an exception; KEA_E_UNSUPPORTED: the library is unloaded, and no thread has begun it.
 */
typedef void kea_worked_fn(int result, void *context);
/* Called in the main thread: the descriptor is ready. events: KEA_READABLE, KEA_WRITABLE, at its end or error both. */
typedef void kea_watch_fn(int fd, unsigned events, void *context);
/* Called for each lease of lease_walk(). */
typedef void kea_lease_fn(const struct kea_object *lease, void *context);
enum kea_event { KEA_READABLE = 1, KEA_WRITABLE = 2 };

enum kea_access { KEA_READ, KEA_WRITE };

/* Kinds of scopes with a user-context. */
enum kea_scope { KEA_SCOPE_NETWORK = 1, KEA_SCOPE_SUBNET = 2, KEA_SCOPE_POOL = 4, KEA_SCOPE_CLASS = 8 };
/* Called in the main thread for a map of scope_map(), which is valid until the function returns. */
typedef void kea_scope_fn(struct kea_library *lib, enum kea_scope scope, const struct kea_json *map);

/* Called in the main thread: the leases that search_start() asked for are here. */
typedef void kea_search_fn(struct kea_search *search, void *context);

/* What became of a lease. One that ends is described as it was before. */
enum kea_change {
	KEA_CHANGE_GRANTED = 1,  /* to a client that did not have it before */
	KEA_CHANGE_RENEWED = 2,  /* renewed or confirmed by its client */
	KEA_CHANGE_RELEASED = 3, /* it ends */
	KEA_CHANGE_DECLINED = 4, /* it ends */
	KEA_CHANGE_EXPIRED = 5,  /* it ends, or it was declined until then */
	KEA_CHANGE_REGISTERED = 6,
	KEA_CHANGE_ADDED = 7, /* by a command, as the next ones */
	KEA_CHANGE_UPDATED = 8,
	KEA_CHANGE_DELETED = 9 /* it ends; also because no pool contains it any longer */
};
struct kea_feed; /* changes of leases that a library reads; until feed_free(), at most as long as the library */
/* Called in the main thread: there are changes to read. */
typedef void kea_feed_fn(struct kea_feed *feed, void *context);

enum kea_find_by {
	KEA_FIND_ADDRESS,
	KEA_FIND_HWADDR,
	KEA_FIND_CLIENT_ID,
	KEA_FIND_AFTER /* search_start() only: a page, in ascending order of address, after an address */
};

/* Results of commands. */
enum kea_result { KEA_SUCCESS = 0, KEA_FAILED = 1, KEA_EMPTY = 3, KEA_CONFLICT = 4 };

/* --- the functions of the server ---------------------------------------------------------------------------------- */

struct kea_api {
	uint32_t size; /* of this table in the server, bytes */
	uint16_t major, minor;

	/* --- the library --- */

	/*
	 * Registers a function at a hook point, by its name ("lease4_select"), or with # for both families
	 * ("lease#_select"). Functions at one point are called in the order of registration, libraries in the order of
	 * "hooks-libraries". A point of another server is accepted and not called. Only in kea_hook_load().
	 * KEA_E_NOENT: there is no such point. KEA_E_UNSUPPORTED: this server does not call it yet, which is reported
	 * with fail(). A function that throws an exception, or returns what is no verdict of its point, continues; at
	 * http_auth the request is rejected.
	 */
	int (*on)(struct kea_library *lib, const char *point, kea_hook_fn *fn);
	/* Returns 4 or 6; 0: kea-dhcp-ddns. Any thread. */
	int (*family)(const struct kea_library *lib);
	/* Returns 1 if the server only checks its configuration (-t). Any thread. */
	int (*is_check)(const struct kea_library *lib);
	/* Returns the library's file name, "libdhcp_x.so", as long as the library. Any thread. */
	const char *(*name)(const struct kea_library *lib);
	/* The library's own pointer: NULL at first, not touched by the server. Set it in kea_hook_load(). */
	void (*set_context)(struct kea_library *lib, void *context);
	void *(*context)(const struct kea_library *lib);
	/* Returns the library that a call is for. */
	struct kea_library *(*library)(const struct kea_call *call);
	/*
	 * Returns memory of the library for the calling thread: `size` bytes, zero at first, the same at each call in
	 * this thread. `done` (or NULL) is called for each such memory when the library is unloaded. Any thread.
	 */
	void *(*thread_context)(struct kea_library *lib, size_t size, kea_done_fn *done);
	/*
	 * The library's own pointer for one configuration: a reload that does not load the library again still calls it
	 * with a new configuration, at dhcp#_srv_configured, while packets are served by the old one. `done` (or NULL)
	 * is called when no packet uses the configuration any longer. Set it at dhcp#_srv_configured.
	 */
	int (*set_config_context)(struct kea_call *call, void *context, kea_done_fn *done);
	void *(*config_context)(const struct kea_call *call);
	/*
	 * Returns memory of the library for this packet, from its first hook point to its last: `size` bytes, zero at
	 * first. `done` (or NULL) is called when the packet has ended, in the packet's thread. NULL: there is no
	 * packet, or no memory left.
	 */
	void *(*packet_context)(struct kea_call *call, size_t size, kea_done_fn *done);
	/* Returns zeroed memory that is freed with the packet; NULL: there is no packet, or no memory left. */
	void *(*packet_alloc)(struct kea_call *call, size_t size);

	/* --- JSON, parameters --- */

	/* Returns "parameters" as a map, empty if there are none; as long as the library. Any thread. */
	const struct kea_json *(*parameters)(const struct kea_library *lib);
	/*
	 * Returns the configuration as config-get shows it: the map "Dhcp4", "Dhcp6" or "DhcpDdns", with the
	 * user-context of every scope. Only at dhcp#_srv_configured and d2_srv_configured; NULL elsewhere. Valid until
	 * the function returns.
	 */
	const struct kea_json *(*config)(struct kea_call *call);
	/* NULL is KEA_JSON_NULL. The functions about JSON may be called in any thread. */
	enum kea_json_type (*json_type)(const struct kea_json *json);
	/* Returns a member of a map; NULL if it has none, or is not a map (or NULL). */
	const struct kea_json *(*json_get)(const struct kea_json *map, const char *key);
	/* Returns the number of members or values; 0 for what is neither map nor list. */
	size_t (*json_count)(const struct kea_json *json);
	/* Returns a value of a list or map; NULL after the last. ret_key, if not NULL, receives the key or NULL. */
	const struct kea_json *(*json_at)(const struct kea_json *json, size_t i, const char **ret_key);
	/* Return the value; 0, false or "" if it has another type. Numbers are converted. */
	int (*json_bool)(const struct kea_json *json);
	int64_t (*json_int)(const struct kea_json *json);
	double (*json_real)(const struct kea_json *json);
	const char *(*json_text)(const struct kea_json *json);
	/* Writes JSON text to buf, like snprintf: returns the length of the whole text, always ends with NUL. */
	size_t (*json_print)(const struct kea_json *json, char *buf, size_t size);
	/* Reads JSON text. NULL if it is not valid. The caller frees it. */
	struct kea_json *(*json_read)(const char *text, size_t len);
	void (*json_free)(struct kea_json *json); /* NULL is fine */

	/*
	 * In kea_hook_load(): a value of "parameters", or the default; a value of another type or out of range is
	 * reported with fail().
	 */
	int64_t (*param_int)(struct kea_library *lib, const struct kea_json *map, const char *key, int64_t def,
			     int64_t min, int64_t max);
	int (*param_bool)(struct kea_library *lib, const struct kea_json *map, const char *key, int def);
	const char *(*param_text)(struct kea_library *lib, const struct kea_json *map, const char *key,
				  const char *def);
	/*
	 * In kea_hook_load(): each key of the map that is not in the NULL-terminated list is reported with fail(), and
	 * so is a value that is no map. NULL has no keys.
	 */
	int (*param_keys)(struct kea_library *lib, const struct kea_json *map, const char *const *keys);
	/*
	 * In kea_hook_load(): reports an error or a warning of the configuration at the position of a value of
	 * "parameters" (NULL: of the library). After an error the configuration is rejected, whatever kea_hook_load()
	 * returns. Returns KEA_E_CONFIG.
	 */
	int (*fail)(struct kea_library *lib, const struct kea_json *value, const char *fmt, ...) KEA_PRINTF(3, 4);
	void (*warn)(struct kea_library *lib, const struct kea_json *value, const char *fmt, ...) KEA_PRINTF(3, 4);

	/* --- log --- */

	/*
	 * Adds a log message: "RUN_SCRIPT_LOAD" of the logger "run-script", which the configuration can set like any
	 * other. debuglevel: 0 to 99 for KEA_DEBUG. Texts are copied. Instances share the message by its id, so the
	 * handle may be in a static variable. Only in kea_hook_load(); NULL elsewhere.
	 */
	struct kea_message *(*message)(struct kea_library *lib, const char *id, const char *logger,
				       enum kea_severity severity, int debuglevel);
	/* Returns 1 if the message is logged. Any thread; costs one load. */
	int (*log_is_on)(const struct kea_message *msg);
	/* Logs a line, without a newline at its end. Control characters are escaped. Any thread. */
	void (*log)(struct kea_message *msg, const char *fmt, ...) KEA_PRINTF(2, 3);

	/* --- objects: only in the thread of the call --- */

	/*
	 * Returns an argument; NULL if the point has none, or (by index) after the last, or if the memory of the packet
	 * is used up. Others ignore i.
	 */
	struct kea_object *(*argument)(struct kea_call *call, enum kea_argument which, unsigned i);
	/* Returns a part of an object; NULL after the last, or if the memory of the packet is used up. */
	struct kea_object *(*part)(struct kea_object *object, enum kea_part which, unsigned i);
	enum kea_object_kind (*kind)(const struct kea_object *object);
	/* Returns 1 if fields of the object may be written at this point. */
	int (*is_writable)(const struct kea_object *object);
	/* KEA_E_NOENT: the object has no such field in this family. KEA_E_INVAL: it is no number. */
	int (*get_int)(const struct kea_object *object, enum kea_field field, int64_t *ret);
	/* Returns bytes, as long as the call, or until the field is written; NULL if there are none. */
	const void *(*get_bytes)(const struct kea_object *object, enum kea_field field, size_t *ret_len);
	/*
	 * Writes a field of any type as text, like snprintf: returns the length of the whole text or KEA_E_NOENT.
	 * Bytes are pairs of hexadecimal digits with colons.
	 */
	int (*get_text)(const struct kea_object *object, enum kea_field field, char *buf, size_t size);
	/*
	 * Values are copied. KEA_E_UNSUPPORTED: it cannot be written here. KEA_E_INVAL, KEA_E_RANGE, KEA_E_NOMEM.
	 *
	 * KEA_LEASE_ADDRESS, at lease#_select: the client gets another free address of the pools on its link. Once all
	 * libraries have returned KEA_CONTINUE, the point is called again for that lease: until then it reads as
	 * before, and what was written to other fields is lost. KEA_E_RANGE: no pool that the client may use contains
	 * it. KEA_E_INVAL: it is no prefix of the pool's length. KEA_E_BUSY: another client has it, it was offered to
	 * one, or it is reserved; or it is the third time for this lease. A DHCPv4 client that requests another address
	 * gets a DHCPNAK; a client with a reserved address is given that one in the end.
	 */
	int (*set_int)(struct kea_object *object, enum kea_field field, int64_t value);
	int (*set_bytes)(struct kea_object *object, enum kea_field field, const void *data, size_t len);
	int (*set_text)(struct kea_object *object, enum kea_field field, const char *text);
	/* The rows of kea/fields.h: the field of that name; KEA_FIELD_NONE. Any thread. */
	enum kea_field (*field_by_name)(enum kea_object_kind kind, const char *name);
	/* Returns the i-th field, and what its row says; KEA_FIELD_NONE after the last. Outputs may be NULL. */
	enum kea_field (*field_at)(unsigned i, const char **ret_name, enum kea_type *ret_type, const char **ret_doc);

	/* --- options of a packet or relay --- */

	/*
	 * An option is found by a path of codes: { 82, 1 } is sub-option 1 of option 82. Of options 124, 125 (DHCPv4),
	 * 16 and 17 (DHCPv6), the code is followed by the number of the enterprise. nth: 0 is the first instance.
	 * Returns its value, as long as the call, or until an option is written; NULL if there is none. An option
	 * without a value has *ret_len 0 and a pointer that is not NULL.
	 */
	const void *(*option_get)(const struct kea_object *packet, const uint32_t *path, unsigned depth, unsigned nth,
				  size_t *ret_len);
	/*
	 * Sets an option: the first instance gets the value, others are removed; without one, an option is added at the
	 * end. Containers are created if they consist of sub-options only. The value is copied. KEA_E_UNSUPPORTED: not
	 * writable here. KEA_E_INVAL: option 53 or 255, or a container that cannot be created. KEA_E_RANGE: a code or
	 * length that does not fit. KEA_E_NOMEM.
	 */
	int (*option_set)(struct kea_object *packet, const uint32_t *path, unsigned depth, const void *data,
			  size_t len);
	/* Adds one more instance at the end. */
	int (*option_add)(struct kea_object *packet, const uint32_t *path, unsigned depth, const void *data,
			  size_t len);
	/* Removes all instances; returns how many. A container that becomes empty stays. */
	int (*option_delete)(struct kea_object *packet, const uint32_t *path, unsigned depth);
	/*
	 * Walks over options (depth 0) or the sub-options of one: returns 1 and the code of the i-th, 0 after the last.
	 */
	int (*option_at)(const struct kea_object *packet, const uint32_t *path, unsigned depth, unsigned i,
			 uint32_t *ret_code, const void **ret_data, size_t *ret_len);
	/*
	 * The configured and built-in definitions: returns the code of an option by name and space ("dhcp4", NULL: the
	 * family's own); KEA_E_NOENT. In the thread of the call.
	 */
	int (*option_code)(struct kea_call *call, const char *space, const char *name);

	/* --- what the packet leads to --- */

	/*
	 * Selects this subnet instead: one of KEA_ARG_SUBNETS, at subnet#_select. set_subnet_id() also takes any other
	 * subnet of the configuration. KEA_E_UNSUPPORTED, KEA_E_NOENT.
	 */
	int (*set_subnet)(struct kea_call *call, const struct kea_object *subnet);
	int (*set_subnet_id)(struct kea_call *call, uint32_t id);
	/* Returns 1 if the client is in the class. */
	int (*class_has)(struct kea_call *call, const char *name);
	/*
	 * Puts the client into the class. At pkt#_receive and before, classes whose tests depend on it see it. Returns
	 * 0, 1 if the client is in it already, or KEA_E_NOENT: nothing in the configuration refers to that class, so it
	 * would have no effect.
	 */
	int (*class_add)(struct kea_call *call, const char *name);
	/* Returns the name of the i-th class in the order of assignment; NULL after the last. */
	const char *(*class_at)(struct kea_call *call, unsigned i);

	/* --- parking: the packet waits, other packets do not --- */

	/*
	 * Parks the packet; the function then returns KEA_PARK. It waits at most ms milliseconds (0: 30 seconds; more
	 * than 10 minutes: 10 minutes), then it is dropped. `resumed` (or NULL) is called when it continues. The packet
	 * may be parked across a reload: the library is not unloaded before it has ended. NULL: the point does not
	 * allow it, or "parked-packet-limit" is reached; a function that returns KEA_PARK nevertheless drops the
	 * packet.
	 */
	struct kea_parked *(*park)(struct kea_call *call, int64_t ms, kea_resumed_fn *resumed, void *context);
	/*
	 * The packet continues, or is dropped. Any thread, even before the function that parked it has returned. One of
	 * them must be called, once; the handle ends with it. KEA_E_NOENT: the packet has waited too long. A library
	 * must not call them once kea_hook_unload() has returned.
	 */
	int (*resume)(struct kea_parked *parked);
	int (*drop)(struct kea_parked *parked);

	/* --- expressions: as in tests of classes --- */

	/*
	 * Declares an expression: a string that is part of the library's parameters. It is compiled for each
	 * configuration; errors are reported like those of a class, at their place in the string. Only in
	 * kea_hook_load(). is_test: 1 if it is true or false, 0 if it is text. Keep the handle in the library's
	 * context. NULL: it is no string of the parameters, which is reported with fail().
	 */
	struct kea_expression *(*expression)(struct kea_library *lib, const struct kea_json *text, int is_test);
	/*
	 * Evaluate it on a query or response. In the thread of the call. test() returns 1 or 0. At ddns4_update,
	 * pkt4.yiaddr of the query is the address that the client gets. What all expressions may cost for one packet is
	 * limited; beyond that they are false or empty, and the packet is dropped after the call.
	 */
	int (*test)(struct kea_object *packet, const struct kea_expression *expression);
	/* Returns the text, as long as the packet; NULL if it is empty, or the memory of the packet is used up. */
	const void *(*evaluate)(struct kea_object *packet, const struct kea_expression *expression, size_t *ret_len);

	/* --- statistics --- */

	/*
	 * Adds a statistic, which commands such as statistic-get return under this name. In kea_hook_load(); since 1.1
	 * also later, in the main thread. Instances share it by its name, so the handle may be in a static variable.
	 */
	struct kea_stat *(*stat)(struct kea_library *lib, const char *name);
	/* Any thread. */
	void (*stat_add)(struct kea_stat *stat, int64_t n);
	void (*stat_set)(struct kea_stat *stat, int64_t n);
	int64_t (*stat_get)(const struct kea_stat *stat);

	/* --- commands: all in the main thread --- */

	/*
	 * Adds a control command, available while a configuration with the library serves; doc is its text in the
	 * reference. Only in kea_hook_load(). The name of a command of the server cannot be used: it is logged.
	 */
	int (*command)(struct kea_library *lib, const char *name, enum kea_access access, const char *doc,
		       kea_command_fn *fn, void *context);
	/*
	 * Adds an argument to it: requests with others, or of another type, are rejected. KEA_JSON_LIST is a list of
	 * maps. KEA_E_NOENT: the library has no such command. KEA_E_INVAL: KEA_JSON_NULL is no type of an argument.
	 */
	int (*command_argument)(struct kea_library *lib, const char *command, const char *name, enum kea_json_type type,
				int is_required, const char *doc);
	/* Returns the arguments of a request, a map; after command_any(), any value. Until respond(). */
	const struct kea_json *(*arguments)(const struct kea_request *request);
	/* Responds and ends the request. arguments (or NULL) is taken. */
	void (*respond)(struct kea_request *request, enum kea_result result, struct kea_json *arguments,
			const char *fmt, ...) KEA_PRINTF(4, 5);

	/* --- since 1.1 --- */

	/*
	 * As evaluate(), but of the IAs of a DHCPv6 message, the expression sees only that of this lease, and in it no
	 * other address or prefix. In DHCPv4 the same as evaluate(). In the thread of the call.
	 */
	const void *(*evaluate_lease)(struct kea_object *packet, const struct kea_object *lease,
				      const struct kea_expression *expression, size_t *ret_len);
	/*
	 * Returns the arguments of a command, NULL if it had none: a map, before the command was checked any value.
	 * Only at command_processed, http_auth and http_response, in the main thread; NULL elsewhere. Valid until the
	 * function returns.
	 */
	const struct kea_json *(*command_arguments)(const struct kea_call *call);

	/* --- the main thread: for all but post(), call them there only; nothing of it runs with is_check() --- */

	/* Creates a timer, which does not run yet. It ends with the library. */
	struct kea_timer *(*timer)(struct kea_library *lib, kea_task_fn *fn, void *context);
	/*
	 * It runs out once, after ms milliseconds of 30 days at most; one that runs starts again. KEA_E_RANGE.
	 * KEA_E_UNSUPPORTED: with is_check().
	 */
	int (*timer_start)(struct kea_timer *timer, int64_t ms);
	void (*timer_stop)(struct kea_timer *timer);
	void (*timer_free)(struct kea_timer *timer); /* NULL is fine; also in its function */
	/*
	 * Calls fn whenever the descriptor is ready for one of the events, until unwatch(): call that before closing
	 * it. NULL: it is watched already, is a file, or with is_check().
	 */
	struct kea_watch *(*watch)(struct kea_library *lib, int fd, unsigned events, kea_watch_fn *fn, void *context);
	int (*watch_change)(struct kea_watch *watch, unsigned events);
	void (*unwatch)(struct kea_watch *watch); /* NULL is fine; also in its function */
	/*
	 * Any thread: fn is called in the main thread soon, in the order of the posts of a thread; not once
	 * kea_hook_unload() has returned. KEA_E_UNSUPPORTED: with is_check(). A library must not call it once
	 * kea_hook_unload() has returned.
	 */
	int (*post)(struct kea_library *lib, kea_task_fn *fn, void *context);

	/* --- expressions of scopes --- */

	/*
	 * Declares an expression that scopes may have in "user-context": the string `key` of the map `map` there. A
	 * packet's expression is that of the innermost scope that has one: the pool of its lease, the subnet, the
	 * shared network; or else `outer`, from expression(), or NULL. An empty string means none, and no outer one
	 * either. It is compiled for each configuration; errors are reported at their place. Use it with test() and
	 * evaluate(). Only in kea_hook_load(); NULL elsewhere. Texts are copied. is_test: as in expression().
	 */
	struct kea_expression *(*scope_expression)(struct kea_library *lib, const char *map, const char *key,
						   const struct kea_expression *outer, int is_test);

	/* --- leases that are stored, and the clock --- */

	/*
	 * Returns the number of addresses or prefixes assigned in a subnet, without declined ones; 0 if there is no
	 * such subnet. In the thread of the call.
	 */
	int64_t (*lease_count)(struct kea_call *call, uint32_t subnet_id, int of_prefixes);
	/*
	 * Calls fn for each stored lease, in any state, in no order. The object ends with the call of fn. Leases may
	 * change meanwhile: one that does is seen at most once, as it was before or after. Only at dhcp#_srv_configured
	 * and command_processed, in the main thread, which is busy meanwhile. KEA_E_UNSUPPORTED: elsewhere. KEA_E_BUSY:
	 * the database cannot be read.
	 */
	int (*lease_walk)(struct kea_call *call, kea_lease_fn *fn, void *context);
	/* Returns the server's time, ms since some moment, which never goes back. Any thread. */
	int64_t (*now_ms)(void);

	/* --- files --- */

	/*
	 * Only in kea_hook_load(): the library reads this file. A reload loads it again if the file has changed since
	 * this call, or appeared, or disappeared: call it before reading. KEA_E_UNSUPPORTED.
	 */
	int (*depends_on)(struct kea_library *lib, const char *path);

	/* --- the clock, finer --- */

	/* Returns the time of now_ms() in us. Any thread. */
	int64_t (*now_us)(void);

	/* --- messages that a library answers itself, and leases that it searches for: in the thread of the call --- */

	/*
	 * The library answers the message, at pkt#_receive: KEA_ARG_RESPONSE exists from now on, of this type, with the
	 * header and the identifiers that belong to it, and can be written there. If all libraries return KEA_CONTINUE,
	 * it is sent to where the query came from, and no lease is assigned. KEA_E_UNSUPPORTED: not at this point.
	 * KEA_E_INVAL: the type is not one of a server's messages. KEA_E_NOMEM.
	 */
	int (*answer)(struct kea_call *call, unsigned type);
	/*
	 * Adds a query for leases in any state, also expired ones, and returns its number, from 0: by the address, or
	 * the first one of a prefix, 4 or 16 bytes; by the hardware address, of the hardware type `number`; by the
	 * client identifier or DUID, in DHCPv6 of the type `number`, as in the field type. At most max leases are
	 * found. KEA_E_INVAL: no such identifier. KEA_E_RANGE: more than 200 queries or leases. KEA_E_BUSY: the
	 * queries of this packet have been asked. KEA_E_UNSUPPORTED: the point does not allow parking. KEA_E_NOMEM.
	 */
	int (*find)(struct kea_call *call, enum kea_find_by by, const void *id, size_t len, int number, unsigned max);
	/*
	 * Asks all that find() added, once for a packet. 0: the leases are here, and `resumed` is not called. KEA_PARK:
	 * return that; `resumed` is called when they are here, and what it returns counts. KEA_E_BUSY:
	 * "parked-packet-limit" is reached. Other errors: the database failed.
	 */
	int (*find_start)(struct kea_call *call, kea_resumed_fn *resumed, void *context);
	/* Returns the number of leases that a query found, or why it failed: that there are none is then not known. */
	int (*found_count)(struct kea_call *call, unsigned query);
	/* Returns the i-th lease that a query found; NULL after the last, or if the memory of the packet is used up. */
	const struct kea_object *(*found)(struct kea_call *call, unsigned query, unsigned i);

	/* --- settings of scopes --- */

	/*
	 * Declares that "user-context" of scopes may have the map `map`, which has an effect in some kinds of scopes:
	 * the sum of enum kea_scope. For each of them, fn is called while a configuration is built, also one that is
	 * only checked: it reports errors at values of the map with fail(), param_keys(), param_int() and the like, and
	 * the configuration is rejected. In other scopes, and globally and in reservations, the map is reported as a
	 * warning. What the scopes say is read at dhcp#_srv_configured, from config(). Only in kea_hook_load().
	 * KEA_E_UNSUPPORTED: elsewhere. Texts are copied.
	 */
	int (*scope_map)(struct kea_library *lib, const char *map, unsigned scopes, kea_scope_fn *fn);

	/* --- for libraries that run scripts --- */

	/*
	 * As expression(), but of a text that the library has: its errors are reported at `where`, a value of
	 * "parameters" (NULL: of the library), after `name`: "script.lua:12". Whether it is true or false, or text, is
	 * seen from it: is_test() returns 1 or 0. Only in kea_hook_load(); NULL elsewhere. Texts are copied.
	 */
	struct kea_expression *(*expression_text)(struct kea_library *lib, const char *text,
						  const struct kea_json *where, const char *name);
	/* Returns 1 if test() is for this expression, 0 if evaluate() is. In the thread of the call. */
	int (*is_test)(struct kea_object *packet, const struct kea_expression *expression);
	/*
	 * The command accepts any arguments, unchecked. KEA_E_NOENT: the library has no such command. Only in
	 * kea_hook_load().
	 */
	int (*command_any)(struct kea_library *lib, const char *command);

	/* --- leases that a library searches for without a packet: in the main thread --- */

	/* Creates a search, which has not begun. It ends with the library. */
	struct kea_search *(*search)(struct kea_library *lib, kea_search_fn *fn, void *context);
	/*
	 * Asks the lease database in service for leases in any state, also expired ones, at most max of them: as find()
	 * does; or KEA_FIND_AFTER, those of the type `number` (DHCPv4: any) whose address is greater than id, a page at
	 * a time, until one is empty. With n, by client and KEA_FIND_AFTER, only leases in these subnets, ids in
	 * ascending order. What id and subnets point to is copied. The function of the search is called once, after
	 * this one has returned; until then, KEA_E_BUSY, which is also returned if there is no database. KEA_E_INVAL:
	 * no such identifier. KEA_E_RANGE: more than 1000 leases.
	 */
	int (*search_start)(struct kea_search *search, enum kea_find_by by, const void *id, size_t len, int number,
			    const uint32_t *subnets, unsigned n, unsigned max);
	/*
	 * Returns the number of leases found, or why it failed: that there are none is then not known. KEA_E_NOMEM:
	 * they take more than 4 MiB; ask for fewer.
	 */
	int (*search_count)(const struct kea_search *search);
	/* Returns the i-th lease, until search_start(), search_clear() or search_free(); NULL after the last. */
	const struct kea_object *(*search_lease)(struct kea_search *search, unsigned i);
	/* Frees the leases found. */
	void (*search_clear)(struct kea_search *search);
	/* From then on its function is not called. NULL is fine; also in its function. */
	void (*search_free)(struct kea_search *search);
	/* Returns the server's DUID; NULL in DHCPv4, and while there is none. Main thread; as long as the library. */
	const void *(*server_id)(const struct kea_library *lib, size_t *ret_len);

	/* --- helper threads, for what blocks --- */

	/*
	 * Creates a pool of helper threads, 1 to 64, which start when there is work for them, and of room for `max`
	 * pieces of work that have not ended, 1 to 65536. In the main thread. It ends with the library. NULL: out of
	 * range.
	 */
	struct kea_pool *(*pool)(struct kea_library *lib, unsigned threads, unsigned max);
	/*
	 * Any thread: fn is called in a helper thread, also while other functions of a library run that does not allow
	 * threads. There it may block, and call what any thread may: post(), log() and, for a packet that was parked,
	 * resume() or drop(). thread_context() is NULL there. `done` (or NULL) is called in the main thread afterwards.
	 * The caller owns context until fn is called, and again from `done` on. KEA_E_BUSY: the pool is full, or the
	 * system has no thread left; neither function is called. KEA_E_UNSUPPORTED: with is_check(), or once the
	 * library is being unloaded.
	 *
	 * Before kea_hook_unload(), work that has begun is waited for, in the main thread, and `done` is called for all
	 * work: nothing of a pool runs afterwards. A packet that is parked keeps the library loaded.
	 */
	int (*pool_work)(struct kea_pool *pool, kea_task_fn *fn, kea_worked_fn *done, void *context);
	/* Any thread: returns 1 once the library is being unloaded, so that work which takes long can end early. */
	int (*pool_is_over)(struct kea_pool *pool);

	/* --- changes of leases, once they are on stable storage: in the main thread --- */

	/*
	 * Reads the changes that this server makes from now on: by messages of clients, by commands, and when leases
	 * end. fn is called at most 20 times a second, while there are changes, until feed_free(). It may read none, or
	 * some, and a library may read later. The server keeps the last changes for all readers together, in memory of
	 * fixed size. Changes of one lease by different threads within milliseconds may be in another order. NULL: with
	 * is_check().
	 */
	struct kea_feed *(*feed)(struct kea_library *lib, kea_feed_fn *fn, void *context);
	/*
	 * Returns the lease of the next change, until the next call or feed_free(); NULL: there is none yet. Its
	 * user-context is empty if it is longer than 1024 bytes. *ret_removed: 1 if it is no longer stored. *ret_lost:
	 * how many changes were lost before this one, because they were not read in time; also without a next one.
	 */
	const struct kea_object *(*feed_next)(struct kea_feed *feed, enum kea_change *ret_change, int *ret_removed,
					      uint64_t *ret_lost);
	void (*feed_free)(struct kea_feed *feed); /* NULL is fine; also in its function */

	/* --- options that parameters name --- */

	/*
	 * Declares an option, or a sub-option of `container` (or NULL), of a name (or NULL) and a code (0: that of the
	 * name). It is looked up for each configuration, in its space (NULL: the family's own, or that of the
	 * container's sub-options), among built-in and configured definitions: an option without a definition by its
	 * code only, and only if is_csv is 0. Errors are reported at `where`, a value of "parameters". Only in
	 * kea_hook_load(); NULL elsewhere, and for a container at depth KEA_OPTION_DEPTH. Texts are copied.
	 */
	struct kea_option *(*option)(struct kea_library *lib, const struct kea_json *where,
				     const struct kea_option *container, const char *space, const char *name,
				     uint32_t code, int is_csv);
	/*
	 * Writes its path, as option_get() takes it, with the enterprise of "vendor-4491" in options 125 and 17, and
	 * returns its depth, KEA_OPTION_DEPTH at most. In the thread of the call.
	 */
	unsigned (*option_path)(struct kea_call *call, const struct kea_option *option, uint32_t *path);
	/*
	 * Returns the option's value for a text as in "option-data" with "csv-format", as long as the packet; NULL if
	 * the text is not valid for its definition, or the memory of the packet is used up. In the thread of the call.
	 */
	const void *(*option_encode)(struct kea_call *call, const struct kea_option *option, const void *text,
				     size_t len, size_t *ret_len);

	/*
	 * Returns the type of the lease database of the configuration that is being built: "memfile", "mysql",
	 * "postgresql". Only in a function of scope_map(); NULL elsewhere.
	 */
	const char *(*lease_database)(const struct kea_library *lib);

	/*
	 * From now on several threads may call functions of this instance at once, as with kea_hook_threads(): for a
	 * library whose parameters decide. Only in kea_hook_load(); no effect elsewhere.
	 */
	void (*allow_threads)(struct kea_library *lib);
};

#ifdef __cplusplus
}
#endif

#endif
