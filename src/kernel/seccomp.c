/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/seccomp.h"

#include <linux/audit.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"

_Static_assert(
	SECCOMP_OP_NE == (int) SCMP_CMP_NE && SECCOMP_OP_MASKED_EQ == (int) SCMP_CMP_MASKED_EQ,
	"the operators are libseccomp's");
_Static_assert(SECCOMP_ARCH_X32 == SCMP_ARCH_X32, "the tokens are libseccomp's");

enum { ARG_COUNT = 6, STUB_BLOCK = 6 };

static void release(scmp_filter_ctx *ctx)
{
	if (*ctx != NULL)
		seccomp_release(*ctx);
}

#define _cleanup_ctx_ __attribute__((cleanup(release)))

/* ---- names and numbers -------------------------------------------------------------------------- */

void seccomp_archs(
	const struct seccomp_rules *rules, struct arena *arena, uint32_t **ret, size_t *ret_count)
{
	uint32_t *archs = arena_array(arena, rules->arch_count + 1, sizeof(*archs));
	size_t count = 0;

	archs[count++] = seccomp_arch_native();
	for (size_t i = 0; i < rules->arch_count; i++) {
		bool seen = false;

		for (size_t k = 0; k < count; k++)
			seen |= archs[k] == rules->archs[i];
		if (!seen)
			archs[count++] = rules->archs[i];
	}
	*ret = archs;
	*ret_count = count;
}

void seccomp_numbers(const struct seccomp_rules *rules, uint32_t arch, int *numbers)
{
	for (size_t i = 0; i < rules->rule_count; i++)
		numbers[i] = seccomp_syscall_resolve_name_arch(arch, rules->rules[i].name);
}

bool seccomp_knows(const char *name)
{
	return seccomp_syscall_resolve_name(name) != __NR_SCMP_ERROR;
}

/* ---- libseccomp --------------------------------------------------------------------------------- */

static int add_archs(scmp_filter_ctx ctx, const struct seccomp_rules *rules, struct err *err)
{
	for (size_t i = 0; i < rules->arch_count; i++) {
		const int rc = seccomp_arch_add(ctx, rules->archs[i]);

		if (rc < 0 && rc != -EEXIST)
			return err_num(err, -rc, "seccomp_arch_add 0x%x", rules->archs[i]);
	}
	return 0;
}

static struct scmp_arg_cmp to_cmp(const struct seccomp_arg *arg)
{
	return (struct scmp_arg_cmp){
		.arg = arg->index,
		.op = (enum scmp_compare) arg->op,
		.datum_a = arg->value,
		.datum_b = arg->value_two,
	};
}

static int add_one(scmp_filter_ctx ctx, const struct seccomp_rule *rule, int number,
	const struct scmp_arg_cmp *cmps, unsigned count, struct err *err)
{
	const int rc = seccomp_rule_add_array(ctx, rule->action, number, count, cmps);

	/* The same rule twice, or a call that no architecture of the filter has. */
	if (rc < 0 && rc != -EEXIST && rc != -EDOM)
		return err_num(err, -rc, "seccomp_rule_add %s", rule->name);
	return 0;
}

static int add_rule(scmp_filter_ctx ctx, const struct seccomp_rule *rule, struct err *err)
{
	const int number = seccomp_syscall_resolve_name(rule->name);
	struct scmp_arg_cmp cmps[ARG_COUNT];
	unsigned seen = 0;
	bool twice = false;

	if (number == __NR_SCMP_ERROR)
		return 0;
	for (size_t i = 0; i < rule->arg_count; i++) {
		twice |= (seen >> rule->args[i].index & 1) != 0;
		seen |= 1U << rule->args[i].index;
	}
	/* libseccomp takes one condition per argument. As runc reads profiles, then any one of the
	 * conditions is enough. */
	if (twice) {
		for (size_t i = 0; i < rule->arg_count; i++) {
			cmps[0] = to_cmp(&rule->args[i]);
			if (add_one(ctx, rule, number, cmps, 1, err) < 0)
				return -1;
		}
		return 0;
	}
	for (size_t i = 0; i < rule->arg_count; i++)
		cmps[i] = to_cmp(&rule->args[i]);
	return add_one(ctx, rule, number, cmps, (unsigned) rule->arg_count, err);
}

/* libseccomp 2.5 exports to a descriptor only. */
static int export_bpf(scmp_filter_ctx ctx, struct arena *arena, size_t stub,
	struct sock_filter **ret, unsigned short *ret_count, struct err *err)
{
	_cleanup_fd_ int fd = memfd_create("seccomp", MFD_CLOEXEC);
	struct sock_filter *code;
	struct stat info;
	size_t count;
	int rc;

	if (fd < 0)
		return err_sys(err, "memfd_create seccomp");
	rc = seccomp_export_bpf(ctx, fd);
	if (rc < 0)
		return err_num(err, -rc, "seccomp_export_bpf");
	if (fstat(fd, &info) < 0)
		return err_sys(err, "fstat seccomp");
	count = (size_t) info.st_size / sizeof(*code);
	if (stub + count > BPF_MAXINSNS)
		return err_set(err, ERR_UNSUPPORTED,
			"the filter has %zu instructions, the kernel takes %d", stub + count,
			BPF_MAXINSNS);
	code = arena_array(arena, stub + count, sizeof(*code));
	if (pread(fd, code + stub, count * sizeof(*code), 0) != (ssize_t) (count * sizeof(*code)))
		return err_num(err, EIO, "read seccomp");
	*ret = code;
	*ret_count = (unsigned short) (stub + count);
	return 0;
}

/* ---- ENOSYS for what is newer than the profile -------------------------------------------------- */

static bool wants_stub(const struct seccomp_rules *rules)
{
	const uint32_t action = rules->default_action & SECCOMP_RET_ACTION_FULL;

	return !rules->default_errno_given && action != SECCOMP_RET_ALLOW &&
		action != SECCOMP_RET_LOG && action != SECCOMP_RET_TRACE;
}

/* The first number behind the table of an architecture, which is not for us to judge: x86_64's table
 * ends where x32's begins; ARM has private calls high up. */
static uint32_t numbers_end(uint32_t arch)
{
	if (arch == SCMP_ARCH_X86_64)
		return 0x40000000;
	if (arch == SCMP_ARCH_ARM)
		return 0x0f0000;
	return 0x80000000;
}

/* The highest number in the profile, or -1. */
static int newest(const struct seccomp_rules *rules, uint32_t arch)
{
	const uint32_t end = numbers_end(arch);
	int most = -1;

	for (size_t i = 0; i < rules->rule_count; i++) {
		const int number = seccomp_syscall_resolve_name_arch(arch, rules->rules[i].name);

		if (number > most && (uint32_t) number < end)
			most = number;
	}
	return most;
}

static size_t write_block(struct sock_filter *to, uint32_t arch, uint32_t most)
{
	const uint32_t token = arch == SCMP_ARCH_X32 ? AUDIT_ARCH_X86_64 : arch;
	const struct sock_filter block[STUB_BLOCK] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, token, 0, 4),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, most, 0, 2),
		BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, numbers_end(arch), 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
	};

	memcpy(to, block, sizeof(block));
	return STUB_BLOCK;
}

/* One block per architecture of the filter. */
static struct sock_filter *make_stub(
	const struct seccomp_rules *rules, struct arena *arena, size_t *ret_count)
{
	const uint32_t native = seccomp_arch_native();
	struct sock_filter *stub =
		arena_array(arena, (rules->arch_count + 1) * STUB_BLOCK, sizeof(*stub));
	size_t count = 0;

	for (size_t i = 0; i <= rules->arch_count; i++) {
		const uint32_t arch = i == 0 ? native : rules->archs[i - 1];
		const int most = i > 0 && arch == native ? -1 : newest(rules, arch);

		if (most >= 0)
			count += write_block(stub + count, arch, (uint32_t) most);
	}
	*ret_count = count;
	return stub;
}

int seccomp_compile(const struct seccomp_rules *rules, struct arena *arena,
	const struct sock_filter **ret, unsigned short *ret_count, struct err *err)
{
	_cleanup_ctx_ scmp_filter_ctx ctx = seccomp_init(rules->default_action);
	struct sock_filter *stub = NULL, *code = NULL;
	size_t stub_count = 0;

	if (ctx == NULL)
		return err_num(err, EINVAL, "seccomp_init 0x%x", rules->default_action);
	if (add_archs(ctx, rules, err) < 0)
		return -1;
	/* A binary tree over the numbers; older libraries have a list. */
	(void) seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	for (size_t i = 0; i < rules->rule_count; i++)
		if (rules->rules[i].action != rules->default_action &&
			add_rule(ctx, &rules->rules[i], err) < 0)
			return -1;
	if (wants_stub(rules))
		stub = make_stub(rules, arena, &stub_count);
	if (export_bpf(ctx, arena, stub_count, &code, ret_count, err) < 0)
		return -1;
	if (stub_count > 0)
		memcpy(code, stub, stub_count * sizeof(*stub));
	*ret = code;
	return 0;
}

/* ---- load --------------------------------------------------------------------------------------- */

int seccomp_install(
	const struct sock_filter *code, unsigned short count, unsigned flags, struct err *err)
{
	const struct sock_fprog program = { .len = count, .filter = (struct sock_filter *) code };
	long got = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);

	/* Before Linux 3.17, and without flags, prctl does the same. */
	if (got < 0 && errno == ENOSYS && flags == 0)
		got = prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0);
	if (got < 0)
		return err_sys(err, "seccomp");
	if ((flags & SECCOMP_FILTER_FLAG_NEW_LISTENER) != 0)
		return (int) got;
	if (got > 0)
		return err_num(err, EBUSY, "seccomp: thread %ld", got);
	return 0;
}

const char *seccomp_library_version(struct arena *arena)
{
	const struct scmp_version *version = seccomp_version();

	return version == NULL
		? ""
		: arena_printf(arena, "%u.%u.%u", version->major, version->minor, version->micro);
}
