/* SPDX-License-Identifier: MPL-2.0 */
/*
 * What can be said about a file before it is loaded: loading already runs code of it. So permissions are checked first,
 * and the kind of library is found by the names in the file, not by loading it.
 */
#include "hook/library.h"

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* Others may replace what has this owner and mode. */
static bool is_open_to_others(const struct stat *st)
{
	if (st->st_uid != 0 && st->st_uid != geteuid())
		return true;
	return st->st_mode & S_IWOTH || (st->st_mode & S_IWGRP && st->st_gid != 0 && st->st_gid != getegid());
}

static bool check_permissions(const struct hook_load *load, const struct stat *st, const char *what, const char *path)
{
	if (!is_open_to_others(st))
		return true;
	if (load->is_relaxed) {
		diag_warn(load->diag, load->pos, "other users may write to the %s %s", what, path);
		return true;
	}
	diag_error(load->diag, load->pos, "other users may write to the %s %s: a hook library runs as the server", what,
		   path);
	diag_help(load->diag, "chown root '%s' && chmod go-w '%s'", path, path);
	return false;
}

static bool check_directory(const struct hook_load *load)
{
	char directory[PATH_MAX];
	struct stat st;

	return stat(file_folder(load->path, directory), &st) < 0 ||
	       check_permissions(load, &st, "directory", directory);
}

static bool has_name(const uint8_t *file, size_t len, const char *name)
{
	return memmem(file, len, name, strlen(name)) != NULL;
}

/* The loader would read past the end of a file that was cut, which ends the process. */
static bool is_complete(const uint8_t *file, size_t len)
{
	ElfW(Ehdr) head;
	ElfW(Phdr) part;

	if (len < sizeof(head))
		return false;
	memcpy(&head, file, sizeof(head));
	if (head.e_type != ET_DYN || head.e_phentsize != sizeof(part) || head.e_phoff > len ||
	    (len - head.e_phoff) / sizeof(part) < head.e_phnum)
		return false;
	for (unsigned i = 0; i < head.e_phnum; i++) {
		memcpy(&part, file + head.e_phoff + i * sizeof(part), sizeof(part));
		if (part.p_offset > len || part.p_filesz > len - part.p_offset)
			return false;
	}
	return true;
}

/* The names that a library exports are in its file as they are. */
static bool check_kind(const struct hook_load *load, const uint8_t *file, size_t len)
{
	const char *name = file_name(load->path);

	if (len < EI_NIDENT || memcmp(file, ELFMAG, SELFMAG) != 0 || !is_complete(file, len)) {
		diag_error(load->diag, load->pos, "%s is not a shared library", load->path);
		return false;
	}
	if (has_name(file, len, "kea_hook_load"))
		return true;
	if (has_name(file, len, "_ZN3isc5hooks") || has_name(file, len, "N3isc5hooks") ||
	    has_name(file, len, "libkea-hooks.so"))
		diag_error(
			load->diag, load->pos,
			"%s is a C++ library for ISC's Kea, which only ISC's servers can load: it needs a version for "
			"this server",
			name);
	else
		diag_error(load->diag, load->pos, "%s is not a hook library: it has no function kea_hook_load", name);
	return false;
}

bool hook_file_check(const struct hook_load *load)
{
	char why[FILE_WHY_MAX];
	void *file = MAP_FAILED;
	bool ok = false;
	struct stat st;
	int fd;

	fd = open(load->path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0) {
		diag_error(load->diag, load->pos, "\"hooks-libraries\": cannot load %s: %s", load->path,
			   file_why(load->path, R_OK, why));
		goto out;
	}
	if (!S_ISREG(st.st_mode) || !st.st_size) {
		diag_error(load->diag, load->pos, "%s is not a shared library", load->path);
		goto out;
	}
	if (!check_directory(load) || !check_permissions(load, &st, "file", load->path))
		goto out;
	file = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (file == MAP_FAILED)
		diag_error(load->diag, load->pos, "cannot load %s: %s", load->path, strerror(errno));
	else
		ok = check_kind(load, file, (size_t)st.st_size);
out:
	if (file != MAP_FAILED)
		(void)munmap(file, (size_t)st.st_size);
	if (fd >= 0)
		(void)close(fd);
	return ok;
}
