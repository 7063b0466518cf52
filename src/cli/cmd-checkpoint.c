/* SPDX-License-Identifier: GPL-2.0-or-later */
/* checkpoint and restore: the options of criu, and restore's also of create. */
#include "cli/command.h"
#include "lifecycle/checkpoint.h"

#define CRIU(type, name, kind, member, help) ROW(type, name, 0, kind, criu.member, help)
#define CRIU_ROWS(type)                                                                            \
	CRIU(type, "image-path", OPTION_TEXT, image_path, "directory of the images"),              \
		CRIU(type, "work-path", OPTION_TEXT, work_path, "directory of criu's log"),        \
		CRIU(type, "tcp-established", OPTION_FLAG, tcp_established,                        \
			"open TCP connections"),                                                   \
		CRIU(type, "ext-unix-sk", OPTION_FLAG, ext_unix_sk, "external unix sockets"),      \
		CRIU(type, "shell-job", OPTION_FLAG, shell_job, "a shell's job"),                  \
		CRIU(type, "file-locks", OPTION_FLAG, file_locks, "file locks"),                   \
		CRIU(type, "lazy-pages", OPTION_FLAG, lazy_pages, "memory by userfaultfd"),        \
		CRIU(type, "auto-dedup", OPTION_FLAG, auto_dedup, "drop doubled pages"),           \
		CRIU(type, "manage-cgroups-mode", OPTION_TEXT, manage_cgroups_mode,                \
			"soft, full, strict, ignore"),                                             \
		CRIU(type, "network-lock", OPTION_TEXT, network_lock,                              \
			"iptables, nftables or skip"),                                             \
		CRIU(type, "empty-ns", OPTION_TEXT, empty_ns,                                      \
			"make a namespace without its content")

struct checkpoint {
	struct criu_options criu;
};

static const struct option_row checkpoint_rows[] = {
	CRIU_ROWS(struct checkpoint),
	CRIU(struct checkpoint, "leave-running", OPTION_FLAG, leave_running, "let it go on"),
	CRIU(struct checkpoint, "parent-path", OPTION_TEXT, parent_path,
		"images of an earlier pre-dump"),
	CRIU(struct checkpoint, "pre-dump", OPTION_FLAG, pre_dump, "memory alone, let it go on"),
	CRIU(struct checkpoint, "tcp-skip-in-flight", OPTION_FLAG, tcp_skip_in_flight,
		"without connections in the making"),
	CRIU(struct checkpoint, "link-remap", OPTION_FLAG, link_remap, "files without a name"),
	CRIU(struct checkpoint, "page-server", OPTION_TEXT, page_server, "ADDRESS:PORT"),
	CRIU(struct checkpoint, "status-fd", OPTION_NUMBER, status_fd,
		"gets a byte when lazy pages are ready"),
	{ 0 },
};

static int checkpoint(struct call *call, struct err *err)
{
	const struct checkpoint *options = call->options;

	return lifecycle_checkpoint(call->global, call->args[0], &options->criu, err);
}

const struct command command_checkpoint = {
	.name = "checkpoint",
	.arguments = "ID",
	.help = "write a running container into files (criu)",
	.rows = checkpoint_rows,
	.options_bytes = sizeof(struct checkpoint),
	.least = 1,
	.most = 1,
	.run = checkpoint,
};

struct restore {
	struct criu_options criu;
	struct create_options create;
};

#define CREATE(name, letter, kind, member, help)                                                   \
	ROW(struct restore, name, letter, kind, create.member, help)

static const struct option_row restore_rows[] = {
	CRIU_ROWS(struct restore),
	CRIU(struct restore, "tcp-close", OPTION_FLAG, tcp_close, "close TCP connections"),
	CRIU(struct restore, "lsm-profile", OPTION_TEXT, lsm_profile, "apparmor:X or selinux:X"),
	CRIU(struct restore, "lsm-mount-context", OPTION_TEXT, lsm_mount_context,
		"label of its mounts"),
	CREATE("bundle", 'b', OPTION_TEXT, bundle, "bundle directory"),
	CREATE("console-socket", 0, OPTION_TEXT, console_socket, "receives the pty"),
	CREATE("pid-file", 0, OPTION_TEXT, pid_file, "gets the process id"),
	CREATE("detach", 'd', OPTION_FLAG, detach, "do not wait"),
	CREATE("no-pivot", 0, OPTION_FLAG, no_pivot, "no pivot_root"),
	CREATE("no-subreaper", 0, OPTION_FLAG, no_subreaper, "do not adopt orphans"),
	{ 0 },
};

static int restore(struct call *call, struct err *err)
{
	struct restore *options = call->options;

	options->create.id = call->args[0];
	return lifecycle_restore(
		call->global, &options->create, &options->criu, &call->exit_status, err);
}

const struct command command_restore = {
	.name = "restore",
	.arguments = "ID",
	.help = "make a container from such files (criu)",
	.rows = restore_rows,
	.options_bytes = sizeof(struct restore),
	.least = 1,
	.most = 1,
	.run = restore,
};
