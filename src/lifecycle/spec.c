/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/facts.h"
#include "base/fd.h"
#include "base/io.h"
#include "base/str.h"
#include "kernel/facts.h"
#include "kernel/procfs.h"
#include "plan/document.h"
#include "libocispec-lite/spec.h"
#include "lifecycle/lifecycle.h"

enum { MOST_OPTIONS = 6 };

static const char *const env[] = {
	"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "TERM=xterm", NULL
};
static const char *const capabilities[] = { "CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE",
	NULL };
static const char *const masked[] = { "/proc/acpi", "/proc/asound", "/proc/interrupts",
	"/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/sched_debug", "/proc/scsi",
	"/proc/timer_list", "/proc/timer_stats", "/sys/devices/virtual/powercap", "/sys/firmware",
	NULL };
static const char *const readonly[] = { "/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys",
	"/proc/sysrq-trigger", NULL };

static const struct {
	const char *destination, *type, *source;
	const char *options[MOST_OPTIONS + 1];
} mounts[] = {
	{ "/proc", "proc", "proc", { NULL } },
	{ "/dev", "tmpfs", "tmpfs", { "nosuid", "strictatime", "mode=755", "size=65536k" } },
	{ "/dev/pts", "devpts", "devpts",
		{ "nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5" } },
	{ "/dev/shm", "tmpfs", "shm", { "nosuid", "noexec", "nodev", "mode=1777", "size=65536k" } },
	{ "/dev/mqueue", "mqueue", "mqueue", { "nosuid", "noexec", "nodev" } },
	{ "/sys", "sysfs", "sysfs", { "nosuid", "noexec", "nodev", "ro" } },
	{ "/sys/fs/cgroup", "cgroup", "cgroup", { "nosuid", "noexec", "nodev", "relatime", "ro" } },
};
static const char *const host_sys[] = { "rbind", "nosuid", "noexec", "nodev", "ro", NULL };

static struct spec_strings strings(struct arena *arena, const char *const *list)
{
	struct spec_strings ret = { arena_array(arena, 1, sizeof(char *)), 0 };

	for (; *list; list++)
		*ARENA_PUSH(arena, ret.items, ret.count) = arena_str(arena, *list);
	return ret;
}

static bool *yes(struct arena *arena)
{
	bool *ret = ARENA_NEW(arena, bool);

	*ret = true;
	return ret;
}

static struct spec_process *process(struct arena *arena)
{
	static const char *const args[] = { "sh", NULL };
	struct spec_process *ret = ARENA_NEW(arena, struct spec_process);
	struct spec_rlimit *limit = ARENA_NEW(arena, struct spec_rlimit);

	*limit = (struct spec_rlimit){ arena_str(arena, "RLIMIT_NOFILE"), 1024, 1024 };
	ret->terminal = yes(arena);
	ret->user = ARENA_NEW(arena, struct spec_user);
	ret->user->uid = ARENA_NEW(arena, uint32_t);
	ret->user->gid = ARENA_NEW(arena, uint32_t);
	ret->args = strings(arena, args);
	ret->env = strings(arena, env);
	ret->cwd = arena_str(arena, "/");
	ret->capabilities = ARENA_NEW(arena, struct spec_capabilities);
	ret->capabilities->bounding = strings(arena, capabilities);
	ret->capabilities->effective = ret->capabilities->bounding;
	ret->capabilities->permitted = ret->capabilities->bounding;
	ret->rlimits.items = limit;
	ret->rlimits.count = 1;
	ret->no_new_privileges = yes(arena);
	return ret;
}

/* Ids other than the caller's own have no mapping when rootless. */
static void add_options(
	struct arena *arena, const char *const *options, bool rootless, struct spec_mount *mount)
{
	for (; *options; options++)
		if (!rootless || (!str_starts(*options, "uid=") && !str_starts(*options, "gid=")))
			*ARENA_PUSH(arena, mount->options.items, mount->options.count) =
				arena_str(arena, *options);
}

static void add_mounts(struct arena *arena, bool rootless, struct spec *spec)
{
	for (size_t i = 0; i < sizeof(mounts) / sizeof(mounts[0]); i++) {
		struct spec_mount *mount =
			ARENA_PUSH(arena, spec->mounts.items, spec->mounts.count);
		/* A sysfs of one's own needs a network namespace of one's own. */
		bool host = rootless && str_eq(mounts[i].type, "sysfs");

		*mount = (struct spec_mount){
			.destination = arena_str(arena, mounts[i].destination),
			.type = arena_str(arena, host ? "none" : mounts[i].type),
			.source = arena_str(arena, host ? "/sys" : mounts[i].source),
		};
		add_options(arena, host ? host_sys : mounts[i].options, rootless, mount);
	}
}

static void add_namespace(struct arena *arena, struct spec_linux *linux_, const char *type)
{
	*ARENA_PUSH(arena, linux_->namespaces.items, linux_->namespaces.count) =
		(struct spec_namespace){ .type = arena_str(arena, type) };
}

static struct spec_resources *no_devices(struct arena *arena)
{
	struct spec_resources *ret = ARENA_NEW(arena, struct spec_resources);
	struct spec_device_cgroup *rule = ARENA_NEW(arena, struct spec_device_cgroup);

	rule->access = arena_str(arena, "rwm");
	ret->devices.items = rule;
	ret->devices.count = 1;
	return ret;
}

static struct spec_id_mapping *map_one(struct arena *arena, uint32_t host)
{
	struct spec_id_mapping *ret = ARENA_NEW(arena, struct spec_id_mapping);

	*ret = (struct spec_id_mapping){ .container_id = 0, .host_id = host, .size = 1 };
	return ret;
}

static struct spec_linux *linux_part(struct arena *arena, bool rootless, const struct facts *facts)
{
	static const char *const always[] = { "pid", "ipc", "uts", "mount", NULL };
	struct spec_linux *ret = ARENA_NEW(arena, struct spec_linux);

	for (const char *const *type = always; *type; type++)
		add_namespace(arena, ret, *type);
	add_namespace(arena, ret, rootless ? "user" : "network");
	if (facts->cgroup == CGROUP_LAYOUT_V2)
		add_namespace(arena, ret, "cgroup");
	if (rootless) {
		ret->uid_mappings.items = map_one(arena, facts->euid);
		ret->gid_mappings.items = map_one(arena, facts->egid);
		ret->uid_mappings.count = ret->gid_mappings.count = 1;
	} else {
		ret->resources = no_devices(arena);
	}
	ret->masked_paths = strings(arena, masked);
	ret->readonly_paths = strings(arena, readonly);
	return ret;
}

static int write_new(const char *path, const char *text, size_t length, struct err *err)
{
	_cleanup_fd_ int fd =
		open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);

	if (fd < 0 && errno == EEXIST)
		return err_set(err, ERR_USAGE, "%s exists", path);
	if (fd < 0)
		return err_sys(err, "open %s", path);
	if (io_write_all(fd, text, length) < 0) {
		(void) err_sys(err, "write %s", path);
		(void) unlink(path); /* half of a document is of no use */
		return -1;
	}
	return 0;
}

int lifecycle_spec(const char *bundle, const char *file, bool rootless, struct err *err)
{
	_cleanup_arena_ struct arena arena = { 0 };
	_cleanup_fd_ int procfs = procfs_open(err);
	const struct ocispec_alloc alloc = document_alloc(&arena);
	struct facts facts = { 0 };
	struct spec_root root = { .path = arena_str(&arena, "rootfs"), .readonly = yes(&arena) };
	struct spec spec = { .oci_version = arena_str(&arena, "1.3.0"), .root = &root };
	size_t length;

	if (procfs < 0 || facts_probe(procfs, &facts, err) < 0)
		return -1;
	spec.process = process(&arena);
	spec.hostname = arena_str(&arena, "ocirt");
	add_mounts(&arena, rootless, &spec);
	spec.linux_ = linux_part(&arena, rootless, &facts);
	const char *text = ocispec_print(&ocispec_config, &spec, OCISPEC_PRETTY, &alloc, &length);
	const char *path = file ? file
		: bundle	? arena_printf(&arena, "%s/config.json", bundle)
				: "config.json";

	return write_new(path, text, length, err);
}
