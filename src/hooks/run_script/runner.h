/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include <kea/hooks.h>

#include <stdbool.h>

/*
 * Runs scripts in the order of their events, from a thread of its own: at most 64 at a time, each for
 * at most limit_ms. Events wait in a queue of 8 MiB; those for which there is no room are lost and logged. The thread
 * outlives the library's instance until the queue is empty and the last script has ended.
 */
struct runner;

#define RUNNER_EVENT_MAX (128 * 1024) /* bytes of an event */
#define RUNNER_LIMIT_MS 10000

/* Returns NULL if there is no thread or memory for it. path is copied. */
struct runner *runner_new(const char *path, int limit_ms);

/*
 * Queues a run of the script: its argument and its environment, strings that end with NUL, one after another. Copied.
 * Any thread; never waits for a script.
 */
void runner_queue(struct runner *runner, const char *argument, const char *environment, size_t len);

/* Nothing is logged any longer. Scripts in the queue still run. NULL is fine. */
void runner_end(struct runner *runner);
