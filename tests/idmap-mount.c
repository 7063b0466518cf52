/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * idmap-mount: mounts a tree with the id maps of a user namespace, as an engine does with an image.
 *
 *     idmap-mount SOURCE TARGET /proc/PID/ns/user
 */
#include <fcntl.h>
#include <linux/mount.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_IDMAP };
	int maps = argc == 4 ? open(argv[3], O_RDONLY | O_CLOEXEC) : -1;
	int tree = maps < 0 ? -1
			    : (int) syscall(SYS_open_tree, AT_FDCWD, argv[1],
				      OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);

	attr.userns_fd = (unsigned) maps;
	if (tree < 0 ||
		syscall(SYS_mount_setattr, tree, "", AT_EMPTY_PATH, &attr, sizeof(attr)) < 0 ||
		syscall(SYS_move_mount, tree, "", AT_FDCWD, argv[2], MOVE_MOUNT_F_EMPTY_PATH) < 0) {
		perror("idmap-mount");
		return 1;
	}
	return 0;
}
