/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * checkpoint: writes a running container into image files by criu (criu(8)), and makes one from them.
 *
 * Not for: talking to criu (container/criu.h).
 */
#ifndef OCIRT_LIFECYCLE_CHECKPOINT_H
#define OCIRT_LIFECYCLE_CHECKPOINT_H

#include "base/err.h"
#include "container/criu.h"
#include "lifecycle/lifecycle.h"

/* Dumps the container. Unless the options say leave_running or pre_dump it has ended afterwards and is
 * deleted. */
ERR_CHECK int lifecycle_checkpoint(const struct global_options *global, const char *id,
	const struct criu_options *criu, struct err *err);

/* Makes the container options->id from the bundle and the images; returns 0 with the exit status of its
 * first process (0 when detached). */
ERR_CHECK int lifecycle_restore(const struct global_options *global,
	const struct create_options *options, const struct criu_options *criu, int *ret_exit_status,
	struct err *err);

#endif
