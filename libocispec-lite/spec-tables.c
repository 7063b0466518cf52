/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One row per field of the schema; a struct's rows stand in the order in which they are printed. */
#include "libocispec-lite/ocispec.h"

#define ROW(type, member, name, kind)                                                              \
	{                                                                                          \
		name, OCISPEC_##kind, offsetof(struct type, member), NULL, 0                       \
	}
#define NEED(type, member, name, kind)                                                             \
	{                                                                                          \
		name, OCISPEC_##kind, offsetof(struct type, member), NULL, OCISPEC_REQUIRED        \
	}
#define SUB(type, member, name, kind, object)                                                      \
	{                                                                                          \
		name, OCISPEC_##kind, offsetof(struct type, member), &object, 0                    \
	}
#define NEED_SUB(type, member, name, kind, object)                                                 \
	{                                                                                          \
		name, OCISPEC_##kind, offsetof(struct type, member), &object, OCISPEC_REQUIRED     \
	}
#define TABLE(label, object, type, rows)                                                           \
	const struct ocispec_object object = { label, sizeof(struct type), rows,                   \
		sizeof(rows) / sizeof((rows)[0]) }

/* clang-format off */

static const struct ocispec_field root_rows[] = {
	NEED(spec_root, path, "path", STRING),
	ROW(spec_root, readonly, "readonly", BOOL_OPT),
};
static TABLE("root", root_object, spec_root, root_rows);

static const struct ocispec_field mapping_rows[] = {
	NEED(spec_id_mapping, container_id, "containerID", U32),
	NEED(spec_id_mapping, host_id, "hostID", U32),
	NEED(spec_id_mapping, size, "size", U32),
};
static TABLE("id mapping", mapping_object, spec_id_mapping, mapping_rows);

static const struct ocispec_field mount_rows[] = {
	NEED(spec_mount, destination, "destination", STRING),
	ROW(spec_mount, type, "type", STRING),
	ROW(spec_mount, source, "source", STRING),
	ROW(spec_mount, options, "options", STRINGS),
	SUB(spec_mount, uid_mappings, "uidMappings", OBJECT_LIST, mapping_object),
	SUB(spec_mount, gid_mappings, "gidMappings", OBJECT_LIST, mapping_object),
};
TABLE("mount", ocispec_mount, spec_mount, mount_rows);

static const struct ocispec_field console_rows[] = {
	NEED(spec_console_size, height, "height", U64),
	NEED(spec_console_size, width, "width", U64),
};
static TABLE("consoleSize", console_object, spec_console_size, console_rows);

static const struct ocispec_field user_rows[] = {
	ROW(spec_user, uid, "uid", U32_OPT),
	ROW(spec_user, gid, "gid", U32_OPT),
	ROW(spec_user, umask, "umask", U32_OPT),
	ROW(spec_user, additional_gids, "additionalGids", U32_LIST),
	ROW(spec_user, username, "username", STRING),
};
static TABLE("user", user_object, spec_user, user_rows);

static const struct ocispec_field caps_rows[] = {
	ROW(spec_capabilities, bounding, "bounding", STRINGS),
	ROW(spec_capabilities, effective, "effective", STRINGS),
	ROW(spec_capabilities, inheritable, "inheritable", STRINGS),
	ROW(spec_capabilities, permitted, "permitted", STRINGS),
	ROW(spec_capabilities, ambient, "ambient", STRINGS),
};
static TABLE("capabilities", caps_object, spec_capabilities, caps_rows);

static const struct ocispec_field rlimit_rows[] = {
	NEED(spec_rlimit, type, "type", STRING),
	NEED(spec_rlimit, hard, "hard", U64),
	NEED(spec_rlimit, soft, "soft", U64),
};
static TABLE("rlimit", rlimit_object, spec_rlimit, rlimit_rows);

static const struct ocispec_field scheduler_rows[] = {
	NEED(spec_scheduler, policy, "policy", STRING),
	ROW(spec_scheduler, nice, "nice", I32_OPT),
	ROW(spec_scheduler, priority, "priority", I32_OPT),
	ROW(spec_scheduler, flags, "flags", STRINGS),
	ROW(spec_scheduler, runtime, "runtime", U64_OPT),
	ROW(spec_scheduler, deadline, "deadline", U64_OPT),
	ROW(spec_scheduler, period, "period", U64_OPT),
};
static TABLE("scheduler", scheduler_object, spec_scheduler, scheduler_rows);

static const struct ocispec_field ioprio_rows[] = {
	NEED(spec_io_priority, class, "class", STRING),
	ROW(spec_io_priority, priority, "priority", I32_OPT),
};
static TABLE("ioPriority", ioprio_object, spec_io_priority, ioprio_rows);

static const struct ocispec_field affinity_rows[] = {
	ROW(spec_exec_cpu_affinity, initial, "initial", STRING),
	ROW(spec_exec_cpu_affinity, final, "final", STRING),
};
static TABLE("execCPUAffinity", affinity_object, spec_exec_cpu_affinity, affinity_rows);

static const struct ocispec_field process_rows[] = {
	ROW(spec_process, terminal, "terminal", BOOL_OPT),
	SUB(spec_process, console_size, "consoleSize", OBJECT, console_object),
	SUB(spec_process, user, "user", OBJECT, user_object),
	ROW(spec_process, args, "args", STRINGS),
	ROW(spec_process, command_line, "commandLine", STRING),
	ROW(spec_process, env, "env", STRINGS),
	NEED(spec_process, cwd, "cwd", STRING),
	SUB(spec_process, capabilities, "capabilities", OBJECT, caps_object),
	SUB(spec_process, rlimits, "rlimits", OBJECT_LIST, rlimit_object),
	ROW(spec_process, no_new_privileges, "noNewPrivileges", BOOL_OPT),
	ROW(spec_process, apparmor_profile, "apparmorProfile", STRING),
	ROW(spec_process, oom_score_adj, "oomScoreAdj", I64_OPT),
	SUB(spec_process, scheduler, "scheduler", OBJECT, scheduler_object),
	ROW(spec_process, selinux_label, "selinuxLabel", STRING),
	SUB(spec_process, io_priority, "ioPriority", OBJECT, ioprio_object),
	SUB(spec_process, exec_cpu_affinity, "execCPUAffinity", OBJECT, affinity_object),
};
TABLE("process", ocispec_process, spec_process, process_rows);

static const struct ocispec_field hook_rows[] = {
	NEED(spec_hook, path, "path", STRING),
	ROW(spec_hook, args, "args", STRINGS),
	ROW(spec_hook, env, "env", STRINGS),
	ROW(spec_hook, timeout, "timeout", I64_OPT),
};
static TABLE("hook", hook_object, spec_hook, hook_rows);

static const struct ocispec_field hooks_rows[] = {
	SUB(spec_hooks, prestart, "prestart", OBJECT_LIST, hook_object),
	SUB(spec_hooks, create_runtime, "createRuntime", OBJECT_LIST, hook_object),
	SUB(spec_hooks, create_container, "createContainer", OBJECT_LIST, hook_object),
	SUB(spec_hooks, start_container, "startContainer", OBJECT_LIST, hook_object),
	SUB(spec_hooks, poststart, "poststart", OBJECT_LIST, hook_object),
	SUB(spec_hooks, poststop, "poststop", OBJECT_LIST, hook_object),
};
static TABLE("hooks", hooks_object, spec_hooks, hooks_rows);

static const struct ocispec_field namespace_rows[] = {
	NEED(spec_namespace, type, "type", STRING),
	ROW(spec_namespace, path, "path", STRING),
};
static TABLE("namespace", namespace_object, spec_namespace, namespace_rows);

static const struct ocispec_field device_rows[] = {
	NEED(spec_device, path, "path", STRING),
	NEED(spec_device, type, "type", STRING),
	ROW(spec_device, major, "major", I64_OPT),
	ROW(spec_device, minor, "minor", I64_OPT),
	ROW(spec_device, file_mode, "fileMode", U32_OPT),
	ROW(spec_device, uid, "uid", U32_OPT),
	ROW(spec_device, gid, "gid", U32_OPT),
};
static TABLE("device", device_object, spec_device, device_rows);

static const struct ocispec_field net_device_rows[] = {
	ROW(spec_net_device, name, "name", STRING),
};
static TABLE("netDevice", net_device_object, spec_net_device, net_device_rows);

static const struct ocispec_field offset_rows[] = {
	ROW(spec_time_offset, secs, "secs", I64_OPT),
	ROW(spec_time_offset, nanosecs, "nanosecs", U32_OPT),
};
static TABLE("time offset", offset_object, spec_time_offset, offset_rows);

static const struct ocispec_field offsets_rows[] = {
	SUB(spec_time_offsets, monotonic, "monotonic", OBJECT, offset_object),
	SUB(spec_time_offsets, boottime, "boottime", OBJECT, offset_object),
};
static TABLE("timeOffsets", offsets_object, spec_time_offsets, offsets_rows);

static const struct ocispec_field device_cgroup_rows[] = {
	NEED(spec_device_cgroup, allow, "allow", BOOL),
	ROW(spec_device_cgroup, type, "type", STRING),
	ROW(spec_device_cgroup, major, "major", I64_OPT),
	ROW(spec_device_cgroup, minor, "minor", I64_OPT),
	ROW(spec_device_cgroup, access, "access", STRING),
};
static TABLE("device rule", device_cgroup_object, spec_device_cgroup, device_cgroup_rows);

static const struct ocispec_field memory_rows[] = {
	ROW(spec_memory, limit, "limit", I64_OPT),
	ROW(spec_memory, reservation, "reservation", I64_OPT),
	ROW(spec_memory, swap, "swap", I64_OPT),
	ROW(spec_memory, kernel, "kernel", I64_OPT),
	ROW(spec_memory, kernel_tcp, "kernelTCP", I64_OPT),
	ROW(spec_memory, swappiness, "swappiness", U64_OPT),
	ROW(spec_memory, disable_oom_killer, "disableOOMKiller", BOOL_OPT),
	ROW(spec_memory, use_hierarchy, "useHierarchy", BOOL_OPT),
	ROW(spec_memory, check_before_update, "checkBeforeUpdate", BOOL_OPT),
};
static TABLE("memory", memory_object, spec_memory, memory_rows);

static const struct ocispec_field cpu_rows[] = {
	ROW(spec_cpu, shares, "shares", U64_OPT),
	ROW(spec_cpu, quota, "quota", I64_OPT),
	ROW(spec_cpu, burst, "burst", U64_OPT),
	ROW(spec_cpu, period, "period", U64_OPT),
	ROW(spec_cpu, realtime_runtime, "realtimeRuntime", I64_OPT),
	ROW(spec_cpu, realtime_period, "realtimePeriod", U64_OPT),
	ROW(spec_cpu, cpus, "cpus", STRING),
	ROW(spec_cpu, mems, "mems", STRING),
	ROW(spec_cpu, idle, "idle", I64_OPT),
};
static TABLE("cpu", cpu_object, spec_cpu, cpu_rows);

static const struct ocispec_field pids_rows[] = {
	ROW(spec_pids, limit, "limit", I64_OPT),
};
static TABLE("pids", pids_object, spec_pids, pids_rows);

static const struct ocispec_field weight_rows[] = {
	NEED(spec_weight_device, major, "major", I64),
	NEED(spec_weight_device, minor, "minor", I64),
	ROW(spec_weight_device, weight, "weight", U16_OPT),
	ROW(spec_weight_device, leaf_weight, "leafWeight", U16_OPT),
};
static TABLE("weightDevice", weight_object, spec_weight_device, weight_rows);

static const struct ocispec_field throttle_rows[] = {
	NEED(spec_throttle_device, major, "major", I64),
	NEED(spec_throttle_device, minor, "minor", I64),
	ROW(spec_throttle_device, rate, "rate", U64_OPT),
};
static TABLE("throttle device", throttle_object, spec_throttle_device, throttle_rows);

static const struct ocispec_field block_io_rows[] = {
	ROW(spec_block_io, weight, "weight", U16_OPT),
	ROW(spec_block_io, leaf_weight, "leafWeight", U16_OPT),
	SUB(spec_block_io, weight_device, "weightDevice", OBJECT_LIST, weight_object),
	SUB(spec_block_io, throttle_read_bps_device, "throttleReadBpsDevice", OBJECT_LIST, throttle_object),
	SUB(spec_block_io, throttle_write_bps_device, "throttleWriteBpsDevice", OBJECT_LIST, throttle_object),
	SUB(spec_block_io, throttle_read_iops_device, "throttleReadIOPSDevice", OBJECT_LIST, throttle_object),
	SUB(spec_block_io, throttle_write_iops_device, "throttleWriteIOPSDevice", OBJECT_LIST, throttle_object),
};
static TABLE("blockIO", block_io_object, spec_block_io, block_io_rows);

static const struct ocispec_field hugepage_rows[] = {
	NEED(spec_hugepage_limit, page_size, "pageSize", STRING),
	NEED(spec_hugepage_limit, limit, "limit", U64),
};
static TABLE("hugepageLimit", hugepage_object, spec_hugepage_limit, hugepage_rows);

static const struct ocispec_field interface_rows[] = {
	NEED(spec_interface_priority, name, "name", STRING),
	NEED(spec_interface_priority, priority, "priority", U32_OPT),
};
static TABLE("priority", interface_object, spec_interface_priority, interface_rows);

static const struct ocispec_field network_rows[] = {
	ROW(spec_network, class_id, "classID", U32_OPT),
	SUB(spec_network, priorities, "priorities", OBJECT_LIST, interface_object),
};
static TABLE("network", network_object, spec_network, network_rows);

static const struct ocispec_field rdma_rows[] = {
	ROW(spec_rdma, hca_handles, "hcaHandles", U32_OPT),
	ROW(spec_rdma, hca_objects, "hcaObjects", U32_OPT),
};
static TABLE("rdma", rdma_object, spec_rdma, rdma_rows);

static const struct ocispec_field resources_rows[] = {
	ROW(spec_resources, unified, "unified", MAP),
	SUB(spec_resources, devices, "devices", OBJECT_LIST, device_cgroup_object),
	SUB(spec_resources, memory, "memory", OBJECT, memory_object),
	SUB(spec_resources, cpu, "cpu", OBJECT, cpu_object),
	SUB(spec_resources, pids, "pids", OBJECT, pids_object),
	SUB(spec_resources, block_io, "blockIO", OBJECT, block_io_object),
	SUB(spec_resources, hugepage_limits, "hugepageLimits", OBJECT_LIST, hugepage_object),
	SUB(spec_resources, network, "network", OBJECT, network_object),
	SUB(spec_resources, rdma, "rdma", OBJECT_MAP, rdma_object),
};
TABLE("resources", ocispec_resources, spec_resources, resources_rows);

static const struct ocispec_field arg_rows[] = {
	NEED(spec_seccomp_arg, index, "index", U32),
	NEED(spec_seccomp_arg, value, "value", U64),
	ROW(spec_seccomp_arg, value_two, "valueTwo", U64_OPT),
	NEED(spec_seccomp_arg, op, "op", STRING),
};
static TABLE("seccomp argument", arg_object, spec_seccomp_arg, arg_rows);

static const struct ocispec_field syscall_rows[] = {
	NEED(spec_seccomp_syscall, names, "names", STRINGS),
	NEED(spec_seccomp_syscall, action, "action", STRING),
	ROW(spec_seccomp_syscall, errno_ret, "errnoRet", U32_OPT),
	SUB(spec_seccomp_syscall, args, "args", OBJECT_LIST, arg_object),
};
static TABLE("seccomp rule", syscall_object, spec_seccomp_syscall, syscall_rows);

static const struct ocispec_field seccomp_rows[] = {
	NEED(spec_seccomp, default_action, "defaultAction", STRING),
	ROW(spec_seccomp, default_errno_ret, "defaultErrnoRet", U32_OPT),
	ROW(spec_seccomp, architectures, "architectures", STRINGS),
	ROW(spec_seccomp, flags, "flags", STRINGS),
	ROW(spec_seccomp, listener_path, "listenerPath", STRING),
	ROW(spec_seccomp, listener_metadata, "listenerMetadata", STRING),
	SUB(spec_seccomp, syscalls, "syscalls", OBJECT_LIST, syscall_object),
};
static TABLE("seccomp", seccomp_object, spec_seccomp, seccomp_rows);

static const struct ocispec_field rdt_rows[] = {
	ROW(spec_intel_rdt, clos_id, "closID", STRING),
	ROW(spec_intel_rdt, schemata, "schemata", STRINGS),
	ROW(spec_intel_rdt, l3_cache_schema, "l3CacheSchema", STRING),
	ROW(spec_intel_rdt, mem_bw_schema, "memBwSchema", STRING),
	ROW(spec_intel_rdt, enable_monitoring, "enableMonitoring", BOOL_OPT),
};
static TABLE("intelRdt", rdt_object, spec_intel_rdt, rdt_rows);

static const struct ocispec_field memory_policy_rows[] = {
	ROW(spec_memory_policy, mode, "mode", STRING),
	ROW(spec_memory_policy, nodes, "nodes", STRING),
	ROW(spec_memory_policy, flags, "flags", STRINGS),
};
static TABLE("memoryPolicy", memory_policy_object, spec_memory_policy, memory_policy_rows);

static const struct ocispec_field personality_rows[] = {
	ROW(spec_personality, domain, "domain", STRING),
	ROW(spec_personality, flags, "flags", STRINGS),
};
static TABLE("personality", personality_object, spec_personality, personality_rows);

static const struct ocispec_field linux_rows[] = {
	SUB(spec_linux, uid_mappings, "uidMappings", OBJECT_LIST, mapping_object),
	SUB(spec_linux, gid_mappings, "gidMappings", OBJECT_LIST, mapping_object),
	ROW(spec_linux, sysctl, "sysctl", MAP),
	SUB(spec_linux, resources, "resources", OBJECT, ocispec_resources),
	ROW(spec_linux, cgroups_path, "cgroupsPath", STRING),
	SUB(spec_linux, namespaces, "namespaces", OBJECT_LIST, namespace_object),
	SUB(spec_linux, devices, "devices", OBJECT_LIST, device_object),
	SUB(spec_linux, net_devices, "netDevices", OBJECT_MAP, net_device_object),
	SUB(spec_linux, seccomp, "seccomp", OBJECT, seccomp_object),
	ROW(spec_linux, rootfs_propagation, "rootfsPropagation", STRING),
	ROW(spec_linux, masked_paths, "maskedPaths", STRINGS),
	ROW(spec_linux, readonly_paths, "readonlyPaths", STRINGS),
	ROW(spec_linux, mount_label, "mountLabel", STRING),
	SUB(spec_linux, intel_rdt, "intelRdt", OBJECT, rdt_object),
	SUB(spec_linux, memory_policy, "memoryPolicy", OBJECT, memory_policy_object),
	SUB(spec_linux, personality, "personality", OBJECT, personality_object),
	SUB(spec_linux, time_offsets, "timeOffsets", OBJECT, offsets_object),
};
static TABLE("linux", linux_object, spec_linux, linux_rows);

static const struct ocispec_field hypervisor_rows[] = {
	NEED(spec_vm_hypervisor, path, "path", STRING),
	ROW(spec_vm_hypervisor, parameters, "parameters", STRINGS),
};
static TABLE("hypervisor", hypervisor_object, spec_vm_hypervisor, hypervisor_rows);

static const struct ocispec_field kernel_rows[] = {
	NEED(spec_vm_kernel, path, "path", STRING),
	ROW(spec_vm_kernel, parameters, "parameters", STRINGS),
	ROW(spec_vm_kernel, initrd, "initrd", STRING),
};
static TABLE("kernel", kernel_object, spec_vm_kernel, kernel_rows);

static const struct ocispec_field image_rows[] = {
	NEED(spec_vm_image, path, "path", STRING),
	NEED(spec_vm_image, format, "format", STRING),
};
static TABLE("image", image_object, spec_vm_image, image_rows);

static const struct ocispec_field iomem_rows[] = {
	ROW(spec_vm_hw_iomem, first_gfn, "firstGFN", U64_OPT),
	NEED(spec_vm_hw_iomem, first_mfn, "firstMFN", U64_OPT),
	NEED(spec_vm_hw_iomem, nr_mfns, "nrMFNs", U64_OPT),
};
static TABLE("iomem", iomem_object, spec_vm_hw_iomem, iomem_rows);

static const struct ocispec_field hw_rows[] = {
	ROW(spec_vm_hw_config, device_tree, "deviceTree", STRING),
	ROW(spec_vm_hw_config, vcpus, "vcpus", U32_OPT),
	ROW(spec_vm_hw_config, memory, "memory", U64_OPT),
	ROW(spec_vm_hw_config, dtdevs, "dtdevs", STRINGS),
	SUB(spec_vm_hw_config, iomems, "iomems", OBJECT_LIST, iomem_object),
	ROW(spec_vm_hw_config, irqs, "irqs", U32_LIST),
};
static TABLE("hwConfig", hw_object, spec_vm_hw_config, hw_rows);

static const struct ocispec_field vm_rows[] = {
	SUB(spec_vm, hypervisor, "hypervisor", OBJECT, hypervisor_object),
	NEED_SUB(spec_vm, kernel, "kernel", OBJECT, kernel_object),
	SUB(spec_vm, image, "image", OBJECT, image_object),
	SUB(spec_vm, hw_config, "hwConfig", OBJECT, hw_object),
};
static TABLE("vm", vm_object, spec_vm, vm_rows);

static const struct ocispec_field config_rows[] = {
	NEED(spec, oci_version, "ociVersion", STRING),
	SUB(spec, process, "process", OBJECT, ocispec_process),
	SUB(spec, root, "root", OBJECT, root_object),
	ROW(spec, hostname, "hostname", STRING),
	ROW(spec, domainname, "domainname", STRING),
	SUB(spec, mounts, "mounts", OBJECT_LIST, ocispec_mount),
	SUB(spec, hooks, "hooks", OBJECT, hooks_object),
	ROW(spec, annotations, "annotations", MAP),
	SUB(spec, linux_, "linux", OBJECT, linux_object),
	SUB(spec, vm, "vm", OBJECT, vm_object),
};
TABLE("config.json", ocispec_config, spec, config_rows);

static const struct ocispec_field state_rows[] = {
	NEED(spec_state, oci_version, "ociVersion", STRING),
	NEED(spec_state, id, "id", STRING),
	ROW(spec_state, pid, "pid", I64_OPT),
	NEED(spec_state, status, "status", STRING),
	NEED(spec_state, bundle, "bundle", STRING),
	ROW(spec_state, rootfs, "rootfs", STRING),
	ROW(spec_state, created, "created", STRING),
	ROW(spec_state, annotations, "annotations", MAP),
	ROW(spec_state, owner, "owner", STRING),
};
TABLE("state", ocispec_state, spec_state, state_rows);

static const struct ocispec_field process_state_rows[] = {
	NEED(spec_container_process_state, oci_version, "ociVersion", STRING),
	ROW(spec_container_process_state, fds, "fds", STRINGS),
	NEED(spec_container_process_state, pid, "pid", I64),
	ROW(spec_container_process_state, metadata, "metadata", STRING),
	NEED_SUB(spec_container_process_state, state, "state", OBJECT, ocispec_state),
};
TABLE("container process state", ocispec_container_process_state, spec_container_process_state,
	process_state_rows);

static const struct ocispec_field enabled_rows[] = {
	ROW(spec_features_enabled, enabled, "enabled", BOOL_OPT),
};
static TABLE("feature", enabled_object, spec_features_enabled, enabled_rows);

static const struct ocispec_field cgroup_rows[] = {
	ROW(spec_features_cgroup, v1, "v1", BOOL_OPT),
	ROW(spec_features_cgroup, v2, "v2", BOOL_OPT),
	ROW(spec_features_cgroup, systemd, "systemd", BOOL_OPT),
	ROW(spec_features_cgroup, systemd_user, "systemdUser", BOOL_OPT),
	ROW(spec_features_cgroup, rdma, "rdma", BOOL_OPT),
};
static TABLE("cgroup", cgroup_object, spec_features_cgroup, cgroup_rows);

static const struct ocispec_field features_seccomp_rows[] = {
	ROW(spec_features_seccomp, enabled, "enabled", BOOL_OPT),
	ROW(spec_features_seccomp, actions, "actions", STRINGS),
	ROW(spec_features_seccomp, operators, "operators", STRINGS),
	ROW(spec_features_seccomp, archs, "archs", STRINGS),
	ROW(spec_features_seccomp, known_flags, "knownFlags", STRINGS),
	ROW(spec_features_seccomp, supported_flags, "supportedFlags", STRINGS),
};
static TABLE("seccomp", features_seccomp_object, spec_features_seccomp, features_seccomp_rows);

static const struct ocispec_field features_rdt_rows[] = {
	ROW(spec_features_intel_rdt, enabled, "enabled", BOOL_OPT),
	ROW(spec_features_intel_rdt, schemata, "schemata", BOOL_OPT),
	ROW(spec_features_intel_rdt, monitoring, "monitoring", BOOL_OPT),
};
static TABLE("intelRdt", features_rdt_object, spec_features_intel_rdt, features_rdt_rows);

static const struct ocispec_field features_policy_rows[] = {
	ROW(spec_features_memory_policy, modes, "modes", STRINGS),
	ROW(spec_features_memory_policy, flags, "flags", STRINGS),
};
static TABLE("memoryPolicy", features_policy_object, spec_features_memory_policy, features_policy_rows);

static const struct ocispec_field extensions_rows[] = {
	SUB(spec_features_mount_extensions, idmap, "idmap", OBJECT, enabled_object),
};
static TABLE("mountExtensions", extensions_object, spec_features_mount_extensions, extensions_rows);

static const struct ocispec_field features_linux_rows[] = {
	ROW(spec_features_linux, namespaces, "namespaces", STRINGS),
	ROW(spec_features_linux, capabilities, "capabilities", STRINGS),
	SUB(spec_features_linux, cgroup, "cgroup", OBJECT, cgroup_object),
	SUB(spec_features_linux, seccomp, "seccomp", OBJECT, features_seccomp_object),
	SUB(spec_features_linux, apparmor, "apparmor", OBJECT, enabled_object),
	SUB(spec_features_linux, selinux, "selinux", OBJECT, enabled_object),
	SUB(spec_features_linux, intel_rdt, "intelRdt", OBJECT, features_rdt_object),
	SUB(spec_features_linux, memory_policy, "memoryPolicy", OBJECT, features_policy_object),
	SUB(spec_features_linux, mount_extensions, "mountExtensions", OBJECT, extensions_object),
	SUB(spec_features_linux, net_devices, "netDevices", OBJECT, enabled_object),
};
static TABLE("linux", features_linux_object, spec_features_linux, features_linux_rows);

static const struct ocispec_field features_rows[] = {
	NEED(spec_features, oci_version_min, "ociVersionMin", STRING),
	NEED(spec_features, oci_version_max, "ociVersionMax", STRING),
	ROW(spec_features, hooks, "hooks", STRINGS),
	ROW(spec_features, mount_options, "mountOptions", STRINGS),
	SUB(spec_features, linux_, "linux", OBJECT, features_linux_object),
	ROW(spec_features, annotations, "annotations", MAP),
	ROW(spec_features, potentially_unsafe_config_annotations, "potentiallyUnsafeConfigAnnotations", STRINGS),
};
TABLE("features", ocispec_features, spec_features, features_rows);
