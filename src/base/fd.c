/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/fd.h"

#include <errno.h>
#include <unistd.h>

void fd_close(int *fd)
{
	int saved = errno;

	/* Once: Linux has freed the number even when close reports EINTR. */
	if (*fd >= 0)
		(void) close(*fd);
	*fd = -1;
	errno = saved;
}

void fd_list_close(struct fd_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		fd_close(&list->fds[i]);
	list->count = 0;
}
