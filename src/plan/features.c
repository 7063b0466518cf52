/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plan/features.h"

#include "config.h"
#include "libocispec-lite/spec.h"
#include "plan/names.h"
#include "plan/proc-names.h"

#ifdef HAVE_SYSTEMD_SD_BUS_H
enum { HAS_SYSTEMD = true };
#else
enum { HAS_SYSTEMD = false };
#endif

static struct spec_strings names_of(const struct name_table *table, struct arena *arena)
{
	struct spec_strings list = {
		.items = arena_array(arena, table->count, sizeof(char *)),
		.count = table->count,
	};

	for (size_t i = 0; i < table->count; i++)
		list.items[i] = arena_str(arena, table->rows[i].name);
	return list;
}

static struct spec_strings copy_of(
	const char *const *(*names)(size_t *ret_count), struct arena *arena)
{
	size_t count;
	const char *const *from = names(&count);
	struct spec_strings list = {
		.items = arena_array(arena, count, sizeof(char *)),
		.count = count,
	};

	for (size_t i = 0; i < count; i++)
		list.items[i] = arena_str(arena, from[i]);
	return list;
}

static bool *flag(struct arena *arena, bool value)
{
	bool *to = ARENA_NEW(arena, bool);

	*to = value;
	return to;
}

static struct spec_features_enabled *enabled(struct arena *arena, bool value)
{
	struct spec_features_enabled *to = ARENA_NEW(arena, struct spec_features_enabled);

	to->enabled = flag(arena, value);
	return to;
}

static struct spec_features_linux *make_linux(struct arena *arena)
{
	struct spec_features_linux *to = ARENA_NEW(arena, struct spec_features_linux);

	to->namespaces = names_of(&names_namespaces, arena);
	to->capabilities = names_of(&names_capabilities, arena);
	to->cgroup = ARENA_NEW(arena, struct spec_features_cgroup);
	to->cgroup->v1 = flag(arena, true);
	to->cgroup->v2 = flag(arena, true);
	to->cgroup->systemd = flag(arena, HAS_SYSTEMD);
	to->cgroup->systemd_user = flag(arena, HAS_SYSTEMD);
	to->cgroup->rdma = flag(arena, true);
	to->seccomp = ARENA_NEW(arena, struct spec_features_seccomp);
	to->seccomp->enabled = flag(arena, true);
	to->seccomp->actions = names_of(&names_seccomp_actions, arena);
	to->seccomp->operators = names_of(&names_seccomp_operators, arena);
	to->seccomp->archs = names_of(&names_seccomp_archs, arena);
	to->seccomp->known_flags = names_of(&names_seccomp_flags, arena);
	to->seccomp->supported_flags = names_of(&names_seccomp_flags, arena);
	to->apparmor = enabled(arena, true);
	to->selinux = enabled(arena, true);
	to->intel_rdt = ARENA_NEW(arena, struct spec_features_intel_rdt);
	to->intel_rdt->enabled = flag(arena, true);
	to->intel_rdt->schemata = flag(arena, true);
	to->intel_rdt->monitoring = flag(arena, true);
	to->memory_policy = ARENA_NEW(arena, struct spec_features_memory_policy);
	to->memory_policy->modes = names_of(&names_memory_modes, arena);
	to->memory_policy->flags = names_of(&names_memory_flags, arena);
	to->mount_extensions = ARENA_NEW(arena, struct spec_features_mount_extensions);
	to->mount_extensions->idmap = enabled(arena, true);
	to->net_devices = enabled(arena, true);
	return to;
}

static void annotate(
	struct spec_features *to, const char *key, const char *value, struct arena *arena)
{
	struct spec_map_entry *entry;

	if (value == NULL || *value == '\0')
		return;
	entry = ARENA_PUSH(arena, to->annotations.items, to->annotations.count);
	entry->key = arena_str(arena, key);
	entry->value = arena_str(arena, value);
}

const struct spec_features *plan_features(
	const struct facts *facts, const struct build_facts *build, struct arena *arena)
{
	struct spec_features *to = ARENA_NEW(arena, struct spec_features);

	(void) facts; /* the answer is the build's, not the host's */
	to->oci_version_min = arena_str(arena, "1.0.0");
	to->oci_version_max = arena_str(arena, "1.3.0");
	to->hooks = names_of(&names_hooks, arena);
	to->mount_options = copy_of(plan_mount_option_names, arena);
	to->linux_ = make_linux(arena);
	/* Whose values let the author of a configuration reach beyond the container. */
	to->potentially_unsafe_config_annotations.items = arena_array(arena, 3, sizeof(char *));
	to->potentially_unsafe_config_annotations.items[0] = arena_str(arena, "org.criu.config");
	to->potentially_unsafe_config_annotations.items[1] =
		arena_str(arena, "org.systemd.property.");
	to->potentially_unsafe_config_annotations.items[2] = arena_str(arena, "run.oci.");
	to->potentially_unsafe_config_annotations.count = 3;
	annotate(to, "io.github.seccomp.libseccomp.version", build->seccomp_version, arena);
	/* The name that engines know for it. */
	annotate(to, "org.opencontainers.runc.checkpoint.enabled", "true", arena);
	annotate(to, "run.oci.ocirt.version", build->version, arena);
	annotate(to, "run.oci.ocirt.commit", build->commit, arena);
	return to;
}
