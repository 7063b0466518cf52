/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * criu: talks to the criu program, which writes a running container into image files and makes it
 * from them again.
 *
 * `criu swrk FD` is started as a child with one end of a socket pair; one request goes in, then it
 * notifies of each stage and waits for an answer, then it responds. The messages are those of criu's
 * rpc.proto, version 3 and later. Its library would only add a second copy of the same encoding.
 *
 * Not for: what is restored into (lifecycle/restore.c makes state, cgroups and limits).
 */
#ifndef OCIRT_CONTAINER_CRIU_H
#define OCIRT_CONTAINER_CRIU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/err.h"
#include "plan/criu.h"

/* Where the images are when nothing else is said. */
#define CRIU_IMAGE_PATH "checkpoint"

/* What the command line says; checkpoint and restore have parts of it. */
struct criu_options {
	const char *image_path; /* NULL: CRIU_IMAGE_PATH */
	const char *work_path; /* NULL: image_path; the log goes there */
	const char *parent_path; /* relative to image_path; a pre-dump's */
	const char *page_server; /* ADDRESS:PORT */
	const char *manage_cgroups_mode; /* soft, full, strict, ignore, none, props; NULL: soft */
	const char *network_lock; /* iptables, nftables, skip */
	const char *lsm_profile; /* TYPE:LABEL */
	const char *lsm_mount_context;
	const char *empty_ns; /* "network" */
	unsigned status_fd; /* one of the caller's; 0: none */
	bool leave_running;
	bool pre_dump;
	bool lazy_pages;
	bool auto_dedup;
	bool tcp_established;
	bool tcp_close;
	bool tcp_skip_in_flight;
	bool ext_unix_sk;
	bool shell_job;
	bool file_locks;
	bool link_remap;
};

/* The values of the options that are names or have a form of their own. ERR_USAGE. */
ERR_CHECK int criu_check_options(const struct criu_options *options, struct err *err);

struct criu_fd {
	const char *key;
	int fd; /* borrowed; copied into criu */
};

enum criu_action { CRIU_DUMP, CRIU_RESTORE };

struct criu_call {
	enum criu_action action;
	const struct criu_options *options;
	pid_t pid; /* to dump: the container's first process */
	const char *root; /* the root file system, a path of the host */
	bool private_mounts; /* criu gets a mount namespace of its own, in which root is a mount */
	const char *config_file; /* of criu's options; NULL: none */
	const char *freeze_cgroup; /* to dump: the freezer's directory, or NULL */
	struct criu_pairs mounts; /* from outside: destination and source */
	struct criu_pairs joins; /* to restore: names and paths of namespaces that are there */
	struct criu_pairs cgroup_roots; /* v1: controllers and paths below their roots */
	const char *const *external; /* "net[inode]:key" */
	size_t external_count;
	const struct criu_fd *inherit; /* fds that take the place of dumped ones, by their keys */
	size_t inherit_count;
	const struct signals *signals; /* that end it (kernel/signals.h); NULL: none */
	struct arena *arena;
};

struct criu {
	pid_t pid;
	int pidfd;
	int sock;
	int work;
	int signals; /* borrowed, or -1 */
	const char *log; /* its name in work */
	struct arena *arena;
};
#define CRIU_INIT                                                                                  \
	{                                                                                          \
		.pidfd = -1, .sock = -1, .work = -1, .signals = -1                                 \
	}

/* Opens (a dump makes) the directories and starts criu; nothing is sent yet, so that its pid can be put
 * into cgroups. ERR_UNSUPPORTED where there is no criu. */
ERR_CHECK int criu_start(const struct criu_call *call, struct criu *ret, struct err *err);
ERR_CHECK int criu_send(const struct criu_call *call, struct criu *criu, struct err *err);

struct criu_event {
	char script[32]; /* "post-restore", …; "": the end, and it was a success */
	pid_t pid; /* of the restored first process, where the event has one */
	int fd; /* that came with it (orphan-pts-master), or -1; the caller's */
};

/* Waits for what criu says next. A failure is the error, with the reason from its log. */
ERR_CHECK int criu_next(struct criu *criu, struct criu_event *ret, struct err *err);
/* Lets criu go on after a notification. */
ERR_CHECK int criu_answer(struct criu *criu, struct err *err);

/* Kills criu unless it has ended, reaps it, closes everything. */
void criu_end(struct criu *criu);
#define _cleanup_criu_ __attribute__((cleanup(criu_end)))

#endif
