/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include <stdint.h>

/*
 * CPU time used by all threads of a process since their start, in nanoseconds, as counted by the scheduler
 * (proc(5), schedstat); 0 if there is no such process. The time of threads that have ended is missing. Network
 * stack work in interrupts is charged to the interrupted process.
 */
uint64_t cpu_of_process_ns(uint32_t pid);
/* Same for this process. */
uint64_t cpu_own_ns(void);
