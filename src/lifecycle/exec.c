/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lifecycle/exec.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/facts.h"
#include "base/fd.h"
#include "base/io.h"
#include "base/log.h"
#include "base/str.h"
#include "container/console.h"
#include "container/join.h"
#include "container/wait.h"
#include "kernel/facts.h"
#include "kernel/signals.h"
#include "kernel/sock.h"
#include "kernel/tty.h"
#include "plan/document.h"
#include "lifecycle/announce.h"
#include "lifecycle/door.h"
#include "lifecycle/exec-record.h"
#include "lifecycle/handle.h"
#include "lifecycle/preserved.h"
#include "plan/exec.h"
#include "plan/seccomp.h"

/* One exec, from the look at the container to its process. */
struct exec {
	struct arena arena;
	struct handle handle;
	struct exec_record kept;
	struct cgroup_dirs cgroups; /* where the process goes */
	bool waits; /* for somebody to resume the container */
	int console_socket;
	struct ns_plan ns;
	struct proc_plan proc;
	struct created child;
};

static void exec_done(struct exec *exec)
{
	created_end(&exec->child);
	fd_close(&exec->console_socket);
	handle_done(&exec->handle);
	arena_done(&exec->arena);
}

#define _cleanup_exec_ __attribute__((cleanup(exec_done)))

/* ---- what was asked for ------------------------------------------------------------------------- */

static int read_document(
	const char *path, struct arena *arena, const struct spec_process **ret, struct err *err)
{
	size_t length;
	char *bytes;
	void *parsed;

	if (io_read_file(path, OCISPEC_MAX_BYTES, arena, &bytes, &length, err) < 0)
		return err_ctx(err, "--process");
	if (document_parse(&ocispec_process, bytes, length, path, arena, &parsed, err) < 0)
		return -1;
	*ret = parsed;
	return 0;
}

static int read_groups(const struct exec_request *request, struct exec *exec,
	struct exec_options *to, struct err *err)
{
	uint32_t *groups = NULL;

	for (size_t i = 0; i < request->group_count; i++) {
		char *copy = arena_str(&exec->arena, request->groups[i]), *word;

		while ((word = strsep(&copy, ",")) != NULL) {
			uint32_t id;

			if (str_to_u32(word, &id) < 0 || id == UINT32_MAX)
				return err_set(err, ERR_USAGE,
					"--additional-gids: \"%s\" is no numeric id", word);
			*ARENA_PUSH(&exec->arena, groups, to->group_count) = id;
		}
	}
	to->groups = groups;
	return 0;
}

static int read_request(const struct exec_request *request, struct exec *exec,
	struct exec_options *to, struct err *err)
{
	to->args = request->args;
	while (request->args[to->arg_count] != NULL)
		to->arg_count++;
	/* With a document what follows the id is ignored, as runc and crun do. */
	if (request->process_file == NULL && to->arg_count == 0)
		return err_set(err, ERR_USAGE,
			"exec takes a program and its arguments, or --process FILE");
	to->terminal = request->terminal;
	to->cwd = request->cwd;
	to->env = request->env;
	to->env_count = request->env_count;
	to->caps = request->caps;
	to->cap_count = request->cap_count;
	to->selinux = request->process_label;
	to->apparmor = request->apparmor;
	to->no_new_privs = request->no_new_privs;
	if (request->user != NULL && plan_exec_user(request->user, &to->user, err) < 0)
		return -1;
	if (read_groups(request, exec, to, err) < 0)
		return -1;
	return request->process_file == NULL
		? 0
		: read_document(request->process_file, &exec->arena, &to->document, err);
}

/* ---- the container ------------------------------------------------------------------------------ */

static int look(const struct global_options *global, const struct exec_request *request,
	struct exec *exec, struct err *err)
{
	struct handle *handle = &exec->handle;

	if (handle_look(global->root, request->id, &exec->arena, handle, err) < 0) {
		if (err->num != ENOENT)
			return -1;
		/* A directory without a record is half made or half gone. */
		return err_set(err, ERR_NOT_FOUND, "container does not exist");
	}
	if (handle->pidfd < 0)
		return err_set(err, ERR_NOT_RUNNING,
			"cannot exec in a stopped container: container not running");
	if (!request->ignore_paused && handle->status == STATUS_PAUSED)
		return err_set(err, ERR_PAUSED,
			"cannot exec in a paused container (use --ignore-paused to override): "
			"container paused");
	exec->cgroups = handle->cgroups;
	return exec_record_read(&handle->dir, &exec->arena, &exec->kept, err);
}

/* Whether a hierarchy of /sys/fs/cgroup has one of the controllers, "cpu" or "cpu,memory". */
static bool has_controller(const char *leaf, const char *controllers, size_t length)
{
	const char *hierarchy = str_after(leaf, "/sys/fs/cgroup/");
	const size_t end = hierarchy != NULL ? strcspn(hierarchy, "/") : 0;

	for (size_t i = 0; i < length;) {
		const size_t one = strcspn(controllers + i, ",:");

		for (size_t k = 0; k < end;) {
			const size_t have = strcspn(hierarchy + k, ",/");

			if (have == one && memcmp(hierarchy + k, controllers + i, one) == 0)
				return true;
			k += have + 1;
		}
		i += one + 1;
	}
	return false;
}

static bool leads_out(const char *path)
{
	for (const char *part = path; *part != '\0';) {
		const size_t length = strcspn(part, "/");

		if (length == 2 && part[0] == '.' && part[1] == '.')
			return true;
		part += length + (part[length] == '/');
	}
	return false;
}

/* --cgroup: a cgroup below the container's own, in all hierarchies or in those of some controllers. */
static int choose_cgroups(const struct exec_request *request, struct exec *exec, struct err *err)
{
	struct cgroup_dirs dirs = exec->cgroups;

	if (request->cgroup_count == 0)
		return 0;
	dirs.home = NULL;
	dirs.leaves = arena_array(&exec->arena, dirs.leaf_count, sizeof(*dirs.leaves));
	for (size_t i = 0; i < dirs.leaf_count; i++)
		dirs.leaves[i] = arena_str(&exec->arena, cgroup_home(&exec->cgroups, i));
	for (size_t k = 0; k < request->cgroup_count; k++) {
		const char *text = request->cgroups[k], *colon = strchr(text, ':');
		const char *path = colon != NULL ? colon + 1 : text;
		size_t found = 0;

		path += strspn(path, "/");
		if (leads_out(path))
			return err_set(err, ERR_USAGE,
				"--cgroup: %s leads out of the container's cgroup", text);
		for (size_t i = 0; i < dirs.leaf_count; i++) {
			if (colon != NULL &&
				!has_controller(exec->handle.cgroups.leaves[i], text,
					(size_t) (colon - text)))
				continue;
			found++;
			if (path[0] != '\0')
				dirs.leaves[i] = arena_printf(&exec->arena, "%s/%s",
					cgroup_home(&exec->cgroups, i), path);
		}
		/* "/" is the container's own, and one that has none is in it already. */
		if (found == 0 && (colon != NULL || path[0] != '\0'))
			return err_set(err, ERR_USAGE,
				"--cgroup: the container has no cgroup for %s", text);
	}
	exec->cgroups = dirs;
	return 0;
}

static int make_plan(const struct exec_request *request, struct exec *exec, struct err *err)
{
	const struct plan_options options = {
		.id = request->id,
		.has_console_socket = request->console_socket != NULL,
		.foreground = !request->detach,
		.preserve_fds = request->preserve_fds,
	};
	struct exec_options asked = { 0 };
	struct plan_notes notes = { 0 };
	struct facts facts;

	if (read_request(request, exec, &asked, err) < 0 ||
		facts_probe_process(exec->handle.procfs, &facts, err) < 0 ||
		plan_exec(exec->kept.config, &asked, &facts, &options, exec->kept.setgroups_denied,
			&exec->arena, &exec->ns, &exec->proc, &notes, err) < 0)
		return -1;
	exec->proc.seccomp = exec->kept.seccomp;
	/* What is left out of the container's own process was said when that was made. */
	for (size_t i = 0; (asked.document != NULL || asked.cap_count > 0) && i < notes.count; i++)
		log_warning("%s", notes.items[i]);
	if (exec->proc.terminal && request->detach && request->console_socket == NULL)
		return err_at(err, "/process/terminal",
			"a terminal needs --console-socket, or an exec in the foreground");
	if (!exec->proc.terminal && request->console_socket != NULL)
		return err_set(err, ERR_USAGE,
			"--console-socket: no terminal was asked for (--tty), so there is none to "
			"send");
	return 0;
}

/* ---- the process -------------------------------------------------------------------------------- */

/* The process is there and waits: whoever is to know of it hears of it now. */
static int announce(const struct exec_request *request, struct exec *exec, struct err *err)
{
	if (exec->console_socket >= 0) {
		if (console_send(exec->console_socket, exec->child.terminal, err) < 0)
			return -1;
		fd_close(&exec->child.terminal);
	}
	if (exec->child.terminal >= 0 && (exec->proc.rows == 0 || exec->proc.columns == 0))
		tty_size_of_caller(exec->child.terminal);
	if (request->pidfd_socket != NULL &&
		announce_pidfd(request->pidfd_socket, exec->child.pidfd, "setns", err) < 0)
		return -1;
	return request->pid_file == NULL ? 0
					 : announce_pid(request->pid_file, exec->child.pid, err);
}

static int launch(const struct exec_request *request, struct exec *exec, struct err *err)
{
	const struct record *record = &exec->handle.record;
	const struct rdt_place place = record_rdt(record);
	struct join_job job = {
		.proc = &exec->proc,
		.ns = &exec->ns,
		.init_pidfd = exec->handle.pidfd,
		.init_pid = (pid_t) exec->handle.record.pid,
		.procfs = exec->handle.procfs,
		.cgroups = &exec->cgroups,
		.filter = exec->kept.filter,
		.state = { record->id, "running", (pid_t) record->pid, record->bundle,
			&record->annotations },
		.arena = &exec->arena,
		.may_be_frozen = exec->waits,
	};
	_cleanup_fd_ int listener_socket = -1, door = -1;

	if (exec->proc.seccomp != NULL && exec->proc.seccomp->listener_path != NULL) {
		listener_socket = proc_listener_socket(exec->proc.seccomp->listener_path, err);
		if (listener_socket < 0)
			return -1;
		job.filter.listener_socket = listener_socket;
	}

	if (request->console_socket != NULL) {
		exec->console_socket = sock_connect_path(request->console_socket, SOCK_STREAM, err);
		if (exec->console_socket < 0)
			return err_ctx(err, "--console-socket");
	}
	if (door_open(&exec->handle, &door, err) < 0 || join_spawn(&job, &exec->child, err) < 0)
		return -1;
	fd_close(&door);
	fd_close(&listener_socket);
	if (rdt_place_process(&place, exec->handle.procfs, exec->child.pid, &exec->arena, err) <
			0 ||
		announce(request, exec, err) < 0)
		return -1;
	log_debug("process %d in the container of process %d", (int) exec->child.pid,
		(int) job.init_pid);
	if (join_release(&job, &exec->child, err) < 0) {
		if (request->pid_file != NULL)
			(void) unlink(request->pid_file); /* it names nobody */
		return -1;
	}
	return 0;
}

static int run(const struct global_options *global, const struct exec_request *request,
	int *ret_status, struct err *err)
{
	_cleanup_exec_ struct exec exec = {
		.handle = HANDLE_INIT, .console_socket = -1, .child = CREATED_INIT
	};
	_cleanup_fd_ int signals = -1;

	if (preserved_check(request->preserve_fds, err) < 0 ||
		look(global, request, &exec, err) < 0 || make_plan(request, &exec, err) < 0 ||
		choose_cgroups(request, &exec, err) < 0)
		return -1;
	/* Where it waits for somebody to resume the container, a signal ends the wait, and the process that
	 * is being made dies with us. Nothing else may take its time. */
	exec.waits = request->ignore_paused && exec.handle.status == STATUS_PAUSED;
	if (!request->detach && !exec.waits) {
		signals = signals_open_all(err);
		if (signals < 0)
			return -1;
	}
	if (launch(request, &exec, err) < 0)
		return -1;
	if (request->detach) {
		exec.child.pid = 0; /* it is its caller's from here on */
		*ret_status = 0;
		return 0;
	}
	if (exec.waits) {
		signals = signals_open_all(err);
		if (signals < 0)
			return -1;
	}
	if (wait_for(exec.child.pid, exec.child.pidfd, signals, &exec.child.terminal, NULL,
		    ret_status, err) < 0)
		return -1;
	exec.child.pid = 0;
	return 0;
}

int lifecycle_exec(const struct global_options *global, const struct exec_request *request,
	int *ret_exit_status, struct err *err)
{
	if (run(global, request, ret_exit_status, err) < 0)
		return err_ctx(err, "exec %s", request->id);
	return 0;
}
