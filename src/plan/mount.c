/* SPDX-License-Identifier: GPL-2.0-or-later */
/* plan/mount: one entry of mounts[] becomes flag words, data and propagations. Follows config.md,
 * "Mounts" and "Linux mount options", and mount_setattr(2). */
#include <linux/mount.h>
#include <stdio.h>
#include <sched.h>
#include <string.h>

#include "base/str.h"
#include "libocispec-lite/spec.h"
#include "plan/names.h"
#include "plan/parts.h"

#ifndef MOUNT_ATTR_NOSYMFOLLOW
#define MOUNT_ATTR_NOSYMFOLLOW 0x00200000
#endif

enum word_kind {
	WORD_ATTR, /* of the mount itself */
	WORD_ATTR_REC, /* of the mount and all below it */
	WORD_SB, /* of the file system */
	WORD_PROPAGATION,
	WORD_BIND,
	WORD_RBIND,
	WORD_REMOUNT,
	WORD_NOTHING, /* `defaults` */
	WORD_IDMAP,
	WORD_RIDMAP,
	WORD_COPY_UP,
	WORD_SOURCE_NOFOLLOW,
	WORD_DESTINATION_NOFOLLOW,
	WORD_COPY_SYMLINK,
};

/* The access time is one field of the mount, not a set of bits: a word that chooses a value clears
 * the whole field first, and a word that only denies one value returns to the kernel's default. */
#define ATIME MOUNT_ATTR__ATIME

/* name, kind, bits that are set, bits that are cleared. Sorted by name. */
#define WORDS(X)                                                                                   \
	X("async", WORD_SB, 0, MS_SYNCHRONOUS)                                                     \
	X("atime", WORD_ATTR, 0, ATIME)                                                            \
	X("bind", WORD_BIND, 0, 0)                                                                 \
	X("copy-symlink", WORD_COPY_SYMLINK, 0, 0)                                                 \
	X("defaults", WORD_NOTHING, 0, 0)                                                          \
	X("dest-nofollow", WORD_DESTINATION_NOFOLLOW, 0, 0)                                        \
	X("dev", WORD_ATTR, 0, MOUNT_ATTR_NODEV)                                                   \
	X("diratime", WORD_ATTR, 0, MOUNT_ATTR_NODIRATIME)                                         \
	X("dirsync", WORD_SB, MS_DIRSYNC, 0)                                                       \
	X("exec", WORD_ATTR, 0, MOUNT_ATTR_NOEXEC)                                                 \
	X("idmap", WORD_IDMAP, 0, 0)                                                               \
	X("iversion", WORD_SB, MS_I_VERSION, 0)                                                    \
	X("lazytime", WORD_SB, MS_LAZYTIME, 0)                                                     \
	X("loud", WORD_SB, 0, MS_SILENT)                                                           \
	X("mand", WORD_SB, MS_MANDLOCK, 0)                                                         \
	X("noatime", WORD_ATTR, MOUNT_ATTR_NOATIME, ATIME)                                         \
	X("nodev", WORD_ATTR, MOUNT_ATTR_NODEV, 0)                                                 \
	X("nodiratime", WORD_ATTR, MOUNT_ATTR_NODIRATIME, 0)                                       \
	X("noexec", WORD_ATTR, MOUNT_ATTR_NOEXEC, 0)                                               \
	X("noiversion", WORD_SB, 0, MS_I_VERSION)                                                  \
	X("nolazytime", WORD_SB, 0, MS_LAZYTIME)                                                   \
	X("nomand", WORD_SB, 0, MS_MANDLOCK)                                                       \
	X("norelatime", WORD_ATTR, 0, ATIME)                                                       \
	X("nostrictatime", WORD_ATTR, 0, ATIME)                                                    \
	X("nosuid", WORD_ATTR, MOUNT_ATTR_NOSUID, 0)                                               \
	X("nosymfollow", WORD_ATTR, MOUNT_ATTR_NOSYMFOLLOW, 0)                                     \
	X("private", WORD_PROPAGATION, MS_PRIVATE, 0)                                              \
	X("ratime", WORD_ATTR_REC, 0, ATIME)                                                       \
	X("rbind", WORD_RBIND, 0, 0)                                                               \
	X("rdev", WORD_ATTR_REC, 0, MOUNT_ATTR_NODEV)                                              \
	X("rdiratime", WORD_ATTR_REC, 0, MOUNT_ATTR_NODIRATIME)                                    \
	X("relatime", WORD_ATTR, MOUNT_ATTR_RELATIME, ATIME)                                       \
	X("remount", WORD_REMOUNT, 0, 0)                                                           \
	X("rexec", WORD_ATTR_REC, 0, MOUNT_ATTR_NOEXEC)                                            \
	X("ridmap", WORD_RIDMAP, 0, 0)                                                             \
	X("rnoatime", WORD_ATTR_REC, MOUNT_ATTR_NOATIME, ATIME)                                    \
	X("rnodev", WORD_ATTR_REC, MOUNT_ATTR_NODEV, 0)                                            \
	X("rnodiratime", WORD_ATTR_REC, MOUNT_ATTR_NODIRATIME, 0)                                  \
	X("rnoexec", WORD_ATTR_REC, MOUNT_ATTR_NOEXEC, 0)                                          \
	X("rnorelatime", WORD_ATTR_REC, 0, ATIME)                                                  \
	X("rnostrictatime", WORD_ATTR_REC, 0, ATIME)                                               \
	X("rnosuid", WORD_ATTR_REC, MOUNT_ATTR_NOSUID, 0)                                          \
	X("rnosymfollow", WORD_ATTR_REC, MOUNT_ATTR_NOSYMFOLLOW, 0)                                \
	X("ro", WORD_ATTR, MOUNT_ATTR_RDONLY, 0)                                                   \
	X("rprivate", WORD_PROPAGATION, MS_PRIVATE | MS_REC, 0)                                    \
	X("rrelatime", WORD_ATTR_REC, MOUNT_ATTR_RELATIME, ATIME)                                  \
	X("rro", WORD_ATTR_REC, MOUNT_ATTR_RDONLY, 0)                                              \
	X("rrw", WORD_ATTR_REC, 0, MOUNT_ATTR_RDONLY)                                              \
	X("rshared", WORD_PROPAGATION, MS_SHARED | MS_REC, 0)                                      \
	X("rslave", WORD_PROPAGATION, MS_SLAVE | MS_REC, 0)                                        \
	X("rstrictatime", WORD_ATTR_REC, MOUNT_ATTR_STRICTATIME, ATIME)                            \
	X("rsuid", WORD_ATTR_REC, 0, MOUNT_ATTR_NOSUID)                                            \
	X("rsymfollow", WORD_ATTR_REC, 0, MOUNT_ATTR_NOSYMFOLLOW)                                  \
	X("runbindable", WORD_PROPAGATION, MS_UNBINDABLE | MS_REC, 0)                              \
	X("rw", WORD_ATTR, 0, MOUNT_ATTR_RDONLY)                                                   \
	X("shared", WORD_PROPAGATION, MS_SHARED, 0)                                                \
	X("silent", WORD_SB, MS_SILENT, 0)                                                         \
	X("slave", WORD_PROPAGATION, MS_SLAVE, 0)                                                  \
	X("src-nofollow", WORD_SOURCE_NOFOLLOW, 0, 0)                                              \
	X("strictatime", WORD_ATTR, MOUNT_ATTR_STRICTATIME, ATIME)                                 \
	X("suid", WORD_ATTR, 0, MOUNT_ATTR_NOSUID)                                                 \
	X("symfollow", WORD_ATTR, 0, MOUNT_ATTR_NOSYMFOLLOW)                                       \
	X("sync", WORD_SB, MS_SYNCHRONOUS, 0)                                                      \
	X("tmpcopyup", WORD_COPY_UP, 0, 0)                                                         \
	X("unbindable", WORD_PROPAGATION, MS_UNBINDABLE, 0)

#define AS_ROW(name, kind, set, clear)	{ name, kind, set, clear },
#define AS_NAME(name, kind, set, clear) name,

static const struct word {
	const char *name;
	enum word_kind kind;
	uint64_t set;
	uint64_t clear;
} words[] = { WORDS(AS_ROW) };

static const char *const names[] = { WORDS(AS_NAME) };

const char *const *plan_mount_option_names(size_t *ret_count)
{
	*ret_count = sizeof(names) / sizeof(*names);
	return names;
}

static const struct word *find_word(const char *name)
{
	size_t low = 0, high = sizeof(words) / sizeof(*words);

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(name, words[middle].name);

		if (order == 0)
			return &words[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

/* A later word undoes an earlier one on the same bits. */
static void apply_bits(uint64_t *set, uint64_t *clear, const struct word *word)
{
	*set = (*set & ~word->clear) | word->set;
	*clear = (*clear & ~word->set) | word->clear;
}

/* What no file system takes when the user namespace has no such group: the kernel would refuse the
 * whole mount over a group that nobody inside could hold. */
static bool is_unmapped_gid(const struct ns_plan *ns, const char *type, const char *option)
{
	const char *digits = str_after(option, "gid=");
	uint32_t gid;

	return digits != NULL && str_eq(type, "devpts") && ns->user == NS_USER_NEW &&
		str_to_u32(digits, &gid) == 0 &&
		plan_id_map(ns->maps.gids, ns->maps.gid_count, gid) == NULL;
}

static const struct id_map *copy_maps(
	struct arena *arena, const struct spec_id_mapping *items, size_t count)
{
	struct id_map *maps = arena_array(arena, count, sizeof(*maps));

	for (size_t i = 0; i < count; i++)
		maps[i] = (struct id_map){ items[i].container_id, items[i].host_id, items[i].size };
	return maps;
}

struct build {
	const struct plan_input *in;
	const struct ns_plan *ns;
	const struct spec_mount *mount;
	struct mount_step *step;
	bool bind;
	bool remount;
	const char **data;
	size_t data_count;
	unsigned long *propagation;
	size_t propagation_count;
};

static void apply_word(struct build *b, const struct word *word)
{
	struct mount_step *step = b->step;
	struct arena *arena = b->in->arena;

	switch (word->kind) {
	case WORD_ATTR:
		apply_bits(&step->attr_set, &step->attr_clear, word);
		break;
	case WORD_ATTR_REC:
		apply_bits(&step->attr_set_rec, &step->attr_clear_rec, word);
		break;
	case WORD_SB:
		step->sb_flags &= ~(unsigned long) word->clear;
		step->sb_flags |= (unsigned long) word->set;
		break;
	case WORD_PROPAGATION:
		*ARENA_PUSH(arena, b->propagation, b->propagation_count) =
			(unsigned long) word->set;
		break;
	case WORD_RBIND:
		step->recursive = true;
		b->bind = true;
		break;
	case WORD_BIND:
		b->bind = true;
		break;
	case WORD_REMOUNT:
		b->remount = true;
		break;
	case WORD_RIDMAP:
		step->idmap_recursive = true;
		step->idmap = true;
		break;
	case WORD_IDMAP:
		step->idmap = true;
		break;
	case WORD_COPY_UP:
		step->copy_up = true;
		break;
	case WORD_COPY_SYMLINK:
		step->copy_symlink = true;
		step->source_nofollow = true;
		break;
	case WORD_SOURCE_NOFOLLOW:
		step->source_nofollow = true;
		break;
	case WORD_DESTINATION_NOFOLLOW:
		step->destination_nofollow = true;
		break;
	case WORD_NOTHING:
		break;
	}
}

static void push_data(struct build *b, const char *option)
{
	if (*option == '\0')
		return;
	if (b->mount->type != NULL && is_unmapped_gid(b->ns, b->mount->type, option)) {
		plan_note(b->in->notes, b->in->arena,
			"%s: %s is left out: the user namespace does not map this group",
			b->step->pointer, option);
		return;
	}
	*ARENA_PUSH(b->in->arena, b->data, b->data_count) = option;
}

static int read_options(struct build *b, struct err *err)
{
	const struct spec_strings *options = &b->mount->options;

	/* Whether it is a bind mount must be known before an unknown word can be judged. */
	b->bind = b->mount->type != NULL && str_eq(b->mount->type, "bind");
	for (size_t i = 0; i < options->count; i++)
		if (str_eq(options->items[i], "bind") || str_eq(options->items[i], "rbind"))
			b->bind = true;
	for (size_t i = 0; i < options->count; i++) {
		const char *option = options->items[i];
		const struct word *word = find_word(option);

		if (word != NULL) {
			apply_word(b, word);
		} else if (b->bind) {
			char at[128];

			(void) snprintf(at, sizeof(at), "%s/options/%zu", b->step->pointer, i);
			return err_at(err, at, "unknown option \"%s\" of a bind mount", option);
		} else {
			push_data(b, option);
		}
	}
	return 0;
}

static int read_maps(struct build *b, struct err *err)
{
	const struct spec_mount *mount = b->mount;
	struct mount_step *step = b->step;

	if ((mount->uid_mappings.count == 0) != (mount->gid_mappings.count == 0))
		return err_at(err, step->pointer,
			"uidMappings and gidMappings of a mount must be given together");
	if (mount->uid_mappings.count > 0) {
		step->idmap = true;
		step->maps.uids = copy_maps(
			b->in->arena, mount->uid_mappings.items, mount->uid_mappings.count);
		step->maps.uid_count = mount->uid_mappings.count;
		step->maps.gids = copy_maps(
			b->in->arena, mount->gid_mappings.items, mount->gid_mappings.count);
		step->maps.gid_count = mount->gid_mappings.count;
	} else if (step->idmap && b->ns->user == NS_USER_HOST) {
		return err_at(err, step->pointer,
			"an id-mapped mount needs uidMappings and gidMappings, or a user "
			"namespace");
	}
	return 0;
}

static int finish_bind(struct build *b, struct err *err)
{
	const char *source = b->mount->source;
	struct mount_step *step = b->step;

	step->kind = MOUNT_BIND;
	step->type = NULL;
	if (source == NULL || *source == '\0')
		return err_at(err, arena_printf(b->in->arena, "%s/source", step->pointer),
			"a bind mount needs a source");
	step->source = *source == '/'
		? source
		: arena_printf(b->in->arena, "%s/%s", b->in->options->bundle, source);
	if (step->copy_up)
		return err_at(err, step->pointer, "tmpcopyup is for tmpfs, not for a bind mount");
	if (((step->attr_set | step->attr_set_rec) & MOUNT_ATTR_RDONLY) != 0) {
		step->late_readonly = str_eq(step->destination, "/dev");
		/* The cgroups below a read-only /sys are the host's (CVE-2023-25809). */
		if (step->recursive && str_eq(step->source, "/sys"))
			step->attr_set_rec |= MOUNT_ATTR_RDONLY;
	}
	return 0;
}

#define CONTEXT_KIND "run.oci.mount_context_type"

static bool has_data(const struct build *b, const char *prefix)
{
	for (size_t i = 0; i < b->data_count; i++)
		if (str_starts(b->data[i], prefix))
			return true;
	return false;
}

/* proc and sysfs have labels of their own; mqueue takes no option, but its root can be labelled. */
static int add_label(struct build *b, const char *type, struct err *err)
{
	static const char *const without[] = { "proc", "sysfs", NULL };
	static const char *const kinds[] = { "context", "fscontext", "defcontext", "rootcontext",
		NULL };
	const struct spec *spec = b->in->spec;
	const char *label = spec != NULL && spec->linux_ != NULL ? spec->linux_->mount_label : NULL;
	const struct spec_map_entry *asked =
		spec != NULL ? spec_map_find(&spec->annotations, CONTEXT_KIND) : NULL;
	const char *kind = asked != NULL ? asked->value : "context";

	if (!str_in(kind, kinds))
		return err_at(err, "/annotations",
			"%s is context, fscontext, defcontext or rootcontext, not \"%s\"",
			CONTEXT_KIND, kind);
	if (label == NULL || *label == '\0' || str_in(type, without))
		return 0;
	if (str_eq(type, "mqueue")) {
		b->step->label = label;
		return 0;
	}
	for (size_t i = 0; kinds[i] != NULL; i++)
		if (has_data(b, arena_printf(b->in->arena, "%s=", kinds[i])))
			return 0;
	*ARENA_PUSH(b->in->arena, b->data, b->data_count) =
		arena_printf(b->in->arena, "%s=%s", kind, label);
	return 0;
}

static bool is_joined_by_child(const struct ns_plan *ns, unsigned flag)
{
	for (size_t i = 0; i < ns->child_join_count; i++)
		if ((unsigned) ns->child_joins[i].flag == flag)
			return true;
	return false;
}

/* The kernel gives each of these to who owns the namespace that it shows. What the parent is not in it
 * cannot mount. */
static bool is_foreign(const struct build *b, const char *type)
{
	static const struct {
		const char *type;
		unsigned flag;
	} rows[] = {
		{ "proc", CLONE_NEWPID },
		{ "sysfs", CLONE_NEWNET },
		{ "mqueue", CLONE_NEWIPC },
	};
	const unsigned own = b->ns->clone_flags | b->ns->unshare;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (str_eq(type, rows[i].type))
			return b->ns->user != NS_USER_HOST && (own & rows[i].flag) == 0 &&
				b->in->facts->sys_admin && !is_joined_by_child(b->ns, rows[i].flag);
	return false;
}

static int finish_fs(struct build *b, struct err *err)
{
	struct mount_step *step = b->step;
	const char *type = b->mount->type;

	if (type == NULL || *type == '\0')
		return err_at(err, arena_printf(b->in->arena, "%s/type", step->pointer),
			"the mount on %s needs a type, or the option bind", step->destination);
	step->type = type;
	step->source = b->mount->source != NULL ? b->mount->source : type;
	if (str_eq(type, "cgroup") || str_eq(type, "cgroup2")) {
		step->kind = MOUNT_CGROUP;
		return 0;
	}
	step->kind = MOUNT_FS;
	step->by_parent = is_foreign(b, type);
	step->real_directory = str_eq(type, "proc") || str_eq(type, "sysfs");
	if (step->copy_up && !str_eq(type, "tmpfs"))
		return err_at(err, step->pointer, "tmpcopyup is for tmpfs, not for %s", type);
	if (((step->attr_set | step->attr_set_rec) & MOUNT_ATTR_RDONLY) != 0) {
		step->sb_flags |= MS_RDONLY;
		/* Mount points, device nodes and copied files must be made in it first. */
		step->late_readonly = str_eq(type, "tmpfs") || str_eq(step->destination, "/dev");
	}
	step->covered_mode = str_eq(type, "tmpfs") && !step->copy_up && !has_data(b, "mode=");
	return add_label(b, type, err);
}

int plan_mount(const struct plan_input *in, const struct ns_plan *ns,
	const struct spec_mount *mount, const char *pointer, struct mount_step *ret,
	struct err *err)
{
	struct mount_step step = { .pointer = pointer };
	struct build b = { .in = in, .ns = ns, .mount = mount, .step = &step };

	if (mount->destination == NULL || *mount->destination == '\0')
		return err_at(err, arena_printf(in->arena, "%s/destination", pointer),
			"a mount needs a destination");
	step.destination = mount->destination;
	if (*mount->destination != '/') {
		step.destination = arena_printf(in->arena, "/%s", mount->destination);
		plan_note(in->notes, in->arena, "%s/destination: %s is taken relative to /",
			pointer, mount->destination);
	}
	if (read_options(&b, err) < 0 || read_maps(&b, err) < 0)
		return -1;
	if (b.remount) {
		step.kind = MOUNT_REMOUNT;
		step.recursive = false;
		if (!b.bind && (step.attr_set & MOUNT_ATTR_RDONLY) != 0)
			step.sb_flags |= MS_RDONLY;
	} else if (!b.bind && mount->type == NULL && b.propagation_count > 0) {
		/* A propagation alone: nothing is mounted. */
		step.kind = MOUNT_REMOUNT;
	} else if ((b.bind ? finish_bind(&b, err) : finish_fs(&b, err)) < 0) {
		return -1;
	}
	step.data = b.data;
	step.data_count = b.data_count;
	step.propagation = b.propagation;
	step.propagation_count = b.propagation_count;
	*ret = step;
	return 0;
}
