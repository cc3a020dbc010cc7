/* SPDX-License-Identifier: MPL-2.0 */
/*
 * What a script does in the main thread: commands, timers, descriptors, connections. The states of other threads run
 * the same script, and there these functions do nothing while it is loaded, and are errors later.
 */
#include "lua/state.h"

#include "script/describe.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define READ_MAX 65536

/* A timer, or a descriptor that is watched. Its userdata stays while it is active. */
struct task {
	struct state *state;
	struct kea_timer *timer;
	struct kea_watch *watch;
	int fd;             /* a duplicate of what the script watches; -1: none */
	int function, self; /* references */
	bool is_active, is_running;
};

struct sock {
	int fd; /* -1: closed */
};

static const char timer_class[] = "kea.TIMER", watch_class[] = "kea.WATCH", socket_class[] = "kea.SOCKET";

/* False: another thread loads the script. */
static bool is_here(lua_State *L)
{
	if (!state_is_main(state_of(L)) && state_of(L)->serial)
		(void)luaL_error(L, "only in the main thread: see kea.main()");
	return state_is_main(state_of(L));
}

/* --- commands ----------------------------------------------------------------------------------------------------- */

struct executing {
	const struct kea_request *request;
	enum kea_result result;
	char *text;
	struct json_text arguments;
};

static int push_arguments(lua_State *L, void *context)
{
	json_push(L, kea->arguments(((const struct executing *)context)->request));
	return 1;
}

/* The results are result, text and arguments. */
static void read_results(lua_State *L, void *context)
{
	struct executing *executing = context;
	lua_Integer result = luaL_opt(L, lua_tointeger, -3, KEA_SUCCESS);
	const char *text;

	if (result != KEA_SUCCESS && result != KEA_FAILED && result != KEA_EMPTY && result != KEA_CONFLICT)
		(void)luaL_error(L, "the result of the command is not 0, 1, 3 or 4");
	executing->result = (enum kea_result)result;
	if (!lua_isnil(L, -1))
		json_write(L, -1, &executing->arguments);
	text = lua_isnil(L, -2) ? "" : luaL_tolstring(L, -2, NULL);
	executing->text = strdup(text);
}

void script_run_command(struct script_command *command, struct kea_request *request)
{
	struct lua_script *script = (struct lua_script *)command->script;
	struct executing executing = { .request = request };
	struct running running = { .function = script->main->commands[command->index],
				   .n_results = 3,
				   .push = push_arguments,
				   .finish = read_results,
				   .context = &executing };
	struct kea_json *arguments = NULL;
	char why[SCRIPT_ERROR_MAX] = "";
	bool ok = state_run_main(script->main, &running, command->name, why);

	if (ok && executing.arguments.len) {
		arguments = kea->json_read(executing.arguments.text, executing.arguments.len);
		if (!arguments)
			snprintf(why, sizeof(why), "%s: the arguments are not valid JSON", command->name);
		ok = arguments != NULL;
	}
	if (ok)
		kea->respond(request, executing.result, arguments, "%s", executing.text ? executing.text : "");
	else
		kea->respond(request, KEA_FAILED, NULL, "%s", why);
	free(executing.text);
	free(executing.arguments.text);
}

int kea_command(lua_State *L)
{
	struct state *state = state_of(L);
	const char *name = luaL_checkstring(L, 1), *access = luaL_optstring(L, 3, "write"), *why;
	int n;

	luaL_checktype(L, 2, LUA_TFUNCTION);
	state_check_loading(L);
	n = script_command(&state->script->base, state->lib, name, access, &why);
	if (n < 0)
		return luaL_error(L, "command \"%s\": %s", name, why);
	lua_settop(L, 2);
	state->commands[n] = luaL_ref(L, LUA_REGISTRYINDEX);
	return 0;
}

/* --- tasks -------------------------------------------------------------------------------------------------------- */

/* Pushes a task for the function at an index, which does nothing yet. */
static struct task *push_task(lua_State *L, int function, const char *class)
{
	struct script *script = &state_of(L)->script->base;
	struct task *task = lua_newuserdatauv(L, sizeof(*task), 0);

	*task = (struct task){ .state = state_of(L), .fd = -1, .function = LUA_NOREF, .self = LUA_NOREF };
	luaL_setmetatable(L, class);
	if (!state_is_main(task->state))
		return task;
	if (script->n_tasks == SCRIPT_TASKS_MAX)
		(void)luaL_error(L, "more than %d timers and descriptors", SCRIPT_TASKS_MAX);
	lua_pushvalue(L, function);
	task->function = luaL_ref(L, LUA_REGISTRYINDEX);
	script->n_tasks++;
	return task;
}

/* Keeps the task, whose userdata is at an index. */
static void keep(lua_State *L, struct task *task, int at)
{
	if (task->self == LUA_NOREF) {
		lua_pushvalue(L, at);
		task->self = luaL_ref(L, LUA_REGISTRYINDEX);
	}
	task->is_active = true;
}

/* Nothing needs the userdata any longer, unless the script has it. */
static void settle(struct task *task)
{
	if (task->is_active || task->is_running || task->self == LUA_NOREF)
		return;
	luaL_unref(task->state->L, LUA_REGISTRYINDEX, task->self);
	task->self = LUA_NOREF;
}

static void run_task(struct task *task, struct running *running, const char *doing)
{
	char why[SCRIPT_ERROR_MAX];

	task->is_running = true;
	running->function = task->function;
	(void)state_run_main(task->state, running, doing, why);
	task->is_running = false;
	settle(task);
}

static void end_watch(struct task *task)
{
	kea->unwatch(task->watch);
	task->watch = NULL;
	if (task->fd >= 0)
		(void)close(task->fd);
	task->fd = -1;
}

static int free_task(lua_State *L)
{
	struct task *task = lua_touserdata(L, 1);

	kea->timer_free(task->timer);
	task->timer = NULL;
	end_watch(task);
	if (task->function != LUA_NOREF)
		task->state->script->base.n_tasks--;
	luaL_unref(L, LUA_REGISTRYINDEX, task->function);
	task->function = LUA_NOREF;
	return 0;
}

/* --- timers ------------------------------------------------------------------------------------------------------- */

static int push_nothing(lua_State *L, void *context)
{
	(void)L;
	(void)context;
	return 0;
}

static int64_t check_seconds(lua_State *L, int at)
{
	int64_t ms = script_ms(luaL_checknumber(L, at));

	luaL_argcheck(L, ms >= 0, at, "not from 0 seconds to 30 days");
	return ms;
}

/* A number starts the timer again. */
static void start_again(lua_State *L, void *context)
{
	struct task *task = context;

	if (lua_isnil(L, -1) || !task->timer)
		return;
	(void)kea->timer_start(task->timer, check_seconds(L, -1));
	task->is_active = true;
}

static void on_timer(void *context)
{
	struct task *task = context;
	struct running running = { .n_results = 1, .push = push_nothing, .finish = start_again, .context = task };

	task->is_active = false;
	run_task(task, &running, "kea.timer");
}

int kea_timer(lua_State *L)
{
	int64_t ms = check_seconds(L, 1);
	struct task *task;

	luaL_checktype(L, 2, LUA_TFUNCTION);
	(void)is_here(L);
	task = push_task(L, 2, timer_class);
	if (!is_here(L))
		return 1;
	task->timer = kea->timer(task->state->lib, on_timer, task);
	keep(L, task, lua_gettop(L));
	(void)kea->timer_start(task->timer, ms);
	return 1;
}

static int TIMER_start(lua_State *L)
{
	struct task *task = luaL_checkudata(L, 1, timer_class);
	int64_t ms = check_seconds(L, 2);

	if (!is_here(L) || !task->timer)
		return 0;
	keep(L, task, 1);
	(void)kea->timer_start(task->timer, ms);
	return 0;
}

static int TIMER_stop(lua_State *L)
{
	struct task *task = luaL_checkudata(L, 1, timer_class);

	if (task->timer)
		kea->timer_stop(task->timer);
	task->is_active = false;
	settle(task);
	return 0;
}

/* --- descriptors -------------------------------------------------------------------------------------------------- */

struct ready {
	unsigned events;
};

static int push_events(lua_State *L, void *context)
{
	(void)lua_pushstring(L, script_events_text(((const struct ready *)context)->events));
	return 1;
}

static void on_ready(int fd, unsigned events, void *context)
{
	struct ready ready = { events };
	struct running running = { .push = push_events, .context = &ready };

	(void)fd;
	run_task(context, &running, "kea.watch");
}

/* A number, a SOCKET or a file. */
static int descriptor_of(lua_State *L, int at)
{
	const struct sock *sock = luaL_testudata(L, at, socket_class);
	const luaL_Stream *file = luaL_testudata(L, at, LUA_FILEHANDLE);

	if (sock)
		return sock->fd;
	if (file)
		return file->closef ? fileno(file->f) : -1;
	return (int)luaL_checkinteger(L, at);
}

static unsigned check_events(lua_State *L, int at, const char *def)
{
	unsigned events = script_events(luaL_optstring(L, at, def));

	luaL_argcheck(L, events, at, "not \"r\", \"w\" or \"rw\"");
	return events;
}

int kea_watch(lua_State *L)
{
	int fd = descriptor_of(L, 1);
	unsigned events = check_events(L, 3, "r");
	struct task *task;

	luaL_checktype(L, 2, LUA_TFUNCTION);
	(void)is_here(L);
	task = push_task(L, 2, watch_class);
	if (!is_here(L) || kea->is_check(task->state->lib))
		return 1;
	task->fd = script_descriptor(fd);
	if (task->fd < 0)
		return luaL_error(L, "cannot watch the descriptor: %s", strerror(errno));
	task->watch = kea->watch(task->state->lib, task->fd, events, on_ready, task);
	if (!task->watch)
		return luaL_error(L, "the descriptor cannot be watched: it is a file");
	keep(L, task, lua_gettop(L));
	return 1;
}

static int WATCH_change(lua_State *L)
{
	struct task *task = luaL_checkudata(L, 1, watch_class);
	unsigned events = check_events(L, 2, NULL);

	if (task->watch)
		(void)kea->watch_change(task->watch, events);
	return 0;
}

static int WATCH_stop(lua_State *L)
{
	struct task *task = luaL_checkudata(L, 1, watch_class);

	end_watch(task);
	task->is_active = false;
	settle(task);
	return 0;
}

/* --- connections -------------------------------------------------------------------------------------------------- */

union address {
	struct sockaddr any;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
	struct sockaddr_un un;
};

/* Reads address and port; returns the length, or 0 if they are not valid. */
static socklen_t read_address(const char *text, lua_Integer port, union address *ret)
{
	memset(ret, 0, sizeof(*ret));
	if (*text == '/') {
		ret->un.sun_family = AF_UNIX;
		if (strlen(text) >= sizeof(ret->un.sun_path))
			return 0;
		memcpy(ret->un.sun_path, text, strlen(text));
		return sizeof(ret->un);
	}
	if (port < 1 || port > UINT16_MAX)
		return 0;
	if (inet_pton(AF_INET, text, &ret->in.sin_addr) == 1) {
		ret->in.sin_family = AF_INET;
		ret->in.sin_port = htons((uint16_t)port);
		return sizeof(ret->in);
	}
	if (inet_pton(AF_INET6, text, &ret->in6.sin6_addr) != 1)
		return 0;
	ret->in6.sin6_family = AF_INET6;
	ret->in6.sin6_port = htons((uint16_t)port);
	return sizeof(ret->in6);
}

static int push_errno(lua_State *L)
{
	(void)lua_pushstring(L, strerror(errno));
	return 2;
}

int kea_connect(lua_State *L)
{
	const char *text = luaL_checkstring(L, 1);
	lua_Integer port = luaL_optinteger(L, 2, 0);
	union address address;
	socklen_t len = read_address(text, port, &address);
	struct sock *sock;

	luaL_argcheck(L, len, 1, "not an address and a port, or a path");
	if (!is_here(L) || !state_of(L)->serial)
		return luaL_error(L, "not while the script is loaded");
	sock = lua_newuserdatauv(L, sizeof(*sock), 0);
	sock->fd = -1;
	luaL_setmetatable(L, socket_class);
	sock->fd = socket(address.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (sock->fd >= 0 && (connect(sock->fd, &address.any, len) == 0 || errno == EINPROGRESS))
		return 1;
	lua_pushnil(L);
	return push_errno(L);
}

static struct sock *sock_of(lua_State *L)
{
	return luaL_checkudata(L, 1, socket_class);
}

static int SOCKET_read(lua_State *L)
{
	int fd = sock_of(L)->fd;
	luaL_Buffer buffer;
	ssize_t n = recv(fd, luaL_buffinitsize(L, &buffer, READ_MAX), READ_MAX, 0);

	if (n >= 0) {
		luaL_pushresultsize(&buffer, (size_t)n);
		return 1;
	}
	if (errno == EAGAIN || errno == EINTR) {
		lua_pushnil(L);
		return 1;
	}
	lua_pushboolean(L, 0);
	return push_errno(L);
}

static int SOCKET_write(lua_State *L)
{
	size_t len;
	const char *data = luaL_checklstring(L, 2, &len);
	ssize_t n = send(sock_of(L)->fd, data, len, MSG_NOSIGNAL);

	if (n < 0 && errno != EAGAIN && errno != EINTR) {
		lua_pushboolean(L, 0);
		return push_errno(L);
	}
	lua_pushinteger(L, n < 0 ? 0 : n);
	return 1;
}

static int SOCKET_close(lua_State *L)
{
	struct sock *sock = sock_of(L);

	if (sock->fd >= 0)
		(void)close(sock->fd);
	sock->fd = -1;
	return 0;
}

/* --- classes ------------------------------------------------------------------------------------------------------ */

#define METHOD(object, name, arguments, doc) { #name, object##_##name },
static const luaL_Reg timer_methods[] = { SCRIPT_METHODS_TIMER(METHOD){ NULL, NULL } };
static const luaL_Reg watch_methods[] = { SCRIPT_METHODS_WATCH(METHOD){ NULL, NULL } };
static const luaL_Reg socket_methods[] = { SCRIPT_METHODS_SOCKET(METHOD){ NULL, NULL } };

void main_open(lua_State *L)
{
	class_open(L, timer_class, timer_methods, free_task);
	class_open(L, watch_class, watch_methods, free_task);
	class_open(L, socket_class, socket_methods, SOCKET_close);
}
