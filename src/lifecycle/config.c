/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lifecycle/config.h"

#include "plan/document.h"

int config_read_kept(
	const struct state_dir *dir, struct arena *arena, const struct spec **ret, struct err *err)
{
	size_t length;
	char *bytes;
	void *spec;

	if (state_read_file(dir, STATE_CONFIG, arena, &bytes, &length, err) < 0 ||
		document_parse(&ocispec_config, bytes, length, STATE_CONFIG, arena, &spec, err) < 0)
		return -1;
	*ret = spec;
	return 0;
}
