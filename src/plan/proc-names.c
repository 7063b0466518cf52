/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plan/proc-names.h"

#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/ioprio.h>
#include <linux/mempolicy.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "base/seccomp-rules.h"
#include "plan/plan.h"

/* Newer than the headers of some distributions. */
#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5)
#endif
#ifndef AUDIT_ARCH_LOONGARCH64
#define AUDIT_ARCH_LOONGARCH64 0xc0000102U
#endif
enum { SCHED_ISO_RESERVED = 4, MPOL_WEIGHTED_INTERLEAVE_MODE = 6 };

#define TABLE(table, list)                                                                         \
	const struct name_table table = { list, sizeof(list) / sizeof((list)[0]) }
#define ROW(word)                                                                                  \
	{                                                                                          \
#word, word                                                                        \
	}

/* clang-format off */

static const struct name_row namespace_rows[] = {
	{ "cgroup", CLONE_NEWCGROUP }, { "ipc", CLONE_NEWIPC }, { "mount", CLONE_NEWNS },
	{ "network", CLONE_NEWNET }, { "pid", CLONE_NEWPID }, { "time", CLONE_NEWTIME },
	{ "user", CLONE_NEWUSER }, { "uts", CLONE_NEWUTS },
};
TABLE(names_namespaces, namespace_rows);

static const struct name_row capability_rows[] = {
	ROW(CAP_CHOWN), ROW(CAP_DAC_OVERRIDE), ROW(CAP_DAC_READ_SEARCH), ROW(CAP_FOWNER),
	ROW(CAP_FSETID), ROW(CAP_KILL), ROW(CAP_SETGID), ROW(CAP_SETUID), ROW(CAP_SETPCAP),
	ROW(CAP_LINUX_IMMUTABLE), ROW(CAP_NET_BIND_SERVICE), ROW(CAP_NET_BROADCAST),
	ROW(CAP_NET_ADMIN), ROW(CAP_NET_RAW), ROW(CAP_IPC_LOCK), ROW(CAP_IPC_OWNER),
	ROW(CAP_SYS_MODULE), ROW(CAP_SYS_RAWIO), ROW(CAP_SYS_CHROOT), ROW(CAP_SYS_PTRACE),
	ROW(CAP_SYS_PACCT), ROW(CAP_SYS_ADMIN), ROW(CAP_SYS_BOOT), ROW(CAP_SYS_NICE),
	ROW(CAP_SYS_RESOURCE), ROW(CAP_SYS_TIME), ROW(CAP_SYS_TTY_CONFIG), ROW(CAP_MKNOD),
	ROW(CAP_LEASE), ROW(CAP_AUDIT_WRITE), ROW(CAP_AUDIT_CONTROL), ROW(CAP_SETFCAP),
	ROW(CAP_MAC_OVERRIDE), ROW(CAP_MAC_ADMIN), ROW(CAP_SYSLOG), ROW(CAP_WAKE_ALARM),
	ROW(CAP_BLOCK_SUSPEND), ROW(CAP_AUDIT_READ), { "CAP_PERFMON", 38 }, { "CAP_BPF", 39 },
	{ "CAP_CHECKPOINT_RESTORE", 40 },
};
TABLE(names_capabilities, capability_rows);

static const struct name_row rlimit_rows[] = {
	ROW(RLIMIT_AS), ROW(RLIMIT_CORE), ROW(RLIMIT_CPU), ROW(RLIMIT_DATA), ROW(RLIMIT_FSIZE),
	ROW(RLIMIT_LOCKS), ROW(RLIMIT_MEMLOCK), ROW(RLIMIT_MSGQUEUE), ROW(RLIMIT_NICE),
	ROW(RLIMIT_NOFILE), ROW(RLIMIT_NPROC), ROW(RLIMIT_RSS), ROW(RLIMIT_RTPRIO),
	ROW(RLIMIT_RTTIME), ROW(RLIMIT_SIGPENDING), ROW(RLIMIT_STACK),
};
TABLE(names_rlimits, rlimit_rows);

static const struct name_row policy_rows[] = {
	{ "SCHED_OTHER", SCHED_NORMAL }, ROW(SCHED_FIFO), ROW(SCHED_RR), ROW(SCHED_BATCH),
	{ "SCHED_ISO", SCHED_ISO_RESERVED }, ROW(SCHED_IDLE), ROW(SCHED_DEADLINE),
};
TABLE(names_scheduler_policies, policy_rows);

static const struct name_row sched_flag_rows[] = {
	ROW(SCHED_FLAG_RESET_ON_FORK), ROW(SCHED_FLAG_RECLAIM), ROW(SCHED_FLAG_DL_OVERRUN),
	ROW(SCHED_FLAG_KEEP_POLICY), ROW(SCHED_FLAG_KEEP_PARAMS), ROW(SCHED_FLAG_UTIL_CLAMP_MIN),
	ROW(SCHED_FLAG_UTIL_CLAMP_MAX),
};
TABLE(names_scheduler_flags, sched_flag_rows);

static const struct name_row io_class_rows[] = {
	ROW(IOPRIO_CLASS_RT), ROW(IOPRIO_CLASS_BE), ROW(IOPRIO_CLASS_IDLE),
};
TABLE(names_io_classes, io_class_rows);

static const struct name_row memory_mode_rows[] = {
	ROW(MPOL_DEFAULT), ROW(MPOL_BIND), ROW(MPOL_INTERLEAVE),
	{ "MPOL_WEIGHTED_INTERLEAVE", MPOL_WEIGHTED_INTERLEAVE_MODE }, ROW(MPOL_PREFERRED),
	{ "MPOL_PREFERRED_MANY", 5 }, ROW(MPOL_LOCAL),
};
TABLE(names_memory_modes, memory_mode_rows);

static const struct name_row memory_flag_rows[] = {
	{ "MPOL_F_NUMA_BALANCING", 1 << 13 }, ROW(MPOL_F_RELATIVE_NODES), ROW(MPOL_F_STATIC_NODES),
};
TABLE(names_memory_flags, memory_flag_rows);

static const struct name_row personality_rows[] = {
	{ "LINUX", 0 }, { "LINUX32", 8 },
};
TABLE(names_personalities, personality_rows);

static const struct name_row action_rows[] = {
	{ "SCMP_ACT_ALLOW", SECCOMP_RET_ALLOW },
	{ "SCMP_ACT_ERRNO", SECCOMP_RET_ERRNO },
	{ "SCMP_ACT_KILL", SECCOMP_RET_KILL_THREAD },
	{ "SCMP_ACT_KILL_PROCESS", SECCOMP_RET_KILL_PROCESS },
	{ "SCMP_ACT_KILL_THREAD", SECCOMP_RET_KILL_THREAD },
	{ "SCMP_ACT_LOG", SECCOMP_RET_LOG },
	{ "SCMP_ACT_NOTIFY", SECCOMP_RET_USER_NOTIF },
	{ "SCMP_ACT_TRACE", SECCOMP_RET_TRACE },
	{ "SCMP_ACT_TRAP", SECCOMP_RET_TRAP },
};
TABLE(names_seccomp_actions, action_rows);

static const struct name_row operator_rows[] = {
	{ "SCMP_CMP_EQ", SECCOMP_OP_EQ }, { "SCMP_CMP_GE", SECCOMP_OP_GE },
	{ "SCMP_CMP_GT", SECCOMP_OP_GT }, { "SCMP_CMP_LE", SECCOMP_OP_LE },
	{ "SCMP_CMP_LT", SECCOMP_OP_LT }, { "SCMP_CMP_MASKED_EQ", SECCOMP_OP_MASKED_EQ },
	{ "SCMP_CMP_NE", SECCOMP_OP_NE },
};
TABLE(names_seccomp_operators, operator_rows);

static const struct name_row arch_rows[] = {
	{ "SCMP_ARCH_AARCH64", AUDIT_ARCH_AARCH64 }, { "SCMP_ARCH_ARM", AUDIT_ARCH_ARM },
	{ "SCMP_ARCH_LOONGARCH64", AUDIT_ARCH_LOONGARCH64 }, { "SCMP_ARCH_M68K", AUDIT_ARCH_M68K },
	{ "SCMP_ARCH_MIPS", AUDIT_ARCH_MIPS }, { "SCMP_ARCH_MIPS64", AUDIT_ARCH_MIPS64 },
	{ "SCMP_ARCH_MIPS64N32", AUDIT_ARCH_MIPS64N32 }, { "SCMP_ARCH_MIPSEL", AUDIT_ARCH_MIPSEL },
	{ "SCMP_ARCH_MIPSEL64", AUDIT_ARCH_MIPSEL64 },
	{ "SCMP_ARCH_MIPSEL64N32", AUDIT_ARCH_MIPSEL64N32 },
	{ "SCMP_ARCH_PARISC", AUDIT_ARCH_PARISC }, { "SCMP_ARCH_PARISC64", AUDIT_ARCH_PARISC64 },
	{ "SCMP_ARCH_PPC", AUDIT_ARCH_PPC }, { "SCMP_ARCH_PPC64", AUDIT_ARCH_PPC64 },
	{ "SCMP_ARCH_PPC64LE", AUDIT_ARCH_PPC64LE }, { "SCMP_ARCH_RISCV64", AUDIT_ARCH_RISCV64 },
	{ "SCMP_ARCH_S390", AUDIT_ARCH_S390 }, { "SCMP_ARCH_S390X", AUDIT_ARCH_S390X },
	{ "SCMP_ARCH_SH", AUDIT_ARCH_SH }, { "SCMP_ARCH_SHEB", AUDIT_ARCH_SH & ~__AUDIT_ARCH_LE },
	{ "SCMP_ARCH_X32", SECCOMP_ARCH_X32 }, { "SCMP_ARCH_X86", AUDIT_ARCH_I386 },
	{ "SCMP_ARCH_X86_64", AUDIT_ARCH_X86_64 },
};
TABLE(names_seccomp_archs, arch_rows);

static const struct name_row seccomp_flag_rows[] = {
	ROW(SECCOMP_FILTER_FLAG_LOG), ROW(SECCOMP_FILTER_FLAG_SPEC_ALLOW),
	ROW(SECCOMP_FILTER_FLAG_TSYNC), ROW(SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV),
};
TABLE(names_seccomp_flags, seccomp_flag_rows);

/* In the order in which they run. */
static const struct name_row hook_rows[] = {
	{ "prestart", HOOK_PRESTART }, { "createRuntime", HOOK_CREATE_RUNTIME },
	{ "createContainer", HOOK_CREATE_CONTAINER }, { "startContainer", HOOK_START_CONTAINER },
	{ "poststart", HOOK_POSTSTART }, { "poststop", HOOK_POSTSTOP },
};
TABLE(names_hooks, hook_rows);

/* clang-format on */

const struct name_row *names_find(const struct name_table *table, const char *name)
{
	for (size_t i = 0; name != NULL && i < table->count; i++)
		if (strcmp(table->rows[i].name, name) == 0)
			return &table->rows[i];
	return NULL;
}

int names_unknown(const struct name_table *table, const char *what, const char *name,
	const char *pointer, struct err *err)
{
	char known[600] = "";
	size_t used = 0;

	for (size_t i = 0; i < table->count && used < sizeof(known); i++)
		used += (size_t) snprintf(known + used, sizeof(known) - used, "%s%s",
			i > 0 ? ", " : "", table->rows[i].name);
	return err_at(err, pointer, "unknown %s \"%s\" (known: %s)", what, name != NULL ? name : "",
		known);
}
