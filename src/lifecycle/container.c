/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lifecycle/container.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/io.h"
#include "base/log.h"
#include "base/str.h"
#include "base/time.h"
#include "container/seccomp.h"
#include "container/netdev.h"
#include "kernel/facts.h"
#include "kernel/ns.h"
#include "kernel/procfs.h"
#include "kernel/rdt.h"
#include "kernel/signals.h"
#include "kernel/sock.h"
#include "lifecycle/announce.h"
#include "lifecycle/exec-record.h"
#include "lifecycle/hooks.h"
#include "lifecycle/preserved.h"
#include "lifecycle/status.h"
#include "plan/document.h"
#include "plan/state_json.h"

enum {
	END_MS = 10 * 1000,
	HELD_MS = 1000, /* for one that had its time */
};

/* ---- read --------------------------------------------------------------------------------------- */

static int parse_config(struct container *container, const char *path, struct err *err)
{
	struct bundle *bundle = &container->bundle;
	char *bytes;
	void *spec;

	if (io_read_file(path, OCISPEC_MAX_BYTES, &container->arena, &bytes, &bundle->config_bytes,
		    err) < 0)
		return -1;
	bundle->config = bytes;
	if (document_parse(&ocispec_config, bytes, bundle->config_bytes, path, &container->arena,
		    &spec, err) < 0)
		return -1;
	bundle->spec = spec;
	return 0;
}

static void log_notes(const struct plan_notes *notes)
{
	for (size_t i = 0; i < notes->count; i++)
		log_warning("%s", notes->items[i]);
}

int container_read(const struct global_options *global, const struct create_options *options,
	bool foreground, struct container *ret, struct err *err)
{
	struct bundle *bundle = &ret->bundle;
	struct plan_options plan_options = {
		.id = options->id,
		.cgroup_manager = global->cgroup_manager,
		.no_pivot = options->no_pivot,
		.no_new_keyring = options->no_new_keyring,
		.has_console_socket = options->console_socket != NULL,
		.foreground = foreground,
		.preserve_fds = options->preserve_fds,
		.listen_fds = preserved_listen_fds(),
		.notify_socket = getenv("NOTIFY_SOCKET"),
		.notify_directory = arena_printf(
			&ret->arena, "%s/%s/%s", global->root, options->id, PLAN_NOTIFY_DIRECTORY),
	};
	const char *config;
	char *absolute;

	if (preserved_check(plan_options.preserve_fds + plan_options.listen_fds, err) < 0)
		return -1;
	absolute = realpath(options->bundle != NULL ? options->bundle : ".", NULL);
	if (absolute == NULL)
		return err_sys(
			err, "open bundle %s", options->bundle != NULL ? options->bundle : ".");
	bundle->notify_directory = plan_options.notify_directory;
	bundle->path = arena_str(&ret->arena, absolute);
	free(absolute);
	plan_options.bundle = bundle->path;
	config = options->config != NULL
		? options->config
		: arena_printf(&ret->arena, "%s/config.json", bundle->path);
	if (parse_config(ret, config, err) < 0)
		return -1;
	ret->procfs = procfs_open(err);
	if (ret->procfs < 0 || facts_probe(ret->procfs, &bundle->facts, err) < 0)
		return -1;
	if (plan_make(bundle->spec, &bundle->facts, &plan_options, &ret->arena, &bundle->plan,
		    err) < 0)
		return -1;
	log_notes(&bundle->plan.notes);
	log_debug("bundle %s: %zu bytes of configuration", bundle->path, bundle->config_bytes);
	if (bundle->plan.proc.terminal && !foreground && options->console_socket == NULL)
		return err_at(err, "/process/terminal",
			"a terminal needs --console-socket, or `run` in the foreground");
	if (!bundle->plan.proc.terminal && options->console_socket != NULL)
		return err_set(err, ERR_USAGE,
			"--console-socket: /process/terminal is not true, so there is no terminal "
			"to send");
	return 0;
}

/* ---- state -------------------------------------------------------------------------------------- */

const char *container_state(struct container *container, const char *status, pid_t pid)
{
	const struct bundle *bundle = &container->bundle;

	return plan_state_json(&container->arena, container->record.id, status, pid, bundle->path,
		&bundle->spec->annotations);
}

static void fill_record(struct container *container, const char *id, const char *boot_id)
{
	struct record *record = &container->record;
	struct arena *arena = &container->arena;
	const struct rdt_place *place = &container->rdt;
	char created[TIME_RFC3339_BYTES];

	time_rfc3339(created);
	record->id = arena_str(arena, id);
	record->phase = arena_str(arena, "creating");
	record->boot_id = arena_str(arena, boot_id);
	record->created = arena_str(arena, created);
	record->bundle = arena_str(arena, container->bundle.path);
	record->rootfs = arena_str(arena, container->bundle.plan.rootfs.path);
	record->shared_pids =
		((container->bundle.plan.ns.clone_flags | container->bundle.plan.ns.unshare) &
			CLONE_NEWPID) == 0;
	record->no_process = container->bundle.spec->process == NULL;
	record->no_hooks = !hooks_any(container->bundle.plan.hooks);
	record->creator_pid = getpid();
	record->owner = arena_str(arena, "");
	record_set_cgroups(record, &container->cgroups, arena);
	record->rdt_group = place->group != NULL ? arena_str(arena, place->group) : NULL;
	record->rdt_monitor = place->monitor != NULL ? arena_str(arena, place->monitor) : NULL;
	record->rdt_owned = place->owned;
	record->annotations = container->bundle.spec->annotations;
}

static char **net_records(struct container *container)
{
	return netdev_record(
		&container->bundle.plan.net, container->child.net_names, &container->arena);
}

/* The pid of the first process together with what makes it that very process and no later one. */
int container_record_child(struct container *container, struct err *err)
{
	struct record *record = &container->record;
	uint64_t ticks;
	char state;

	record->pid = container->child.pid;
	log_debug("first process %d, cgroup %s", (int) container->child.pid,
		container->cgroups.leaf_count > 0 ? container->cgroups.leaves[0] : "none");
	if (container->child.net_names == NULL &&
		netdev_choose(&container->bundle.plan.net, &container->arena,
			&container->child.net_names, err) < 0)
		return -1;
	/* Before they go, so that they come back from a namespace that others keep. */
	record->net_devices.items = net_records(container);
	record->net_devices.count = container->bundle.plan.net.count;
	/* They may have been given up. */
	record_set_cgroups(record, &container->cgroups, &container->arena);
	if (procfs_start_time(container->procfs, container->child.pid, &ticks, &state, err) < 0)
		return -1;
	record->start_time = ticks;
	record->pidfd_inode = ns_pidfd_inode(container->child.pidfd);
	if (status_pid_namespace(container->procfs, &record->pid_namespace, err) < 0)
		return -1;
	return record_write(&container->dir, record, err);
}

/* ---- create ------------------------------------------------------------------------------------- */

int container_announce(
	struct container *container, const struct create_options *options, struct err *err)
{
	if (options->pidfd_socket != NULL &&
		announce_pidfd(options->pidfd_socket, container->child.pidfd, "standard", err) < 0)
		return -1;
	if (options->pid_file != NULL &&
		announce_pid(options->pid_file, container->child.pid, err) < 0)
		return -1;
	container->record.phase = arena_str(&container->arena, "created");
	/* From here on they are the namespace's: only a create that fails takes them back. */
	container->record.net_devices.count = 0;
	if (record_write(&container->dir, &container->record, err) < 0) {
		container_take_back(options);
		return -1;
	}
	return 0;
}

void container_take_back(const struct create_options *options)
{
	if (options->pid_file != NULL)
		(void) unlink(options->pid_file);
}

/* The filter, for the first process and for those of `exec`. */
static int prepare_exec(struct container *container, struct filter_box *box, struct err *err)
{
	const struct plan *plan = &container->bundle.plan;
	struct proc_filter filter;

	if (seccomp_filter_make(plan->proc.seccomp, &container->arena, &filter, err) < 0)
		return -1;
	if (box != NULL)
		filter_box_put(box, &filter);
	return exec_record_write(&container->dir, container->bundle.spec, plan, &filter, err);
}

static int do_create(const struct create_options *options, bool foreground,
	struct container *container, struct err *err)
{
	struct plan *plan = &container->bundle.plan;
	__attribute__((cleanup(filter_box_done))) struct filter_box *box = NULL;
	_cleanup_fd_ int barrier = -1;
	int private_fds[2] = { container->dir.dir, container->dir.root };
	struct create_job job = {
		.plan = plan,
		.facts = &container->bundle.facts,
		.procfs = container->procfs,
		.cgroups = &container->cgroups,
		.rdt = &container->rdt,
		.console_socket = options->console_socket,
		.private_fds = private_fds,
		.private_fd_count = 2,
		.signals = foreground && !options->detach ? NULL : &container->signals,
		.arena = &container->arena,
	};

	if (filter_box_new(plan->proc.seccomp, &box, err) < 0)
		return -1;
	job.filter = box;
	if (rdt_set_up(&plan->rdt, &container->rdt, container->procfs, &container->arena, err) < 0)
		return -1;
	if (!foreground) {
		barrier = sock_listen_at(container->dir.dir, STATE_BARRIER, err);
		if (barrier < 0)
			return -1;
	}
	job.barrier = barrier;
	if (create_spawn(&job, &container->child, err) < 0 ||
		container_record_child(container, err) < 0 ||
		create_let_go(&job, &container->child, err) < 0 ||
		prepare_exec(container, box, err) < 0 ||
		create_settle(&job, container_state(container, "creating", container->child.pid),
			&container->child, err) < 0)
		return -1;
	/* A second clone made another process the first one of the container. */
	if (container->record.pid != container->child.pid &&
		container_record_child(container, err) < 0)
		return -1;
	if (container_announce(container, options, err) < 0)
		return -1;
	if (create_release(&job, &container->child, err) < 0) {
		container_take_back(options);
		return -1;
	}
	container->created = true;
	return 0;
}

/* What is left of a half-made container, or of one of an earlier boot, goes before the new one. */
static int undo(struct container *container, const struct record *old, struct err *err)
{
	const struct cgroup_dirs dirs = record_cgroups(old);
	const struct rdt_place place = record_rdt(old);
	struct record same = *old;
	_cleanup_fd_ int pidfd = -1;
	enum status status;

	if (old->id == NULL)
		return 0;
	same.phase = arena_str(&container->arena, "created");
	if (status_of(container->procfs, NULL, &container->dir, &same, &status, &pidfd, err) < 0)
		return -1;
	if (pidfd >= 0) {
		int ended;

		if (ns_pidfd_send(pidfd, SIGKILL, err) < 0)
			return -1;
		ended = ns_pidfd_wait(pidfd, time_deadline_ms(END_MS), err);
		if (ended < 0)
			return -1;
		if (ended == 0)
			return err_set(err, ERR_TIMEOUT, "process %lld does not end",
				(long long) old->pid);
	}
	if (cgroup_destroy(&dirs, time_deadline_ms(END_MS), err) < 0 ||
		rdt_give_back(&place, container->procfs, &container->arena, err) < 0)
		return -1;
	netdev_return(old->net_devices.items, old->net_devices.count, -1, &container->arena);
	return state_empty(&container->dir, err);
}

static int claim(const struct global_options *global, const char *id, const char *boot_id,
	struct container *ret, struct err *err)
{
	_cleanup_fd_ int root = state_root_open(global->root, true, err);
	struct record old = { 0 };
	int claimed;

	if (root < 0)
		return -1;
	claimed = state_claim(&root, id, boot_id, &ret->arena, &ret->dir, &old, err);
	if (claimed < 0)
		return -1;
	if (claimed > 0 && undo(ret, &old, err) < 0) {
		state_dir_done(&ret->dir); /* it stays as it was, for another try */
		return err_ctx(err, "undo what an earlier create left");
	}
	return 0;
}

/* Before anything is made. Whoever changes the path afterwards finds the kernel's own checks. */
static int check_rootfs(const char *path, struct err *err)
{
	struct stat host, root;

	if (stat(path, &root) < 0) {
		if (errno == EACCES) /* the ids of the container may be allowed what ours are not */
			return 0;
		(void) err_sys(err, "open %s", path);
		return err_place(err, "/root/path");
	}
	if (!S_ISDIR(root.st_mode)) {
		(void) err_num(err, ENOTDIR, "open %s", path);
		return err_place(err, "/root/path");
	}
	if (stat("/", &host) < 0)
		return err_sys(err, "stat /");
	if (host.st_dev == root.st_dev && host.st_ino == root.st_ino)
		return err_at(err, "/root/path", "must not be the root of the host");
	return 0;
}

static int locate_rdt(struct container *container, struct err *err)
{
	const struct rdt_plan *plan = &container->bundle.plan.rdt;
	_cleanup_fd_ int root = -1;

	if (plan->group == NULL)
		return 0;
	root = rdt_open(container->procfs, &container->arena, err);
	if (root < 0)
		return err_place(err, "/linux/intelRdt");
	return rdt_locate(root, plan, &container->arena, &container->rdt, err);
}

int container_begin(const struct global_options *global, const struct create_options *options,
	bool foreground, struct container *ret, struct err *err)
{
	char boot_id[37];

	if (state_check_id(options->id, err) < 0 ||
		container_read(global, options, foreground && !options->detach, ret, err) < 0 ||
		check_rootfs(ret->bundle.plan.rootfs.path, err) < 0)
		return -1;
	if (foreground && ret->bundle.spec->process == NULL)
		return err_at(err, "/process", "is missing");
	/* Nothing is there to clean up before the claim. */
	if (procfs_boot_id(ret->procfs, boot_id, err) < 0 ||
		signals_hold(foreground && !options->detach, &ret->signals, err) < 0)
		return -1;
	ret->child.signals = ret->signals.fd;
	if (claim(global, options->id, boot_id, ret, err) < 0)
		return -1;
	/* Behind the claim, which has removed what an earlier create left in them. */
	if (cgroup_locate(&ret->bundle.plan.cgroup, &ret->bundle.facts, ret->procfs, &ret->arena,
		    &ret->cgroups, err) < 0)
		return -1;
	if (locate_rdt(ret, err) < 0)
		return -1;
	fill_record(ret, options->id, boot_id);
	if (record_write(&ret->dir, &ret->record, err) < 0 ||
		state_write_file(&ret->dir, STATE_CONFIG, ret->bundle.config,
			ret->bundle.config_bytes, err) < 0)
		return -1;
	return ret->bundle.plan.notify_socket == NULL ? 0 : notify_prepare(ret->dir.dir, err);
}

int container_create(const struct global_options *global, const struct create_options *options,
	bool foreground, struct container *ret, struct err *err)
{
	if (container_begin(global, options, foreground, ret, err) < 0)
		return -1;
	return do_create(options, foreground, ret, err);
}

void container_done(struct container *container)
{
	struct err ignored;
	bool held, left = false;

	/* Of one that goes with the scope the cgroups may be nobody's to end it by. */
	if (container->created) {
		if (!container->ended)
			container->child.pid = 0;
	} else if (container->child.net_moved > 0)
		/* Before created_end: a namespace of the child's own may end with it. */
		netdev_return(net_records(container), container->child.net_moved,
			container->child.netns, &container->arena);
	created_end(&container->child);
	held = container->child.pid > 0;
	notify_close(&container->notify);
	if ((!container->created || container->ended) && container->dir.dir >= 0) {
		/* A freezer lets what it holds go here. */
		if (cgroup_destroy(&container->cgroups, time_deadline_ms(held ? HELD_MS : END_MS),
			    &ignored) < 0) {
			log_warning("%s", ignored.text);
			err_drop(&ignored);
			left = true;
		}
		if (rdt_give_back(&container->rdt, container->procfs, &container->arena, &ignored) <
			0) {
			log_warning("%s", ignored.text);
			err_drop(&ignored);
			left = true;
		}
		/* The specification goes on from a hook that fails, as from the end of the program, with
		 * destroying and the poststop hooks; where a delete destroys it later, they are that one's. */
		if ((container->ended || container->child.hooks_begun) &&
			!(left && str_eq(container->record.phase, "created")))
			hooks_after_stop(&container->bundle.plan.hooks[HOOK_POSTSTOP],
				&container->record, container->signals.fd, &container->arena);
		if (held)
			created_end_within(&container->child, time_deadline_ms(HELD_MS));
		/* The state knows what is to be removed, and that nobody creates it any more. */
		if (container->child.pid > 0)
			log_warning("container %s is kept for its process: delete --force once it "
				    "has ended",
				container->record.id);
		else if (left)
			log_warning("container %s is kept for what could not be removed: delete "
				    "--force tries again",
				container->record.id);
		else if (state_remove(&container->dir, &ignored) < 0) {
			log_warning("%s", ignored.text);
			err_drop(&ignored);
		}
	}
	signals_done(&container->signals);
	state_dir_done(&container->dir);
	fd_close(&container->procfs);
	arena_done(&container->arena);
}
