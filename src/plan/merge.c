/* SPDX-License-Identifier: GPL-2.0-or-later */
/* plan/merge: what holds when an update has been done: the fields of the update over those of before. */
#include <string.h>

#include "libocispec-lite/ocispec.h"
#include "libocispec-lite/spec.h"
#include "plan/cg.h"
#include "plan/parts.h"

/* A list as libocispec-lite stores it. */
struct any_list {
	void *items;
	size_t count;
};

/* `over` over `to`, member by member; a list as a whole. */
static void merge(
	const struct ocispec_object *object, void *to, const void *over, struct arena *arena)
{
	for (size_t i = 0; i < object->count; i++) {
		const struct ocispec_field *field = &object->fields[i];
		void *old = (char *) to + field->offset;
		const void *new = (const char *) over + field->offset;
		const struct any_list *list = new;
		void *const *pointer = new;

		switch (field->kind) {
		case OCISPEC_OBJECT:
			if (*pointer == NULL)
				break;
			if (*(void **) old == NULL)
				*(void **) old = arena_alloc(arena, field->object->size);
			merge(field->object, *(void **) old, *pointer, arena);
			break;
		case OCISPEC_STRINGS:
		case OCISPEC_U32_LIST:
		case OCISPEC_MAP:
		case OCISPEC_OBJECT_LIST:
		case OCISPEC_OBJECT_MAP:
			if (list->count > 0)
				memcpy(old, new, sizeof(*list));
			break;
		case OCISPEC_BOOL:
		case OCISPEC_U32:
		case OCISPEC_U64:
		case OCISPEC_I64:
			break; /* only in the items of lists */
		case OCISPEC_STRING:
		case OCISPEC_BOOL_OPT:
		case OCISPEC_U16_OPT:
		case OCISPEC_U32_OPT:
		case OCISPEC_I32_OPT:
		case OCISPEC_U64_OPT:
		case OCISPEC_I64_OPT:
			if (*pointer != NULL)
				*(void **) old = *pointer;
			break;
		}
	}
}

static void drop(int64_t **number)
{
	if (!cg_has(*number))
		*number = NULL;
}

static void drop_u(uint64_t **number)
{
	if (!cg_has_u(*number))
		*number = NULL;
}

/* 0 is how engines leave a field out: what was there before stays. */
static void drop_zeros(struct spec_resources *given)
{
	if (given->memory != NULL) {
		drop(&given->memory->limit);
		drop(&given->memory->reservation);
		drop(&given->memory->swap);
		drop(&given->memory->kernel);
		drop(&given->memory->kernel_tcp);
	}
	if (given->cpu != NULL) {
		drop_u(&given->cpu->shares);
		drop(&given->cpu->quota);
		drop_u(&given->cpu->period);
		drop(&given->cpu->realtime_runtime);
		drop_u(&given->cpu->realtime_period);
	}
}

const struct spec_resources *plan_merge(
	const struct spec_resources *before, struct spec_resources *given, struct arena *arena)
{
	struct spec_resources *all = ARENA_NEW(arena, struct spec_resources);

	drop_zeros(given);
	merge(&ocispec_resources, all, before, arena);
	merge(&ocispec_resources, all, given, arena);
	/* Memory without a limit takes that of memory and swap with it. */
	if (given->memory != NULL && given->memory->limit != NULL && *given->memory->limit < 0 &&
		given->memory->swap == NULL && all->memory->swap != NULL)
		all->memory->swap = given->memory->limit;
	return all;
}
