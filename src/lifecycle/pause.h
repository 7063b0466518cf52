/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pause: a container's processes held still by its cgroup's freezer, and let go again. */
#ifndef OCIRT_LIFECYCLE_PAUSE_H
#define OCIRT_LIFECYCLE_PAUSE_H

#include "base/err.h"
#include "lifecycle/lifecycle.h"

/* Both return when the kernel says that it is done. ERR_NOT_RUNNING, ERR_PAUSED (it is already),
 * ERR_UNSUPPORTED without a freezer, ERR_TIMEOUT where a process cannot be frozen; it runs on then. */
ERR_CHECK int lifecycle_pause(const struct global_options *global, const char *id, struct err *err);

/* ERR_STATE where it is not paused. */
ERR_CHECK int lifecycle_resume(
	const struct global_options *global, const char *id, struct err *err);

#endif
