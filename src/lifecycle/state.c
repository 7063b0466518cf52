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
#include "libocispec-lite/ocispec.h"
#include "lifecycle/record.h"

enum {
	CLAIM_TRIES = 16,
	DEEPEST = 16, /* directories that somebody else put into ours */
	DIR_FLAGS = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC
};

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
		return err_set(err, ERR_ID_INVALID,
			"invalid container id \"%s\" (at most 255 of a-z, A-Z, 0-9, _, +, . and -, "
			"the first no -)",
			id ? id : "");
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
		(void) err_num(err, num, "open %s", root);
		return err_ctx(err, "--root");
	}
	if (fstat(fd, &st) < 0)
		return err_sys(err, "fstat %s", root);
	/* Whoever else may write here could hand us a record of their own making. */
	if (st.st_uid != geteuid() || (st.st_mode & 022))
		return err_set(err, ERR_STATE,
			"root directory %s belongs to another user or is writable by others (its "
			"mode must be 0700, or --root be another)",
			root);
	return TAKE_FD(fd);
}

/* What may lie in a directory without a record. */
static const char *const ours[] = { STATE_RECORD ".tmp", STATE_CONFIG, STATE_CONFIG ".tmp",
	STATE_BARRIER, STATE_BARRIER_TAKEN, NULL };

static int remove_ours(const struct state_dir *dir, struct err *err)
{
	for (size_t i = 0; ours[i] != NULL; i++)
		if (unlinkat(dir->dir, ours[i], 0) < 0 && errno != ENOENT)
			return err_sys(err, "unlink %s", ours[i]);
	return 0;
}

/* Beside a file that is not ours, what has the name of one of ours is not ours either: crun keeps its
 * status and a config.json. */
static bool has_others(const struct state_dir *dir)
{
	int copy = openat(dir->dir, ".", DIR_FLAGS);
	DIR *stream = copy < 0 ? NULL : fdopendir(copy);
	struct dirent *entry;
	bool others = false;
	int more = 0;

	if (!stream) {
		fd_close(&copy);
		return true;
	}
	while (!others && (more = io_next_entry(stream, &entry)) > 0)
		others = !str_eq(entry->d_name, ".") && !str_eq(entry->d_name, "..") &&
			!str_in(entry->d_name, ours);
	(void) closedir(stream);
	return others || more < 0;
}

static int old_record(const struct state_dir *dir, const char *boot_id, struct arena *arena,
	struct record *ret, struct err *err)
{
	struct err ignored = { 0 };
	struct stat st;

	if (fstatat(dir->dir, STATE_RECORD, &st, AT_SYMLINK_NOFOLLOW) < 0) {
		if (errno != ENOENT)
			return err_sys(err, "fstatat %s", STATE_RECORD);
		/* Nobody's, unless it is another runtime's that keeps its record elsewhere. */
		if (has_others(dir) || remove_ours(dir, &ignored) < 0)
			return err_set(err, ERR_EXISTS, "container with given ID already exists");
		return 0;
	}
	const int read = record_read(dir, arena, ret, &ignored);

	if (read < 0 && ignored.num != 0) { /* a call failed: nobody knows what it says */
		*err = ignored;
		return -1;
	}
	if (read < 0 || (str_eq(ret->boot_id, boot_id) && !str_eq(ret->phase, "creating")))
		return err_set(err, ERR_EXISTS, "container with given ID already exists");
	return 1;
}

int state_claim(int *take_root, const char *id, const char *boot_id, struct arena *arena,
	struct state_dir *ret, struct record *ret_old, struct err *err)
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
	sigset_t alarm, mask;
	uint64_t deadline = time_deadline_ms(wait_ms);
	int num = 0;

	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return 0;
	if (sigaction(SIGALRM, &action, &saved) < 0)
		return err_sys(err, "sigaction SIGALRM");
	/* Who forwards signals has it blocked, and would wait for ever. */
	(void) sigemptyset(&alarm);
	(void) sigaddset(&alarm, SIGALRM);
	(void) sigprocmask(SIG_UNBLOCK, &alarm, &mask);
	(void) setitimer(ITIMER_REAL, &tick, NULL);
	do {
		num = flock(fd, LOCK_EX) == 0 ? 0 : errno;
	} while (num == EINTR && time_now_ns() < deadline);
	(void) setitimer(ITIMER_REAL, &off, NULL);
	(void) sigprocmask(SIG_SETMASK, &mask, NULL);
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
		return err_sys(err, "open %s/%s below --root", dir->id, temporary);
	if (io_write_all(fd, bytes, length) < 0)
		return err_sys(err, "write %s/%s below --root", dir->id, temporary);
	if (renameat(dir->dir, temporary, dir->dir, name) < 0)
		return err_sys(err, "rename %s/%s below --root", dir->id, name);
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

void state_path(const char *id, const char *name, char path[STATE_PATH_BYTES])
{
	(void) stpcpy(stpcpy(stpcpy(path, id), "/"), name);
}

int state_has_file(const struct state_dir *dir, const char *name, struct err *err)
{
	char path[STATE_PATH_BYTES];
	struct stat st;
	int result;

	if (dir->dir >= 0) {
		result = fstatat(dir->dir, name, &st, AT_SYMLINK_NOFOLLOW);
	} else {
		state_path(dir->id, name, path);
		result = fstatat(dir->root, path, &st, AT_SYMLINK_NOFOLLOW);
	}
	if (result == 0)
		return 1;
	return errno == ENOENT ? 0 : err_sys(err, "stat %s", name);
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
	if (empty(dir->dir, STATE_RECORD, DEEPEST, err) < 0)
		return -1;
	if (unlinkat(dir->dir, STATE_RECORD, 0) < 0 && errno == EISDIR)
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
	if (!has_others(dir) && remove_ours(dir, err) < 0)
		return -1;
	return remove_dir(dir, err);
}
