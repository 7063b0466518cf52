/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plan/filter.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <string.h>

#include "base/str.h"

enum {
	NUMBERS = 1024, /* no table of calls reaches so far yet */
	RULES_MAX = 64 * 1024 - 1,
	JUMP_MAX = 255, /* of a conditional jump */
	SHARED = 8, /* RET instructions that are jumped to from several places */
	X32_BIT = 0x40000000,
};

/* ---- what is known of architectures ------------------------------------------------------------- */

static const struct arch_row {
	uint32_t token;
	uint32_t audit; /* what the kernel says it is */
	bool is_64; /* of arguments; libseccomp compares 32 bits on x32 */
	bool big_endian;
	bool multiplexed; /* socketcall and ipc */
	uint32_t base; /* of the numbers */
	uint32_t end; /* the first number that is not for us to judge as "newer" */
} arch_rows[] = {
	{ AUDIT_ARCH_X86_64, AUDIT_ARCH_X86_64, true, false, false, 0, X32_BIT },
	{ SECCOMP_ARCH_X32, AUDIT_ARCH_X86_64, false, false, false, X32_BIT, 0x80000000 },
	{ AUDIT_ARCH_I386, AUDIT_ARCH_I386, false, false, true, 0, 0x80000000 },
	{ AUDIT_ARCH_AARCH64, AUDIT_ARCH_AARCH64, true, false, false, 0, 0x80000000 },
	{ AUDIT_ARCH_RISCV64, AUDIT_ARCH_RISCV64, true, false, false, 0, 0x80000000 },
};

/* i386 has two ways into these: the first argument of socketcall and ipc (linux/net.h, linux/ipc.h), and
 * since later a number of their own. A rule holds for both, as libseccomp has it, which gives the pair
 * one made-up number. */
static const struct mux_row {
	const char *name;
	int call; /* socketcall or ipc */
	uint32_t code;
	int number; /* or -1 */
} mux_rows[] = {
	{ "socket", 102, 1, 359 },
	{ "bind", 102, 2, 361 },
	{ "connect", 102, 3, 362 },
	{ "listen", 102, 4, 363 },
	{ "accept", 102, 5, -1 },
	{ "getsockname", 102, 6, 367 },
	{ "getpeername", 102, 7, 368 },
	{ "socketpair", 102, 8, 360 },
	{ "send", 102, 9, -1 },
	{ "recv", 102, 10, -1 },
	{ "sendto", 102, 11, 369 },
	{ "recvfrom", 102, 12, 371 },
	{ "shutdown", 102, 13, 373 },
	{ "setsockopt", 102, 14, 366 },
	{ "getsockopt", 102, 15, 365 },
	{ "sendmsg", 102, 16, 370 },
	{ "recvmsg", 102, 17, 372 },
	{ "accept4", 102, 18, 364 },
	{ "recvmmsg", 102, 19, 337 },
	{ "sendmmsg", 102, 20, 345 },
	{ "semop", 117, 1, -1 },
	{ "semget", 117, 2, 393 },
	{ "semctl", 117, 3, 394 },
	{ "semtimedop", 117, 4, -1 },
	{ "msgsnd", 117, 11, 400 },
	{ "msgrcv", 117, 12, 401 },
	{ "msgget", 117, 13, 399 },
	{ "msgctl", 117, 14, 402 },
	{ "shmat", 117, 21, 397 },
	{ "shmdt", 117, 22, 398 },
	{ "shmget", 117, 23, 395 },
	{ "shmctl", 117, 24, 396 },
};

static const struct arch_row *find_arch(uint32_t token)
{
	for (size_t i = 0; i < sizeof(arch_rows) / sizeof(arch_rows[0]); i++)
		if (arch_rows[i].token == token)
			return &arch_rows[i];
	return NULL;
}

static const struct mux_row *find_mux(const char *name, int number)
{
	/* The made-up numbers: -101 to -120, -201 to -224. */
	if (number > -100 || number < -300)
		return NULL;
	for (size_t i = 0; i < sizeof(mux_rows) / sizeof(mux_rows[0]); i++)
		if (str_eq(mux_rows[i].name, name))
			return &mux_rows[i];
	return NULL;
}

/* ---- the rules of one call ---------------------------------------------------------------------- */

/* All conditions must hold. */
struct clause {
	struct clause *next;
	uint32_t action;
	const struct seccomp_arg *args;
	size_t arg_count;
};

struct call {
	struct clause *first, *last;
	bool decided; /* by a rule without conditions */
	uint32_t action;
};

static void add_clause(struct call *call, uint32_t action, const struct seccomp_arg *args,
	size_t count, struct arena *arena)
{
	struct clause *clause;

	if (call->decided)
		return;
	if (count == 0) {
		call->decided = true;
		call->action = action;
		return;
	}
	clause = ARENA_NEW(arena, struct clause);
	*clause = (struct clause){ NULL, action, args, count };
	if (call->first == NULL)
		call->first = clause;
	else
		call->last->next = clause;
	call->last = clause;
}

/* One argument named twice: as runc reads profiles, then any one of the conditions is enough. */
static bool names_twice(const struct seccomp_rule *rule)
{
	unsigned seen = 0;

	for (size_t i = 0; i < rule->arg_count; i++) {
		if ((seen >> rule->args[i].index & 1) != 0)
			return true;
		seen |= 1U << rule->args[i].index;
	}
	return false;
}

static void add_rule(struct call *call, const struct seccomp_rule *rule, struct arena *arena)
{
	if (!names_twice(rule))
		add_clause(call, rule->action, rule->args, rule->arg_count, arena);
	else
		for (size_t i = 0; i < rule->arg_count; i++)
			add_clause(call, rule->action, &rule->args[i], 1, arena);
}

/* The same rule for the old way in: the first argument is the code, the others stay. */
static void add_muxed(
	struct call *call, const struct seccomp_rule *rule, uint32_t code, struct arena *arena)
{
	struct seccomp_arg *args = arena_array(arena, rule->arg_count + 1, sizeof(*args));
	size_t count = 1;

	args[0] = (struct seccomp_arg){ .index = 0, .op = SECCOMP_OP_EQ, .value = code };
	for (size_t i = 0; i < rule->arg_count; i++)
		if (rule->args[i].index != 0)
			args[count++] = rule->args[i];
	add_clause(call, rule->action, args, count, arena);
}

static bool args_exclude(const struct seccomp_arg *a, const struct seccomp_arg *b)
{
	if (a->index != b->index)
		return false;
	if (a->op == SECCOMP_OP_EQ && b->op == SECCOMP_OP_EQ)
		return a->value != b->value;
	return a->value == b->value &&
		((a->op == SECCOMP_OP_EQ && b->op == SECCOMP_OP_NE) ||
			(a->op == SECCOMP_OP_NE && b->op == SECCOMP_OP_EQ));
}

static bool clauses_exclude(const struct clause *a, const struct clause *b)
{
	for (size_t i = 0; i < a->arg_count; i++)
		for (size_t k = 0; k < b->arg_count; k++)
			if (args_exclude(&a->args[i], &b->args[k]))
				return true;
	return false;
}

/* Whether at most one verdict is possible, so that no order has to be known. */
static bool is_plain(const struct call *call)
{
	if (call->decided)
		return true;
	for (const struct clause *a = call->first; a != NULL; a = a->next)
		for (const struct clause *b = a->next; b != NULL; b = b->next)
			if (a->action != b->action && !clauses_exclude(a, b))
				return false;
	return true;
}

/* The calls of one architecture. */
struct table {
	struct call *calls; /* by number; those from top on have no rule */
	int top;
	int newest; /* the highest number that the profile names, or -1 */
};

static void reach(struct table *table, int number)
{
	if (number >= table->top)
		table->top = number + 1;
}

static bool sort_rules(const struct seccomp_rules *rules, const struct filter_arch *arch,
	const struct arch_row *row, struct table *table, struct arena *arena)
{
	struct call *calls = arena_array(arena, NUMBERS, sizeof(*calls));

	*table = (struct table){ .calls = calls, .newest = -1 };
	for (size_t i = 0; i < rules->rule_count; i++) {
		const struct seccomp_rule *rule = &rules->rules[i];
		const struct mux_row *mux =
			row->multiplexed ? find_mux(rule->name, arch->numbers[i]) : NULL;
		int number = arch->numbers[i];

		if (number >= 0) {
			if ((uint32_t) number < row->base ||
				(uint32_t) number - row->base >= NUMBERS)
				return false;
			number -= (int) row->base;
			table->newest = number > table->newest ? number : table->newest;
		}
		if (rule->action == rules->default_action)
			continue;
		if (mux != NULL && names_twice(rule))
			return false;
		if (mux != NULL) {
			add_muxed(&calls[mux->call], rule, mux->code, arena);
			reach(table, mux->call);
			number = mux->number;
		}
		if (number >= 0) {
			add_rule(&calls[number], rule, arena);
			reach(table, number);
		}
	}
	for (int i = 0; i < table->top; i++)
		if (!is_plain(&calls[i]))
			return false;
	return true;
}

/* ---- writing ------------------------------------------------------------------------------------ */

/* The program is written from its end to its start: what an instruction jumps to is there already. A
 * place is an index into code. */
struct writer {
	struct sock_filter *code;
	size_t at; /* the first instruction so far */
	bool full;
	struct {
		uint32_t action;
		size_t place;
	} shared[SHARED];
	size_t shared_count;
};

static size_t put(struct writer *w, struct sock_filter instruction)
{
	if (w->at == 0)
		w->full = true;
	else
		w->code[--w->at] = instruction;
	return w->at;
}

/* A verdict, near enough for the next few jumps. */
static size_t put_verdict(struct writer *w, uint32_t action)
{
	size_t i;

	for (i = 0; i < w->shared_count; i++)
		if (w->shared[i].action == action) {
			if (w->shared[i].place - w->at < JUMP_MAX - 2)
				return w->shared[i].place;
			break;
		}
	if (i == SHARED)
		return put(w, (struct sock_filter) BPF_STMT(BPF_RET | BPF_K, action));
	if (i == w->shared_count)
		w->shared_count++;
	w->shared[i].action = action;
	w->shared[i].place = put(w, (struct sock_filter) BPF_STMT(BPF_RET | BPF_K, action));
	return w->shared[i].place;
}

static size_t put_jump(struct writer *w, unsigned op, uint32_t value, size_t yes, size_t no)
{
	/* A long way goes over an unconditional jump. */
	while (!w->full && (yes - w->at > JUMP_MAX || no - w->at > JUMP_MAX)) {
		size_t *far = yes - w->at > JUMP_MAX ? &yes : &no;

		*far = put(w,
			(struct sock_filter) BPF_STMT(BPF_JMP | BPF_JA, (uint32_t) (*far - w->at)));
	}
	return put(w,
		(struct sock_filter) BPF_JUMP((unsigned short) (BPF_JMP | op | BPF_K), value,
			(unsigned char) (yes - w->at), (unsigned char) (no - w->at)));
}

static size_t put_load(struct writer *w, size_t offset)
{
	return put(w, (struct sock_filter) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t) offset));
}

/* One word of an argument against one word of a value. */
static size_t put_word(struct writer *w, const struct arch_row *row, unsigned index, bool high,
	uint32_t mask, unsigned op, uint32_t value, size_t yes, size_t no)
{
	const size_t word = high != row->big_endian ? 4 : 0;

	(void) put_jump(w, op, value, yes, no);
	if (mask != UINT32_MAX)
		(void) put(w, (struct sock_filter) BPF_STMT(BPF_ALU | BPF_AND | BPF_K, mask));
	return put_load(w, offsetof(struct seccomp_data, args) + index * 8 + word);
}

static size_t put_equal(struct writer *w, const struct arch_row *row, unsigned index, uint64_t mask,
	uint64_t value, size_t yes, size_t no)
{
	size_t low =
		put_word(w, row, index, false, (uint32_t) mask, BPF_JEQ, (uint32_t) value, yes, no);

	if (!row->is_64)
		return low;
	return put_word(w, row, index, true, (uint32_t) (mask >> 32), BPF_JEQ,
		(uint32_t) (value >> 32), low, no);
}

/* Greater (op BPF_JGT), or greater or equal (BPF_JGE): the high words decide unless they are equal. */
static size_t put_greater(struct writer *w, const struct arch_row *row, unsigned index, unsigned op,
	uint64_t value, size_t yes, size_t no)
{
	const uint32_t high = (uint32_t) (value >> 32);
	size_t place = put_word(w, row, index, false, UINT32_MAX, op, (uint32_t) value, yes, no);

	if (!row->is_64)
		return place;
	place = put_jump(w, BPF_JEQ, high, place, no);
	return put_word(w, row, index, true, UINT32_MAX, BPF_JGT, high, yes, place);
}

static size_t put_condition(struct writer *w, const struct arch_row *row,
	const struct seccomp_arg *arg, size_t yes, size_t no)
{
	switch (arg->op) {
	case SECCOMP_OP_EQ:
		return put_equal(w, row, arg->index, UINT64_MAX, arg->value, yes, no);
	case SECCOMP_OP_NE:
		return put_equal(w, row, arg->index, UINT64_MAX, arg->value, no, yes);
	case SECCOMP_OP_MASKED_EQ:
		return put_equal(w, row, arg->index, arg->value, arg->value_two, yes, no);
	case SECCOMP_OP_GT:
		return put_greater(w, row, arg->index, BPF_JGT, arg->value, yes, no);
	case SECCOMP_OP_GE:
		return put_greater(w, row, arg->index, BPF_JGE, arg->value, yes, no);
	case SECCOMP_OP_LT:
		return put_greater(w, row, arg->index, BPF_JGE, arg->value, no, yes);
	case SECCOMP_OP_LE:
		return put_greater(w, row, arg->index, BPF_JGT, arg->value, no, yes);
	}
	return no;
}

/* From the last clause to the first: where one does not hold, the next is asked. */
static size_t put_clauses(struct writer *w, const struct arch_row *row, const struct clause *clause,
	uint32_t default_action)
{
	size_t no, yes, place;

	if (clause == NULL)
		return put_verdict(w, default_action);
	no = put_clauses(w, row, clause->next, default_action);
	yes = put_verdict(w, clause->action);
	place = yes;
	for (size_t i = clause->arg_count; i-- > 0;)
		place = put_condition(w, row, &clause->args[i], place, no);
	return place;
}

/* ---- the tree ----------------------------------------------------------------------------------- */

struct range {
	uint32_t start;
	uint32_t action;
	const struct clause *clauses; /* NULL: the action */
	const struct arch_row *row; /* of the clauses */
};

static void add_range(struct range *ranges, size_t *count, struct range range)
{
	const struct range *last = *count > 0 ? &ranges[*count - 1] : NULL;

	if (last == NULL || last->clauses != NULL || range.clauses != NULL ||
		last->action != range.action)
		ranges[(*count)++] = range;
}

static void add_calls(struct range *ranges, size_t *count, const struct seccomp_rules *rules,
	const struct arch_row *row, const struct table *table)
{
	const uint32_t other = rules->default_action;
	const uint32_t kind = other & SECCOMP_RET_ACTION_FULL;
	const bool newer = table->newest >= 0 && !rules->default_errno_given &&
		kind != SECCOMP_RET_ALLOW && kind != SECCOMP_RET_LOG && kind != SECCOMP_RET_TRACE;
	const int end = newer && table->newest < table->top ? table->newest + 1 : table->top;

	for (int i = 0; i < end; i++) {
		const struct call *call = &table->calls[i];

		add_range(ranges, count,
			(struct range){ row->base + (uint32_t) i,
				call->decided ? call->action : other,
				call->decided ? NULL : call->first, row });
	}
	add_range(ranges, count, (struct range){ row->base + (uint32_t) end, other, NULL, NULL });
	if (newer) {
		add_range(ranges, count,
			(struct range){ row->base + (uint32_t) table->newest + 1,
				SECCOMP_RET_ERRNO | ENOSYS, NULL, NULL });
	}
	add_range(ranges, count, (struct range){ row->end, other, NULL, NULL });
}

static size_t put_tree(
	struct writer *w, const struct range *ranges, size_t count, uint32_t default_action)
{
	const size_t half = count / 2;
	size_t upper, lower;

	if (count == 1)
		return ranges->clauses != NULL
			? put_clauses(w, ranges->row, ranges->clauses, default_action)
			: put_verdict(w, ranges->action);
	upper = put_tree(w, ranges + half, count - half, default_action);
	lower = put_tree(w, ranges, half, default_action);
	return put_jump(w, BPF_JGE, ranges[half].start, upper, lower);
}

/* One architecture as the kernel sees it: x86_64 and x32 are one. */
static bool put_arch(struct writer *w, const struct seccomp_rules *rules,
	const struct filter_arch *archs, size_t arch_count, const struct arch_row *row,
	size_t *ret_place, struct arena *arena)
{
	struct range *ranges = arena_array(arena, 2 * (NUMBERS + 4), sizeof(*ranges));
	size_t count = 0, tree;
	bool has_x32 = false;

	for (int x32 = 0; x32 < 2; x32++)
		for (size_t i = 0; i < arch_count; i++) {
			const struct arch_row *one = find_arch(archs[i].token);
			struct table table;

			if (one->audit != row->audit || (one->base != 0) != (x32 != 0))
				continue;
			has_x32 |= x32 != 0;
			if (!sort_rules(rules, &archs[i], one, &table, arena))
				return false;
			add_calls(ranges, &count, rules, one, &table);
		}
	/* x32's calls without x32 among the architectures are of a foreign one. -1 is what a tracer
	 * leaves of a call that it skips. */
	if (row->audit == AUDIT_ARCH_X86_64 && !has_x32) {
		add_range(ranges, &count,
			(struct range){ X32_BIT, SECCOMP_RET_KILL_THREAD, NULL, NULL });
		add_range(ranges, &count,
			(struct range){ UINT32_MAX, rules->default_action, NULL, NULL });
	}
	tree = put_tree(w, ranges, count, rules->default_action);
	/* A tree of one verdict may be that of another architecture. */
	if (tree != w->at)
		(void) put(w,
			(struct sock_filter) BPF_STMT(BPF_JMP | BPF_JA, (uint32_t) (tree - w->at)));
	*ret_place = put_load(w, offsetof(struct seccomp_data, nr));
	return true;
}

int filter_compile(const struct seccomp_rules *rules, const struct filter_arch *archs,
	size_t arch_count, struct arena *arena, const struct sock_filter **ret,
	unsigned short *ret_count)
{
	struct writer w = { .at = BPF_MAXINSNS };
	size_t place;

	if (rules->rule_count > RULES_MAX)
		return 1;
	for (size_t i = 0; i < arch_count; i++)
		if (find_arch(archs[i].token) == NULL)
			return 1;
	w.code = arena_array(arena, BPF_MAXINSNS, sizeof(*w.code));
	place = put(&w, (struct sock_filter) BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_THREAD));
	for (size_t i = arch_count; i-- > 0;) {
		const struct arch_row *row = find_arch(archs[i].token);
		size_t body;
		bool done = false;

		for (size_t k = i + 1; k < arch_count; k++)
			done |= find_arch(archs[k].token)->audit == row->audit;
		if (done)
			continue;
		if (!put_arch(&w, rules, archs, arch_count, row, &body, arena))
			return 1;
		place = put_jump(&w, BPF_JEQ, row->audit, body, place);
	}
	(void) put_load(&w, offsetof(struct seccomp_data, arch));
	if (w.full)
		return 1;
	*ret = w.code + w.at;
	*ret_count = (unsigned short) (BPF_MAXINSNS - w.at);
	return 0;
}
