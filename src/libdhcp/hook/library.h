/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "base/list.h"
#include "base/vec.h"
#include "hook/guard.h"
#include "hook/hooks.h"
#include "json/read.h"
#include "log/msg.h"

#include <kea/hooks.h>

#include <pthread.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <sys/types.h>

/*
 * Hook libraries: shared objects that a configuration names in "hooks-libraries". An instance is a library with its
 * parameters; configurations that name the same one with the same parameters share it, and the last of them unloads it.
 * Its functions come from include/kea/hooks.h; those of the server for it are in the table that the room api provides.
 *
 * All functions here run in the main thread, unless they say something else.
 */
enum {
	HOOK_OBJECTS_FEW = 64,  /* handles per call that need no memory of the packet */
	HOOK_THREADS_MAX = 256, /* threads that call libraries */
};

/* Memory of a library that ends with a packet. */
struct hook_memory {
	struct hook_memory *next;
	struct kea_library *lib;
	kea_done_fn *done;
	void *data;
};

/*
 * A request that a library parked. Whoever ends it responds to the request's wait, once: the library, or the worker
 * when the deadline passes. Freed when both have let go of it.
 */
struct kea_parked {
	struct kea_parked *next; /* of the same request */
	atomic_uint refs;
	atomic_bool has_ended;
	bool is_find;        /* it waits for the lease store, which responds */
	struct request *req; /* valid until it has ended */
	uint64_t ticket;
	struct hook_use *use;
	kea_resumed_fn *resumed; /* NULL: none */
	void *context;
};

/* Ends it, with the right to respond; false if it has ended. Any thread. */
bool hook_parked_take(struct kea_parked *parked);
void hook_parked_unref(struct kea_parked *parked);
/*
 * Ends all that is parked; waits for libraries that are just responding in their threads. From then on none touches the
 * request.
 */
void hook_packet_settle_wait(struct hook_packet *packet);
/* Calls the library's function for the request that continues. In the packet's thread. */
enum hook_verdict hook_call_resumed(struct kea_parked *parked, struct hook_call *call);

/* An expression of a library: compiled for each configuration. */
struct kea_expression {
	unsigned index;            /* in hook_use.expressions */
	struct json_object *value; /* in the parameters; NULL: scopes have it */
	/* Of a text that the library has: the text, its name in errors, and where in the parameters they are reported.
	 */
	struct json_object *text;
	char *name;
	struct json_object *where; /* NULL: of the library */
	/* Of scopes: where it is in their user-context, and the one of packets whose scopes have none, or NULL. */
	char *map, *key;
	const struct kea_expression *outer;
	bool is_test;
};

/* An option that the parameters of a library name: looked up for each configuration. */
struct kea_option {
	unsigned index;                     /* in hook_use.options */
	unsigned depth;                     /* of containers */
	const struct kea_option *container; /* or NULL */
	char *space, *name;                 /* or NULL */
	uint32_t code;                      /* 0: that of the name */
	bool is_csv;
	struct json_object *where; /* in the parameters */
};

/* What it is in one configuration. */
struct optdef;
struct hook_option {
	const struct optdef *def; /* NULL: it has none */
	unsigned depth;
	uint32_t path[KEA_OPTION_DEPTH];
};

struct hook_function {
	enum hook_point_id point;
	kea_hook_fn *fn;
};

/*
 * A log message of libraries. Instances share it by its id: their code has one variable for it, and an instance may be
 * loaded while another one logs.
 */
struct hook_message {
	struct hook_message *next;
	unsigned refs;
	struct log_msg msg;
};

/* A map that scopes may have in their user-context. */
struct hook_scope_map {
	char *name;
	unsigned scopes; /* the sum of enum kea_scope */
	kea_scope_fn *fn;
};

struct hook_command_argument {
	char *name, *doc;
	enum kea_json_type type;
	bool is_required;
};

/* A library's memory for one thread. */
struct hook_thread {
	void *data;
	kea_done_fn *done;
};

/* A file that an instance was made from, and what identifies its content; zeros: there was none. */
struct hook_file {
	char *path;
	dev_t device;
	ino_t number;
	off_t size;
	struct timespec mtime;
};

/* An instance. */
struct kea_library {
	struct kea_library *next; /* in the list of all */
	unsigned refs;            /* configurations that use it */
	char *path, *name;
	char *key; /* what makes it another instance: file and parameters */
	void *handle;
	struct hook_guard guard;
	unsigned digit; /* of the family; 0: kea-dhcp-ddns */
	bool is_check;  /* -t */
	bool is_loaded; /* kea_hook_load() was called */
	bool is_threaded;
	pthread_mutex_t lock; /* unless is_threaded: held while its functions run; recursive */
	struct json_object *parameters;
	void *context;
	VEC(struct hook_function) functions;
	VEC(struct hook_message *) messages;
	VEC(struct kea_expression *) expressions;
	VEC(struct kea_option *) options;
	VEC(struct hook_stat *) stats;
	VEC(struct hook_command *) commands;
	VEC(struct hook_file) files;
	VEC(struct hook_scope_map) scope_maps;
	struct list timers, watches, posts, owned;    /* see tasks.c */
	struct list pools;                            /* see pool.c */
	struct hook_thread threads[HOOK_THREADS_MAX]; /* each written by its thread only */
	/* Only while it is loaded or checks a map of a scope; diag is NULL otherwise. */
	struct diag *diag;
	struct pos pos;                 /* of the library in the configuration */
	struct json_object *positioned; /* its parameters there, or NULL */
	bool in_scope;                  /* it checks a map of a scope, whose values have positions themselves */
	const char *lease_database;     /* with in_scope: its type in that configuration */
	bool has_failed;
	/* Of the thread that reports slow calls: the last report. */
	const char *slow_doing;
	int64_t slow_ms;
};

/* In kea_hook_load(), where a library declares what it has. */
static inline bool hook_is_loading(const struct kea_library *lib)
{
	return lib->diag && !lib->in_scope;
}

/* A library in one configuration; in the arena of its hooks. */
struct hook_use {
	struct hook_use *next;
	struct kea_library *lib;
	void *context; /* of the library for this configuration */
	kea_done_fn *done;
	struct json_object *positioned; /* its parameters, while the configuration is built */
	const void **expressions;       /* compiled: struct eval_expr; of scopes, for packets without a scope */
	struct hook_option *options;    /* those that the parameters name */
	unsigned *scoped;               /* of each expression that scopes have: its place in struct scope_exprs */
};

/* A handle of a library for an object; the room api knows what `at` points to. */
struct kea_object {
	enum kea_object_kind kind;
	enum kea_argument role;
	bool is_writable;
	void *at;
	struct kea_call *call;
	struct kea_object *next; /* of those in the memory of the packet */
};

struct kea_call {
	struct hook_call *hook;
	struct hook_use *use;
	kea_hook_fn *fn;                 /* that is called; NULL: the one of parked */
	const struct kea_parked *parked; /* NULL: none is resumed */
	struct kea_object *more;         /* in the memory of the packet */
	unsigned n_objects;
	struct kea_object objects[HOOK_OBJECTS_FEW]; /* the first n are valid */
};

/* The functions that libraries receive; NULL: this program loads none. Once, at startup. */
void hooks_set_api(const struct kea_api *api);
/*
 * The loop of the main thread, for timers and descriptors of libraries, before any is loaded; NULL before it ends.
 */
struct loop;
void hooks_set_loop(struct loop *loop);

struct hook_load {
	const char *path; /* of the file */
	struct json_object *parameters;
	unsigned digit;
	bool is_check, is_relaxed;
	struct diag *diag;
	struct pos pos;
};

/* Loads a library for these hooks; false after an error, which is in diag. */
bool hooks_load(struct hooks *hooks, const struct hook_load *load);
/* Ends the use of all libraries; those that no other configuration uses are unloaded. NULL is fine. */
void hooks_unload(struct hooks *hooks);

/*
 * Checks a file before anything of it runs: permissions of it and its directory, and whether it is a library with this
 * interface. False after an error.
 */
bool hook_file_check(const struct hook_load *load);

/* Returns the message with that id, which may be new; the library uses it until it is unloaded. Texts are copied. */
struct hook_message *hook_message(struct kea_library *lib, const char *id, const char *logger,
				  enum log_severity severity, int debuglevel);

/* Returns the value in `positioned` at the place that `wanted` has in `tree`; NULL if it is not there. */
struct json_object *hook_twin(struct json_object *tree, struct json_object *positioned, struct json_object *wanted);
/* One more user of the instance; it is unloaded with the last one. */
void hook_library_ref(struct kea_library *lib);
void hook_library_unref(struct kea_library *lib);
/* For the table of functions; kea/hooks.h describes it. */
int hook_depends_on(struct kea_library *lib, const char *path);
int hook_scope_map(struct kea_library *lib, const char *map, unsigned scopes, kea_scope_fn *fn);
/* The library checks what it declared of the user-context (or NULL) of a scope, while a configuration is built. */
struct hook_check {
	struct diag *diag;
	const char *lease_database; /* its type */
};
void hook_check_scope(struct kea_library *lib, const struct hook_check *check, enum kea_scope scope,
		      struct json_object *user_context);
const char *hook_lease_database(const struct kea_library *lib);
void hook_allow_threads(struct kea_library *lib);

/* A counter of libraries; instances share it by its name, like a message. */
struct hook_stat {
	struct list link;        /* of all */
	struct hook_stat *chain; /* of those with the same hash */
	unsigned refs;
	_Atomic int64_t value;
	char *name;
};
struct hook_stat *hook_stat(struct kea_library *lib, const char *name);
/* NULL: there is none. */
struct hook_stat *hook_stat_find(const char *name);
/* Returns the one after that, or the first; NULL after the last. */
struct hook_stat *hook_stat_next(const struct hook_stat *stat);

/* A command of a library; the room api makes the rows. */
struct hook_command {
	char *name, *doc;
	bool writes;
	bool takes_any; /* arguments */
	kea_command_fn *fn;
	void *context;
	struct kea_library *lib;
	VEC(struct hook_command_argument) args;
	void *row; /* made when the library serves; freed with this */
	void (*free_row)(void *row);
};

/*
 * Calls code of a library in any thread: one call at a time unless the library allows more, named in the report of a
 * crash. False if it threw an exception, which is logged, else its result is in *ret. `doing` is what it does, for the
 * log.
 */
bool hook_enter(struct kea_library *lib, const char *doing, hook_guarded_fn *fn, void *arg, int *ret);
/* The same for a function that ends a context; done may be NULL. */
void hook_call_done(struct kea_library *lib, const char *doing, kea_done_fn *done, void *context);
/*
 * Note that a call begins and ends, in any thread, so that one that takes long is reported while it runs. The others
 * start and stop the thread that reports them, in the main thread. slow.c
 */
struct hook_note {
	alignas(64) _Atomic(struct kea_library *) lib; /* NULL: the thread is in no library */
	_Atomic(const char *) doing;
	_Atomic uint32_t number; /* of the call in this thread */
	/* Of the thread that watches: the call that it has seen, and since when. */
	uint32_t seen;
	int64_t since_ms;
};
extern _Thread_local struct hook_note *hook_my_note; /* NULL: not known yet, or there are too many threads */
struct hook_note *hook_note_find(void);

struct hook_outer {
	struct hook_note *note;
	struct kea_library *lib;
	const char *doing; /* what the call interrupts: lib is NULL if nothing */
};

static inline void hook_note_call(struct hook_note *note, struct kea_library *lib, const char *doing)
{
	const uint32_t number = atomic_load_explicit(&note->number, memory_order_relaxed);

	atomic_store_explicit(&note->doing, doing, memory_order_relaxed);
	atomic_store_explicit(&note->number, number + 1, memory_order_relaxed);
	atomic_store_explicit(&note->lib, lib, memory_order_release);
}

static inline struct hook_outer hook_slow_begin(struct kea_library *lib, const char *doing)
{
	struct hook_note *note = hook_my_note ? hook_my_note : hook_note_find();
	struct hook_outer outer = { .note = note };

	if (!note)
		return outer;
	outer.lib = atomic_load_explicit(&note->lib, memory_order_relaxed);
	outer.doing = atomic_load_explicit(&note->doing, memory_order_relaxed);
	hook_note_call(note, lib, doing);
	return outer;
}

static inline void hook_slow_end(const struct hook_outer *outer)
{
	if (!outer->note)
		return;
	if (outer->lib)
		hook_note_call(outer->note, outer->lib, outer->doing);
	else
		atomic_store_explicit(&outer->note->lib, NULL, memory_order_release);
}

void hook_slow_start(void);
void hook_slow_stop_wait(void);
/* Before a library that no thread calls any longer is freed: once this returns, no report is about it. */
void hook_slow_forget(void);
/* True if a library is loaded that is not only checked. */
bool hook_any_library(void);
/* What the library does in the main thread, for the table of functions; kea/hooks.h describes them. tasks.c */
struct kea_timer *hook_timer(struct kea_library *lib, kea_task_fn *fn, void *context);
int hook_timer_start(struct kea_timer *timer, int64_t ms);
void hook_timer_stop(struct kea_timer *timer);
void hook_timer_free(struct kea_timer *timer);
struct kea_watch *hook_watch(struct kea_library *lib, int fd, unsigned events, kea_watch_fn *fn, void *context);
int hook_watch_change(struct kea_watch *watch, unsigned events);
void hook_watch_end(struct kea_watch *watch);
int hook_post(struct kea_library *lib, kea_task_fn *fn, void *context);
/* Helper threads, for the table of functions; kea/hooks.h describes them. pool.c */
struct kea_pool *hook_pool(struct kea_library *lib, unsigned threads, unsigned max);
int hook_pool_work(struct kea_pool *pool, kea_task_fn *fn, kea_worked_fn *done, void *context);
int hook_pool_is_over(struct kea_pool *pool);
/* Ends all pools of a library, before it is unloaded. */
void hook_pools_end_wait(struct kea_library *lib);
/* What another room makes for a library and ends with it: `end` removes it from the list. */
struct hook_owned {
	struct list link;
	void (*end)(struct hook_owned *owned);
};
/* The loop of hooks_set_loop(). */
struct loop *hook_loop(void);
void hook_tasks_init(struct kea_library *lib);
void hook_tasks_end(struct kea_library *lib);
/* Calls a function of a library; `library` is a struct hook_callout. In any thread. */
struct hook_callout {
	struct hook_use *use;
	kea_hook_fn *fn;
};
enum hook_verdict hook_call_library(void *library, struct hook_call *call);
/*
 * Returns the number of the calling thread, less than HOOK_THREADS_MAX; negative if there are too many, or in a helper
 * thread. Any thread.
 */
int hook_thread_number(void);
/* The calling thread is a helper, which has no number: more of them come and go than there are numbers. */
void hook_thread_is_helper(void);
/* Calls what libraries registered for the end of a packet. In the packet's thread. */
void hook_packet_end(struct hook_packet *packet);
