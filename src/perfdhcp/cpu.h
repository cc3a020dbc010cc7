/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include <stdint.h>

/*
 * Processor time that all threads of a process have used since they began, in nanoseconds, as the
 * scheduler counts it (proc(5), schedstat); 0 if there is no such process. A thread that has ended
 * takes its time with it. Work of the network stack that interrupts do is charged to whom they
 * interrupt.
 */
uint64_t cpu_of_process_ns(uint32_t pid);
/* Of this one. */
uint64_t cpu_own_ns(void);
