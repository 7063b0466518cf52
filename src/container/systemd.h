/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * systemd: the calls to systemd's manager that a container's unit needs, over D-Bus.
 *
 * libsystemd is loaded by systemd_open and by nothing else: it costs each start two milliseconds that
 * nobody pays who does not ask for it. Never call it in a process that has entered a namespace.
 * Follows org.freedesktop.systemd1(5).
 */
#ifndef OCIRT_CONTAINER_SYSTEMD_H
#define OCIRT_CONTAINER_SYSTEMD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/err.h"
#include "plan/plan.h"

struct systemd; /* in the arena of the caller until systemd_close */

/* Connects to the system's manager, or to the caller's own. */
ERR_CHECK int systemd_open(bool user, struct arena *arena, struct systemd **ret, struct err *err);
void systemd_close(struct systemd **systemd);
#define _cleanup_systemd_ __attribute__((cleanup(systemd_close)))

/* The cgroup that the manager itself manages, "/user.slice/user-1000.slice/user@1000.service"; "" for
 * the system's. In the arena. */
ERR_CHECK int systemd_control_group(
	struct systemd *systemd, struct arena *arena, const char **ret, struct err *err);

/* Makes and starts the transient unit, with pid in it where it is a scope, and waits for the job. What
 * a failed unit of that name left is reset first. Properties that this systemd does not know and need
 * not know are left out. */
ERR_CHECK int systemd_start(struct systemd *systemd, const struct unit_plan *unit, const char *id,
	pid_t pid, bool v2, uint64_t deadline_ns, struct err *err);

/* Stops the unit, waits for the job and forgets a failure. One that is not there is fine. */
ERR_CHECK int systemd_stop(
	struct systemd *systemd, const char *unit, uint64_t deadline_ns, struct err *err);

/* Sets properties until the next boot. */
ERR_CHECK int systemd_set(
	struct systemd *systemd, const struct unit_plan *unit, const char *name, struct err *err);

/* Moves a process into the unit's cgroup, where the caller may not do it by a file. */
ERR_CHECK int systemd_attach(struct systemd *systemd, const char *unit, pid_t pid, struct err *err);

#endif
