/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lifecycle/checkpoint.h"

#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/str.h"
#include "container/console.h"
#include "container/hooks.h"
#include "container/restored-root.h"
#include "container/restored.h"
#include "container/seccomp.h"
#include "kernel/beneath.h"
#include "kernel/ns.h"
#include "kernel/signals.h"
#include "kernel/sock.h"
#include "lifecycle/container.h"
#include "lifecycle/criu-files.h"
#include "lifecycle/exec-record.h"
#include "lifecycle/foreground.h"

/* ---- what criu needs to find -------------------------------------------------------------------- */

/* criu mounts what the plan mounts, but makes no place for it. */
static int make_mount_points(const struct rootfs_plan *plan, struct err *err)
{
	_cleanup_fd_ int root = open(plan->path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	const struct beneath beneath = { .root = root };

	if (root < 0) {
		(void) err_sys(err, "open %s", plan->path);
		return err_place(err, "/root/path");
	}
	for (size_t i = 0; i < plan->step_count; i++) {
		const struct mount_step *step = &plan->steps[i];
		struct stat info;
		bool file = step->kind == MOUNT_BIND && stat(step->source, &info) == 0 &&
			!S_ISDIR(info.st_mode);
		_cleanup_fd_ int made = file
			? beneath_create_file(&beneath, step->destination, 0644, err)
			: beneath_mkdirs(&beneath, step->destination, 0755, err);

		if (made < 0)
			return err_point(err, step->pointer, "%s", step->destination);
	}
	return 0;
}

/* The roots below which criu places what it restores, by controller: a hierarchy of version 2 has the name "".
 * Where there is none the images say where, also outside of the container's. */
static void add_cgroup_roots(
	const struct cgroup_dirs *cgroups, bool v2, struct arena *arena, struct criu_pairs *ret)
{
	for (size_t i = 0; i < cgroups->leaf_count; i++) {
		const char *home = cgroup_home(cgroups, i);
		const char *below = str_after(home, "/sys/fs/cgroup/");
		const char *path = below == NULL ? NULL : v2 ? below - 1 : strchr(below, '/');
		const char *name;

		if (path == NULL)
			continue;
		name = v2 || str_starts(below, "unified/")
			? ""
			: arena_strn(arena, below, (size_t) (path - below));
		*ARENA_PUSH(arena, ret->items, ret->count) =
			(struct criu_pair){ str_eq(name, "systemd") ? "name=systemd" : name, path };
	}
}

/* Fds that take the place of what was outside when the container was dumped. */
struct inherited {
	struct criu_fd items[5];
	size_t count;
	int opened[2]; /* ours to close */
	size_t opened_count;
};

static void inherited_done(struct inherited *inherited)
{
	for (size_t i = 0; i < inherited->opened_count; i++)
		fd_close(&inherited->opened[i]);
}

static int inherit_namespaces(
	const struct ns_join *joins, size_t count, struct inherited *inherited, struct err *err)
{
	for (size_t i = 0; i < count; i++) {
		const struct ns_join *join = &joins[i];
		int fd;

		if (join->flag != CLONE_NEWNET && join->flag != CLONE_NEWPID)
			continue;
		fd = ns_open(join->path, join->flag, err);
		if (fd < 0)
			return err_place(err, join->pointer);
		inherited->opened[inherited->opened_count++] = fd;
		inherited->items[inherited->count++] = (struct criu_fd){
			join->flag == CLONE_NEWNET ? CRIU_NETNS_KEY : CRIU_PIDNS_KEY, fd
		};
	}
	return 0;
}

/* What is dumped with the processes and not taken from outside, but is somebody else's all the same. */
static void add_joins(
	const struct ns_join *joins, size_t count, struct arena *arena, struct criu_pairs *ret)
{
	for (size_t i = 0; i < count; i++)
		if (joins[i].flag == CLONE_NEWIPC || joins[i].flag == CLONE_NEWUTS)
			*ARENA_PUSH(arena, ret->items, ret->count) =
				(struct criu_pair){ ns_name(joins[i].flag), joins[i].path };
}

static int inherit(const struct plan *plan, const struct criu_options *options, struct arena *arena,
	struct inherited *ret, struct err *err)
{
	char *streams[3];

	if (criu_descriptors_read(
		    options->image_path != NULL ? options->image_path : CRIU_IMAGE_PATH, streams,
		    arena, err) < 0)
		return -1;
	for (int i = 0; i < 3; i++)
		if (str_starts(streams[i], "pipe:"))
			ret->items[ret->count++] = (struct criu_fd){ streams[i], i };
	if (inherit_namespaces(plan->ns.parent_joins, plan->ns.parent_join_count, ret, err) < 0 ||
		inherit_namespaces(plan->ns.child_joins, plan->ns.child_join_count, ret, err) < 0)
		return -1;
	return 0;
}

/* ---- the conversation --------------------------------------------------------------------------- */

static int run_hooks(struct container *container, pid_t pid, struct err *err)
{
	const struct plan *plan = &container->bundle.plan;
	const struct until until = { -1, container->signals.fd };
	const char *state = container_state(container, "creating", pid);

	container->child.hooks_begun = true;
	if (hooks_run(&plan->hooks[HOOK_PRESTART], HOOK_PRESTART, state, plan->bundle, &until,
		    err) < 0 ||
		hooks_run(&plan->hooks[HOOK_CREATE_RUNTIME], HOOK_CREATE_RUNTIME, state,
			plan->bundle, &until, err) < 0)
		return -1;
	return 0;
}

static int take_terminal(
	const char *console_socket, int *take_master, struct container *container, struct err *err)
{
	_cleanup_fd_ int sock = -1;

	if (console_socket == NULL) {
		fd_close(&container->child.terminal);
		container->child.terminal = TAKE_FD(*take_master);
		return 0;
	}
	sock = sock_connect_path(console_socket, SOCK_STREAM, err);
	if (sock < 0)
		return err_ctx(err, "--console-socket");
	return console_send(sock, *take_master, err);
}

/* From now on it is the container's first process, and our child. */
static int adopt(struct container *container, pid_t pid, struct err *err)
{
	container->child.pidfd = ns_pidfd_open(pid, err);
	if (container->child.pidfd < 0)
		return -1;
	container->child.pid = pid;
	return container_record_child(container, err);
}

/* None of the processes has run yet, and criu lets them go on behind this. */
static int judge(struct restored_job *job, const struct container *container, struct err *err)
{
	job->first = container->child.pid;
	if (job->first == 0)
		return err_set(err, ERR_SYSTEM, "criu did not say which process it restored");
	if (restored_hold(job, err) < 0 || restored_check(job, err) < 0 ||
		restored_root_check(job, err) < 0)
		return -1;
	/* The namespace of a path is somebody else's. */
	if (job->plan->rootfs.readonly && job->plan->rootfs.new_mount_ns)
		return restored_root_readonly(job, err);
	return 0;
}

static int converse(const struct create_options *options, struct container *container,
	const struct proc_filter *filter, struct criu *criu, struct restored_job *job,
	struct err *err)
{
	bool judged = false;

	for (;;) {
		struct criu_event event = { .fd = -1 };
		int done = 0;

		if (criu_next(criu, &event, err) < 0)
			return -1;
		_cleanup_fd_ int master = event.fd;

		if (event.script[0] == '\0' && !judged)
			return err_set(err, ERR_UNSUPPORTED,
				"criu did not say when what it restored could be checked: it is "
				"too old");
		if (event.script[0] == '\0')
			return restored_release(job, filter, err);
		log_debug("criu: %s", event.script);
		if (str_eq(event.script, "setup-namespaces"))
			done = run_hooks(container, event.pid, err);
		else if (str_eq(event.script, "post-restore"))
			done = adopt(container, event.pid, err);
		else if (str_eq(event.script, "pre-resume"))
			done = judge(job, container, err);
		else if (str_eq(event.script, "orphan-pts-master") && master >= 0)
			done = take_terminal(options->console_socket, &master, container, err);
		if (done < 0 || criu_answer(criu, err) < 0)
			return -1;
		judged = judged || str_eq(event.script, "pre-resume");
	}
}

static int talk(const struct criu_call *call, const struct create_options *options,
	const struct proc_filter *filter, struct container *container, struct err *err)
{
	_cleanup_criu_ struct criu criu = CRIU_INIT;
	struct restored_job job = {
		.plan = &container->bundle.plan,
		.cgroups = &container->cgroups,
		.procfs = container->procfs,
		.lsm_profile = call->options->lsm_profile,
		.arena = &container->arena,
	};

	/* What criu restores is born in its cgroups. */
	if (criu_start(call, &criu, err) < 0 ||
		cgroup_place(&container->bundle.plan.cgroup, &container->cgroups, container->procfs,
			criu.pid, false, err) < 0 ||
		rdt_place_process(
			&container->rdt, container->procfs, criu.pid, &container->arena, err) < 0 ||
		criu_send(call, &criu, err) < 0)
		return -1;
	job.criu = criu.pid;
	if (converse(options, container, filter, &criu, &job, err) == 0)
		return 0;
	/* At the end of the conversation criu would let them run. */
	job.first = container->child.pid;
	if (job.first > 0)
		restored_kill(&job);
	return -1;
}

/* ---- the whole ---------------------------------------------------------------------------------- */

static int restore_into(struct container *container, const struct create_options *options,
	const struct criu_options *criu, struct err *err)
{
	const struct plan *plan = &container->bundle.plan;
	const char *v2 = NULL;
	__attribute__((cleanup(inherited_done))) struct inherited inherited = { 0 };
	struct proc_filter filter = { .listener_socket = -1 };
	struct criu_call call = {
		.action = CRIU_RESTORE,
		.options = criu,
		.root = plan->rootfs.path,
		.private_mounts = true,
		.inherit = inherited.items,
		.signals = &container->signals,
		.arena = &container->arena,
	};

	if (criu_config_file(container->bundle.spec, &call.config_file, err) < 0 ||
		seccomp_filter_make(plan->proc.seccomp, &container->arena, &filter, err) < 0 ||
		exec_record_write(&container->dir, container->bundle.spec, plan, &filter, err) <
			0 ||
		rdt_set_up(&plan->rdt, &container->rdt, container->procfs, &container->arena, err) <
			0 ||
		make_mount_points(&plan->rootfs, err) < 0 ||
		inherit(plan, criu, &container->arena, &inherited, err) < 0 ||
		cgroup_make(&plan->cgroup, &container->cgroups, err) < 0)
		return -1;
	call.inherit_count = inherited.count;
	add_joins(
		plan->ns.parent_joins, plan->ns.parent_join_count, &container->arena, &call.joins);
	add_joins(plan->ns.child_joins, plan->ns.child_join_count, &container->arena, &call.joins);
	/* The container may have been created under a service manager that is not there now. */
	if (plan->notify_socket == NULL) {
		if (notify_prepare(container->dir.dir, err) < 0)
			return -1;
		*ARENA_PUSH(&container->arena, call.mounts.items, call.mounts.count) =
			(struct criu_pair){ PLAN_NOTIFY_MOUNT, container->bundle.notify_directory };
	}
	if (container->bundle.facts.cgroup == CGROUP_LAYOUT_V2 && container->cgroups.leaf_count > 0)
		v2 = cgroup_home(&container->cgroups, 0);
	if (plan_criu_restore(plan, v2, container->cgroups.leaves, container->cgroups.leaf_count,
		    &container->arena, &call.mounts, err) < 0)
		return -1;
	add_cgroup_roots(&container->cgroups, v2 != NULL, &container->arena, &call.cgroup_roots);
	if (talk(&call, options, &filter, container, err) < 0)
		return -1;
	return container_announce(container, options, err);
}

static int restore(const struct global_options *global, const struct create_options *options,
	const struct criu_options *criu, int *ret_status, struct err *err)
{
	_cleanup_container_ struct container container = CONTAINER_INIT;

	if (criu_check_options(criu, err) < 0)
		return -1;
	if (foreground_begin(options, err) < 0 ||
		container_begin(global, options, !options->detach, &container, err) < 0 ||
		restore_into(&container, options, criu, err) < 0)
		return -1;
	container.created = true;
	return foreground_wait(options, &container, ret_status, err);
}

int lifecycle_restore(const struct global_options *global, const struct create_options *options,
	const struct criu_options *criu, int *ret_exit_status, struct err *err)
{
	if (restore(global, options, criu, ret_exit_status, err) < 0)
		return err_ctx(err, "restore %s", options->id);
	return 0;
}
