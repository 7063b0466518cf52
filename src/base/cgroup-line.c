/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/cgroup-line.h"

#include <string.h>

bool cgroup_line_next(const char **text, struct cgroup_line *ret)
{
	while (**text != '\0') {
		const char *line = *text, *end = line + strcspn(line, "\n");
		const char *controllers = memchr(line, ':', (size_t) (end - line)), *path;

		*text = end + (*end == '\n');
		if (controllers == NULL)
			continue;
		controllers++;
		path = memchr(controllers, ':', (size_t) (end - controllers));
		if (path == NULL)
			continue;
		*ret = (struct cgroup_line){ controllers, (size_t) (path - controllers), path + 1,
			(size_t) (end - path - 1) };
		return true;
	}
	return false;
}

bool cgroup_line_is(const struct cgroup_line *line, const char *controllers, size_t length)
{
	return line->controllers_length == length &&
		memcmp(line->controllers, controllers, length) == 0;
}

bool cgroup_line_find(
	const char *text, const char *controllers, size_t length, struct cgroup_line *ret)
{
	while (cgroup_line_next(&text, ret))
		if (cgroup_line_is(ret, controllers, length))
			return true;
	return false;
}
