/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lifecycle/criu-files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/io.h"
#include "base/str.h"
#include "libocispec-lite/spec.h"

enum { FILE_BYTES = 64 * 1024 };

int criu_config_file(const struct spec *spec, const char **ret, struct err *err)
{
	static const char *const files[] = { "/etc/criu/ocirt.conf", "/etc/criu/runc.conf" };
	const struct spec_map_entry *asked = spec_map_find(&spec->annotations, "org.criu.config");

	*ret = NULL;
	if (asked != NULL) {
		*ret = asked->value[0] != '\0' ? asked->value : NULL;
		return 0;
	}
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		if (access(files[i], R_OK) == 0) {
			*ret = files[i];
			return 0;
		}
		/* What the machine's owner has set must not be left out. */
		if (errno != ENOENT && errno != ENOTDIR)
			return err_sys(err, "access %s", files[i]);
	}
	return 0;
}

/* ---- descriptors.json --------------------------------------------------------------------------- */

int criu_descriptors_write(
	const char *image_path, const char *const texts[3], struct arena *arena, struct err *err)
{
	const char *path = arena_printf(arena, "%s/descriptors.json", image_path);
	_cleanup_fd_ int fd =
		open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	char *json = arena_str(arena, "[");

	for (size_t i = 0; i < 3; i++) {
		char one[8192];

		(void) str_json(one, sizeof(one), texts[i]);
		json = arena_printf(arena, "%s%s%s", json, i > 0 ? "," : "", one);
	}
	json = arena_printf(arena, "%s]\n", json);
	if (fd < 0)
		return err_sys(err, "open %s", path);
	if (io_write_all(fd, json, strlen(json)) < 0)
		return err_sys(err, "write %s", path);
	return 0;
}

/* A list of texts; of the escapes only those of a path are wanted. */
int criu_descriptors_read(
	const char *image_path, char *ret_texts[3], struct arena *arena, struct err *err)
{
	const char *path = arena_printf(arena, "%s/descriptors.json", image_path);
	struct err local = { 0 };
	char *text, *end;

	for (size_t i = 0; i < 3; i++)
		ret_texts[i] = arena_str(arena, "");
	if (io_read_file(path, FILE_BYTES, arena, &text, NULL, &local) < 0)
		return local.num == ENOENT ? 0 : (*err = local, -1);
	for (size_t i = 0; i < 3 && (text = strchr(text, '"')) != NULL; i++) {
		end = strchr(text + 1, '"');
		if (end == NULL)
			return err_set(err, ERR_SYSTEM, "%s is damaged", path);
		ret_texts[i] = arena_strn(arena, text + 1, (size_t) (end - text - 1));
		text = end + 1;
	}
	return 0;
}
