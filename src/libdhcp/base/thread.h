/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include <pthread.h>

/* Starts a thread with all signals blocked: they are for the main thread. Returns 0, or an error number. */
int thread_start(pthread_t *ret, void *(*run)(void *arg), void *arg);
