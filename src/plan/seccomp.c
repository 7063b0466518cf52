/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plan/seccomp.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <stdio.h>

#include "base/str.h"
#include "libocispec-lite/spec.h"
#include "plan/parts.h"
#include "plan/proc-names.h"

enum { ERRNO_MAX = 4095, TRACE_MAX = 0xffff, ARG_MAX_INDEX = 5 };

#define AT(...) place((char[128]){ 0 }, __VA_ARGS__)

__attribute__((format(printf, 2, 3))) static const char *place(
	char text[128], const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void) vsnprintf(text, 128, format, args);
	va_end(args);
	return text;
}

/* An action's word and its errnoRet to SECCOMP_RET_* with data. */
static int make_action(const char *name, const char *at, const uint32_t *number,
	const char *number_at, uint32_t *ret, struct err *err)
{
	const struct name_row *row = names_find(&names_seccomp_actions, name);
	uint32_t data = EPERM, most;

	if (row == NULL)
		return names_unknown(&names_seccomp_actions, "action", name, at, err);
	if (row->value != SECCOMP_RET_ERRNO && row->value != SECCOMP_RET_TRACE) {
		if (number != NULL)
			return err_at(err, number_at, "%s has no errno", name);
		*ret = (uint32_t) row->value;
		return 0;
	}
	most = row->value == SECCOMP_RET_ERRNO ? ERRNO_MAX : TRACE_MAX;
	if (number != NULL)
		data = *number;
	if (data > most)
		return err_at(err, number_at, "%u is above %u", data, most);
	*ret = (uint32_t) row->value | data;
	return 0;
}

static int make_args(const struct plan_input *in, const struct spec_seccomp_syscall *from,
	size_t rule, const struct seccomp_arg **ret, struct err *err)
{
	struct seccomp_arg *args = arena_array(in->arena, from->args.count, sizeof(*args));

	for (size_t i = 0; i < from->args.count; i++) {
		const struct spec_seccomp_arg *arg = &from->args.items[i];
		const struct name_row *op = names_find(&names_seccomp_operators, arg->op);

		if (op == NULL)
			return names_unknown(&names_seccomp_operators, "operator", arg->op,
				AT("/linux/seccomp/syscalls/%zu/args/%zu/op", rule, i), err);
		if (arg->index > ARG_MAX_INDEX)
			return err_at(err,
				AT("/linux/seccomp/syscalls/%zu/args/%zu/index", rule, i),
				"%u is above 5", arg->index);
		args[i] = (struct seccomp_arg){
			.index = arg->index,
			.op = (enum seccomp_op) op->value,
			.value = arg->value,
			.value_two = arg->value_two != NULL ? *arg->value_two : 0,
		};
	}
	*ret = args;
	return 0;
}

/* One entry of syscalls[] is one rule per name. */
static int add_rules(const struct plan_input *in, const struct spec_seccomp_syscall *from,
	size_t number, struct seccomp_rules *rules, struct seccomp_rule *list, struct err *err)
{
	const struct seccomp_arg *args = NULL;
	uint32_t action = 0;

	if (from->names.count == 0)
		return err_at(err, AT("/linux/seccomp/syscalls/%zu/names", number),
			"must name a system call");
	if (make_action(from->action, AT("/linux/seccomp/syscalls/%zu/action", number),
		    from->errno_ret, AT("/linux/seccomp/syscalls/%zu/errnoRet", number), &action,
		    err) < 0 ||
		make_args(in, from, number, &args, err) < 0)
		return -1;
	for (size_t i = 0; i < from->names.count; i++) {
		list[rules->rule_count++] = (struct seccomp_rule){
			.name = from->names.items[i],
			.action = action,
			.args = args,
			.arg_count = from->args.count,
		};
	}
	return 0;
}

static int make_rules(const struct plan_input *in, const struct spec_seccomp *from,
	struct seccomp_rules *rules, struct err *err)
{
	struct seccomp_rule *list;
	size_t count = 0;

	if (make_action(from->default_action, "/linux/seccomp/defaultAction",
		    from->default_errno_ret, "/linux/seccomp/defaultErrnoRet",
		    &rules->default_action, err) < 0)
		return -1;
	rules->default_errno_given = from->default_errno_ret != NULL;
	for (size_t i = 0; i < from->syscalls.count; i++)
		count += from->syscalls.items[i].names.count;
	list = arena_array(in->arena, count, sizeof(*list));
	rules->rules = list;
	for (size_t i = 0; i < from->syscalls.count; i++)
		if (add_rules(in, &from->syscalls.items[i], i, rules, list, err) < 0)
			return -1;
	return 0;
}

static int make_archs(const struct plan_input *in, const struct spec_strings *from,
	struct seccomp_rules *rules, struct err *err)
{
	uint32_t *archs = arena_array(in->arena, from->count, sizeof(*archs));

	for (size_t i = 0; i < from->count; i++) {
		const struct name_row *row = names_find(&names_seccomp_archs, from->items[i]);

		if (row == NULL)
			return names_unknown(&names_seccomp_archs, "architecture", from->items[i],
				AT("/linux/seccomp/architectures/%zu", i), err);
		archs[i] = (uint32_t) row->value;
	}
	rules->archs = archs;
	rules->arch_count = from->count;
	return 0;
}

static int make_flags(const struct spec_strings *from, unsigned *flags, struct err *err)
{
	/* Where nothing is said, as runc has it: a filter alone does not turn off speculation. */
	if (from->items == NULL)
		*flags = SECCOMP_FILTER_FLAG_SPEC_ALLOW;
	for (size_t i = 0; i < from->count; i++) {
		const struct name_row *row = names_find(&names_seccomp_flags, from->items[i]);

		if (row == NULL)
			return names_unknown(&names_seccomp_flags, "flag", from->items[i],
				AT("/linux/seccomp/flags/%zu", i), err);
		*flags |= (unsigned) row->value;
	}
	return 0;
}

static int make_listener(
	const struct spec_seccomp *from, struct seccomp_plan *plan, struct err *err)
{
	const unsigned killable = (unsigned) names_find(
		&names_seccomp_flags, "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV")
					  ->value;
	const bool has_path = from->listener_path != NULL && from->listener_path[0] != '\0';
	bool notifies = plan->rules.default_action == SECCOMP_RET_USER_NOTIF;

	for (size_t i = 0; i < plan->rules.rule_count; i++)
		notifies |= plan->rules.rules[i].action == SECCOMP_RET_USER_NOTIF;
	if (from->listener_metadata != NULL && from->listener_metadata[0] != '\0' && !has_path)
		return err_at(err, "/linux/seccomp/listenerMetadata", "needs listenerPath");
	if (notifies && !has_path)
		return err_at(err, "/linux/seccomp/listenerPath", "is missing: a rule notifies");
	if (!notifies && (plan->flags & killable) != 0)
		return err_at(err, "/linux/seccomp/flags",
			"SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV needs a rule that notifies");
	if (!notifies)
		return 0;
	plan->listener_path = from->listener_path;
	plan->listener_metadata = from->listener_metadata;
	plan->flags |= SECCOMP_FILTER_FLAG_NEW_LISTENER;
	/* The process has no other thread but the one that sends the listener, and that must stay
	 * free. */
	plan->flags &= ~(unsigned) SECCOMP_FILTER_FLAG_TSYNC;
	return 0;
}

int plan_seccomp(const struct plan_input *in, const struct seccomp_plan **ret, struct err *err)
{
	const struct spec_seccomp *from =
		in->spec->linux_ != NULL ? in->spec->linux_->seccomp : NULL;
	const struct spec_map_entry *strict;
	struct seccomp_plan *plan;

	if (from == NULL) {
		*ret = NULL;
		return 0;
	}
	plan = ARENA_NEW(in->arena, struct seccomp_plan);
	if (make_rules(in, from, &plan->rules, err) < 0 ||
		make_archs(in, &from->architectures, &plan->rules, err) < 0 ||
		make_flags(&from->flags, &plan->flags, err) < 0 ||
		make_listener(from, plan, err) < 0)
		return -1;
	strict = spec_map_find(&in->spec->annotations, "run.oci.seccomp_fail_unknown_syscall");
	plan->unknown_is_error = strict != NULL && !str_eq(strict->value, "0");
	*ret = plan;
	return 0;
}
