/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lifecycle/container.h"

int lifecycle_create(
	const struct global_options *global, const struct create_options *options, struct err *err)
{
	_cleanup_container_ struct container container = CONTAINER_INIT;

	if (container_create(global, options, false, &container, err) < 0)
		return err_ctx(err, "create %s", options->id);
	return 0;
}
