/* SPDX-License-Identifier: GPL-2.0-or-later */
/* attributes: how this process is scheduled, one line each, asked with the system calls. */
#include <errno.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

struct attributes {
	uint32_t size;
	uint32_t policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t runtime, deadline, period;
};

static void list(const char *name, const unsigned long *mask, unsigned bits)
{
	const char *comma = "";

	printf("%s ", name);
	for (unsigned i = 0; i < bits; i++)
		if ((mask[i / (8 * sizeof(long))] >> i % (8 * sizeof(long)) & 1) != 0) {
			printf("%s%u", comma, i);
			comma = ",";
		}
	printf("\n");
}

int main(void)
{
	struct attributes a = { .size = sizeof(a) };
	unsigned long cpus[128] = { 0 }, nodes[128] = { 0 };
	const long ioprio = syscall(SYS_ioprio_get, 1, 0);
	int mode = 0;

	if (syscall(SYS_sched_getattr, 0, &a, sizeof(a), 0) < 0)
		return perror("sched_getattr"), 1;
	printf("policy %u\nflags %llu\nnice %d\npriority %u\n", a.policy,
		(unsigned long long) a.flags, a.nice, a.priority);
	printf("runtime %llu\ndeadline %llu\nperiod %llu\n", (unsigned long long) a.runtime,
		(unsigned long long) a.deadline, (unsigned long long) a.period);
	printf("ioprio %ld %ld\n", ioprio >> 13, ioprio & 0x1fff);
	if (syscall(SYS_sched_getaffinity, 0, sizeof(cpus), cpus) < 0)
		return perror("sched_getaffinity"), 1;
	list("cpus", cpus, 8 * sizeof(cpus));
	if (syscall(SYS_get_mempolicy, &mode, nodes, 8 * sizeof(nodes), NULL, 0) == 0) {
		printf("mempolicy %d flags %x ", mode & 0xfff, mode & 0xf000);
		list("nodes", nodes, 8 * sizeof(nodes));
	}
	return 0;
}
