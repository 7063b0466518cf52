/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lifecycle/door.h"

#include <errno.h>
#include <linux/capability.h>
#include <sys/socket.h>

#include "base/fd.h"
#include "base/time.h"
#include "container/msg.h"
#include "kernel/cap.h"
#include "kernel/sock.h"
#include "lifecycle/handle.h"

enum { DOOR_MS = 60 * 1000 }; /* others may be at it before us */

int door_open(const struct handle *handle, int *ret, struct err *err)
{
	_cleanup_fd_ int door = -1;

	if (handle->status != STATUS_CREATED || cap_effective(CAP_SYS_PTRACE))
		return 0;
	door = sock_connect_at(handle->dir.dir, STATE_BARRIER, SOCK_SEQPACKET, err);
	if (door < 0) {
		if (err->num != ENOENT && err->num != ECONNREFUSED)
			return -1;
		err_drop(err);
		return 0;
	}
	if (msg_send(door, MSG_ENTER, -1, err) < 0 ||
		msg_wait(door, handle->pidfd, time_deadline_ms(DOOR_MS), MSG_READY, MSG_READY, 0,
			NULL, err) < 0)
		return err_ctx(err, "ask the created container to be let in");
	*ret = TAKE_FD(door);
	return 0;
}
