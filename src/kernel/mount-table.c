/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/mount-table.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <libmount/libmount.h>
#include <stdio.h>
#include <unistd.h>

#include "base/fd.h"
#include "kernel/procfs.h"

/* What is used of the library, under its own names. */
struct libmount {
	void *handle;
	__typeof__(mnt_new_table) *new_table;
	__typeof__(mnt_unref_table) *unref_table;
	__typeof__(mnt_table_parse_stream) *parse_stream;
	__typeof__(mnt_new_iter) *new_iter;
	__typeof__(mnt_free_iter) *free_iter;
	__typeof__(mnt_table_next_fs) *next_fs;
	__typeof__(mnt_fs_get_devno) *devno;
	__typeof__(mnt_fs_get_root) *root;
	__typeof__(mnt_fs_get_target) *target;
	__typeof__(mnt_fs_get_fstype) *fstype;
	__typeof__(mnt_fs_get_source) *source;
	__typeof__(mnt_fs_get_vfs_options) *vfs_options;
	__typeof__(mnt_fs_get_fs_options) *fs_options;
};

static int load(struct libmount *ret, struct err *err)
{
	const struct {
		const char *name;
		void *place;
	} symbols[] = {
		{ "mnt_new_table", &ret->new_table },
		{ "mnt_unref_table", &ret->unref_table },
		{ "mnt_table_parse_stream", &ret->parse_stream },
		{ "mnt_new_iter", &ret->new_iter },
		{ "mnt_free_iter", &ret->free_iter },
		{ "mnt_table_next_fs", &ret->next_fs },
		{ "mnt_fs_get_devno", &ret->devno },
		{ "mnt_fs_get_root", &ret->root },
		{ "mnt_fs_get_target", &ret->target },
		{ "mnt_fs_get_fstype", &ret->fstype },
		{ "mnt_fs_get_source", &ret->source },
		{ "mnt_fs_get_vfs_options", &ret->vfs_options },
		{ "mnt_fs_get_fs_options", &ret->fs_options },
	};

	ret->handle = dlopen("libmount.so.1", RTLD_NOW | RTLD_LOCAL);
	if (ret->handle == NULL)
		return err_set(err, ERR_UNSUPPORTED, "dlopen libmount.so.1: %s", dlerror());
	for (size_t i = 0; i < sizeof(symbols) / sizeof(symbols[0]); i++) {
		void *symbol = dlsym(ret->handle, symbols[i].name);

		if (symbol == NULL)
			return err_set(
				err, ERR_UNSUPPORTED, "libmount.so.1 has no %s", symbols[i].name);
		*(void **) symbols[i].place = symbol;
	}
	return 0;
}

static const char *copy(struct arena *arena, const char *text, const char *otherwise)
{
	return arena_str(arena, text != NULL ? text : otherwise);
}

static int collect(const struct libmount *mnt, struct libmnt_table *table, struct arena *arena,
	struct mount_table *ret, struct err *err)
{
	struct libmnt_iter *iter = mnt->new_iter(MNT_ITER_FORWARD);
	struct libmnt_fs *fs;

	if (iter == NULL)
		return err_sys(err, "allocate iterator");
	while (mnt->next_fs(table, iter, &fs) == 0)
		*ARENA_PUSH(arena, ret->items, ret->count) = (struct mount_entry){
			.device = mnt->devno(fs),
			.root = copy(arena, mnt->root(fs), "/"),
			.target = copy(arena, mnt->target(fs), ""),
			.type = copy(arena, mnt->fstype(fs), ""),
			.source = copy(arena, mnt->source(fs), "none"),
			.options = copy(arena, mnt->vfs_options(fs), ""),
			.fs_options = copy(arena, mnt->fs_options(fs), ""),
		};
	mnt->free_iter(iter);
	return 0;
}

static int parse(const struct libmount *mnt, FILE *file, struct arena *arena,
	struct mount_table *ret, struct err *err)
{
	struct libmnt_table *table = mnt->new_table();
	int result = -1;

	if (table == NULL)
		return err_sys(err, "allocate mount table");
	if (mnt->parse_stream(table, file, "mountinfo") != 0)
		(void) err_set(err, ERR_SYSTEM, "mountinfo cannot be read");
	else
		result = collect(mnt, table, arena, ret, err);
	mnt->unref_table(table);
	return result;
}

int mount_table_read(
	int procfs, pid_t pid, struct arena *arena, struct mount_table *ret, struct err *err)
{
	struct mount_table table = { 0 };
	struct libmount mnt = { 0 };
	_cleanup_fd_ int fd = -1;
	int result = -1;
	char path[32];
	FILE *file;

	(void) snprintf(path, sizeof(path), "%d/mountinfo", (int) pid);
	fd = procfs_open_file(procfs, path, O_RDONLY, err);
	if (fd < 0)
		return -1;
	file = fdopen(fd, "re");
	if (file == NULL)
		return err_sys(err, "fdopen %s", path);
	(void) TAKE_FD(fd); /* fclose closes it */
	if (load(&mnt, err) == 0)
		result = parse(&mnt, file, arena, &table, err);
	if (mnt.handle != NULL)
		(void) dlclose(mnt.handle);
	(void) fclose(file);
	if (result == 0)
		*ret = table;
	return result;
}
