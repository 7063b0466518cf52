/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * features: what `ocirt features` prints: the words that this build accepts, out of the tables that
 * accept them. Not what one host can do. Follows features.md and features-linux.md.
 */
#ifndef OCIRT_PLAN_FEATURES_H
#define OCIRT_PLAN_FEATURES_H

#include "base/arena.h"
#include "base/facts.h"

struct spec_features;

/* seccomp_version is the library's ("2.5.4"), NULL: not said. In the
 * arena, for ocispec_print(&ocispec_features, …). */
const struct spec_features *plan_features(
	const struct facts *facts, const char *seccomp_version, struct arena *arena);

#endif
