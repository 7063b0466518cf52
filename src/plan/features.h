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

/* What the build says of itself; NULL: not said. */
struct build_facts {
	const char *version;
	const char *commit;
	const char *seccomp_version; /* of the library, "2.5.4" */
};

/* In the arena, for ocispec_print(&ocispec_features, …). */
const struct spec_features *plan_features(
	const struct facts *facts, const struct build_facts *build, struct arena *arena);

#endif
