/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cgroup-line: the lines of /proc/PID/cgroup, "4:cpu,cpuacct:/a" or "0::/a". Follows cgroups(7), "/proc files".
 */
#ifndef OCIRT_BASE_CGROUP_LINE_H
#define OCIRT_BASE_CGROUP_LINE_H

#include <stdbool.h>
#include <stddef.h>

/* Parts of the text that it was read from, not terminated there. */
struct cgroup_line {
	const char *controllers; /* "name=systemd" too; "" of version 2 */
	size_t controllers_length;
	const char *path;
	size_t path_length;
};

/* The next line of *text, which moves behind it; what is not of that form is passed over. false: there is none. */
bool cgroup_line_next(const char **text, struct cgroup_line *ret);

/* Whether the line is of this hierarchy: its controllers as they are written. */
bool cgroup_line_is(const struct cgroup_line *line, const char *controllers, size_t length);

/* The line of that hierarchy in the text; false: it has none. */
bool cgroup_line_find(
	const char *text, const char *controllers, size_t length, struct cgroup_line *ret);

#endif
