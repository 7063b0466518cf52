/* SPDX-License-Identifier: GPL-2.0-or-later */
/* plan/validate: what can be judged of a configuration without the kernel, with the place of each
 * fault as a JSON pointer. Follows config.md and config-linux.md. What belongs to one part alone (the
 * words of a mount, the capabilities of a process) is judged by that part's maker. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "libocispec-lite/spec.h"
#include "plan/parts.h"
#include "plan/proc-names.h"

enum {
	NAME_BYTES = 64,
	MAP_LINES = 340,
	MODE_BITS = 0177777,
	MAJOR_END = 4096,
	MINOR_END = 1 << 20
};

static int refuse(struct err *err, const char *words, const char *format, ...)
	__attribute__((format(printf, 3, 4), cold));
static int refuse(struct err *err, const char *words, const char *format, ...)
{
	char at[128];
	va_list args;

	va_start(args, format);
	(void) vsnprintf(at, sizeof(at), format, args);
	va_end(args);
	return err_at(err, at, "%s", words);
}

static bool is_blank(const char *text)
{
	return text == NULL || *text == '\0';
}

static bool has_dotdot(const char *path)
{
	for (const char *part = path; *part != '\0'; part += *part == '/') {
		size_t length = strcspn(part, "/");

		if (length == 2 && part[0] == '.' && part[1] == '.')
			return true;
		part += length;
	}
	return false;
}

/* "/", "//", "/." and the like. */
static bool is_root(const char *path)
{
	for (; *path != '\0'; path++)
		if (*path != '/' && !(*path == '.' && (path[1] == '/' || path[1] == '\0')))
			return false;
	return true;
}

static bool has_namespace(const struct spec_linux *linux_, const char *type)
{
	for (size_t i = 0; i < linux_->namespaces.count; i++)
		if (str_eq(linux_->namespaces.items[i].type, type))
			return true;
	return false;
}

static bool has_new_namespace(const struct spec_linux *linux_, const char *type)
{
	for (size_t i = 0; i < linux_->namespaces.count; i++)
		if (str_eq(linux_->namespaces.items[i].type, type) &&
			is_blank(linux_->namespaces.items[i].path))
			return true;
	return false;
}

static const char *digits_behind(const char *text)
{
	const char *end = text;

	while (*end >= '0' && *end <= '9')
		end++;
	return end == text || (*text == '0' && end - text > 1) ? NULL : end;
}

/* Words between dots. A number among those of a pre-release has no leading zero. */
static const char *words_behind(const char *text, bool numbers)
{
	for (;; text++) {
		const size_t length = strspn(
			text, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-");

		if (length == 0 ||
			(numbers && *text == '0' && length > 1 &&
				strspn(text, "0123456789") == length))
			return NULL;
		text += length;
		if (*text != '.')
			return text;
	}
}

/* Semantic Versioning 2.0.0 with the major version 1: 1.MINOR.PATCH, then -words, then +words. */
static int check_version(const char *version, struct err *err)
{
	const char *end;

	if (version == NULL)
		return err_at(err, "/ociVersion", "is missing");
	if (!str_starts(version, "1."))
		return err_at(err, "/ociVersion", "only 1.x.y is supported, not \"%s\"", version);
	end = digits_behind(version + 2);
	end = end != NULL && *end == '.' ? digits_behind(end + 1) : NULL;
	if (end != NULL && *end == '-')
		end = words_behind(end + 1, true);
	if (end != NULL && *end == '+')
		end = words_behind(end + 1, false);
	if (end == NULL || *end != '\0')
		return err_at(err, "/ociVersion", "\"%s\" is not a semantic version", version);
	return 0;
}

static int check_root(const struct spec *spec, struct err *err)
{
	if (spec->root == NULL)
		return err_at(err, "/root", "is missing");
	if (is_blank(spec->root->path))
		return err_at(err, "/root/path", "is missing or empty");
	/* A container whose root is the host's own would be no container. */
	if (*spec->root->path == '/' && is_root(spec->root->path))
		return err_at(err, "/root/path", "must not be the root of the host");
	return 0;
}

static int check_process(const struct spec_process *process, struct err *err)
{
	if (process == NULL)
		return 0; /* `start` wants it */
	if (process->args.count == 0)
		return err_at(err, "/process/args", "is missing or empty");
	if (is_blank(process->args.items[0]))
		return err_at(err, "/process/args/0",
			"exec: \"%s\": executable file not found in $PATH", process->args.items[0]);
	if (process->cwd == NULL || process->cwd[0] != '/')
		return err_at(err, "/process/cwd", "must be an absolute path");
	for (size_t i = 0; i < process->env.count; i++)
		if (process->env.items[i][0] == '=' || strchr(process->env.items[i], '=') == NULL)
			return refuse(err, "must be KEY=VALUE", "/process/env/%zu", i);
	if (process->user == NULL)
		return 0;
	/* This number means "leave as it is" to the kernel, so it would give the caller's id. */
	if (process->user->uid != NULL && *process->user->uid == UINT32_MAX)
		return err_at(err, "/process/user/uid", "4294967295 is not a user id");
	if (process->user->gid != NULL && *process->user->gid == UINT32_MAX)
		return err_at(err, "/process/user/gid", "4294967295 is not a group id");
	if (process->user->umask != NULL && *process->user->umask > 0777)
		return err_at(err, "/process/user/umask", "must not exceed 0777 (511)");
	return 0;
}

static int check_namespaces(const struct spec_linux *linux_, struct err *err)
{
	for (size_t i = 0; i < linux_->namespaces.count; i++) {
		const struct spec_namespace *item = &linux_->namespaces.items[i];

		if (names_find(&names_namespaces, item->type) == NULL) {
			char at[64];

			(void) snprintf(at, sizeof(at), "/linux/namespaces/%zu/type", i);
			return names_unknown(&names_namespaces, "type", item->type, at, err);
		}
		for (size_t k = 0; k < i; k++)
			if (str_eq(item->type, linux_->namespaces.items[k].type))
				return refuse(err, "this type of namespace is there twice",
					"/linux/namespaces/%zu/type", i);
		if (item->path != NULL && *item->path != '\0' && *item->path != '/')
			return refuse(
				err, "must be an absolute path", "/linux/namespaces/%zu/path", i);
	}
	return 0;
}

static bool overlap(uint32_t a, uint32_t a_size, uint32_t b, uint32_t b_size)
{
	return (uint64_t) a < (uint64_t) b + b_size && (uint64_t) b < (uint64_t) a + a_size;
}

static int check_maps(
	const struct spec_id_mapping *maps, size_t count, const char *at, struct err *err)
{
	if (count > MAP_LINES)
		return err_at(err, at, "the kernel takes no more than %d lines", MAP_LINES);
	for (size_t i = 0; i < count; i++) {
		if (maps[i].size == 0)
			return refuse(err, "must not be 0", "%s/%zu/size", at, i);
		if ((uint64_t) maps[i].container_id + maps[i].size > UINT32_MAX ||
			(uint64_t) maps[i].host_id + maps[i].size > UINT32_MAX)
			return refuse(err, "goes beyond the last id", "%s/%zu/size", at, i);
		for (size_t k = 0; k < i; k++)
			if (overlap(maps[i].container_id, maps[i].size, maps[k].container_id,
				    maps[k].size) ||
				overlap(maps[i].host_id, maps[i].size, maps[k].host_id,
					maps[k].size))
				return refuse(err, "overlaps an earlier mapping", "%s/%zu", at, i);
	}
	return 0;
}

static int check_user_namespace(const struct spec_linux *linux_, struct err *err)
{
	bool fresh = has_new_namespace(linux_, "user");
	size_t uids = linux_->uid_mappings.count, gids = linux_->gid_mappings.count;

	if (!has_namespace(linux_, "user") && uids + gids > 0)
		return err_at(err, uids > 0 ? "/linux/uidMappings" : "/linux/gidMappings",
			"needs a user namespace");
	if (fresh && uids == 0)
		return err_at(err, "/linux/uidMappings", "a new user namespace needs mappings");
	if (fresh && gids == 0)
		return err_at(err, "/linux/gidMappings", "a new user namespace needs mappings");
	if (check_maps(linux_->uid_mappings.items, uids, "/linux/uidMappings", err) < 0)
		return -1;
	return check_maps(linux_->gid_mappings.items, gids, "/linux/gidMappings", err);
}

static int check_clock(const struct spec_time_offset *clock, const char *at, struct err *err)
{
	if (clock != NULL && clock->nanosecs != NULL && *clock->nanosecs >= 1000000000)
		return refuse(err, "must be less than 1000000000", "%s/nanosecs", at);
	return 0;
}

static int check_time(const struct spec_linux *linux_, struct err *err)
{
	const struct spec_time_offsets *offsets = linux_->time_offsets;

	if (offsets == NULL)
		return 0;
	if ((offsets->monotonic != NULL || offsets->boottime != NULL) &&
		!has_new_namespace(linux_, "time"))
		return err_at(err, "/linux/timeOffsets", "needs a new time namespace");
	if (check_clock(offsets->monotonic, "/linux/timeOffsets/monotonic", err) < 0)
		return -1;
	return check_clock(offsets->boottime, "/linux/timeOffsets/boottime", err);
}

static int check_name(
	const char *name, const char *at, const struct spec_linux *linux_, struct err *err)
{
	if (is_blank(name))
		return 0;
	if (!has_namespace(linux_, "uts"))
		return err_at(err, at, "needs a uts namespace");
	if (strlen(name) > NAME_BYTES)
		return err_at(err, at, "must not be longer than %d bytes", NAME_BYTES);
	return 0;
}

static int check_mounts(const struct spec *spec, struct err *err)
{
	for (size_t i = 0; i < spec->mounts.count; i++) {
		const struct spec_mount *mount = &spec->mounts.items[i];
		char at[64];

		if (is_blank(mount->destination))
			return refuse(err, "is missing or empty", "/mounts/%zu/destination", i);
		if (is_root(mount->destination))
			return refuse(err, "must not be the root", "/mounts/%zu/destination", i);
		(void) snprintf(at, sizeof(at), "/mounts/%zu/uidMappings", i);
		if (check_maps(mount->uid_mappings.items, mount->uid_mappings.count, at, err) < 0)
			return -1;
		(void) snprintf(at, sizeof(at), "/mounts/%zu/gidMappings", i);
		if (check_maps(mount->gid_mappings.items, mount->gid_mappings.count, at, err) < 0)
			return -1;
	}
	return 0;
}

static int check_device(const struct spec_device *device, size_t i, struct err *err)
{
	const char *type = device->type;

	if (type == NULL || strlen(type) != 1 || strchr("cbup", *type) == NULL)
		return refuse(err, "must be c, b, u or p", "/linux/devices/%zu/type", i);
	if (device->path == NULL || *device->path != '/' || is_root(device->path) ||
		has_dotdot(device->path))
		return refuse(
			err, "must be an absolute path without ..", "/linux/devices/%zu/path", i);
	if (*type != 'p') {
		if (device->major == NULL || *device->major < 0 || *device->major >= MAJOR_END)
			return refuse(err, "must be from 0 to 4095", "/linux/devices/%zu/major", i);
		if (device->minor == NULL || *device->minor < 0 || *device->minor >= MINOR_END)
			return refuse(
				err, "must be from 0 to 1048575", "/linux/devices/%zu/minor", i);
	}
	if (device->file_mode != NULL && *device->file_mode > MODE_BITS)
		return refuse(err, "is not a file mode", "/linux/devices/%zu/fileMode", i);
	if ((device->uid != NULL && *device->uid == UINT32_MAX) ||
		(device->gid != NULL && *device->gid == UINT32_MAX))
		return refuse(err, "4294967295 is not an id", "/linux/devices/%zu", i);
	return 0;
}

static bool is_same_device(const struct spec_device *a, const struct spec_device *b)
{
	return str_eq(a->type, b->type) &&
		(*a->type == 'p' || (*a->major == *b->major && *a->minor == *b->minor));
}

/* Engines pass on what their user has given twice; the second one finds the node that it wants. */
static int check_devices(const struct spec_linux *linux_, struct err *err)
{
	const struct spec_device *all = linux_->devices.items;

	for (size_t i = 0; i < linux_->devices.count; i++) {
		if (check_device(&all[i], i, err) < 0)
			return -1;
		for (size_t k = 0; k < i; k++)
			if (str_eq(all[i].path, all[k].path) && !is_same_device(&all[i], &all[k]))
				return refuse(err, "is there twice, and not the same device",
					"/linux/devices/%zu/path", i);
	}
	return 0;
}

static int check_paths(const struct spec_strings *paths, const char *at, struct err *err)
{
	for (size_t i = 0; i < paths->count; i++)
		if (paths->items[i][0] != '/' || is_root(paths->items[i]) ||
			has_dotdot(paths->items[i]))
			return refuse(err, "must be an absolute path below the root, without ..",
				"%s/%zu", at, i);
	return 0;
}

/* Without a mount namespace every mount would be the host's. */
static int check_mount_namespace(
	const struct spec *spec, const struct spec_linux *linux_, struct err *err)
{
	const char *at = NULL;

	if (has_namespace(linux_, "mount"))
		return 0;
	if (spec->mounts.count > 0)
		at = "/mounts";
	else if (linux_->devices.count > 0)
		at = "/linux/devices";
	else if (linux_->masked_paths.count > 0)
		at = "/linux/maskedPaths";
	else if (linux_->readonly_paths.count > 0)
		at = "/linux/readonlyPaths";
	else if (spec->root->readonly != NULL && *spec->root->readonly)
		at = "/root/readonly";
	return at == NULL ? 0 : err_at(err, at, "needs a mount namespace");
}

static int check_net_devices(const struct spec_linux *linux_, struct err *err)
{
	if (linux_->net_devices.count > 0 && !has_namespace(linux_, "network"))
		return err_at(err, "/linux/netDevices", "needs a network namespace");
	for (size_t i = 0; i < linux_->net_devices.count; i++) {
		const struct spec_net_device *device = &linux_->net_devices.items[i];
		const char *names[] = { device->key, device->name };
		char key[100];

		str_pointer_key(key, sizeof(key), device->key);
		for (size_t k = 0; k < 2; k++) {
			const char *name = names[k];

			if (k == 1 && is_blank(name))
				continue; /* keeps the one it has */
			if (!str_is_file_name(name) || strlen(name) > 15 ||
				strpbrk(name, ": \t\n\v\f\r") != NULL)
				return refuse(err, "is not the name of a network device",
					"/linux/netDevices/%s%s", key, k == 1 ? "/name" : "");
		}
	}
	return 0;
}

static int check_rdt(const struct spec_linux *linux_, struct err *err)
{
	const struct spec_intel_rdt *rdt = linux_->intel_rdt;
	const char *id = rdt != NULL ? rdt->clos_id : NULL;
	const char *bandwidth = rdt != NULL ? rdt->mem_bw_schema : NULL;

	if (rdt == NULL)
		return 0;
	if (id != NULL && !str_eq(id, "/") && !str_is_file_name(id))
		return err_at(err, "/linux/intelRdt/closID", "must be a file name, or /");
	if (bandwidth != NULL && (!str_starts(bandwidth, "MB:") || strchr(bandwidth, '\n') != NULL))
		return err_at(err, "/linux/intelRdt/memBwSchema",
			"must be one line that begins with MB:");
	for (size_t i = 0; i < rdt->schemata.count; i++)
		if (strchr(rdt->schemata.items[i], '\n') != NULL)
			return refuse(err, "must be one line", "/linux/intelRdt/schemata/%zu", i);
	return 0;
}

static int check_annotations(const struct spec_map *annotations, struct err *err)
{
	for (size_t i = 0; i < annotations->count; i++)
		if (*annotations->items[i].key == '\0')
			return err_at(err, "/annotations/", "a key must not be empty");
	return 0;
}

int plan_fault(const struct plan_input *in, size_t index, struct err *err)
{
	static const struct spec_linux nothing;
	const struct spec *spec = in->spec;
	const struct spec_linux *linux_ = spec->linux_ != NULL ? spec->linux_ : &nothing;

	switch (index) {
	case 0:
		return check_version(spec->oci_version, err);
	case 1:
		return check_root(spec, err);
	case 2:
		return check_process(spec->process, err);
	case 3:
		return check_namespaces(linux_, err);
	case 4:
		return check_user_namespace(linux_, err);
	case 5:
		return check_time(linux_, err);
	case 6:
		return check_name(spec->hostname, "/hostname", linux_, err);
	case 7:
		return check_name(spec->domainname, "/domainname", linux_, err);
	case 8:
		return check_mount_namespace(spec, linux_, err);
	case 9:
		return check_mounts(spec, err);
	case 10:
		return check_devices(linux_, err);
	case 11:
		return check_paths(&linux_->masked_paths, "/linux/maskedPaths", err);
	case 12:
		return check_paths(&linux_->readonly_paths, "/linux/readonlyPaths", err);
	case 13:
		return check_net_devices(linux_, err);
	case 14:
		return check_rdt(linux_, err);
	case 15:
		return check_annotations(&spec->annotations, err);
	default:
		return 1;
	}
}

int plan_validate(const struct plan_input *in, struct err *err)
{
	int result = 0;

	for (size_t i = 0; result == 0; i++)
		result = plan_fault(in, i, err);
	return result < 0 ? -1 : 0;
}
