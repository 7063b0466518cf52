/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lifecycle/preserved.h"

#include <fcntl.h>
#include <stdlib.h>

#include "base/str.h"
#include "kernel/ns.h"

unsigned preserved_listen_fds(void)
{
	const char *text = getenv("LISTEN_FDS");
	uint32_t count;

	return text != NULL && str_to_u32(text, &count) == 0 && count < 1024 ? count : 0;
}

int preserved_check(unsigned count, struct err *err)
{
	for (unsigned fd = 3; fd < 3 + count; fd++) {
		const int flags = fcntl((int) fd, F_GETFD);

		if (flags < 0 || (flags & FD_CLOEXEC) != 0)
			return err_set(err, ERR_USAGE, "--preserve-fds: fd %u is not open", fd);
	}
	/* Hooks and helpers must not get what the caller has left open; the container's program gets
	 * its part by number. */
	return ns_close_from(3, true, err);
}
