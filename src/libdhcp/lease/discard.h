/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

/*
 * Deletes large files gradually. Removing 80 MB at once occupies the file system's journal, and thus blocks
 * every sync of a server on the same disk, for tens of milliseconds. So the caller keeps the file open while
 * unlinking it, and discard() then frees its blocks in small steps.
 *
 *	int fd = discard_hold(path);
 *	unlink(path);
 *	discard(fd);
 */
/* Returns a descriptor for discard(), -1 if there is no such file. */
int discard_hold(const char *path);
/* Frees the blocks of the file and closes fd. A file that has another name or another reader is not truncated. */
void discard(int fd);
