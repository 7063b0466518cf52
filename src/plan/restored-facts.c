/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plan/restored-facts.h"

#include <sched.h>
#include <string.h>
#include <sys/resource.h>

const struct restored_namespace restored_namespaces[RESTORED_NAMESPACES] = {
	/* The first: what the others mean depends on it. */
	{ CLONE_NEWUSER, "user", "user" },
	{ CLONE_NEWPID, "pid", "pid" },
	{ CLONE_NEWNS, "mnt", "mount" },
	{ CLONE_NEWNET, "net", "network" },
	{ CLONE_NEWIPC, "ipc", "ipc" },
	{ CLONE_NEWUTS, "uts", "uts" },
	{ CLONE_NEWCGROUP, "cgroup", "cgroup" },
	{ CLONE_NEWTIME, "time", "time" },
};

/* The value of a line of /proc/PID/status, behind the blanks; NULL. */
static const char *value_of(const char *text, const char *key)
{
	const size_t length = strlen(key);

	for (const char *line = text; line != NULL; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, key, length) == 0 && line[length] == ':') {
			line += length + 1;
			return line + strspn(line, "\t ");
		}
	}
	return NULL;
}

/* The next number of a line: 1; 0 at its end; -1. */
static int next_number(const char **at, unsigned base, uint64_t *ret)
{
	const char *p = *at + strspn(*at, "\t ");
	uint64_t value = 0;

	if (*p == '\n' || *p == '\0')
		return 0;
	for (;; p++) {
		const char *digits = "0123456789abcdef", *digit = memchr(digits, *p, base);

		if (digit == NULL)
			break;
		if (value > (UINT64_MAX - 15) / base)
			return -1;
		value = value * base + (uint64_t) (digit - digits);
	}
	if (p == *at + strspn(*at, "\t ") || strchr("\t \n", *p) == NULL)
		return -1;
	*at = p;
	*ret = value;
	return 1;
}

static int read_one(const char *text, const char *key, unsigned base, uint64_t *ret)
{
	const char *at = value_of(text, key);

	return at != NULL && next_number(&at, base, ret) == 1 ? 0 : -1;
}

static int read_ids(const char *text, const char *key, uint32_t ids[RESTORED_IDS])
{
	const char *at = value_of(text, key);

	for (int i = 0; i < RESTORED_IDS; i++) {
		uint64_t id;

		if (at == NULL || next_number(&at, 10, &id) != 1 || id > UINT32_MAX)
			return -1;
		ids[i] = (uint32_t) id;
	}
	return 0;
}

static int read_groups(const char *text, struct arena *arena, struct restored *ret)
{
	const char *at = value_of(text, "Groups");
	uint32_t *groups = NULL;
	uint64_t id;
	int more = at == NULL ? -1 : 1;

	ret->group_count = 0;
	while (more > 0 && (more = next_number(&at, 10, &id)) > 0) {
		if (id > UINT32_MAX)
			return -1;
		*ARENA_PUSH(arena, groups, ret->group_count) = (uint32_t) id;
	}
	ret->groups = groups;
	return more;
}

/* The innermost number; a kernel without the line has told the outer one. */
static int read_pid(const char *text, struct restored *ret)
{
	const char *at = value_of(text, "NSpid");
	uint64_t pid = 0;
	int more;

	ret->pid_depth = 0;
	if (at == NULL)
		at = value_of(text, "Pid");
	if (at == NULL)
		return -1;
	while ((more = next_number(&at, 10, &pid)) > 0)
		ret->pid_depth++;
	ret->pid = (uint32_t) pid;
	return more < 0 || pid == 0 || pid > UINT32_MAX ? -1 : 0;
}

int restored_parse_status(
	const char *text, struct arena *arena, struct restored *ret, struct err *err)
{
	const char *state = value_of(text, "State");
	uint64_t no_new_privs, parent, mode = 0;

	if (state == NULL || read_pid(text, ret) < 0 || read_ids(text, "Uid", ret->uids) < 0 ||
		read_ids(text, "Gid", ret->gids) < 0 || read_groups(text, arena, ret) < 0 ||
		read_one(text, "CapInh", 16, &ret->caps.inheritable) < 0 ||
		read_one(text, "CapPrm", 16, &ret->caps.permitted) < 0 ||
		read_one(text, "CapEff", 16, &ret->caps.effective) < 0 ||
		read_one(text, "CapBnd", 16, &ret->caps.bounding) < 0 ||
		read_one(text, "CapAmb", 16, &ret->caps.ambient) < 0 ||
		read_one(text, "PPid", 10, &parent) < 0 || parent > UINT32_MAX ||
		read_one(text, "NoNewPrivs", 10, &no_new_privs) < 0 ||
		/* A kernel without seccomp has no such line. */
		(value_of(text, "Seccomp") != NULL && read_one(text, "Seccomp", 10, &mode) < 0))
		return err_set(err, ERR_SYSTEM, "not what proc(5) describes");
	ret->state = *state;
	ret->parent = (uint32_t) parent;
	ret->no_new_privs = no_new_privs == 1;
	ret->seccomp_mode = mode <= UINT32_MAX ? (unsigned) mode : UINT32_MAX;
	return 0;
}

static const char *const limit_names[] = {
	[RLIMIT_CPU] = "Max cpu time",
	[RLIMIT_FSIZE] = "Max file size",
	[RLIMIT_DATA] = "Max data size",
	[RLIMIT_STACK] = "Max stack size",
	[RLIMIT_CORE] = "Max core file size",
	[RLIMIT_RSS] = "Max resident set",
	[RLIMIT_NPROC] = "Max processes",
	[RLIMIT_NOFILE] = "Max open files",
	[RLIMIT_MEMLOCK] = "Max locked memory",
	[RLIMIT_AS] = "Max address space",
	[RLIMIT_LOCKS] = "Max file locks",
	[RLIMIT_SIGPENDING] = "Max pending signals",
	[RLIMIT_MSGQUEUE] = "Max msgqueue size",
	[RLIMIT_NICE] = "Max nice priority",
	[RLIMIT_RTPRIO] = "Max realtime priority",
	[RLIMIT_RTTIME] = "Max realtime timeout",
};

int restored_parse_limit(const char *text, int resource, uint64_t *ret_hard, struct err *err)
{
	const size_t known = sizeof(limit_names) / sizeof(limit_names[0]);
	const char *name = resource >= 0 && (size_t) resource < known ? limit_names[resource] : "";
	const size_t length = strlen(name);
	const char *line = text;

	while (line != NULL && (strncmp(line, name, length) != 0 || line[length] != ' ')) {
		line = strchr(line, '\n');
		line += line != NULL;
	}
	/* The soft one stands before it. */
	if (line != NULL && length > 0) {
		const char *soft = line + length + strspn(line + length, " ");
		const char *hard = soft + strcspn(soft, " \n");

		hard += strspn(hard, " ");
		if (strncmp(hard, "unlimited ", 10) == 0) {
			*ret_hard = UINT64_MAX;
			return 0;
		}
		if (next_number(&hard, 10, ret_hard) == 1)
			return 0;
	}
	return err_set(err, ERR_SYSTEM, "not what proc(5) describes");
}

/* Field N of proc(5), of those behind the name, which may hold anything: the state is the third. */
static const char *stat_field(const char *text, int number)
{
	const char *at = strrchr(text, ')');

	for (int i = 2; at != NULL && i < number; i++) {
		at = strchr(at, ' ');
		at += at != NULL;
	}
	return at;
}

int restored_parse_sched(const char *text, struct restored_sched *ret, struct err *err)
{
	const char *nice = stat_field(text, 19), *priority = stat_field(text, 40);
	const char *policy = stat_field(text, 41);
	const bool negative = nice != NULL && *nice == '-';
	uint64_t numbers[3];

	nice += negative;
	if (policy == NULL || next_number(&nice, 10, &numbers[0]) != 1 || numbers[0] > 20 ||
		next_number(&priority, 10, &numbers[1]) != 1 || numbers[1] > UINT32_MAX ||
		next_number(&policy, 10, &numbers[2]) != 1 || numbers[2] > UINT32_MAX)
		return err_set(err, ERR_SYSTEM, "not what proc(5) describes");
	ret->nice = negative ? -(int) numbers[0] : (int) numbers[0];
	ret->priority = (unsigned) numbers[1];
	ret->policy = (unsigned) numbers[2];
	return 0;
}

int restored_parse_map(const char *text, struct arena *arena, const struct id_map **ret,
	size_t *ret_count, struct err *err)
{
	struct id_map *maps = NULL;
	size_t count = 0;

	for (const char *at = text; *at != '\0';) {
		uint64_t numbers[3];

		for (int i = 0; i < 3; i++)
			if (next_number(&at, 10, &numbers[i]) != 1 || numbers[i] > UINT32_MAX)
				return err_set(err, ERR_SYSTEM, "not an id map");
		if (*at == '\0' || at[strspn(at, "\t ")] != '\n')
			return err_set(err, ERR_SYSTEM, "not an id map");
		at += strspn(at, "\t ") + 1;
		*ARENA_PUSH(arena, maps, count) = (struct id_map){ (uint32_t) numbers[0],
			(uint32_t) numbers[1], (uint32_t) numbers[2] };
	}
	*ret = maps;
	*ret_count = count;
	return 0;
}
