/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "container/seccomp.h"

#include <linux/seccomp.h>
#include <string.h>
#include <sys/mman.h>

#include "base/log.h"
#include "container/proc.h"
#include "kernel/seccomp.h"
#include "plan/filter.h"
#include "plan/seccomp.h"

/* To allow a call that does not exist changes nothing. To refuse one that is only too new for the
 * library must not get lost in silence. */
static int note_unknown(const struct seccomp_plan *plan, const int *numbers, struct err *err)
{
	const struct seccomp_rules *rules = &plan->rules;

	for (size_t i = 0; i < rules->rule_count; i++) {
		const struct seccomp_rule *rule = &rules->rules[i];

		if (plan->unknown_is_error && numbers[i] == -1 && !seccomp_knows(rule->name))
			return err_at(err, "/linux/seccomp/syscalls",
				"libseccomp does not know \"%s\"", rule->name);
		if (numbers[i] == -1 && rule->action != SECCOMP_RET_ALLOW &&
			rule->action != rules->default_action && !seccomp_knows(rule->name))
			log_warning("seccomp: libseccomp does not know %s: its rule is left out",
				rule->name);
	}
	return 0;
}

int seccomp_filter_make(const struct seccomp_plan *plan, struct arena *arena,
	struct proc_filter *ret, struct err *err)
{
	struct proc_filter filter = { .listener_socket = -1 };
	struct filter_arch *archs;
	uint32_t *tokens;
	size_t count;

	*ret = filter;
	if (plan == NULL)
		return 0;
	filter.flags = plan->flags;
	seccomp_archs(&plan->rules, arena, &tokens, &count);
	archs = arena_array(arena, count, sizeof(*archs));
	for (size_t i = 0; i < count; i++) {
		int *numbers = arena_array(arena, plan->rules.rule_count, sizeof(*numbers));

		seccomp_numbers(&plan->rules, tokens[i], numbers);
		archs[i] = (struct filter_arch){ tokens[i], numbers };
	}
	if (note_unknown(plan, archs[0].numbers, err) < 0)
		return -1;
	if (filter_compile(&plan->rules, archs, count, arena, &filter.code, &filter.count) != 0 &&
		seccomp_compile(&plan->rules, arena, &filter.code, &filter.count, err) < 0)
		return err_place(err, "/linux/seccomp");
	*ret = filter;
	return 0;
}

/* ---- the box ------------------------------------------------------------------------------------ */

struct filter_box {
	unsigned flags;
	unsigned short count;
	struct sock_filter code[BPF_MAXINSNS];
};

int filter_box_new(const struct seccomp_plan *plan, struct filter_box **ret, struct err *err)
{
	void *box;

	*ret = NULL;
	if (plan == NULL)
		return 0;
	box = mmap(NULL, sizeof(struct filter_box), PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (box == MAP_FAILED)
		return err_sys(err, "mmap seccomp");
	*ret = box;
	return 0;
}

void filter_box_put(struct filter_box *box, const struct proc_filter *filter)
{
	box->flags = filter->flags;
	box->count = filter->count;
	memcpy(box->code, filter->code, filter->count * sizeof(*filter->code));
}

void filter_box_open(const struct filter_box *box, struct proc_filter *filter)
{
	filter->flags = box->flags;
	filter->count = box->count;
	filter->code = box->code;
}

void filter_box_done(struct filter_box **box)
{
	if (*box != NULL)
		(void) munmap(*box, sizeof(**box));
	*box = NULL;
}
