/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * restored-root: the root of what was restored, and the mounts below it.
 *
 * criu gives every mount its flags again but for the root, which is ours to prepare and which it
 * has to write to meanwhile. So a root that is to be read-only becomes so when criu has all its files and
 * none of the processes runs (container/restored.h).
 */
#ifndef OCIRT_CONTAINER_RESTORED_ROOT_H
#define OCIRT_CONTAINER_RESTORED_ROOT_H

#include "base/err.h"
#include "container/restored.h"

/* The mounts come out of the images as well. Where no process of the configuration can change mounts, seen from the
 * container's root: what is masked shows nothing, what is read-only is, and no mount of the
 * configuration lacks ro, nosuid, nodev or noexec. */
ERR_CHECK int restored_root_check(const struct restored_job *job, struct err *err);

/* In the mount namespace of the first process. err->num is EBUSY where a file of it is open for writing. */
ERR_CHECK int restored_root_readonly(const struct restored_job *job, struct err *err);

#endif
