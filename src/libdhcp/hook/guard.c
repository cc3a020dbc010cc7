/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Exceptions: the server is written in C, so what catches them is a personality routine of the frame that calls the
 * library (Itanium C++ ABI, exception handling, 2.5.2): the unwinder asks it whether it handles the exception, runs the
 * destructors of the library's frames, and comes back to it. It then continues after the call: on x86-64 as a handler
 * of C++ does, which costs nothing until then; elsewhere by a jump to where the call began.
 */
#include "hook/guard.h"

#include "log/config.h"

#include <setjmp.h>
#include <signal.h>
#include <unistd.h>
#include <unwind.h>

/* A call; in its frame. */
struct running {
	const struct hook_guard *lib;
	const char *doing;
	struct running *outer; /* the call that leads to this one; NULL: none */
	/* Where it is caught by a jump. */
	struct _Unwind_Exception *thrown;
	jmp_buf *landing;
};

/* The innermost call of this thread; NULL: no library runs. */
static _Thread_local struct running *running;

#if defined(__x86_64__) || defined(__aarch64__)
/* Referred to by the assembler only. */
_Unwind_Reason_Code hook_personality(int version, _Unwind_Action actions, _Unwind_Exception_Class kind,
				     struct _Unwind_Exception *thrown, struct _Unwind_Context *context)
	__attribute__((used, visibility("hidden")));
static _Unwind_Reason_Code land(struct _Unwind_Exception *thrown, struct _Unwind_Context *context);

_Unwind_Reason_Code hook_personality(int version, _Unwind_Action actions, _Unwind_Exception_Class kind,
				     struct _Unwind_Exception *thrown, struct _Unwind_Context *context)
{
	(void)version;
	(void)kind;
	/* A thread that is cancelled, which no handler stops. */
	if (actions & _UA_FORCE_UNWIND)
		return _URC_CONTINUE_UNWIND;
	if (actions & _UA_SEARCH_PHASE)
		return _URC_HANDLER_FOUND;
	return actions & _UA_HANDLER_FRAME ? land(thrown, context) : _URC_CONTINUE_UNWIND;
}
#endif

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define __SANITIZE_THREAD__ 1
#endif
#endif

/* ThreadSanitizer counts the frames of a thread, and knows jumps only. */
#if defined(__x86_64__) && !defined(__SANITIZE_THREAD__)

/* Stores what fn returns in *ret, and returns NULL; or what it has thrown. */
struct _Unwind_Exception *hook_guarded_call(hook_guarded_fn *fn, void *arg, int *ret)
	__attribute__((visibility("hidden")));
extern const char hook_landing[] __attribute__((visibility("hidden")));

/* In assembler, because the landing must find the frame as the call left it. */
/* clang-format off */
__asm__("	.pushsection .text\n"
	"	.p2align 4\n"
	"	.globl hook_guarded_call, hook_landing\n"
	"	.hidden hook_guarded_call, hook_landing\n"
	"	.type hook_guarded_call, @function\n"
	"hook_guarded_call:\n"
	"	.cfi_startproc\n"
	"	.cfi_personality 0x1b, hook_personality\n"
	"	endbr64\n"
	"	push %rbx\n"
	"	.cfi_def_cfa_offset 16\n"
	"	.cfi_offset rbx, -16\n"
	"	mov %rdx, %rbx\n"
	"	mov %rdi, %rax\n"
	"	mov %rsi, %rdi\n"
	"	call *%rax\n"
	"	mov %eax, (%rbx)\n"
	"	xor %eax, %eax\n"
	"hook_landing:\n" /* with the exception in rax */
	"	endbr64\n"
	"	pop %rbx\n"
	"	.cfi_def_cfa_offset 8\n"
	"	ret\n"
	"	.cfi_endproc\n"
	"	.size hook_guarded_call, . - hook_guarded_call\n"
	"	.popsection\n");
/* clang-format on */

static _Unwind_Reason_Code land(struct _Unwind_Exception *thrown, struct _Unwind_Context *context)
{
	_Unwind_SetGR(context, __builtin_eh_return_data_regno(0), (_Unwind_Word)(uintptr_t)thrown);
	_Unwind_SetIP(context, (_Unwind_Ptr)(uintptr_t)hook_landing);
	return _URC_INSTALL_CONTEXT;
}

#else

#if defined(__x86_64__) || defined(__aarch64__)
static _Unwind_Reason_Code land(struct _Unwind_Exception *thrown, struct _Unwind_Context *context)
{
	(void)context;
	running->thrown = thrown;
	longjmp(*running->landing, 1);
}
#define CATCH_HERE() __asm__ volatile(".cfi_personality 0x1b, hook_personality")
#else
#define CATCH_HERE() (void)0
#endif

#if __has_attribute(noclone)
#define ONE_COPY __attribute__((noinline, noclone))
#else
#define ONE_COPY __attribute__((noinline))
#endif

static ONE_COPY int call(hook_guarded_fn *fn, void *arg)
{
	int result;

	CATCH_HERE();
	result = fn(arg);
	/* Not a tail call: the frame must be there while fn runs. */
	__asm__ volatile("" ::: "memory");
	return result;
}

static ONE_COPY struct _Unwind_Exception *hook_guarded_call(hook_guarded_fn *fn, void *arg, int *ret)
{
	jmp_buf landing;

	running->landing = &landing;
	if (_setjmp(landing) != 0)
		return running->thrown; /* from memory: registers are those of before */
	*ret = call(fn, arg);
	return NULL;
}

#endif

/* As a handler does; without the library's runtime, at least the exception is freed. */
static void end_exception(const struct hook_guard *lib, struct _Unwind_Exception *thrown)
{
	if (lib->begin_catch && lib->end_catch) {
		(void)lib->begin_catch(thrown);
		lib->end_catch();
	} else if (thrown->exception_cleanup) {
		thrown->exception_cleanup(_URC_FOREIGN_EXCEPTION_CAUGHT, thrown);
	}
}

bool hook_guarded(const struct hook_guard *lib, const char *doing, hook_guarded_fn *fn, void *arg, int *ret)
{
	/* What the library calls may lead to another call, of it or of another library. */
	struct _Unwind_Exception *thrown;
	struct running mine;

	mine.lib = lib;
	mine.doing = doing;
	mine.outer = running;
	running = &mine;
	thrown = hook_guarded_call(fn, arg, ret);
	running = mine.outer;
	if (thrown)
		end_exception(lib, thrown);
	return !thrown;
}

/* --- crashes --- */

static const int fatal[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT };
enum { FATAL_N = sizeof(fatal) / sizeof(fatal[0]) };
static struct sigaction before[FATAL_N];

static void add(char *line, size_t size, const char *text)
{
	size_t at = strlen(line);

	for (; *text && at + 1 < size; text++)
		line[at++] = *text;
	line[at] = '\0';
}

/* Only what is safe in a signal handler. */
static void on_crash(int signo, siginfo_t *info, void *context)
{
	char line[512] = "FATAL HOOKS_LIBRARY_CRASHED the server crashes in hook library ", number[3] = "";

	(void)context;
	if (running) {
		add(line, sizeof(line), running->lib->name);
		add(line, sizeof(line), ", in ");
		add(line, sizeof(line), running->doing);
		add(line, sizeof(line), ": signal ");
		number[0] = (char)('0' + signo / 10);
		number[1] = (char)('0' + signo % 10);
		add(line, sizeof(line), number);
		add(line, sizeof(line), "\n");
		log_last_words(line, strlen(line));
	}
	/* What was there before happens next, when the instruction runs again or abort() goes on. */
	for (unsigned i = 0; i < FATAL_N; i++)
		if (fatal[i] == signo)
			(void)sigaction(signo, &before[i], NULL);
	/* A signal that was sent has no instruction that runs again. */
	if (info->si_code <= 0)
		(void)raise(signo);
}

void hook_guard_crashes(void)
{
	static bool is_done;
	struct sigaction action = { .sa_sigaction = on_crash, .sa_flags = SA_ONSTACK | SA_SIGINFO };

	if (is_done)
		return;
	is_done = true;
	for (unsigned i = 0; i < FATAL_N; i++)
		(void)sigaction(fatal[i], &action, &before[i]);
}
