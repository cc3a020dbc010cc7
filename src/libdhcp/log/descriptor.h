/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

/*
 * Descriptors that the server cannot do without. Nothing of the server closes them by mistake; a hook library may. What
 * is opened next then has their numbers, and may receive what was meant for them: so the process ends at once, without
 * touching a file, and is started again by what supervises it.
 */

/* The descriptor is open from now on, until descriptor_disown(), which comes before closing it. `what` stays valid. */
void descriptor_own(int fd, const char *what);
void descriptor_disown(int fd);
/* Ends the process if one of them is no longer open. */
void descriptors_check(void);
/* Ends the process: something closed the descriptor of `what`, which is the last line of the log. Any thread. */
void descriptor_lost(const char *what) __attribute__((noreturn, cold));
