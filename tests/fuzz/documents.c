/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What comes as JSON: config.json on its way to a plan, parts of it alone, and the options of a mount. */
#include <linux/mount.h>
#include <stdlib.h>
#include <string.h>

#include "base/facts.h"
#include "base/str.h"
#include "container/proc.h"
#include "container/seccomp.h"
#include "fuzz.h"
#include "libocispec-lite/ocispec.h"
#include "plan/names.h"
#include "plan/parts.h"
#include "plan/plan.h"

#if TARGET == CONFIG
/* The host is a choice of the first byte, the rest is config.json: parse, plan, print, compile. */
void run_target(const uint8_t *bytes, size_t length, struct arena *arena)
{
	const struct ocispec_alloc alloc = { fuzz_alloc, arena };
	const unsigned choice = length > 0 ? bytes[0] : 0;
	const struct facts facts = {
		.euid = (choice & 1) != 0 ? 1000 : 0,
		.in_user_ns = (choice & 2) != 0,
		.sys_admin = (choice & 1) == 0,
		.caps_bounding = 0x1ffffffffff,
		.cap_last = 40,
		.kernel_major = 6,
		.kernel_minor = 12,
		.namespaces = 0x7e020080,
		.cgroup = (choice & 4) != 0 ? CGROUP_LAYOUT_V1 : CGROUP_LAYOUT_V2,
	};
	const struct plan_options options = {
		.id = "c1",
		.bundle = "/bundle",
		.cgroup_manager = (choice & 8) != 0 ? CGROUP_MANAGER_SYSTEMD : CGROUP_MANAGER_FS,
		.foreground = (choice & 16) != 0,
	};
	struct ocispec_error at = { 0 };
	struct err err = { 0 };
	struct proc_filter filter = { 0 };
	struct plan plan;
	void *spec;

	if (length < 1 ||
		ocispec_parse(&ocispec_config, (const char *) bytes + 1, length - 1, &alloc, NULL,
			&spec, &at) < 0) {
		must(length < 1 || at.text[0] != '\0', "a refused document has a reason");
		return;
	}
	if (plan_make(spec, &facts, &options, arena, &plan, &err) < 0) {
		must(err.text[0] != '\0' && strchr(err.text, '\n') == NULL, "one line says why");
		return;
	}
	must(strlen(plan_print(&plan, arena)) > 0, "a plan has a text");
	if (seccomp_filter_make(plan.proc.seccomp, arena, &filter, &err) < 0)
		must(err.text[0] != '\0', "a refused profile has a reason");
}
#elif TARGET == PROCESS || TARGET == RESOURCES
void run_target(const uint8_t *bytes, size_t length, struct arena *arena)
{
	const struct ocispec_alloc alloc = { fuzz_alloc, arena };
	const struct ocispec_object *object =
		TARGET == PROCESS ? &ocispec_process : &ocispec_resources;
	struct ocispec_error at = { 0 };
	void *value, *again;
	char *text, *second;
	size_t size, second_size;

	if (ocispec_parse(object, (const char *) bytes, length, &alloc, NULL, &value, &at) < 0)
		return;
	text = ocispec_print(object, value, 0, &alloc, &size);
	must(ocispec_parse(object, text, size, &alloc, NULL, &again, &at) == 0,
		"what is printed is read again");
	second = ocispec_print(object, again, 0, &alloc, &second_size);
	must(size == second_size && memcmp(text, second, size) == 0, "and is the same");
}
#elif TARGET == PRINTED
/* The quick reader of what we print ourselves takes nothing that the full one would not, and for the same. */
void run_target(const uint8_t *bytes, size_t length, struct arena *arena)
{
	static const struct ocispec_object *const objects[] = { &ocispec_config, &ocispec_process,
		&ocispec_resources, &ocispec_state };
	const struct ocispec_alloc alloc = { fuzz_alloc, arena };
	struct ocispec_error at = { 0 }, other_at = { 0 };
	const struct ocispec_object *object;
	void *quick, *full;
	char *text, *one, *two;
	size_t one_size, two_size;
	int rc;

	if (length < 1)
		return;
	object = objects[bytes[0] % 4];
	text = arena_strn(arena, (const char *) bytes + 1, --length);
	rc = ocispec_parse(object, text, length, &alloc, NULL, &full, &at);
	must(ocispec_parse_printed(object, text, length, &alloc, &quick, &other_at) == rc,
		"both readers take it, or none");
	must(strcmp(at.text, other_at.text) == 0, "for the same reason");
	if (rc < 0)
		return;
	one = ocispec_print(object, full, 0, &alloc, &one_size);
	two = ocispec_print(object, quick, 0, &alloc, &two_size);
	must(one_size == two_size && memcmp(one, two, one_size) == 0, "and read the same");
	one = arena_strn(arena, one, one_size);
	must(ocispec_parse_printed(object, one, one_size, &alloc, &quick, &other_at) == 0,
		"what is printed is read again");
	two = ocispec_print(object, quick, 0, &alloc, &two_size);
	must(one_size == two_size && memcmp(one, two, one_size) == 0, "and is the same");
}
#elif TARGET == OPTIONS
/* The words for one bit of the mount: the last of them decides. */
static const struct pair {
	const char *set, *clear;
	uint64_t bit;
} pairs[] = {
	{ "ro", "rw", MOUNT_ATTR_RDONLY },
	{ "nosuid", "suid", MOUNT_ATTR_NOSUID },
	{ "nodev", "dev", MOUNT_ATTR_NODEV },
	{ "noexec", "exec", MOUNT_ATTR_NOEXEC },
	{ "nodiratime", "diratime", MOUNT_ATTR_NODIRATIME },
	{ "nosymfollow", "symfollow", MOUNT_ATTR_NOSYMFOLLOW },
};

static void check_pair(const struct spec_strings *options, const char *prefix,
	const struct pair *pair, uint64_t set, uint64_t clear)
{
	int last = -1;

	for (size_t i = 0; i < options->count; i++) {
		const char *word = str_after(options->items[i], prefix);

		if (word != NULL && str_eq(word, pair->set))
			last = 1;
		else if (word != NULL && str_eq(word, pair->clear))
			last = 0;
	}
	/* Recursively read-only is also what is bound from /sys. */
	must(last != 1 || (set & pair->bit) != 0, "the last word sets its bit");
	must(last != 0 || (clear & pair->bit) != 0 || (set & pair->bit) != 0,
		"the last word clears its bit");
	must(last != 1 || (clear & pair->bit) == 0, "and it is not cleared as well");
}

static bool is_known(const char *word)
{
	size_t count;
	const char *const *names = plan_mount_option_names(&count);

	for (size_t i = 0; i < count; i++)
		if (str_eq(names[i], word))
			return true;
	return false;
}

/* Lines: destination, type, source, and each option. */
void run_target(const uint8_t *bytes, size_t length, struct arena *arena)
{
	const struct facts facts = { .sys_admin = true };
	const struct plan_options options = { .bundle = "/bundle" };
	struct plan_notes notes = { 0 };
	const struct spec spec = { 0 };
	const struct plan_input in = { &spec, &facts, &options, arena, &notes };
	const struct ns_plan ns = { .user = length > 0 ? bytes[0] % 3 : NS_USER_HOST };
	struct spec_mount mount = { 0 };
	struct mount_step step;
	struct err err = { 0 };
	char *rest = arena_strn(arena, (const char *) bytes, length);
	size_t known = 0, data = 0;

	mount.destination = strsep(&rest, "\n");
	mount.type = strsep(&rest, "\n");
	mount.source = strsep(&rest, "\n");
	while (rest != NULL) {
		char *word = strsep(&rest, "\n");

		*ARENA_PUSH(arena, mount.options.items, mount.options.count) = word;
		known += is_known(word);
		data += word[0] != '\0' && !is_known(word);
	}
	if (plan_mount(&in, &ns, &mount, "/mounts/0", &step, &err) < 0) {
		must(err.text[0] != '\0' && str_starts(err.pointer, "/mounts/0"),
			"a refused mount has a place and a reason");
		return;
	}
	must(step.destination[0] == '/', "an absolute destination");
	must(step.kind != MOUNT_BIND || (step.source[0] == '/' && step.data_count == 0),
		"a bind mount has a source and no data");
	must(step.data_count + notes.count >= data && step.data_count <= data,
		"each unknown word goes to the file system");
	must(known > 0 || (step.attr_set | step.attr_clear | step.propagation_count) == 0,
		"nothing comes of nothing");
	must((step.attr_set & step.attr_clear & ~(uint64_t) MOUNT_ATTR__ATIME) == 0 &&
			(step.attr_set_rec & step.attr_clear_rec & ~(uint64_t) MOUNT_ATTR__ATIME) ==
				0,
		"no bit is set and cleared");
	must((step.attr_set & MOUNT_ATTR__ATIME) == 0 ||
			(step.attr_clear & MOUNT_ATTR__ATIME) == MOUNT_ATTR__ATIME,
		"a choice of access times clears the field");
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		check_pair(&mount.options, "", &pairs[i], step.attr_set, step.attr_clear);
		check_pair(&mount.options, "r", &pairs[i], step.attr_set_rec, step.attr_clear_rec);
	}
}
#endif
