/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * msg: what the parent and the container's first process say to each other.
 *
 * One SOCK_SEQPACKET pair made before the clone, one fixed frame, at most one fd with it:
 *
 *     parent (create, run)                      child (container/init.c)
 *     --------------------                      ------------------------
 *                          [PID, with a pidfd]  <-  behind a joined user namespace with a new pid
 *                                                   namespace only: it cloned a second time
 *     MAPPED  ->                                    ids mapped
 *                                               <-  HOOKS: root file system is built, not entered
 *     HOOKS_DONE  ->                                in its cgroups, network devices moved, prestart
 *                                                   and createRuntime hooks have run (both where there are hooks)
 *                         [CONSOLE, with a pty] <-  `run` in the foreground with a terminal
 *                        [LISTENER, with an fd] <-  a seccomp profile with a listener
 *                                               <-  READY: all that can fail has been done
 *     GO  ->                                        in its cgroups, limits set, state `created`
 *                                                   is on disk
 *
 * and then, on the same socket for `run`, or for `create` on a connection that `start` makes to the
 * socket in the state directory:
 *
 *     START, with a page for a last word  ->
 *                                               <-  EXEC: startContainer hooks have run
 *                                               <-  end of file: execve happened
 *
 * Before that, on connections of their own, execs of an ordinary user may come and go:
 *
 *     ENTER  ->
 *                                               <-  READY: the namespaces can be joined until this
 *                                                   connection is closed
 *
 * exec has a shorter ladder (container/join.c); the process that joins clones the one that stays:
 *
 *                         [CONSOLE, with a pty] <-  a terminal
 *                          [PID, with a pidfd]  <-  of the process that will be the program
 *     GO, with its number there  ->                 limits set, pid file written
 *                                               <-  EXEC, then end of file
 *
 * Either side may send ERROR, whose body is a struct err, in place of what is due. LOG lines may come
 * from the child at any time. End of file before EXEC means that the other side died.
 *
 * Not for: deciding anything. A message out of turn is an error that names both.
 */
#ifndef OCIRT_CONTAINER_MSG_H
#define OCIRT_CONTAINER_MSG_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "base/log.h"

struct until;

enum msg_type {
	MSG_ERROR = 1,
	MSG_LOG,
	MSG_PID,
	MSG_MAPPED,
	MSG_HOOKS,
	MSG_HOOKS_DONE,
	MSG_CONSOLE,
	MSG_LISTENER,
	MSG_READY,
	MSG_GO,
	MSG_ENTER,
	MSG_START,
	MSG_EXEC,
	MSG_TYPES
};

const char *msg_name(enum msg_type type);

/* A pair of connected sockets, both O_CLOEXEC. */
ERR_CHECK int msg_pair(int *ret_parent, int *ret_child, struct err *err);

/* Sends one message without a body; fd -1 for none (borrowed, copied to the other side). */
ERR_CHECK int msg_send(int sock, enum msg_type type, int fd, struct err *err);

/* Sends an error. Nothing can be done about its failure. Keeps *err. */
void msg_send_error(int sock, const struct err *err);

/* Sends a log line; data is a pointer to the socket (log_redirect's shape). */
void msg_send_log(enum log_level level, const char *text, void *data);

/* Waits for one of two types (pass the same twice for one). Log lines on the way are logged. Returns
 * the type; 0 at end of file if eof_ok; -1 for an error of the other side (*err is theirs), a wrong
 * type (both are named), the deadline, or the end of the process behind pidfd (-1: not watched).
 * *ret_fd (may be NULL) gets the fd of the message or -1. */
ERR_CHECK int msg_wait(int sock, int pidfd, uint64_t deadline_ns, enum msg_type one,
	enum msg_type other, int eof_ok, int *ret_fd, struct err *err);

/* The same, at the end of what until says as well. */
ERR_CHECK int msg_wait_until(int sock, const struct until *until, uint64_t deadline_ns,
	enum msg_type one, enum msg_type other, int eof_ok, int *ret_fd, struct err *err);

/* A message with the number of a process, as its sender sees it, and the wait for one. */
ERR_CHECK int msg_send_pid(int sock, enum msg_type type, pid_t pid, struct err *err);
ERR_CHECK int msg_wait_pid(
	int sock, uint64_t deadline_ns, enum msg_type type, pid_t *ret_pid, struct err *err);

#endif
