/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

/*
 * What scripts see, in every language: the fields of kea/fields.h, and these rows. The bindings and the
 * reference are made from both.
 */

/*
 * Attributes that are objects, or lists of objects or texts. If a field has the same name, which is then their
 * number, scripts see the list.
 *
 *	P(OBJECT, "name", kind, which, families, doc)
 *
 * kind: ONE or LIST of enum kea_argument, PARTS of enum kea_part; CLASSES and DATA have no such number.
 */
/* clang-format off */
#define SCRIPT_PARTS(P)                                                                                         \
	P(CALL, "query", ONE, KEA_ARG_QUERY, 46, "PACKET: the client's message")                                \
	P(CALL, "response", ONE, KEA_ARG_RESPONSE, 46, "PACKET: the response")                                  \
	P(CALL, "subnet", ONE, KEA_ARG_SUBNET, 46, "SUBNET: the selected one")                                  \
	P(CALL, "subnets", LIST, KEA_ARG_SUBNETS, 46,                                                           \
	  "list of SUBNET: those on the link, the selected one first")                                          \
	P(CALL, "lease", ONE, KEA_ARG_LEASE, 46, "LEASE: the one concerned")                                    \
	P(CALL, "old_lease", ONE, KEA_ARG_OLD_LEASE, 46, "LEASE: the stored one that it replaces")              \
	P(CALL, "leases", LIST, KEA_ARG_LEASES, 46, "list of LEASE: granted or offered")                        \
	P(CALL, "deleted_leases", LIST, KEA_ARG_DELETED_LEASES, 46, "list of LEASE: ended")                     \
	P(CALL, "host", ONE, KEA_ARG_HOST, 46, "HOST: the client's reservation")                                \
	P(CALL, "pool", ONE, KEA_ARG_POOL, 46, "POOL: the pool of the response's options")                      \
	P(CALL, "classes", CLASSES, 0, 46, "list of the client's classes, in the order of assignment")          \
	P(CALL, "data", DATA, 0, 46,                                                                            \
	  "a table (Python: dict) of the script, from the message's first point to its last")                   \
	P(PACKET, "relays", PARTS, KEA_PART_RELAY, 6, "list of RELAY: the one closest to the server first")     \
	P(SUBNET, "pools", PARTS, KEA_PART_POOL, 46, "list of POOL")                                            \
	P(SUBNET, "pd_pools", PARTS, KEA_PART_PD_POOL, 6, "list of POOL: those for prefixes")

/*
 * Methods.
 *
 *	M(OBJECT, name, "arguments", doc)
 *
 * A path is one or more arguments: codes of options, one within the other; the first may be a name.
 */
#define SCRIPT_METHODS_OPTIONS(M, OBJECT)                                                                       \
	M(OBJECT, option, "path...", "returns the value of the first option that the path leads to, or nil")    \
	M(OBJECT, options, "[path...]",                                                                         \
	  "returns the list of the options, or of those in one: pairs of code and value")                       \
	M(OBJECT, set_option, "path..., value", "sets an option; removes its other instances")                  \
	M(OBJECT, add_option, "path..., value", "adds one more instance at the end")                            \
	M(OBJECT, delete_option, "path...", "removes all instances; returns how many")
#define SCRIPT_METHODS_SET(M, OBJECT)                                                                           \
	M(OBJECT, set, "name, value",                                                                           \
	  "sets a field; returns false if the server cannot accept the value: assigning it is an error")
#define SCRIPT_METHODS_CALL(M)                                                                                  \
	M(CALL, has_class, "name", "returns true if the client is in the class")                                \
	M(CALL, add_class, "name",                                                                              \
	  "puts the client into the class; returns false if the configuration does not refer to that class")    \
	M(CALL, select_subnet, "id",                                                                            \
	  "at subnet#_select: selects the subnet; returns false if there is none with that id")                 \
	M(CALL, park, "ms, [function]",                                                                         \
	  "parks the packet, at most so many milliseconds, and returns a PARKED; then return kea.PARK. The "    \
	  "function is called with a CALL, and the values of resume(), when the packet continues")              \
	SCRIPT_METHODS_SET(M, CALL)
#define SCRIPT_METHODS_PACKET(M) SCRIPT_METHODS_OPTIONS(M, PACKET) SCRIPT_METHODS_SET(M, PACKET)
#define SCRIPT_METHODS_RELAY(M) SCRIPT_METHODS_OPTIONS(M, RELAY)
#define SCRIPT_METHODS_LEASE(M) SCRIPT_METHODS_SET(M, LEASE)
#define SCRIPT_METHODS_STAT(M)                                                                                  \
	M(STAT, add, "n", "adds to the statistic")                                                              \
	M(STAT, set, "n", "sets it")                                                                            \
	M(STAT, get, "", "returns it")
#define SCRIPT_METHODS_PARKED(M)                                                                                \
	M(PARKED, resume, "[value...]",                                                                         \
	  "the packet continues, and its function gets the values; returns false if it had ended. In any "      \
	  "thread")                                                                                             \
	M(PARKED, drop, "", "drops the packet; returns false if it had ended. In any thread")
#define SCRIPT_METHODS_EXPRESSION(M)                                                                            \
	M(EXPRESSION, evaluate, "packet",                                                                       \
	  "returns the value for a PACKET: true or false, or bytes, which are empty if there are none")
#define SCRIPT_METHODS_TIMER(M)                                                                                 \
	M(TIMER, start, "seconds", "it runs out once, after so many seconds from now")                          \
	M(TIMER, stop, "", "it does not run out")
#define SCRIPT_METHODS_WATCH(M)                                                                                 \
	M(WATCH, change, "events", "waits for \"r\", \"w\" or \"rw\" from now on")                              \
	M(WATCH, stop, "", "ends it: also the last use of the descriptor, if the script has closed its own")
#define SCRIPT_METHODS(M)                                                                                       \
	SCRIPT_METHODS_CALL(M) SCRIPT_METHODS_PACKET(M) SCRIPT_METHODS_RELAY(M) SCRIPT_METHODS_LEASE(M)         \
	SCRIPT_METHODS_STAT(M) SCRIPT_METHODS_PARKED(M) SCRIPT_METHODS_EXPRESSION(M) SCRIPT_METHODS_TIMER(M)    \
	SCRIPT_METHODS_WATCH(M)

/* Lua only: Python has sockets of its own. */
#define SCRIPT_METHODS_SOCKET(M)                                                                                \
	M(SOCKET, read, "",                                                                                     \
	  "returns the bytes that are there, at most 64 KiB; nil if there are none yet; \"\" at the end; "      \
	  "false and the reason after an error")                                                                \
	M(SOCKET, write, "bytes",                                                                               \
	  "sends what the socket accepts now, and returns how many bytes; false and the reason after an error") \
	M(SOCKET, close, "", "closes it")

/* A binding's function for a method is OBJECT_name; these serve several objects. */
#define CALL_set set
#define PACKET_set set
#define LEASE_set set
#define PACKET_option option
#define PACKET_options options
#define PACKET_set_option set_option
#define PACKET_add_option add_option
#define PACKET_delete_option delete_option
#define RELAY_option option
#define RELAY_options options
#define RELAY_set_option set_option
#define RELAY_add_option add_option
#define RELAY_delete_option delete_option

/*
 * The functions of the module kea.
 *
 *	G(name, "arguments", doc)
 */
#define SCRIPT_FUNCTIONS(G)                                                                                     \
	G(on, "point, function",                                                                                \
	  "calls the function, with a CALL, at a hook point; only while the script is loaded")                  \
	G(debug, "text", "logs a line")                                                                         \
	G(info, "text", "logs a line")                                                                          \
	G(warn, "text", "logs a line")                                                                          \
	G(error, "text", "logs a line")                                                                         \
	G(stat, "name", "returns a STAT, which statistic-get returns under this name")                          \
	G(command, "name, function, [access]",                                                                  \
	  "adds a control command; only while the script is loaded. In the main thread the function gets the "  \
	  "arguments of a request, and returns result (0 success, 1 error, 3 nothing found, 4 conflict), text " \
	  "and arguments; nothing is success. access: \"read\" or \"write\" (default)")                         \
	G(timer, "seconds, function",                                                                           \
	  "calls the function once in the main thread, after so many seconds; a number that it returns starts " \
	  "it again. Returns a TIMER. Only in the main thread, and while the script is loaded")                 \
	G(watch, "descriptor, function, [events]",                                                              \
	  "calls the function in the main thread with \"r\", \"w\" or \"rw\" whenever the descriptor is ready "   \
	  "for one of the events (default \"r\"), at its end or after an error for both. Returns a WATCH. Only "  \
	  "in the main thread, and while the script is loaded")                                                 \
	G(main, "function",                                                                                     \
	  "returns a function for any thread: its arguments are passed to this one, which is called in the "    \
	  "main thread soon; only while the script is loaded. Lua: at most 8 arguments, numbers, booleans, "    \
	  "strings and PARKED, of 64 KiB")                                                                      \
	G(expression, "text",                                                                                   \
	  "compiles an expression of client classes, and returns an EXPRESSION; only while the script is "      \
	  "loaded")                                                                                             \
	G(depends_on, "path",                                                                                   \
	  "a reload loads the script again if that file has changed; only while it is loaded")                  \
	G(hex, "bytes", "returns \"00:1a:2b\"")                                                                 \
	G(unhex, "text", "returns the bytes of hexadecimal digits; colons are ignored")                         \
	G(addr_text, "bytes", "returns \"192.0.2.1\" of 4 bytes, \"2001:db8::1\" of 16")                        \
	G(addr_bytes, "text", "returns the 4 or 16 bytes of an address")

/* Python only. */
#define SCRIPT_FUNCTIONS_PYTHON(G) \
	G(at_unload, "function", "calls the function when the script is unloaded: it ends the threads of the script")

/* Lua only. */
#define SCRIPT_FUNCTIONS_LUA(G)                                                                                 \
	G(connect, "address, port",                                                                             \
	  "returns a SOCKET that connects over TCP, or to the path of a unix socket, for kea.watch(); nil and " \
	  "the reason if it cannot. Only in the main thread, not while the script is loaded")

/*
 * Its values.
 *
 *	V(name, doc)
 */
#define SCRIPT_VALUES(V)                                                                                        \
	V(parameters,                                                                                           \
	  "\"parameters\" of the library's parameters: maps are tables (Python: dict), lists tables (list)")    \
	V(family, "4, 6; 0: kea-dhcp-ddns")                                                                     \
	V(is_check, "true if the server only checks its configuration (-t)")                                    \
	V(CONTINUE, "verdict: what happens without a return value")                                             \
	V(SKIP, "verdict: its meaning depends on the point, see above")                                         \
	V(DROP, "verdict: no response")                                                                         \
	V(PARK, "verdict: the packet waits; only after park()")
/* clang-format on */
