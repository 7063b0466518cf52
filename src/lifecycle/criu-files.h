/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * criu-files: what checkpoint and restore have in common besides criu itself: criu's configuration file,
 * and descriptors.json beside the images, which says what the standard streams were.
 */
#ifndef OCIRT_LIFECYCLE_CRIU_FILES_H
#define OCIRT_LIFECYCLE_CRIU_FILES_H

#include "base/arena.h"
#include "base/err.h"

struct spec;

/* The keys under which criu knows a joined network and pid namespace, in either direction. */
#define CRIU_NETNS_KEY "extRootNetNS"
#define CRIU_PIDNS_KEY "extRootPidNS"

/* The annotation org.criu.config ("": none), else ocirt's or runc's in /etc/criu; *ret NULL: none. */
ERR_CHECK int criu_config_file(const struct spec *spec, const char **ret, struct err *err);

/* Three texts as /proc/PID/fd shows them: "/dev/null", "pipe:[123]". */
ERR_CHECK int criu_descriptors_write(
	const char *image_path, const char *const texts[3], struct arena *arena, struct err *err);
/* A missing file gives three empty texts. */
ERR_CHECK int criu_descriptors_read(
	const char *image_path, char *ret_texts[3], struct arena *arena, struct err *err);

#endif
