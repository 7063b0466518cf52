/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/time.h"
#include "container/hooks.h"
#include "container/notify.h"
#include "container/word.h"
#include "kernel/ns.h"
#include "kernel/procfs.h"
#include "kernel/sock.h"
#include "lifecycle/delete.h"
#include "lifecycle/handle.h"
#include "lifecycle/hooks.h"
#include "lifecycle/lifecycle.h"

enum {
	START_MS = 600 * 1000, /* startContainer hooks come on top of it */
	END_MS = 10 * 1000,
};

/* The name says what is going on: `start` while the container waits, `starting` while somebody starts
 * it, none once it runs. A starter that dies in between leaves `starting`, which is taken up here. */
static int connect_barrier(const struct state_dir *dir, struct err *err)
{
	int sock;

	if (renameat(dir->dir, STATE_BARRIER, dir->dir, STATE_BARRIER_TAKEN) < 0 && errno != ENOENT)
		return err_sys(err, "rename %s", STATE_BARRIER);
	sock = sock_connect_at(dir->dir, STATE_BARRIER_TAKEN, SOCK_SEQPACKET, err);
	if (sock < 0 && (err->num == ENOENT || err->num == ECONNREFUSED))
		return err_set(err, ERR_STATE, "cannot start an already running container");
	return sock;
}

/* Who has said why it cannot go on ends, but needs a moment for it. Engines delete the container as soon as
 * they hear of the failure, and have to find it stopped. Always returns -1, with the error as it is. */
static int await_end(int pidfd, struct err *err)
{
	struct err late = { 0 };

	if (err->code == ERR_TIMEOUT)
		return -1;
	if (pidfd >= 0 && ns_pidfd_wait(pidfd, time_deadline_ms(END_MS), &late) < 0)
		err_drop(&late);
	return -1;
}

/* It would hear START when somebody lets it go on, and until then nobody would know what became of it. */
static int refuse_stopped(const struct handle *handle, struct err *err)
{
	char letter = 0;

	if (procfs_start_time(handle->procfs, (pid_t) handle->record.pid, NULL, &letter, err) < 0)
		return -1;
	if (letter == 'T' || letter == 't')
		return err_set(err, ERR_STATE,
			"cannot start a container whose first process is stopped (SIGSTOP): "
			"SIGCONT lets it go on");
	return 0;
}

/* START, and then silence: the socket closes when the program of the container is executed. */
static int pass_barrier(
	const struct handle *handle, const struct hook_list *start_container, struct err *err)
{
	const struct state_dir *dir = &handle->dir;
	_cleanup_fd_ int sock = connect_barrier(dir, err);
	const struct word_from from = {
		.sock = sock,
		.pidfd = handle->pidfd,
		.procfs = handle->procfs,
		.pid = (pid_t) handle->record.pid,
		.signals = -1,
	};

	if (sock < 0)
		return -1;
	if (word_start(&from, time_deadline_ms(START_MS + hooks_limit_ms(start_container)), err) <
		0)
		return await_end(handle->pidfd, err);
	(void) unlinkat(dir->dir, STATE_BARRIER_TAKEN, 0);
	return 0;
}

/* The specification goes on from a hook that fails with destroying the container, as from a hook of
 * create. */
static void destroy(const char *root, const char *id, struct handle *handle)
{
	struct err late = { 0 };

	if (delete_by_force(root, id, &handle->dir, &late) < 0) {
		log_warning("%s", late.text);
		err_drop(&late);
	}
}

static int start(const struct global_options *global, const char *id, struct err *err)
{
	_cleanup_arena_ struct arena arena = { 0 };
	_cleanup_handle_ struct handle handle = HANDLE_INIT;
	_cleanup_notify_ struct notify notify = NOTIFY_INIT;
	struct hook_list hooks[HOOK_KINDS];

	if (handle_open(global->root, id, &arena, &handle, err) < 0)
		return -1;
	switch (handle.status) {
	case STATUS_CREATED:
		break;
	case STATUS_STOPPED:
		return err_set(err, ERR_STATE, "cannot start a container that has stopped");
	case STATUS_CREATING:
	case STATUS_RUNNING:
		return err_set(err, ERR_STATE, "cannot start an already running container");
	case STATUS_PAUSED:
		return err_set(err, ERR_STATE, "cannot start a container that is paused");
	}
	if (handle.record.no_process)
		return err_at(err, "/process", "is missing");
	if (refuse_stopped(&handle, err) < 0)
		return -1;
	if (notify_open(handle.dir.dir, getenv("NOTIFY_SOCKET"), &notify, err) < 0 ||
		hooks_load(&handle.dir, &handle.record, &arena, hooks, err) < 0)
		return -1;
	if (pass_barrier(&handle, &hooks[HOOK_START_CONTAINER], err) < 0 ||
		hooks_after_start(&hooks[HOOK_POSTSTART], &handle.record, -1, &arena, err) < 0) {
		if (err->code == ERR_HOOK)
			destroy(global->root, id, &handle);
		return -1;
	}
	/* However long it takes to be ready, others may have to do with the container meanwhile. */
	state_unlock(&handle.dir);
	return notify_until_ready(&notify, (pid_t) handle.record.pid, handle.pidfd, err);
}

int lifecycle_start(const struct global_options *global, const char *id, struct err *err)
{
	if (start(global, id, err) < 0)
		return err_ctx(err, "start %s", id);
	return 0;
}
