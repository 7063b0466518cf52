/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "container/criu.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/io.h"
#include "base/protobuf.h"
#include "base/str.h"
#include "base/time.h"
#include "container/child.h"
#include "container/msg.h"
#include "kernel/mount.h"
#include "kernel/ns.h"
#include "kernel/signals.h"
#include "kernel/sock.h"

enum {
	END_MS = 5 * 1000,
	STAGE_MS = 600 * 1000, /* between two words of criu's; a large memory takes its time */
	PACKET_BYTES = 64 * 1024,
	LOG_BYTES = 1024 * 1024,
	LOG_LEVEL = 4,
	/* criu's fds: the socket, images, work, the status fd, then what it inherits. */
	FIRST_FD = 3,
	FAR_FD = 600, /* what is kept while the low numbers are given out */
	OWN_FDS = 4,
};

/* Numbers of rpc.proto. */
enum { REQ_TYPE = 1, REQ_OPTS = 2, REQ_NOTIFY_SUCCESS = 3 };
enum { TYPE_DUMP = 1, TYPE_RESTORE = 2, TYPE_PRE_DUMP = 4, TYPE_NOTIFY = 6 };
enum { RESP_TYPE = 1, RESP_SUCCESS = 2, RESP_RESTORE = 4, RESP_NOTIFY = 5, RESP_MESSAGE = 9 };
enum {
	OPT_IMAGES_DIR_FD = 1,
	OPT_PID = 2,
	OPT_LEAVE_RUNNING = 3,
	OPT_EXT_UNIX_SK = 4,
	OPT_TCP_ESTABLISHED = 5,
	OPT_EVASIVE_DEVICES = 6,
	OPT_SHELL_JOB = 7,
	OPT_FILE_LOCKS = 8,
	OPT_LOG_LEVEL = 9,
	OPT_LOG_FILE = 10,
	OPT_PAGE_SERVER = 11,
	OPT_NOTIFY_SCRIPTS = 12,
	OPT_ROOT = 13,
	OPT_PARENT_IMG = 14,
	OPT_TRACK_MEM = 15,
	OPT_AUTO_DEDUP = 16,
	OPT_WORK_DIR_FD = 17,
	OPT_LINK_REMAP = 18,
	OPT_EXT_MNT = 23,
	OPT_MANAGE_CGROUPS = 24,
	OPT_CG_ROOT = 25,
	OPT_RST_SIBLING = 26,
	OPT_INHERIT_FD = 27,
	OPT_MANAGE_CGROUPS_MODE = 34,
	OPT_EXTERNAL = 37,
	OPT_EMPTY_NS = 38,
	OPT_JOIN_NS = 39,
	OPT_FREEZE_CGROUP = 44,
	OPT_TCP_SKIP_IN_FLIGHT = 46,
	OPT_LAZY_PAGES = 48,
	OPT_STATUS_FD = 49,
	OPT_ORPHAN_PTS_MASTER = 50,
	OPT_CONFIG_FILE = 51,
	OPT_TCP_CLOSE = 52,
	OPT_LSM_PROFILE = 53,
	OPT_LSM_MOUNT_CONTEXT = 63,
	OPT_NETWORK_LOCK = 64,
};

/* ---- options ------------------------------------------------------------------------------------ */

struct name {
	const char *name;
	unsigned number;
};

static const struct name cgroup_modes[] = { { "ignore", 0 }, { "none", 1 }, { "props", 2 },
	{ "soft", 3 }, { "full", 4 }, { "strict", 5 }, { NULL, 0 } };
static const struct name network_locks[] = { { "iptables", 1 }, { "nftables", 2 }, { "skip", 3 },
	{ NULL, 0 } };

static const struct name *find_name(const struct name *names, const char *text)
{
	for (; names->name != NULL; names++)
		if (str_eq(names->name, text))
			return names;
	return NULL;
}

/* "ADDRESS:PORT" into the address (in the arena) and the number. */
static int split_server(
	const char *text, struct arena *arena, const char **ret_address, uint32_t *ret_port)
{
	const char *colon = strrchr(text, ':');

	if (colon == NULL || colon == text || str_to_u32(colon + 1, ret_port) < 0 ||
		*ret_port == 0 || *ret_port > 65535)
		return -1;
	if (arena != NULL)
		*ret_address = arena_strn(arena, text, (size_t) (colon - text));
	return 0;
}

int criu_check_options(const struct criu_options *options, struct err *err)
{
	uint32_t port;

	if (options->manage_cgroups_mode != NULL &&
		find_name(cgroup_modes, options->manage_cgroups_mode) == NULL)
		return err_set(err, ERR_USAGE,
			"--manage-cgroups-mode: \"%s\" is not soft, full, strict, ignore, none or "
			"props",
			options->manage_cgroups_mode);
	if (options->network_lock != NULL &&
		find_name(network_locks, options->network_lock) == NULL)
		return err_set(err, ERR_USAGE,
			"--network-lock: \"%s\" is not iptables, nftables or skip",
			options->network_lock);
	if (options->page_server != NULL &&
		split_server(options->page_server, NULL, NULL, &port) < 0)
		return err_set(err, ERR_USAGE, "--page-server: \"%s\" is not ADDRESS:PORT",
			options->page_server);
	/* What was restored is looked at for the label, of one of these. */
	if (options->lsm_profile != NULL && !str_starts(options->lsm_profile, "apparmor:") &&
		!str_starts(options->lsm_profile, "selinux:"))
		return err_set(err, ERR_USAGE,
			"--lsm-profile: \"%s\" is not apparmor:PROFILE or selinux:LABEL",
			options->lsm_profile);
	if (options->empty_ns != NULL && !str_eq(options->empty_ns, "network"))
		return err_set(
			err, ERR_USAGE, "--empty-ns: \"%s\" is not network", options->empty_ns);
	return 0;
}

static const char *images_of(const struct criu_call *call)
{
	const char *path = call->options->image_path;

	return path != NULL ? path : CRIU_IMAGE_PATH;
}

static const char *work_of(const struct criu_call *call)
{
	const char *path = call->options->work_path;

	return path != NULL ? path : images_of(call);
}

/* ---- the process -------------------------------------------------------------------------------- */

/* The private view in which the container's root is a mount, as a restore wants it; it ends with criu. */
static int own_mounts(const char *root, struct err *err)
{
	_cleanup_fd_ int tree = -1, target = -1;

	if (ns_unshare(CLONE_NEWNS, err) < 0 || mount_propagation("/", MS_SLAVE | MS_REC, err) < 0)
		return -1;
	tree = mount_clone_tree(AT_FDCWD, root, true, false, err);
	if (tree < 0 || mount_set_attr(tree, 0, 0, MS_PRIVATE, true, err) < 0)
		return -1;
	target = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (target < 0)
		return err_sys(err, "open %s", root);
	return mount_attach(tree, target, err);
}

/* criu takes the numbers of its request for those of the process that made the socket, and looks them up
 * in /proc: so the child makes it, and opens the directories where its mounts are. Ours goes to the
 * parent; the rest gets numbers: first out of the way, then down. */
static int number_fds(const struct criu_call *call, int to_parent, struct err *err)
{
	const int high = FIRST_FD + OWN_FDS + (int) call->inherit_count + 1000;
	int fds[OWN_FDS] = { -1, -1, -1, (int) call->options->status_fd }, ours = -1;

	if (sock_pair(&ours, &fds[0], err) < 0)
		return -1;
	ours = fcntl(ours, F_DUPFD_CLOEXEC, FAR_FD);
	if (ours < 0)
		return err_sys(err, "fcntl F_DUPFD_CLOEXEC");
	fds[1] = open(images_of(call), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fds[1] < 0)
		return err_sys(err, "open %s", images_of(call));
	fds[2] = open(work_of(call), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fds[2] < 0)
		return err_sys(err, "open %s", work_of(call));
	for (int i = 0; i < OWN_FDS + (int) call->inherit_count; i++) {
		int fd = i < OWN_FDS ? fds[i] : call->inherit[i - OWN_FDS].fd;

		if (dup2(fd, high + i) < 0)
			return err_sys(err, "dup2 %d", fd);
	}
	for (int i = 0; i < OWN_FDS + (int) call->inherit_count; i++)
		if (dup2(high + i, FIRST_FD + i) < 0)
			return err_sys(err, "dup2 %d", FIRST_FD + i);
	if (ns_close_from(FIRST_FD + OWN_FDS + (unsigned) call->inherit_count, true, err) < 0)
		return -1;
	/* The last that can fail: from here on it is criu's to speak. */
	return msg_send(to_parent, MSG_READY, ours, err);
}

static int find_criu(char *path, size_t size, struct err *err)
{
	const char *dir = getenv("PATH");

	if (dir == NULL || dir[0] == '\0')
		dir = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
	while (dir[0] != '\0') {
		const size_t length = strcspn(dir, ":");

		if (dir[0] == '/' &&
			snprintf(path, size, "%.*s/criu", (int) length, dir) < (int) size &&
			access(path, X_OK) == 0)
			return 0;
		dir += length + (dir[length] == ':');
	}
	return err_set(err, ERR_UNSUPPORTED, "criu is not installed (not found in PATH)");
}

__attribute__((noreturn)) static void become(
	const struct criu_call *call, const char *path, int sock, pid_t parent)
{
	char *argv[] = { "criu", "swrk", "3", NULL };
	struct err err;
	sigset_t none;
	int silent;

	if (ns_die_with(parent, &err) < 0)
		_exit(127);
	sock = fcntl(
		sock, F_DUPFD_CLOEXEC, FAR_FD); /* out of the way of the numbers that criu gets */
	if (sock < 0)
		_exit(127);
	if (call->private_mounts && own_mounts(call->root, &err) < 0) {
		msg_send_error(sock, &err);
		_exit(127);
	}
	(void) sigemptyset(&none);
	(void) sigprocmask(SIG_SETMASK, &none, NULL);
	(void) signal(SIGPIPE, SIG_DFL);
	(void) signal(SIGXFSZ, SIG_DFL);
	if (number_fds(call, sock, &err) < 0) {
		msg_send_error(sock, &err);
		_exit(127);
	}
	/* Its reasons come from its log: what it says besides would be a second line of ours. */
	silent = open("/dev/null", O_WRONLY | O_CLOEXEC);
	if (silent >= 0)
		(void) dup2(silent, 2);
	(void) execve(path, argv, environ);
	_exit(127);
}

static int open_folder(const char *path, bool make, struct err *err)
{
	int fd;

	if (make && mkdir(path, 0700) < 0 && errno != EEXIST)
		return err_sys(err, "mkdir %s", path);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? err_sys(err, "open %s", path) : fd;
}

int criu_start(const struct criu_call *call, struct criu *ret, struct err *err)
{
	_cleanup_fd_ int images = -1, ours = -1, theirs = -1;
	const pid_t parent = getpid();
	char path[4096];

	ret->signals = call->signals != NULL ? call->signals->fd : -1;
	ret->arena = call->arena;
	ret->log = call->action == CRIU_DUMP ? "dump.log" : "restore.log";
	if (find_criu(path, sizeof(path), err) < 0)
		return -1;
	images = open_folder(images_of(call), call->action == CRIU_DUMP, err);
	if (images < 0)
		return err_ctx(err, "--image-path");
	ret->work = open_folder(work_of(call), true, err);
	if (ret->work < 0)
		return err_ctx(err, "--work-path");
	if (sock_pair(&ours, &theirs, err) < 0)
		return -1;
	ret->pid = ns_clone(0, -1, &ret->pidfd, err);
	if (ret->pid == 0)
		become(call, path, theirs, parent);
	if (ret->pid < 0) {
		ret->pid = 0;
		return -1;
	}
	fd_close(&theirs);
	if (msg_wait_until(ours, &(struct until){ ret->pidfd, ret->signals },
		    time_deadline_ms(STAGE_MS), MSG_READY, MSG_READY, 0, &ret->sock, err) < 0)
		return err_ctx(err, "criu");
	if (ret->sock < 0)
		return err_set(err, ERR_SYSTEM, "%s could not be started", path);
	return 0;
}

void criu_end(struct criu *criu)
{
	struct err late;

	fd_close(&criu->sock); /* a criu that has done its work ends at this */
	if (criu->pid > 0) {
		if (ns_pidfd_wait(criu->pidfd, time_deadline_ms(END_MS), &late) < 0)
			err_drop(&late);
		child_end(criu->pid, criu->pidfd, time_deadline_ms(END_MS), "criu");
	}
	criu->pid = 0;
	fd_close(&criu->pidfd);
	fd_close(&criu->work);
}

/* ---- the request -------------------------------------------------------------------------------- */

static void put_pair(struct protobuf *opts, unsigned field, const struct criu_pair *pair)
{
	struct protobuf inner = { .arena = opts->arena };

	protobuf_text(&inner, 1, pair->key);
	protobuf_text(&inner, 2, pair->value);
	protobuf_message(opts, field, &inner);
}

static void put_cgroups(
	struct protobuf *opts, const struct criu_call *call, const struct criu_options *options)
{
	const struct name *mode = find_name(cgroup_modes,
		options->manage_cgroups_mode != NULL ? options->manage_cgroups_mode : "soft");

	protobuf_bool(opts, OPT_MANAGE_CGROUPS, true);
	protobuf_number(opts, OPT_MANAGE_CGROUPS_MODE, mode->number);
	for (size_t i = 0; i < call->cgroup_roots.count; i++)
		put_pair(opts, OPT_CG_ROOT, &call->cgroup_roots.items[i]);
}

static void put_dump(
	struct protobuf *opts, const struct criu_call *call, const struct criu_options *options)
{
	protobuf_number(opts, OPT_PID, (uint64_t) call->pid);
	protobuf_bool(opts, OPT_LEAVE_RUNNING, options->leave_running);
	protobuf_bool(opts, OPT_TCP_SKIP_IN_FLIGHT, options->tcp_skip_in_flight);
	protobuf_bool(opts, OPT_LINK_REMAP, options->link_remap);
	protobuf_text(opts, OPT_FREEZE_CGROUP, call->freeze_cgroup);
	protobuf_text(opts, OPT_PARENT_IMG, options->parent_path);
	if (options->pre_dump || options->parent_path != NULL)
		protobuf_bool(opts, OPT_TRACK_MEM, true);
	if (options->page_server != NULL) {
		struct protobuf server = { .arena = opts->arena };
		const char *address;
		uint32_t port;

		if (split_server(options->page_server, opts->arena, &address, &port) == 0) {
			protobuf_text(&server, 1, address);
			protobuf_number(&server, 2, port);
			protobuf_message(opts, OPT_PAGE_SERVER, &server);
		}
	}
}

static void put_restore(
	struct protobuf *opts, const struct criu_call *call, const struct criu_options *options)
{
	for (size_t i = 0; i < call->joins.count; i++)
		put_pair(opts, OPT_JOIN_NS, &call->joins.items[i]);
	protobuf_bool(opts, OPT_RST_SIBLING, true);
	protobuf_bool(opts, OPT_EVASIVE_DEVICES, true);
	protobuf_bool(opts, OPT_TCP_CLOSE, options->tcp_close);
	protobuf_text(opts, OPT_LSM_PROFILE, options->lsm_profile);
	protobuf_text(opts, OPT_LSM_MOUNT_CONTEXT, options->lsm_mount_context);
}

/* The number that an inherited fd has in criu. */
static uint64_t number_of(size_t index)
{
	return FIRST_FD + OWN_FDS + index;
}

int criu_send(const struct criu_call *call, struct criu *criu, struct err *err)
{
	const struct criu_options *options = call->options;
	struct protobuf opts = { .arena = call->arena }, request = { .arena = call->arena };

	protobuf_number(&opts, OPT_IMAGES_DIR_FD, FIRST_FD + 1);
	protobuf_number(&opts, OPT_WORK_DIR_FD, FIRST_FD + 2);
	if (options->status_fd != 0)
		protobuf_number(&opts, OPT_STATUS_FD, FIRST_FD + 3);
	protobuf_number(&opts, OPT_LOG_LEVEL, LOG_LEVEL);
	protobuf_text(&opts, OPT_LOG_FILE, criu->log);
	protobuf_text(&opts, OPT_ROOT, call->root);
	protobuf_bool(&opts, OPT_NOTIFY_SCRIPTS, true);
	protobuf_bool(&opts, OPT_ORPHAN_PTS_MASTER, true);
	protobuf_bool(&opts, OPT_EXT_UNIX_SK, options->ext_unix_sk);
	protobuf_bool(&opts, OPT_TCP_ESTABLISHED, options->tcp_established);
	protobuf_bool(&opts, OPT_SHELL_JOB, options->shell_job);
	protobuf_bool(&opts, OPT_FILE_LOCKS, options->file_locks);
	protobuf_bool(&opts, OPT_LAZY_PAGES, options->lazy_pages);
	protobuf_bool(&opts, OPT_AUTO_DEDUP, options->auto_dedup);
	protobuf_text(&opts, OPT_CONFIG_FILE, call->config_file);
	if (options->empty_ns != NULL)
		protobuf_number(&opts, OPT_EMPTY_NS, CLONE_NEWNET);
	if (options->network_lock != NULL)
		protobuf_number(&opts, OPT_NETWORK_LOCK,
			find_name(network_locks, options->network_lock)->number);
	put_cgroups(&opts, call, options);
	for (size_t i = 0; i < call->mounts.count; i++)
		put_pair(&opts, OPT_EXT_MNT, &call->mounts.items[i]);
	for (size_t i = 0; i < call->external_count; i++)
		protobuf_text(&opts, OPT_EXTERNAL, call->external[i]);
	for (size_t i = 0; i < call->inherit_count; i++) {
		struct protobuf inner = { .arena = call->arena };

		protobuf_text(&inner, 1, call->inherit[i].key);
		protobuf_number(&inner, 2, number_of(i));
		protobuf_message(&opts, OPT_INHERIT_FD, &inner);
	}
	if (call->action == CRIU_DUMP)
		put_dump(&opts, call, options);
	else
		put_restore(&opts, call, options);
	protobuf_number(&request, REQ_TYPE,
		call->action == CRIU_RESTORE ? TYPE_RESTORE
			: options->pre_dump  ? TYPE_PRE_DUMP
					     : TYPE_DUMP);
	protobuf_message(&request, REQ_OPTS, &opts);
	return sock_send_fd(criu->sock, request.bytes, request.length, -1, err);
}

/* ---- the answers -------------------------------------------------------------------------------- */

struct response {
	unsigned type;
	bool success;
	char script[32];
	pid_t pid;
	char message[256];
};

static void copy_text(char *to, size_t size, const struct protobuf_field *field)
{
	(void) snprintf(to, size, "%.*s", (int) (field->length < size ? field->length : size - 1),
		(const char *) field->bytes);
}

static int read_response(
	const unsigned char *bytes, size_t length, struct response *ret, struct err *err)
{
	struct protobuf_field field, inner;
	int more;

	while ((more = protobuf_next(&bytes, &length, &field)) > 0) {
		const unsigned char *part = field.bytes;
		size_t part_length = field.length;

		if (field.number == RESP_TYPE)
			ret->type = (unsigned) field.value;
		else if (field.number == RESP_SUCCESS)
			ret->success = field.value != 0;
		else if (field.number == RESP_MESSAGE && field.bytes != NULL)
			copy_text(ret->message, sizeof(ret->message), &field);
		else if (field.number == RESP_NOTIFY)
			while (protobuf_next(&part, &part_length, &inner) > 0) {
				if (inner.number == 1 && inner.bytes != NULL)
					copy_text(ret->script, sizeof(ret->script), &inner);
				else if (inner.number == 2)
					ret->pid = (pid_t) inner.value;
			}
		else if (field.number == RESP_RESTORE)
			while (protobuf_next(&part, &part_length, &inner) > 0)
				if (inner.number == 1)
					ret->pid = (pid_t) inner.value;
	}
	return more < 0 ? err_set(err, ERR_SYSTEM, "criu's answer cannot be read") : 0;
}

/* criu's own reason: the first lines of its log that call themselves an error. */
static void add_reason(const struct criu *criu, char *reason, size_t size)
{
	_cleanup_fd_ int fd = openat(criu->work, criu->log, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	struct err ignored;
	char *text;
	size_t used = strlen(reason);

	if (fd < 0)
		return;
	if (io_read_fd(fd, criu->log, LOG_BYTES * 64, criu->arena, &text, NULL, &ignored) < 0) {
		err_drop(&ignored);
		return;
	}
	for (char *line = text; line != NULL && *line != '\0' && used + 80 < size;) {
		char *end = strchr(line, '\n'), *found;

		if (end != NULL)
			*end = '\0';
		found = strstr(line, "Error (");
		if (found != NULL)
			used += (size_t) snprintf(reason + used, size - used, "%s%.*s",
				used > 0 ? "; " : "", (int) (size - used - 3), found);
		line = end != NULL ? end + 1 : NULL;
	}
}

static int failed(const struct criu *criu, const char *message, struct err *err)
{
	char reason[400] = "";

	add_reason(criu, reason, sizeof(reason));
	return err_set(err, ERR_SYSTEM, "criu failed: %s",
		reason[0] != '\0'	     ? reason
			: message[0] != '\0' ? message
					     : "its log has no error");
}

int criu_next(struct criu *criu, struct criu_event *ret, struct err *err)
{
	const struct until until = { criu->pidfd, criu->signals };
	struct response response = { 0 };
	unsigned char *packet = arena_alloc(criu->arena, PACKET_BYTES);
	ssize_t got;
	int fd = -1;

	got = sock_recv(
		criu->sock, packet, PACKET_BYTES, &fd, time_deadline_ms(STAGE_MS), &until, err);
	if (got < 0)
		return err_ctx(err, "criu");
	if (got == 0)
		return failed(criu, "it ended without an answer", err);
	if (read_response(packet, (size_t) got, &response, err) < 0) {
		fd_close(&fd);
		return -1;
	}
	if (response.type != TYPE_NOTIFY && !response.success) {
		fd_close(&fd);
		return failed(criu, response.message, err);
	}
	*ret = (struct criu_event){ .pid = response.pid, .fd = fd };
	memcpy(ret->script, response.script, sizeof(ret->script));
	if (response.type == TYPE_NOTIFY && ret->script[0] == '\0')
		(void) snprintf(ret->script, sizeof(ret->script), "unknown");
	return 0;
}

int criu_answer(struct criu *criu, struct err *err)
{
	struct protobuf request = { .arena = criu->arena };

	protobuf_number(&request, REQ_TYPE, TYPE_NOTIFY);
	protobuf_bool(&request, REQ_NOTIFY_SUCCESS, true);
	return sock_send_fd(criu->sock, request.bytes, request.length, -1, err);
}
