/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/net.h"

#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "base/fd.h"

int net_loopback_up(struct err *err)
{
	struct ifreq request = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	/* Any socket will do; one of AF_UNIX needs no protocol of the network. */
	_cleanup_fd_ int sock = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (sock < 0)
		return err_sys(err, "socket");
	if (ioctl(sock, SIOCSIFFLAGS, &request) < 0)
		return err_sys(err, "ioctl lo up");
	return 0;
}
