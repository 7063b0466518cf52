/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <sched.h>
#include <string.h>

#include "base/str.h"
#include "libocispec-lite/spec.h"
#include "plan/parts.h"

/* The sysctls that belong to a namespace; every other one is the host's. A prefix ends with '/'. */
static const struct {
	const char *path;
	unsigned flag;
	const char *name;
} namespaced[] = {
	{ "kernel/msgmax", CLONE_NEWIPC, "ipc" },
	{ "kernel/msgmnb", CLONE_NEWIPC, "ipc" },
	{ "kernel/msgmni", CLONE_NEWIPC, "ipc" },
	{ "kernel/sem", CLONE_NEWIPC, "ipc" },
	{ "kernel/shmall", CLONE_NEWIPC, "ipc" },
	{ "kernel/shmmax", CLONE_NEWIPC, "ipc" },
	{ "kernel/shmmni", CLONE_NEWIPC, "ipc" },
	{ "kernel/shm_rmid_forced", CLONE_NEWIPC, "ipc" },
	{ "fs/mqueue/", CLONE_NEWIPC, "ipc" },
	{ "net/", CLONE_NEWNET, "network" },
	{ "kernel/domainname", CLONE_NEWUTS, "uts" },
	{ "user/", CLONE_NEWUSER, "user" },
};

/* As sysctl.d(5): if the first separator is a dot, dots become slashes and slashes dots. */
static char *to_path(struct arena *arena, const char *key)
{
	char *path = arena_str(arena, key);
	const char *first = strpbrk(key, "./");

	if (first == NULL || *first == '/')
		return path;
	for (char *at = path; *at != '\0'; at++)
		if (*at == '.')
			*at = '/';
		else if (*at == '/')
			*at = '.';
	return path;
}

static bool is_clean(const char *path)
{
	if (path[0] == '\0' || path[0] == '/' || path[strlen(path) - 1] == '/')
		return false;
	for (const char *at = path; at != NULL;) {
		const size_t length = strcspn(at, "/");

		if (length == 0 || (length == 1 && at[0] == '.') ||
			(length == 2 && at[0] == '.' && at[1] == '.'))
			return false;
		at = at[length] == '/' ? at + length + 1 : NULL;
	}
	return true;
}

static int check(const struct plan_input *in, const struct ns_plan *ns, const char *path,
	const char *value, const char *pointer, struct err *err)
{
	enum { NAME_BYTES = 64 };

	if (str_eq(path, "kernel/hostname"))
		return err_at(err, pointer, "the hostname is set by /hostname");
	if (str_eq(path, "kernel/domainname") && in->spec->domainname != NULL)
		return err_at(err, pointer, "the domainname is set by /domainname");
	/* The kernel takes a longer one and keeps its beginning. */
	if (str_eq(path, "kernel/domainname") && strlen(value) > NAME_BYTES)
		return err_at(err, pointer, "must not be longer than %d bytes", NAME_BYTES);
	for (size_t i = 0; i < sizeof(namespaced) / sizeof(namespaced[0]); i++) {
		const char *known = namespaced[i].path;
		const bool prefix = known[strlen(known) - 1] == '/';

		if (prefix ? !str_starts(path, known) : !str_eq(path, known))
			continue;
		if ((ns->all & namespaced[i].flag) == 0)
			return err_at(err, pointer,
				"it needs a %s namespace of the container's own",
				namespaced[i].name);
		return 0;
	}
	return err_at(err, pointer, "it belongs to no namespace: it is the host's");
}

int plan_sysctl(const struct plan_input *in, const struct ns_plan *ns,
	const struct sysctl_plan **ret, size_t *ret_count, struct err *err)
{
	const struct spec_linux *linux_ = in->spec->linux_;
	const size_t count = linux_ != NULL ? linux_->sysctl.count : 0;
	struct sysctl_plan *sysctls = arena_array(in->arena, count, sizeof(*sysctls));

	for (size_t i = 0; i < count; i++) {
		const struct spec_map_entry *entry = &linux_->sysctl.items[i];
		char key[96];
		const char *pointer;
		char *path = to_path(in->arena, entry->key);

		str_pointer_key(key, sizeof(key), entry->key);
		pointer = arena_printf(in->arena, "/linux/sysctl/%s", key);
		if (!is_clean(path))
			return err_at(err, pointer, "it is not the name of a sysctl");
		if (check(in, ns, path, entry->value, pointer, err) < 0)
			return -1;
		sysctls[i] = (struct sysctl_plan){ path, entry->value, pointer };
	}
	*ret = sysctls;
	*ret_count = count;
	return 0;
}
