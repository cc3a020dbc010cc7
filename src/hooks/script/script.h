/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

/*
 * What the libraries for scripts share, whatever the language: the parameters, the text of the script, which functions
 * it has at which points, the values of fields, and counting its errors. The library defines script_call().
 */
#include <kea/hooks.h>

#include <arpa/inet.h>
#include <stdatomic.h>
#include <stdbool.h>

extern const struct kea_api *kea; /* of the library */

enum {
	SCRIPT_SLOTS = 32,     /* points at which a script has functions */
	SCRIPT_STATS_MAX = 64, /* statistics of a script */
	SCRIPT_COMMANDS_MAX = 32,
	SCRIPT_EXPRESSIONS_MAX = 64,
	SCRIPT_MAIN_MAX = 32,      /* functions for kea.main() */
	SCRIPT_TASKS_MAX = 1024,   /* timers and descriptors at once */
	SCRIPT_WAITING_MAX = 4096, /* calls that wait for the main thread */
	SCRIPT_LIST_MAX = 256,     /* objects in a list */
	SCRIPT_PATH_MAX = 8,       /* codes in the path of an option */
	SCRIPT_TEXT_MAX = 1 << 20, /* bytes of a script */
	SCRIPT_ERROR_MAX = 512,    /* bytes of an error */
	SCRIPT_LABEL_MAX = 128,
	SCRIPT_ERROR_PAUSE_SEC = 10 /* between two errors in the log */
};

struct script_stat {
	char *name;
	struct kea_stat *stat;
};

struct script_command {
	struct script *script;
	char *name;
	unsigned index; /* in the script's table */
};

struct script_expression {
	char *text;
	struct kea_expression *expression;
};

/* A script as an instance of the library has it. After loading only the atomic members change. */
struct script {
	char *path, *text;
	const char *name; /* the end of path */
	size_t len;
	bool drops; /* on-error */
	bool is_loading;
	struct kea_stat *errors;
	const struct kea_json *where; /* "script" of the parameters */
	const struct kea_json *parameters;
	unsigned n_points, n_stats;
	char *points[SCRIPT_SLOTS];
	struct script_stat stats[SCRIPT_STATS_MAX];
	unsigned n_commands, n_expressions, n_main;
	struct script_command commands[SCRIPT_COMMANDS_MAX];
	struct script_expression expressions[SCRIPT_EXPRESSIONS_MAX];
	unsigned n_tasks;        /* timers and descriptors; main thread only */
	atomic_long logged_at;   /* s; 0: never */
	atomic_ulong unreported; /* errors since then */
};

/*
 * In kea_hook_load(): reads "script", "on-error" and "parameters", and the script itself. Other parameters than these
 * and `keys`, up to NULL, are reported. Returns KEA_E_CONFIG after fail().
 */
int script_open(struct script *script, struct kea_library *lib, const char *const *keys, const char *errors);
void script_close(struct script *script);

/*
 * The script has a function at that point. Returns the number that script_call() gets for it. Negative: an error, and
 * why. After loading, the numbers are those of loading: other threads run the script, too.
 */
int script_on(struct script *script, struct kea_library *lib, const char *point, const char **ret_why);
/* Calls the script's function. Defined by the library. */
int script_call(struct kea_call *call, unsigned slot);

/* Returns the statistic of that name; NULL: it does not exist, and is not created after loading. */
struct kea_stat *script_stat(struct script *script, struct kea_library *lib, const char *name);

/*
 * A command's number, for script_run_command(). Negative: an error, and why. After loading, the numbers are those of
 * loading, as of script_on(). access: "read", "write".
 */
int script_command(struct script *script, struct kea_library *lib, const char *name, const char *access,
		   const char **ret_why);
/* Runs the script's function in the main thread, and responds. Defined by the library. */
void script_run_command(struct script_command *command, struct kea_request *request);
/*
 * Returns the expression of that text, as the server compiles it for each configuration; NULL: there is none, and none
 * is declared after loading. line: of the script, for errors.
 */
const struct kea_expression *script_expression(struct script *script, struct kea_library *lib, const char *text,
					       int line);
/* Returns the number of a function for kea.main(), in the order of the script; negative: too many. */
int script_main(struct script *script, unsigned *n);

/* Returns milliseconds of 30 days at most; negative: out of range. */
int64_t script_ms(double seconds);
/* Returns the sum of enum kea_event of "r", "w" or "rw"; 0: it is none of these. And back. */
unsigned script_events(const char *text);
const char *script_events_text(unsigned events);
/* Returns a duplicate, which the script cannot close, to watch; negative: not a descriptor. */
int script_descriptor(int fd);

/*
 * Counts an error. Returns how many were counted since the last one that was logged, this one included, if it shall be
 * logged now; otherwise 0.
 */
unsigned long script_error(struct script *script);
/* Returns the client's label, or "-" at points without one. */
const char *script_label(struct kea_call *call, char label[SCRIPT_LABEL_MAX]);

/* --- values ------------------------------------------------------------------------------------------------------ */

/* A row of kea/fields.h. */
struct script_field {
	enum kea_field field;
	const char *name;
	enum kea_type type;
	int families; /* as in kea/fields.h */
};
extern const struct script_field script_fields[];
extern const unsigned script_fields_n;

enum script_part_kind { PART_ONE, PART_LIST, PART_PARTS, PART_CLASSES, PART_DATA };
struct script_part {
	enum kea_object_kind object;
	const char *name;
	enum script_part_kind kind;
	unsigned which;
	int families;
};
extern const struct script_part script_parts[];
extern const unsigned script_parts_n;

/* True if the server of that family has it; 0 is kea-dhcp-ddns. */
static inline bool script_is_for(int families, int family)
{
	return families == 460 || families == family || (families == 46 && family);
}

/* A field's value: a number if the type is KEA_TYPE_INT, otherwise text; addresses are text in `buf`. */
struct script_value {
	enum kea_type type;
	int64_t number;
	const char *text;
	size_t len;
	char buf[INET6_ADDRSTRLEN];
};
/* The value lives as long as the call. Returns an enum kea_error. */
int script_get(const struct kea_object *object, const struct script_field *row, struct script_value *ret);
/* text ends with NUL after len bytes. */
int script_set_text(struct kea_object *object, const struct script_field *row, const char *text, size_t len);
/* Returns the object's part; NULL after the last. */
struct kea_object *script_part(struct kea_call *call, struct kea_object *object, const struct script_part *row,
			       unsigned i);
/* Returns what an error means. */
const char *script_why(int err);

/* The name of an enum kea_object_kind for errors: "PACKET". */
const char *script_kind(enum kea_object_kind kind);
/* The name of the server of a family for errors: "DHCPv4". */
const char *script_server(int family);

/* --- helpers of the module ---------------------------------------------------------------------------------------- */

/* Writes "00:1a" to buf of 3 * len + 1 bytes; returns the length. */
size_t script_hex(const unsigned char *data, size_t len, char *buf);
/* Writes at most len / 2 bytes to buf; negative: these are no pairs of digits. */
int script_unhex(const char *text, size_t len, unsigned char *buf);
/* 4 or 16 bytes. Returns false if they are something else. */
bool script_addr_text(const void *data, size_t len, char buf[INET6_ADDRSTRLEN]);
/* Returns 4, 16, or 0 if it is no address. */
size_t script_addr_bytes(const char *text, unsigned char buf[16]);
