/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "container/console.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <unistd.h>

#include "base/fd.h"
#include "container/init.h"
#include "container/msg.h"
#include "container/rootfs.h"
#include "kernel/mount.h"
#include "kernel/sock.h"
#include "kernel/tty.h"

int console_send(int console_socket, int master, struct err *err)
{
	static const char name[] = "/dev/pts/ptmx";

	if (sock_send_fd(console_socket, name, sizeof(name) - 1, master, err) < 0)
		return err_ctx(err, "--console-socket");
	return 0;
}

/* The slave itself is bound, by fd: its name below /dev/pts belongs to the image. */
static int bind_console(const struct rootfs *root, int slave, struct err *err)
{
	_cleanup_fd_ int target = -1, tree = mount_clone_tree(slave, "", false, false, err);

	if (tree < 0)
		return -1;
	target = beneath_create_file(&root->beneath, "/dev/console", 0620, err);
	if (target < 0 || mount_set_attr(tree, 0, 0, MS_PRIVATE, false, err) < 0)
		return -1;
	return mount_attach(tree, target, err);
}

int console_open(const struct proc_plan *proc, const struct beneath *root, int *ret_master,
	int *ret_slave, struct err *err)
{
	_cleanup_fd_ int master = -1, slave = -1;
	_cleanup_fd_ int pts = beneath_open(root, "/dev/pts", O_PATH | O_DIRECTORY, 0, err);

	if (pts < 0 || tty_open_pair(pts, &master, &slave, err) < 0)
		return err_place(err, "/process/terminal");
	if (proc->rows != 0 && proc->columns != 0 &&
		tty_set_size(master, proc->rows, proc->columns, err) < 0)
		return err_place(err, "/process/consoleSize");
	if (fchown(slave, proc->uid, (gid_t) -1) < 0) {
		(void) err_sys(err, "chown terminal");
		return err_place(err, "/process/user/uid");
	}
	*ret_master = TAKE_FD(master);
	*ret_slave = TAKE_FD(slave);
	return 0;
}

int console_take(int *take_slave, struct err *err)
{
	_cleanup_fd_ int slave = TAKE_FD(*take_slave);

	if (tty_make_controlling(slave, err) < 0)
		return -1;
	for (int fd = 0; fd <= 2; fd++)
		if (dup3(slave, fd, 0) < 0)
			return err_sys(err, "dup3 %d", fd);
	return 0;
}

int console_set_up(const struct plan *plan, const struct rootfs *root, const struct init_fds *fds,
	struct err *err)
{
	_cleanup_fd_ int master = -1, slave = -1;

	if (console_open(&plan->proc, &root->beneath, &master, &slave, err) < 0)
		return -1;
	if (plan->rootfs.console && bind_console(root, slave, err) < 0)
		return err_ctx(err, "/dev/console");
	if (fds->console_socket >= 0 ? console_send(fds->console_socket, master, err) < 0
				     : msg_send(fds->sock, MSG_CONSOLE, master, err) < 0)
		return -1;
	return console_take(&slave, err);
}
