/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plan/restored.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#define BIT(cap) (1ULL << (cap))

/* A container as engines write it: root with few capabilities, and a process of it. */
struct fixture {
	struct plan plan;
	struct restored_host host;
	struct restored process;
	uint32_t groups[2];
	uint32_t process_groups[2];
	struct id_map uids[2], gids[2], process_uids[2], process_gids[2];
	struct rlimit_plan limit;
	uint64_t hard;
	struct ns_join join;
};

static const struct seccomp_plan *const some_profile = (const struct seccomp_plan *) "profile";

static void fill(struct fixture *f)
{
	const uint64_t caps = BIT(CAP_CHOWN) | BIT(CAP_KILL);

	*f = (struct fixture){ 0 };
	f->plan.ns.all = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET;
	f->plan.proc = (struct proc_plan){
		.uid = 1000,
		.gid = 1000,
		.groups = f->groups,
		.group_count = 1,
		.set_groups = true,
		.caps = { caps, caps, caps, 0, 0 },
		.no_new_privs = true,
		.seccomp = some_profile,
		.rlimits = &f->limit,
		.rlimit_count = 1,
		.has_oom_score_adj = true,
		.oom_score_adj = 10,
	};
	f->groups[0] = 50;
	f->limit = (struct rlimit_plan){ .hard = 1024, .pointer = "/process/rlimits/0" };
	f->hard = 1024;
	f->host.own_cgroups = f->host.born_cgroups = f->host.home = "";
	f->process = (struct restored){
		.cgroups = "",
		.pid = 7,
		.first = true,
		.state = 't',
		.uids = { 1000, 1000, 1000, 1000 },
		.gids = { 1000, 1000, 1000, 1000 },
		.groups = f->process_groups,
		.group_count = 1,
		.caps = { caps, caps, caps, 0, 0 },
		.no_new_privs = true,
		.seccomp_mode = 2,
		.hard_limits = &f->hard,
		.oom_score_adj = 10,
	};
	f->process_groups[0] = 50;
	for (size_t i = 0; i < RESTORED_NAMESPACES; i++) {
		const bool fresh = ((unsigned) restored_namespaces[i].flag & f->plan.ns.all) != 0;

		f->host.own[i] = (struct namespace_id){ 4, 100 + i };
		f->process.namespaces[i] = (struct namespace_id){ 4, (fresh ? 200 : 100) + i };
	}
}

static size_t type_of(int flag)
{
	for (size_t i = 0; i < RESTORED_NAMESPACES; i++)
		if (restored_namespaces[i].flag == flag)
			return i;
	fail();
	return 0;
}

static void allowed(const struct fixture *f)
{
	struct err err = { 0 };

	if (restored_judge(&f->plan, &f->host, &f->process, &err) < 0)
		fail_msg("%s", err.text);
}

static void refused(const struct fixture *f, const char *text)
{
	struct err err = { 0 };
	char wanted[600];

	assert_int_equal(restored_judge(&f->plan, &f->host, &f->process, &err), -1);
	(void) snprintf(wanted, sizeof(wanted),
		"%s: restore images that were made of this container", text);
	assert_string_equal(err.text, wanted);
	assert_int_equal(err.code, ERR_CONFIG);
}

static void capabilities(void **state)
{
	struct fixture f;

	(void) state;
	fill(&f);
	allowed(&f);
	f.process.caps = (struct caps_plan){ 0 };
	allowed(&f);
	f.process.caps.bounding = BIT(CAP_SYS_ADMIN);
	refused(&f,
		"/process/capabilities/bounding: process 7 of the images has CAP_SYS_ADMIN, which "
		"the "
		"configuration does not give it");
	f.process.caps = (struct caps_plan){ .permitted = BIT(CAP_NET_RAW) };
	refused(&f,
		"/process/capabilities/permitted: process 7 of the images has CAP_NET_RAW, which "
		"the "
		"configuration does not give it");
	f.process.caps = (struct caps_plan){ .effective = BIT(CAP_NET_RAW) };
	refused(&f,
		"/process/capabilities/effective: process 7 of the images has CAP_NET_RAW, which "
		"the "
		"configuration does not give it");
	f.process.caps = (struct caps_plan){ .inheritable = BIT(CAP_NET_RAW) };
	refused(&f,
		"/process/capabilities/inheritable: process 7 of the images has CAP_NET_RAW, which "
		"the configuration does not give it");
	f.process.caps = (struct caps_plan){ .ambient = BIT(63) };
	refused(&f,
		"/process/capabilities/ambient: process 7 of the images has capability 63, which "
		"the "
		"configuration does not give it");
	/* An ordinary user whose bounding set is larger than what it starts with: without no_new_privs a
	 * program of the image may give it the rest. */
	fill(&f);
	f.plan.proc.caps.permitted = f.plan.proc.caps.effective = 0;
	refused(&f,
		"/process/capabilities/permitted: process 7 of the images has CAP_CHOWN, which the "
		"configuration does not give it");
	f.plan.proc.no_new_privs = false;
	allowed(&f);
	/* What it can make inheritable. */
	f.process.caps.inheritable = BIT(CAP_CHOWN);
	allowed(&f);
	/* Who may takes it from the bounding set, which gives no program anything under no_new_privs. */
	fill(&f);
	f.plan.proc.caps.bounding |= BIT(CAP_NET_RAW);
	f.process.caps.inheritable = BIT(CAP_NET_RAW);
	refused(&f,
		"/process/capabilities/inheritable: process 7 of the images has CAP_NET_RAW, which "
		"the configuration does not give it");
	f.plan.proc.caps.permitted |= BIT(CAP_SETPCAP);
	allowed(&f);
}

static void ids(void **state)
{
	struct fixture f;

	(void) state;
	for (int i = 0; i < RESTORED_IDS; i++) {
		fill(&f);
		f.process.uids[i] = 0;
		refused(&f,
			"/process/user/uid: process 7 of the images has the user id 0, which the "
			"configuration does not give it");
		f.plan.proc.caps.permitted |= BIT(CAP_SETUID);
		allowed(&f);
		fill(&f);
		f.process.gids[i] = 5;
		refused(&f,
			"/process/user/gid: process 7 of the images has the group id 5, which the "
			"configuration does not give it");
		/* The other one does not do. */
		f.plan.proc.caps.permitted |= BIT(CAP_SETUID);
		refused(&f,
			"/process/user/gid: process 7 of the images has the group id 5, which the "
			"configuration does not give it");
		f.plan.proc.caps.permitted |= BIT(CAP_SETGID);
		allowed(&f);
	}
	fill(&f);
	f.process.group_count = 2;
	f.process_groups[1] = 42;
	refused(&f,
		"/process/user/additionalGids: process 7 of the images has the supplementary group "
		"42, which the configuration does not give it");
	f.process_groups[1] = 1000;
	allowed(&f);
	f.process_groups[1] = 42;
	f.plan.proc.caps.permitted |= BIT(CAP_SETGID);
	allowed(&f);
	/* The caller's are kept. */
	fill(&f);
	f.process_groups[0] = 42;
	f.host.groups = f.process_groups;
	f.host.group_count = 1;
	refused(&f,
		"/process/user/additionalGids: process 7 of the images has the supplementary group "
		"42, which the configuration does not give it");
	f.plan.proc.set_groups = false;
	allowed(&f);
	f.process.group_count = 0;
	allowed(&f);
}

static void user_namespace(void **state)
{
	struct fixture f;

	(void) state;
	fill(&f);
	f.plan.ns.all |= CLONE_NEWUSER;
	f.plan.ns.user = NS_USER_NEW;
	f.uids[0] = f.process_uids[0] = (struct id_map){ 0, 100000, 2000 };
	f.gids[0] = f.process_gids[0] = (struct id_map){ 0, 200000, 2000 };
	f.plan.ns.maps = (struct id_maps){ f.uids, 1, f.gids, 1 };
	f.process.maps = (struct id_maps){ f.process_uids, 1, f.process_gids, 1 };
	refused(&f,
		"/linux/namespaces: process 7 of the images is in the runtime's user namespace, "
		"where the configuration asks for a new one");
	f.process.namespaces[type_of(CLONE_NEWUSER)].inode = 900;
	refused(&f,
		"/process/user/uid: process 7 of the images has the user id 1000 of the host, "
		"which "
		"its user namespace does not have");
	for (int i = 0; i < RESTORED_IDS; i++) {
		f.process.uids[i] = 101000;
		f.process.gids[i] = 201000;
	}
	f.process_groups[0] = 200050;
	allowed(&f);
	f.process.uids[1] = 100000;
	refused(&f,
		"/process/user/uid: process 7 of the images has the user id 0, which the "
		"configuration does not give it");
	f.plan.proc.caps.permitted |= BIT(CAP_SETUID);
	allowed(&f);
	f.process.uids[1] = 0;
	refused(&f,
		"/process/user/uid: process 7 of the images has the user id 0 of the host, which "
		"its "
		"user namespace does not have");
	/* The images bring the maps, too. */
	f.process_uids[0].outside = 0;
	refused(&f,
		"/linux/uidMappings: process 7 of the images has ids from 0 of the host as ids "
		"from "
		"0 (2000 of them)");
	f.process_uids[0].outside = 100000;
	f.process_gids[1] = (struct id_map){ 2000, 0, 1 };
	f.process.maps.gid_count = 2;
	refused(&f,
		"/linux/gidMappings: process 7 of the images has ids from 0 of the host as ids "
		"from "
		"2000 (1 of them)");
	fill(&f);
	f.process.namespaces[type_of(CLONE_NEWUSER)].inode = 900;
	refused(&f,
		"/linux/namespaces: process 7 of the images has a user namespace, which the "
		"configuration does not name");
}

static void namespaces(void **state)
{
	const size_t net = type_of(CLONE_NEWNET), uts = type_of(CLONE_NEWUTS);
	struct fixture f;

	(void) state;
	fill(&f);
	f.process.namespaces[net] = f.host.own[net];
	refused(&f,
		"/linux/namespaces: process 7 of the images is in the runtime's network namespace, "
		"where the configuration asks for a new one");
	/* More of its own than was asked for takes from it. */
	fill(&f);
	f.process.namespaces[uts].inode = 900;
	allowed(&f);

	fill(&f);
	f.join = (struct ns_join){ CLONE_NEWNET, "/run/netns/a", "/linux/namespaces/2" };
	f.plan.ns.parent_joins = &f.join;
	f.plan.ns.parent_join_count = 1;
	f.host.joined[net] = f.process.namespaces[net];
	allowed(&f);
	f.host.joined[net].device++;
	refused(&f,
		"/linux/namespaces/2: process 7 of the images is not in the network namespace "
		"/run/netns/a");
	/* A later one of a process that may make them; not the first one's, and not the runtime's. */
	f.plan.proc.caps.permitted |= BIT(CAP_SYS_ADMIN);
	refused(&f,
		"/linux/namespaces/2: process 7 of the images is not in the network namespace "
		"/run/netns/a");
	f.process.first = false;
	allowed(&f);
	f.process.namespaces[net] = f.host.own[net];
	refused(&f,
		"/linux/namespaces/2: process 7 of the images is not in the network namespace "
		"/run/netns/a");
	f.plan.ns.parent_join_count = 0;
	f.plan.ns.child_joins = &f.join;
	f.plan.ns.child_join_count = 1;
	refused(&f,
		"/linux/namespaces/2: process 7 of the images is not in the network namespace "
		"/run/netns/a");
}

static void cgroups(void **state)
{
	struct fixture f;

	(void) state;
	fill(&f);
	f.host.own_cgroups = "9:name=systemd:/user\n4:cpu,cpuacct:/\n3:misc:/user\n0::/user\n";
	f.host.born_cgroups = "9:name=systemd:/a/c1\n4:cpu,cpuacct:/c1\n3:misc:/user\n0::/c1/in\n";
	f.host.home = "";
	f.process.cgroups = "9:name=systemd:/a/c1\n4:cpu,cpuacct:/c1/b\n3:misc:/\n0::/c1/in\n";
	allowed(&f);
	f.process.cgroups = "9:name=systemd:/a/c1\n4:cpu,cpuacct:/c12\n3:misc:/\n0::/c1/in\n";
	refused(&f,
		"/linux/cgroupsPath: process 7 of the images is in the cgroup /c12, outside of the "
		"container's");
	f.process.cgroups = "9:name=systemd:/a\n4:cpu,cpuacct:/c1\n3:misc:/\n0::/c1/in\n";
	refused(&f,
		"/linux/cgroupsPath: process 7 of the images is in the cgroup /a, outside of the "
		"container's");
	/* A line that is not there is no answer. */
	f.process.cgroups = "9:name=systemd:/a/c1\n4:cpu,cpuacct:/c1\n";
	refused(&f,
		"/linux/cgroupsPath: process 7 of the images is in the cgroup , outside of the "
		"container's");
	f.process.cgroups = "9:name=systemd:/a/c1\n4:cpu,cpuacct:/c1\n0::/c1/beside\n";
	refused(&f,
		"/linux/cgroupsPath: process 7 of the images is in the cgroup /c1/beside, outside "
		"of the container's");
	f.host.home = "/in";
	allowed(&f);
	f.process.cgroups = "9:name=systemd:/a/c1\n4:cpu,cpuacct:/c1\n0::/\n";
	refused(&f,
		"/linux/cgroupsPath: process 7 of the images is in the cgroup /, outside of the "
		"container's");
}

static void scheduling(void **state)
{
	struct fixture f;

	(void) state;
	fill(&f);
	f.process.sched.nice = 19;
	allowed(&f);
	f.process.sched.nice = -1;
	refused(&f,
		"/process/scheduler: process 7 of the images has the nice value -1, which the "
		"configuration does not give it");
	f.host.sched.nice = -1;
	allowed(&f);
	f.plan.proc.scheduler = (struct scheduler_plan){ .present = true, .nice = 5 };
	f.process.sched.nice = 4;
	refused(&f,
		"/process/scheduler: process 7 of the images has the nice value 4, which the "
		"configuration does not give it");
	f.host.nice_limit = 16;
	allowed(&f);
	f.limit.resource = RLIMIT_NICE;
	f.limit.hard = f.hard = 15;
	refused(&f,
		"/process/scheduler: process 7 of the images has the nice value 4, which the "
		"configuration does not give it");
	f.plan.proc.scheduler.nice = 4;
	allowed(&f);

	fill(&f);
	f.process.sched = (struct restored_sched){ .policy = SCHED_RR, .priority = 3 };
	refused(&f,
		"/process/scheduler: process 7 of the images has the real-time priority 3, which "
		"the configuration does not give it");
	f.host.priority_limit = 3;
	allowed(&f);
	f.host.priority_limit = 0;
	f.plan.proc.scheduler = (struct scheduler_plan){ true, .policy = SCHED_RR, .priority = 3 };
	allowed(&f);
	f.process.sched.priority = 4;
	refused(&f,
		"/process/scheduler: process 7 of the images has the real-time priority 4, which "
		"the configuration does not give it");
	f.plan.proc.caps.permitted |= BIT(CAP_SYS_NICE);
	allowed(&f);
	f.plan.ns.user = NS_USER_JOINED;
	refused(&f,
		"/process/scheduler: process 7 of the images has the real-time priority 4, which "
		"the configuration does not give it");

	fill(&f);
	f.plan.proc.has_oom_score_adj = false;
	f.process.oom_score_adj = 0;
	allowed(&f);
	f.process.oom_score_adj = -1;
	refused(&f,
		"/process/oomScoreAdj: process 7 of the images has the value -1, below that of the "
		"configuration");
	f.host.oom_score_adj = -1;
	allowed(&f);
}

static void the_rest(void **state)
{
	struct fixture f;

	(void) state;
	fill(&f);
	f.process.no_new_privs = false;
	refused(&f, "/process/noNewPrivileges: process 7 of the images has no no_new_privs");
	f.plan.proc.no_new_privs = false;
	allowed(&f);
	for (unsigned mode = 0; mode <= 1; mode++) {
		f.process.seccomp_mode = mode;
		refused(&f, "/linux/seccomp: process 7 of the images has no seccomp filter");
	}
	f.plan.proc.seccomp = NULL;
	allowed(&f);
	f.hard = 1025;
	refused(&f,
		"/process/rlimits/0: process 7 of the images has a hard limit of 1025, above that "
		"of "
		"the configuration");
	f.plan.proc.caps.permitted |= BIT(CAP_SYS_RESOURCE);
	allowed(&f);
	f.plan.ns.user = NS_USER_JOINED;
	f.hard = 0;
	f.process.oom_score_adj = 9;
	refused(&f,
		"/process/oomScoreAdj: process 7 of the images has the value 9, below that of the "
		"configuration");
	f.process.oom_score_adj = 11;
	allowed(&f);

	fill(&f);
	f.host.apparmor = "docker-default";
	refused(&f,
		"/process/apparmorProfile: process 7 of the images has the label \"\" and not "
		"\"docker-default\"");
	f.process.apparmor = "unconfined\n";
	refused(&f,
		"/process/apparmorProfile: process 7 of the images has the label \"unconfined\" "
		"and "
		"not \"docker-default\"");
	f.process.apparmor = "docker-default-2 (enforce)\n";
	refused(&f,
		"/process/apparmorProfile: process 7 of the images has the label "
		"\"docker-default-2 "
		"(enforce)\" and not \"docker-default\"");
	f.process.apparmor = "docker-default (enforce)\n";
	allowed(&f);
	f.process.apparmor = "engine//&docker-default (enforce)\n";
	allowed(&f);
	f.host.selinux = "u:r:t:s0";
	f.process.selinux = "u:r:t:s0:c1";
	refused(&f,
		"/process/selinuxLabel: process 7 of the images has the label \"u:r:t:s0:c1\" and "
		"not "
		"\"u:r:t:s0\"");
	f.process.selinux = "u:r:t:s0";
	allowed(&f);
	fill(&f);
	f.process.root = (struct namespace_id){ 9, 9 };
	allowed(&f);
	f.host.root = (struct namespace_id){ 9, 8 };
	refused(&f, "/root/path: process 7 of the images has another root directory");
	f.plan.proc.caps.permitted |= BIT(CAP_SYS_CHROOT);
	allowed(&f);
	f.plan.proc.caps.permitted = BIT(CAP_SYS_ADMIN);
	f.process.caps = (struct caps_plan){ 0 };
	allowed(&f);
	/* One that has ended has nothing any more. */
	f.process = (struct restored){ .state = 'Z' };
	allowed(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(capabilities),
		cmocka_unit_test(ids),
		cmocka_unit_test(user_namespace),
		cmocka_unit_test(namespaces),
		cmocka_unit_test(cgroups),
		cmocka_unit_test(scheduling),
		cmocka_unit_test(the_rest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
