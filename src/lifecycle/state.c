/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lifecycle/state.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/io.h"
#include "base/str.h"
#include "base/time.h"
#include "kernel/ns.h"
#include "kernel/procfs.h"
#include "plan/document.h"

#define RECORD "state.json"

enum {
	CLAIM_TRIES = 16,
	PATH_BYTES = 256 + 32,
	DEEPEST = 16, /* directories that somebody else put into ours */
	DIR_FLAGS = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC
};

#define FIELD(name, kind, member)                                                                  \
	{                                                                                          \
		name, kind, offsetof(struct state_record, member), NULL, 0                         \
	}
static const struct ocispec_field record_fields[] = {
	FIELD("id", OCISPEC_STRING, id),
	FIELD("phase", OCISPEC_STRING, phase),
	FIELD("bootId", OCISPEC_STRING, boot_id),
	FIELD("pid", OCISPEC_I64, pid),
	FIELD("startTime", OCISPEC_U64, start_time),
	FIELD("pidfdInode", OCISPEC_U64, pidfd_inode),
	FIELD("pidNamespace", OCISPEC_U64, pid_namespace),
	FIELD("creatorPid", OCISPEC_I64, creator_pid),
	FIELD("bundle", OCISPEC_STRING, bundle),
	FIELD("rootfs", OCISPEC_STRING, rootfs),
	FIELD("created", OCISPEC_STRING, created),
	FIELD("owner", OCISPEC_STRING, owner),
	FIELD("sharedPids", OCISPEC_BOOL, shared_pids),
	FIELD("cgroupManager", OCISPEC_STRING, cgroup_manager),
	FIELD("cgroupPaths", OCISPEC_STRINGS, cgroup_paths),
	FIELD("cgroupParents", OCISPEC_STRINGS, cgroup_parents),
	FIELD("systemdUnit", OCISPEC_STRING, systemd_unit),
	FIELD("systemdUser", OCISPEC_BOOL, systemd_user),
	FIELD("rdtGroup", OCISPEC_STRING, rdt_group),
	FIELD("rdtMonitor", OCISPEC_STRING, rdt_monitor),
	FIELD("rdtOwned", OCISPEC_BOOL, rdt_owned),
	FIELD("netDevices", OCISPEC_STRINGS, net_devices),
	FIELD("annotations", OCISPEC_MAP, annotations),
};
static const struct ocispec_object record_object = {
	"state record",
	sizeof(struct state_record),
	record_fields,
	sizeof(record_fields) / sizeof(record_fields[0]),
};

const char *state_status_name(enum state_status status)
{
	static const char *const names[] = { "creating", "created", "running", "paused",
		"stopped" };

	return names[status];
}

void state_dir_done(struct state_dir *dir)
{
	fd_close(&dir->dir);
	fd_close(&dir->root);
}

int state_check_id(const char *id, struct err *err)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789_+.-";
	size_t length = id ? strlen(id) : 0;

	if (length == 0 || length > 255 || id[0] == '-' || strspn(id, allowed) != length ||
		str_eq(id, ".") || str_eq(id, ".."))
		return err_set(err, ERR_ID_INVALID, "invalid container id \"%s\"", id ? id : "");
	return 0;
}

/* mkdir -p, every missing directory 0700. */
static int make_root(const char *root, struct err *err)
{
	char path[4096];
	size_t length = strlen(root);

	if (length >= sizeof(path) || root[0] != '/')
		return err_set(err, ERR_USAGE, "root directory %s is not an absolute path", root);
	memcpy(path, root, length + 1);
	for (size_t i = 1; i <= length; i++) {
		if (path[i] != '/' && path[i] != '\0')
			continue;
		char saved = path[i];

		path[i] = '\0';
		if (mkdir(path, 0700) < 0 && errno != EEXIST)
			return err_sys(err, "mkdir %s", path);
		path[i] = saved;
	}
	return 0;
}

int state_root_open(const char *root, bool make, struct err *err)
{
	_cleanup_fd_ int fd = -1;
	struct stat st;

	fd = open(root, DIR_FLAGS);
	if (fd < 0 && errno == ENOENT && make) {
		if (make_root(root, err) < 0)
			return -1;
		fd = open(root, DIR_FLAGS);
	}
	if (fd < 0) {
		int num = errno;

		if (num == ENOENT)
			return err_set(err, ERR_NOT_FOUND, "container does not exist");
		return err_num(err, num, "open %s", root);
	}
	if (fstat(fd, &st) < 0)
		return err_sys(err, "fstat %s", root);
	/* Whoever else may write here could hand us a record of their own making. */
	if (st.st_uid != geteuid() || (st.st_mode & 022))
		return err_set(err, ERR_STATE,
			"root directory %s belongs to another user or is writable by others", root);
	return TAKE_FD(fd);
}

static int remove_ours(const struct state_dir *dir, struct err *err)
{
	static const char *const ours[] = { RECORD ".tmp", STATE_CONFIG, STATE_CONFIG ".tmp",
		STATE_BARRIER, STATE_BARRIER_TAKEN };

	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		if (unlinkat(dir->dir, ours[i], 0) < 0 && errno != ENOENT)
			return err_sys(err, "unlink %s", ours[i]);
	return 0;
}

static bool is_empty(const struct state_dir *dir)
{
	int copy = openat(dir->dir, ".", DIR_FLAGS);
	DIR *stream = copy < 0 ? NULL : fdopendir(copy);
	struct dirent *entry;
	size_t entries = 0;
	int more = 0;

	if (!stream) {
		fd_close(&copy);
		return false;
	}
	while (entries <= 2 && (more = io_next_entry(stream, &entry)) > 0)
		entries++;
	(void) closedir(stream);
	return more == 0 && entries <= 2; /* "." and ".." */
}

static int old_record(const struct state_dir *dir, const char *boot_id, struct arena *arena,
	struct state_record *ret, struct err *err)
{
	struct err ignored = { 0 };
	struct stat st;

	if (fstatat(dir->dir, RECORD, &st, AT_SYMLINK_NOFOLLOW) < 0) {
		if (errno != ENOENT)
			return err_sys(err, "fstatat %s", RECORD);
		/* Nobody's, unless it is another runtime's that keeps its record elsewhere. */
		if (remove_ours(dir, &ignored) < 0 || !is_empty(dir))
			return err_set(err, ERR_EXISTS, "container with given ID already exists");
		return 0;
	}
	const int read = state_read_record(dir, arena, ret, &ignored);

	if (read < 0 && ignored.num != 0) { /* a call failed: nobody knows what it says */
		*err = ignored;
		return -1;
	}
	if (read < 0 || (str_eq(ret->boot_id, boot_id) && !str_eq(ret->phase, "creating")))
		return err_set(err, ERR_EXISTS, "container with given ID already exists");
	return 1;
}

int state_claim(int *take_root, const char *id, const char *boot_id, struct arena *arena,
	struct state_dir *ret, struct state_record *ret_old, struct err *err)
{
	_cleanup_state_dir_ struct state_dir dir = { .root = TAKE_FD(*take_root), .dir = -1 };

	if (state_check_id(id, err) < 0)
		return -1;
	memcpy(dir.id, id, strlen(id) + 1);
	for (int i = 0; i < CLAIM_TRIES; i++) {
		struct stat st;

		const bool made = mkdirat(dir.root, id, 0700) == 0;

		if (!made && errno != EEXIST)
			return err_sys(err, "mkdir %s", id);
		fd_close(&dir.dir);
		dir.dir = openat(dir.root, id, DIR_FLAGS);
		if (dir.dir < 0) {
			if (errno == ENOENT)
				continue;
			(void) err_sys(err, "open %s", id);
			if (made)
				(void) unlinkat(dir.root, id, AT_REMOVEDIR);
			return -1;
		}
		if (flock(dir.dir, LOCK_EX | LOCK_NB) < 0) {
			if (errno != EWOULDBLOCK)
				return err_sys(err, "flock %s", id);
			return err_set(err, ERR_EXISTS, "container with given ID already exists");
		}
		if (fstat(dir.dir, &st) < 0)
			return err_sys(err, "fstat %s", id);
		if (st.st_nlink == 0)
			continue;
		memset(ret_old, 0, sizeof(*ret_old));
		int old = old_record(&dir, boot_id, arena, ret_old, err);

		if (old < 0) {
			if (made)
				(void) unlinkat(dir.root, id, AT_REMOVEDIR);
			return -1;
		}
		*ret = dir;
		dir.dir = dir.root = -1;
		return old;
	}
	return err_set(err, ERR_EXISTS, "container with given ID already exists");
}

static void on_alarm(int sig)
{
	(void) sig;
}

/* flock(2) has no deadline: a repeating timer interrupts it until ours has passed. It repeats, so
 * that a signal between the check and the call is not the last one. */
static int lock_within(int fd, const char *id, unsigned wait_ms, struct err *err)
{
	const struct itimerval tick = { { 0, 50000 }, { 0, 50000 } };
	const struct itimerval off = { 0 };
	struct sigaction action = { .sa_handler = on_alarm };
	struct sigaction saved;
	uint64_t deadline = time_deadline_ms(wait_ms);
	int num = 0;

	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return 0;
	if (sigaction(SIGALRM, &action, &saved) < 0)
		return err_sys(err, "sigaction SIGALRM");
	(void) setitimer(ITIMER_REAL, &tick, NULL);
	do {
		num = flock(fd, LOCK_EX) == 0 ? 0 : errno;
	} while (num == EINTR && time_now_ns() < deadline);
	(void) setitimer(ITIMER_REAL, &off, NULL);
	(void) sigaction(SIGALRM, &saved, NULL);
	if (num == EINTR)
		return err_set(err, ERR_TIMEOUT, "container %s is locked by another process", id);
	return num ? err_num(err, num, "flock %s", id) : 0;
}

int state_lock(struct state_dir *dir, unsigned wait_ms, struct err *err)
{
	struct stat st;

	if (lock_within(dir->dir, dir->id, wait_ms, err) < 0)
		return -1;
	if (fstat(dir->dir, &st) < 0)
		return err_sys(err, "fstat %s", dir->id);
	if (st.st_nlink == 0)
		return err_set(err, ERR_NOT_FOUND, "container does not exist");
	return 0;
}

void state_unlock(struct state_dir *dir)
{
	(void) flock(dir->dir, LOCK_UN);
}

int state_look(const char *root, const char *id, struct state_dir *ret, struct err *err)
{
	_cleanup_state_dir_ struct state_dir dir = STATE_DIR_INIT;

	if (state_check_id(id, err) < 0)
		return -1;
	dir.root = state_root_open(root, false, err);
	if (dir.root < 0)
		return -1;
	memcpy(dir.id, id, strlen(id) + 1);
	dir.dir = openat(dir.root, id, DIR_FLAGS);
	if (dir.dir < 0) {
		if (errno == ENOENT)
			return err_set(err, ERR_NOT_FOUND, "container does not exist");
		return err_sys(err, "open %s", id);
	}
	*ret = dir;
	dir.dir = dir.root = -1;
	return 0;
}

int state_open(
	const char *root, const char *id, unsigned wait_ms, struct state_dir *ret, struct err *err)
{
	if (state_look(root, id, ret, err) < 0)
		return -1;
	if (state_lock(ret, wait_ms, err) < 0) {
		state_dir_done(ret);
		return -1;
	}
	return 0;
}

int state_write_file(const struct state_dir *dir, const char *name, const void *bytes,
	size_t length, struct err *err)
{
	_cleanup_fd_ int fd = -1;
	char temporary[280];

	(void) snprintf(temporary, sizeof(temporary), "%s.tmp", name);
	fd = openat(
		dir->dir, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0 && errno == EEXIST) {
		/* Left over from a writer that was killed. */
		(void) unlinkat(dir->dir, temporary, 0);
		fd = openat(dir->dir, temporary,
			O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	}
	if (fd < 0)
		return err_sys(err, "open %s", temporary);
	if (io_write_all(fd, bytes, length) < 0)
		return err_sys(err, "write %s", temporary);
	if (renameat(dir->dir, temporary, dir->dir, name) < 0)
		return err_sys(err, "rename %s", name);
	return 0;
}

int state_read_file(const struct state_dir *dir, const char *name, struct arena *arena, char **ret,
	size_t *ret_length, struct err *err)
{
	_cleanup_fd_ int fd =
		openat(dir->dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	if (fd < 0)
		return err_sys(err, "open %s", name);
	return io_read_fd(fd, name, OCISPEC_MAX_BYTES, arena, ret, ret_length, err);
}

int state_write_record(
	const struct state_dir *dir, const struct state_record *record, struct err *err)
{
	_cleanup_arena_ struct arena arena = { 0 };
	const struct ocispec_alloc alloc = document_alloc(&arena);
	size_t length = 0;
	char *text = ocispec_print(&record_object, record, 0, &alloc, &length);

	return state_write_file(dir, RECORD, text, length, err);
}

static int parse_record(const char *id, const char *text, size_t length, struct arena *arena,
	struct state_record *ret, struct err *err)
{
	const struct ocispec_alloc alloc = document_alloc(arena);
	struct ocispec_error error = { 0 };
	const struct state_record *record;
	void *parsed = NULL;

	if (ocispec_parse_printed(&record_object, text, length, &alloc, &parsed, &error) < 0)
		return err_set(err, ERR_STATE, "container %s: %s:%zu:%zu: %s: %s", id, RECORD,
			error.line, error.column, error.pointer, error.text);
	record = parsed;
	if (!record->id || !record->phase || !record->boot_id || !str_eq(record->id, id))
		return err_set(err, ERR_STATE, "container %s: %s is not its record", id, RECORD);
	*ret = *record;
	return 0;
}

int state_read_record(
	const struct state_dir *dir, struct arena *arena, struct state_record *ret, struct err *err)
{
	struct err local = { 0 };
	size_t length = 0;
	char *text = NULL;

	if (state_read_file(dir, RECORD, arena, &text, &length, &local) < 0) {
		if (local.num == ENOENT)
			return err_set(err, ERR_NOT_FOUND, "container does not exist");
		*err = local;
		err->code = ERR_STATE;
		return err_ctx(err, "container %s", dir->id);
	}
	return parse_record(dir->id, text, length, arena, ret, err);
}

/* The path of a file of the container below ROOT. */
static void path_of(const char *id, const char *name, char path[PATH_BYTES])
{
	(void) stpcpy(stpcpy(stpcpy(path, id), "/"), name);
}

int state_glance(int root, const char *id, struct arena *arena, struct state_record *ret,
	uid_t *ret_owner, struct err *err)
{
	_cleanup_fd_ int fd = -1;
	char path[PATH_BYTES];
	struct stat st;
	size_t room;
	ssize_t got;
	char *text;

	path_of(id, RECORD, path);
	fd = openat(root, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return err_sys(err, "open %s", path);
	if (fstat(fd, &st) < 0)
		return err_sys(err, "fstat %s", path);
	if (!S_ISREG(st.st_mode) || st.st_size > OCISPEC_MAX_BYTES)
		return err_set(err, ERR_STATE, "%s is not a record", path);
	room = (size_t) st.st_size + 1;
	text = arena_alloc(arena, room);
	/* A record is renamed into place: it has its size for ever. */
	got = read(fd, text, room);
	if (got != (ssize_t) st.st_size)
		return err_set(err, ERR_STATE, "%s: cannot be read in one piece", path);
	*ret_owner = st.st_uid;
	return parse_record(id, text, (size_t) got, arena, ret, err);
}

struct cgroup_dirs state_cgroups(const struct state_record *record)
{
	struct cgroup_dirs dirs = {
		.leaves = record->cgroup_paths.items,
		.leaf_count = record->cgroup_paths.count,
		.parents = record->cgroup_parents.items,
		.parent_count = record->cgroup_parents.count,
		.unit = record->systemd_unit,
		.user_unit = record->systemd_user,
		.manager = CGROUP_MANAGER_FS,
	};

	/* A name that we did not write is a record of another version: plain directories then. */
	if (record->cgroup_manager != NULL &&
		cgroup_manager_find(record->cgroup_manager, &dirs.manager) < 0)
		dirs.manager = CGROUP_MANAGER_FS;
	return dirs;
}

struct rdt_place state_rdt(const struct state_record *record)
{
	return (struct rdt_place){
		.group = record->rdt_group,
		.monitor = record->rdt_monitor,
		.owned = record->rdt_owned,
	};
}

/* Empties a directory but for keep; depth says how many levels of directories below it may go too. */
static int empty(int dir, const char *keep, int depth, struct err *err)
{
	int copy = openat(dir, ".", DIR_FLAGS);
	DIR *stream = copy < 0 ? NULL : fdopendir(copy);
	int result = 0;

	if (!stream) {
		(void) err_sys(err, "open state directory");
		fd_close(&copy);
		return -1;
	}
	for (;;) {
		struct dirent *entry;
		const int more = result == 0 ? io_next_entry(stream, &entry) : 0;
		const char *name;

		/* Half a listing is no reason to go on to the record. */
		if (more < 0)
			result = err_sys(err, "read state directory");
		if (more <= 0)
			break;
		name = entry->d_name;

		if (str_eq(name, ".") || str_eq(name, "..") || (keep && str_eq(name, keep)))
			continue;
		if (unlinkat(dir, name, 0) == 0 || errno == ENOENT)
			continue;
		/* rmdir comes first: of what is mounted here it says EBUSY, and then nothing below
		 * may be touched. */
		if (unlinkat(dir, name, AT_REMOVEDIR) == 0)
			continue;
		if ((errno != ENOTEMPTY && errno != EEXIST) || depth == 0) {
			result = err_sys(err, "rmdir %s", name);
			continue;
		}
		_cleanup_fd_ int child = openat(dir, name, DIR_FLAGS);

		if (child < 0)
			result = err_sys(err, "open %s", name);
		else if (empty(child, NULL, depth - 1, err) < 0)
			result = -1;
		else if (unlinkat(dir, name, AT_REMOVEDIR) < 0)
			result = err_sys(err, "rmdir %s", name);
	}
	(void) closedir(stream);
	return result;
}

int state_empty(const struct state_dir *dir, struct err *err)
{
	if (empty(dir->dir, RECORD, DEEPEST, err) < 0)
		return -1;
	if (unlinkat(dir->dir, RECORD, 0) < 0 && errno == EISDIR)
		return empty(dir->dir, NULL, DEEPEST, err);
	return 0;
}

static int remove_dir(struct state_dir *dir, struct err *err)
{
	if (unlinkat(dir->root, dir->id, AT_REMOVEDIR) < 0 && errno != ENOENT)
		return err_sys(err, "rmdir %s", dir->id);
	state_dir_done(dir);
	return 0;
}

int state_remove(struct state_dir *dir, struct err *err)
{
	/* The lock keeps others out until the directory is gone. */
	if (state_empty(dir, err) < 0)
		return -1;
	return remove_dir(dir, err);
}

int state_remove_unrecorded(struct state_dir *dir, struct err *err)
{
	return remove_ours(dir, err) < 0 ? -1 : remove_dir(dir, err);
}

int state_pid_namespace(int procfs, uint64_t *ret, struct err *err)
{
	char self[32] = "", path[64];
	struct stat st;

	/* Followed: what the link leads to is the namespace itself. */
	if (readlinkat(procfs, "self", self, sizeof(self) - 1) <= 0)
		return err_sys(err, "readlink /proc/self");
	(void) snprintf(path, sizeof(path), "%.20s/ns/pid", self);
	if (fstatat(procfs, path, &st, 0) < 0)
		return err_sys(err, "fstatat /proc/%s", path);
	*ret = (uint64_t) st.st_ino;
	return 0;
}

int state_host_read(int procfs, struct state_host *ret, struct err *err)
{
	if (procfs_boot_id(procfs, ret->boot_id, err) < 0)
		return -1;
	return state_pid_namespace(procfs, &ret->pid_namespace, err);
}

/* 1 where the pidfd is of the recorded process and that lives, 0 where not. The number of a pidfs file is
 * given once in a boot; before Linux 6.9 the start time has to do. */
static int is_recorded(int procfs, int pidfd, const struct state_record *record, struct err *err)
{
	struct err gone = { 0 };
	uint64_t ticks = 0;
	char letter = 0;

	if (record->pidfd_inode != 0) {
		const int is = ns_pidfd_lives(pidfd, record->pidfd_inode);

		if (is >= 0)
			return is;
	}
	if (procfs_start_time(procfs, (pid_t) record->pid, &ticks, &letter, &gone) < 0)
		return gone.num == ESRCH || gone.num == ENOENT ? 0 : (*err = gone, -1);
	return ticks == record->start_time && letter != 'Z' && letter != 'X';
}

static bool has_file(const struct state_dir *dir, const char *name)
{
	char path[PATH_BYTES];
	struct stat st;

	if (dir->dir >= 0)
		return fstatat(dir->dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
	path_of(dir->id, name, path);
	return fstatat(dir->root, path, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

int state_status(int procfs, const struct state_host *host, const struct state_dir *dir,
	const struct state_record *record, enum state_status *ret, int *ret_pidfd, struct err *err)
{
	_cleanup_fd_ int pidfd = -1;
	struct err gone = { 0 };
	struct state_host here;
	struct cgroup_dirs cgroups;
	int same;

	if (ret_pidfd)
		*ret_pidfd = -1;
	*ret = STATUS_STOPPED;
	if (host == NULL) {
		if (state_host_read(procfs, &here, err) < 0)
			return -1;
		host = &here;
	}
	if (record->pid <= 0 || !str_eq(record->boot_id, host->boot_id)) {
		if (str_eq(record->phase, "creating") && str_eq(record->boot_id, host->boot_id))
			*ret = STATUS_CREATING;
		return 0;
	}
	if (record->pid_namespace != 0 && record->pid_namespace != host->pid_namespace)
		return err_set(err, ERR_STATE, "container %s is of another pid namespace", dir->id);
	/* The pidfd first: what is compared afterwards is then the process that it names. */
	pidfd = ns_pidfd_open((pid_t) record->pid, &gone);
	if (pidfd < 0)
		return gone.num == ESRCH ? 0 : (*err = gone, -1);
	same = is_recorded(procfs, pidfd, record, err);
	if (same <= 0)
		return same;
	cgroups = state_cgroups(record);
	if (str_eq(record->phase, "creating"))
		*ret = STATUS_CREATING;
	else if (cgroup_frozen(&cgroups))
		*ret = STATUS_PAUSED;
	else if (has_file(dir, STATE_BARRIER) ||
		/* A starter died under way: nobody holds the lock, and `start` takes it up. */
		has_file(dir, STATE_BARRIER_TAKEN))
		*ret = STATUS_CREATED;
	else
		*ret = STATUS_RUNNING;
	if (ret_pidfd)
		*ret_pidfd = TAKE_FD(pidfd);
	return 0;
}
