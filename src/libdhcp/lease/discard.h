/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

/*
 * Large files that go away. Removing 80 MB at once keeps the file system's journal, and so every sync of a server
 * on the same disk, waiting for tens of milliseconds. So the file is held open while its last name goes, and
 * its blocks are given back bit by bit.
 *
 *	int fd = discard_hold(path);
 *	unlink(path);
 *	discard(fd);
 */
/* A descriptor for discard(); -1 if there is no such file. */
int discard_hold(const char *path);
/* Give back what is behind fd, and close it. A file that has another name or that somebody reads stays whole. */
void discard(int fd);
