/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sock: unix sockets: pairs, listeners and connections by directory fd, packets with one fd, waiting
 * with a deadline. Not for what the packets mean (container/msg.h).
 *
 * A socket's address has room for 108 bytes; every path goes through /proc/self/fd/N/NAME of a
 * directory fd, so that no path is too long. Follows unix(7), recvmsg(2), poll(2).
 */
#ifndef OCIRT_KERNEL_SOCK_H
#define OCIRT_KERNEL_SOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

struct until;

/* A connected SOCK_SEQPACKET pair, both O_CLOEXEC, the caller's. */
ERR_CHECK int sock_pair(int *ret_one, int *ret_other, struct err *err);

/* A listening SOCK_SEQPACKET socket bound to NAME in the directory. Returns the fd. */
ERR_CHECK int sock_listen_at(int dirfd, const char *name, struct err *err);

/* Waits without a bound for a connection. Returns its fd. */
ERR_CHECK int sock_accept(int listener, struct err *err);

/* Connects to NAME in the directory; type is SOCK_STREAM, SOCK_SEQPACKET or SOCK_DGRAM. err->num tells ENOENT from
 * ECONNREFUSED. */
ERR_CHECK int sock_connect_at(int dirfd, const char *name, int type, struct err *err);

/* The same for a path of any length. */
ERR_CHECK int sock_connect_path(const char *path, int type, struct err *err);

/* Connects a datagram socket to a service manager: an absolute path, or "@name" for a name that is in no
 * file system (sd_notify(3)). err->num is EAFNOSUPPORT for another kind of address. */
ERR_CHECK int sock_connect_manager(const char *address, struct err *err);

/* A datagram socket bound to NAME in the directory, in place of one that is there; anybody who reaches it
 * may send. Returns the fd. */
ERR_CHECK int sock_bind_datagram_at(int dirfd, const char *name, struct err *err);

/* Sends one packet, with a copy of fd unless it is -1. Never raises SIGPIPE. */
ERR_CHECK int sock_send_fd(int sock, const void *bytes, size_t length, int fd, struct err *err);

/* The same on a stream, of any length: a stream takes a part of what is longer than its buffer, so the rest is
 * sent as the other side reads. */
ERR_CHECK int sock_send_all(
	int sock, const void *bytes, size_t length, int fd, uint64_t deadline_ns, struct err *err);

/* A send to an other side that does not read gives up after this time (EAGAIN). */
ERR_CHECK int sock_bound_send(int sock, unsigned ms, struct err *err);

/* Receives one packet of at most size bytes; *ret_fd (may be NULL) gets the fd that came with it or
 * -1. Gives up at deadline_ns (ERR_TIMEOUT; UINT64_MAX: never), when the process of until has
 * ended and nothing is left to read (0, like the end of file), or at a signal (ERR_INTERRUPTED). */
ERR_CHECK ssize_t sock_recv(int sock, void *bytes, size_t size, int *ret_fd, uint64_t deadline_ns,
	const struct until *until, struct err *err);

/* Whether the other side has closed. Never blocks. */
bool sock_is_closed(int sock);

#endif
