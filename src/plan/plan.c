/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plan/plan.h"

#include <stdarg.h>
#include <stdio.h>

#include "libocispec-lite/spec.h"
#include "plan/parts.h"

void plan_note(struct plan_notes *notes, struct arena *arena, const char *format, ...)
{
	char line[512];
	va_list args;

	va_start(args, format);
	(void) vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	*ARENA_PUSH(arena, notes->items, notes->count) = arena_str(arena, line);
}

static bool is_empty(const char *text)
{
	return text == NULL || *text == '\0';
}

int plan_make(const struct spec *spec, const struct facts *facts,
	const struct plan_options *options, struct arena *arena, struct plan *ret, struct err *err)
{
	struct plan plan = {
		.id = options->id,
		.bundle = options->bundle,
		.annotations = &spec->annotations,
		/* An empty name is none, as for runc. */
		.hostname = is_empty(spec->hostname) ? NULL : spec->hostname,
		.domainname = is_empty(spec->domainname) ? NULL : spec->domainname,
	};
	const struct plan_input in = {
		.spec = spec,
		.facts = facts,
		.options = options,
		.arena = arena,
		.notes = &plan.notes,
	};

	if (plan_validate(&in, err) < 0 || plan_ns(&in, &plan.ns, err) < 0 ||
		plan_rootfs(&in, &plan.ns, &plan.rootfs, err) < 0 ||
		plan_proc(&in, spec->process, "/process", &plan.ns, &plan.proc, err) < 0 ||
		plan_seccomp(&in, &plan.proc.seccomp, err) < 0 ||
		plan_sysctl(&in, &plan.ns, &plan.sysctls, &plan.sysctl_count, err) < 0 ||
		plan_hooks(&in, plan.hooks, err) < 0 ||
		plan_cgroup(&in, &plan.ns, &plan.cgroup, err) < 0)
		return -1;
	plan_net(&in, &plan.net);
	plan_rdt(&in, &plan.rdt);
	plan.notify_socket = plan_is_relayed(&in, &plan.ns) ? options->notify_socket : NULL;
	*ret = plan;
	return 0;
}

static void collect(int result, const struct err *err, struct arena *arena, struct plan_notes *ret)
{
	if (result < 0)
		plan_note(ret, arena, "%s", err->text);
}

void plan_faults(const struct spec *spec, const struct facts *facts,
	const struct plan_options *options, struct arena *arena, struct plan_notes *ret,
	struct plan_notes *ret_warnings)
{
	const struct plan_input in = { spec, facts, options, arena, ret_warnings };
	struct plan plan = { 0 };
	struct err err;
	int result = 0;

	for (size_t i = 0; result <= 0; i++) {
		result = plan_fault(&in, i, &err);
		collect(result, &err, arena, ret);
	}
	/* The makers may rely on what has been looked at. */
	if (ret->count > 0)
		return;
	if (plan_ns(&in, &plan.ns, &err) < 0) {
		collect(-1, &err, arena, ret);
		return;
	}
	collect(plan_rootfs(&in, &plan.ns, &plan.rootfs, &err), &err, arena, ret);
	collect(plan_proc(&in, spec->process, "/process", &plan.ns, &plan.proc, &err), &err, arena,
		ret);
	collect(plan_seccomp(&in, &plan.proc.seccomp, &err), &err, arena, ret);
	collect(plan_sysctl(&in, &plan.ns, &plan.sysctls, &plan.sysctl_count, &err), &err, arena,
		ret);
	collect(plan_hooks(&in, plan.hooks, &err), &err, arena, ret);
	collect(plan_cgroup(&in, &plan.ns, &plan.cgroup, &err), &err, arena, ret);
}
