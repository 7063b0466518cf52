/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * devices: which devices a container may use, as the lines of version 1 and as a program for version 2.
 *
 * The rules are a list in which the last that fits decides, for each of reading, writing and making a
 * node on its own; what no rule fits is denied. Behind the rules of the configuration come those that
 * allow what every container has (null, zero, its terminals, …).
 *
 * Not for: the device nodes themselves (plan/rootfs.c).
 */
#ifndef OCIRT_PLAN_DEVICES_H
#define OCIRT_PLAN_DEVICES_H

#include "plan/parts.h"

struct bpf_insn;

/* The rules of `given` and the default ones into *ret. Without privilege over devices there are none:
 * the kernel refuses nodes in a user namespace anyhow. creation: also where none are given. */
ERR_CHECK int plan_devices(const struct plan_input *in, const struct spec_resources *given,
	bool creation, const char *at, struct cgroup_plan *ret, struct err *err);

/* A program of type BPF_PROG_TYPE_CGROUP_DEVICE that returns 1 for what the rules allow. Returns the
 * number of its instructions. */
size_t devices_program(const struct device_rule *rules, size_t count, struct arena *arena,
	const struct bpf_insn **ret);

/* What has to be written into devices.allow and devices.deny of a cgroup whose devices.list is
 * `current`, and nothing that is allowed before and after is denied in between (but where the kernel
 * cannot go from "all but" to "none but" otherwise). A rule that takes away a part of a wider one
 * cannot be said in version 1 and is an error. */
ERR_CHECK int devices_v1(const struct device_rule *rules, size_t count, const char *current,
	struct arena *arena, const struct cgroup_value **ret, size_t *ret_count, struct err *err);

#endif
