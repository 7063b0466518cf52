/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "container/netdev.h"

#include <errno.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/str.h"
#include "kernel/net.h"
#include "kernel/ns.h"

enum { NAMES_MAX = 4096, NAME_BYTES = 16 };

int netdev_namespace(pid_t pid, struct err *err)
{
	char path[64];

	(void) snprintf(path, sizeof(path), "/proc/%d/ns/net", (int) pid);
	return ns_open(path, CLONE_NEWNET, err);
}

/* A socket to another namespace: it stays there when we come back. */
static int open_in(int netns, int own, struct err *err)
{
	struct err back;
	int sock;

	if (ns_enter(netns, CLONE_NEWNET, err) < 0)
		return -1;
	sock = net_open(err);
	if (ns_enter(own, CLONE_NEWNET, &back) < 0) {
		fd_close(&sock);
		*err = back;
	}
	return sock;
}

/* One side of a move. */
struct side {
	int netns;
	int sock;
};

static bool is_given(const char *name, const char *const *given, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (str_eq(name, given[i]))
			return true;
	return false;
}

/* The name itself, or the first free one of a template like eth%d; given: names that are taken as well. */
static int choose_name(int sock, const char *wanted, const char *const *given, size_t given_count,
	char name[NAME_BYTES], struct err *err)
{
	const char *at = strstr(wanted, "%d");

	if (at == NULL) {
		(void) snprintf(name, NAME_BYTES, "%s", wanted);
		/* The kernel would move the device and then fail to rename it. */
		if (net_find(sock, name, err) >= 0)
			return err_num(err, EEXIST, "move network device to %s", name);
		if (err->num != ENODEV)
			return -1;
		err_drop(err);
		return 0;
	}
	for (int number = 0; number < NAMES_MAX; number++) {
		(void) snprintf(
			name, NAME_BYTES, "%.*s%d%s", (int) (at - wanted), wanted, number, at + 2);
		if (is_given(name, given, given_count))
			continue;
		if (net_find(sock, name, err) >= 0)
			continue;
		if (err->num != ENODEV)
			return -1;
		err_drop(err);
		return 0;
	}
	return err_num(err, EEXIST, "name network device %s", wanted);
}

static int transfer(const struct side *from, const struct side *to, const char *old_name,
	const char *wanted, struct arena *arena, const char **ret_name, struct err *err)
{
	struct net_address *addresses;
	char name[NAME_BYTES];
	size_t count;
	int index = net_find(from->sock, old_name, err);

	if (index < 0 || net_addresses(from->sock, index, arena, &addresses, &count, err) < 0 ||
		choose_name(to->sock, wanted, NULL, 0, name, err) < 0 ||
		net_move(from->sock, index, to->netns, name, err) < 0)
		return -1;
	*ret_name = arena_str(arena, name);
	index = net_find(to->sock, name, err);
	if (index < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		if (net_add_address(to->sock, index, &addresses[i], err) < 0)
			return -1;
	return net_up(to->sock, index, err);
}

int netdev_choose(
	const struct net_plan *net, struct arena *arena, const char ***ret_names, struct err *err)
{
	_cleanup_fd_ int netns = -1, own = -1, there = -1;
	const char **names;

	if (net->count == 0)
		return 0;
	names = arena_array(arena, net->count, sizeof(*names));
	*ret_names = names;
	if (net->path[0] == '\0')
		return 0;
	netns = ns_open(net->path, CLONE_NEWNET, err);
	own = netns < 0 ? -1 : ns_open_self(CLONE_NEWNET, err);
	there = own < 0 ? -1 : open_in(netns, own, err);
	if (there < 0)
		return err_place(err, "/linux/netDevices");
	for (size_t i = 0; i < net->count; i++) {
		const char *wanted = net->devices[i].name;
		char name[NAME_BYTES];

		names[i] = wanted;
		if (strstr(wanted, "%d") == NULL)
			continue;
		if (choose_name(there, wanted, names, i, name, err) < 0)
			return err_place(err, net->devices[i].pointer);
		names[i] = arena_str(arena, name);
	}
	return 0;
}

int netdev_move(const struct net_device_plan *devices, size_t count, int netns, struct arena *arena,
	const char **names, size_t *ret_moved, struct err *err)
{
	_cleanup_fd_ int own = -1, here = -1, there = -1;

	own = ns_open_self(CLONE_NEWNET, err);
	here = own < 0 ? -1 : net_open(err);
	there = here < 0 ? -1 : open_in(netns, own, err);
	if (there < 0)
		return err_place(err, "/linux/netDevices");
	for (size_t i = 0; i < count; i++) {
		const struct side from = { own, here }, to = { netns, there };
		const char *wanted = devices[i].name, *name = NULL;
		int done;

		if (names[i] != NULL)
			wanted = names[i];
		done = transfer(&from, &to, devices[i].host_name, wanted, arena, &name, err);
		/* Somebody else was faster: the next free one. */
		if (done < 0 && name == NULL && err->num == EEXIST &&
			!str_eq(wanted, devices[i].name)) {
			err_drop(err);
			done = transfer(&from, &to, devices[i].host_name, devices[i].name, arena,
				&name, err);
		}
		if (name != NULL)
			names[i] = name;
		*ret_moved += name != NULL;
		if (done < 0)
			return err_place(err, devices[i].pointer);
	}
	return 0;
}

char **netdev_record(const struct net_plan *net, const char *const *names, struct arena *arena)
{
	const size_t count = net->count;

	char **records = arena_array(arena, count, sizeof(*records));

	for (size_t i = 0; i < count; i++)
		records[i] = arena_printf(arena, "%s %s %s", net->devices[i].host_name,
			names[i] != NULL ? names[i] : net->devices[i].name, net->path);
	return records;
}

/* "eth0 inside /path": a device's name has no blank. */
static int return_one(const char *record, int netns, struct arena *arena, struct err *err)
{
	_cleanup_fd_ int own = -1, here = -1, there = -1, opened = -1;
	char *text = arena_str(arena, record), *name = strchr(text, ' ');
	char *path = name == NULL ? NULL : strchr(name + 1, ' ');
	const char *moved;

	if (path == NULL)
		return err_num(err, EINVAL, "read \"%s\"", record);
	*name++ = '\0';
	*path++ = '\0';
	if (netns < 0 && path[0] == '\0')
		return 0;
	if (netns < 0)
		netns = opened = ns_open(path, CLONE_NEWNET, err);
	own = netns < 0 ? -1 : ns_open_self(CLONE_NEWNET, err);
	here = own < 0 ? -1 : net_open(err);
	there = here < 0 ? -1 : open_in(netns, own, err);
	if (there < 0)
		return -1;
	return transfer(&(struct side){ netns, there }, &(struct side){ own, here }, name, text,
		arena, &moved, err);
}

void netdev_return(char *const *records, size_t count, int netns, struct arena *arena)
{
	struct err err = { 0 };

	for (size_t i = 0; i < count; i++) {
		if (return_one(records[i], netns, arena, &err) == 0)
			continue;
		/* It never went, or went elsewhere, or its namespace is gone. */
		if (err.num != ENODEV && err.num != ENOENT)
			log_warning("network device %s: %s", records[i], err.text);
		err_drop(&err);
	}
}
