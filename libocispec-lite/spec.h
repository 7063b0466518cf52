/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * spec: the Linux side of the OCI runtime specification 1.3.0 as C structs.
 *
 * One struct per object of the JSON schema, one member per property, names as in the specification
 * with C's underscores. Absent is not zero:
 *   - an optional number or boolean is a pointer, NULL when absent;
 *   - text is NULL when absent;
 *   - an object is a pointer, NULL when absent;
 *   - a list is a pointer and a count; an empty list has a non-NULL pointer and count 0;
 *   - a map of text to text is a struct spec_map, of text to objects a list with a `key` member.
 * Numbers that the schema requires (an rlimit's soft) are plain; their absence is a parse error.
 * Everything a struct points to lives in the allocator given to the parser (see ocispec.h).
 */
#ifndef OCISPEC_LITE_SPEC_H
#define OCISPEC_LITE_SPEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct spec_strings {
	char **items;
	size_t count;
};

struct spec_map_entry {
	char *key;
	char *value;
};

struct spec_map {
	struct spec_map_entry *items;
	size_t count;
};

/* The entry of that key, or NULL. */
static inline struct spec_map_entry *spec_map_find(const struct spec_map *map, const char *key)
{
	for (size_t i = 0; i < map->count; i++)
		if (strcmp(map->items[i].key, key) == 0)
			return &map->items[i];
	return NULL;
}

/* A list of objects: SPEC_LIST(spec_mount) mounts; */
#define SPEC_LIST(type)                                                                            \
	struct {                                                                                   \
		struct type *items;                                                                \
		size_t count;                                                                      \
	}

struct spec_u32_list {
	uint32_t *items;
	size_t count;
};

/* config.md */

struct spec_root {
	char *path;
	bool *readonly;
};

struct spec_id_mapping {
	uint32_t container_id;
	uint32_t host_id;
	uint32_t size;
};

struct spec_mount {
	char *destination;
	char *type;
	char *source;
	struct spec_strings options;
	SPEC_LIST(spec_id_mapping) uid_mappings;
	SPEC_LIST(spec_id_mapping) gid_mappings;
};

struct spec_console_size {
	uint64_t height;
	uint64_t width;
};

struct spec_user {
	uint32_t *uid;
	uint32_t *gid;
	uint32_t *umask;
	struct spec_u32_list additional_gids;
	char *username;
};

struct spec_capabilities {
	struct spec_strings bounding;
	struct spec_strings permitted;
	struct spec_strings effective;
	struct spec_strings inheritable;
	struct spec_strings ambient;
};

struct spec_rlimit {
	char *type;
	uint64_t soft;
	uint64_t hard;
};

struct spec_scheduler {
	char *policy;
	int32_t *nice;
	int32_t *priority;
	struct spec_strings flags;
	uint64_t *runtime;
	uint64_t *deadline;
	uint64_t *period;
};

struct spec_io_priority {
	char *class;
	int32_t *priority;
};

struct spec_exec_cpu_affinity {
	char *initial;
	char *final;
};

struct spec_process {
	bool *terminal;
	struct spec_console_size *console_size;
	char *cwd;
	struct spec_strings env;
	struct spec_strings args;
	char *command_line;
	struct spec_user *user;
	struct spec_capabilities *capabilities;
	SPEC_LIST(spec_rlimit) rlimits;
	bool *no_new_privileges;
	char *apparmor_profile;
	int64_t *oom_score_adj;
	char *selinux_label;
	struct spec_scheduler *scheduler;
	struct spec_io_priority *io_priority;
	struct spec_exec_cpu_affinity *exec_cpu_affinity;
};

struct spec_hook {
	char *path;
	struct spec_strings args;
	struct spec_strings env;
	int64_t *timeout; /* seconds */
};

struct spec_hook_list {
	struct spec_hook *items;
	size_t count;
};

struct spec_hooks {
	struct spec_hook_list prestart;
	struct spec_hook_list create_runtime;
	struct spec_hook_list create_container;
	struct spec_hook_list start_container;
	struct spec_hook_list poststart;
	struct spec_hook_list poststop;
};

/* config-linux.md */

struct spec_namespace {
	char *type;
	char *path;
};

struct spec_device {
	char *type;
	char *path;
	uint32_t *file_mode;
	int64_t *major;
	int64_t *minor;
	uint32_t *uid;
	uint32_t *gid;
};

struct spec_net_device {
	char *key; /* the device's name on the host */
	char *name;
};

struct spec_time_offset {
	int64_t *secs;
	uint32_t *nanosecs;
};

struct spec_time_offsets {
	struct spec_time_offset *monotonic;
	struct spec_time_offset *boottime;
};

struct spec_device_cgroup {
	bool allow;
	char *type;
	int64_t *major;
	int64_t *minor;
	char *access;
};

struct spec_memory {
	int64_t *limit;
	int64_t *reservation;
	int64_t *swap;
	int64_t *kernel;
	int64_t *kernel_tcp;
	uint64_t *swappiness;
	bool *disable_oom_killer;
	bool *use_hierarchy;
	bool *check_before_update;
};

struct spec_cpu {
	uint64_t *shares;
	int64_t *quota;
	uint64_t *burst;
	uint64_t *period;
	int64_t *realtime_runtime;
	uint64_t *realtime_period;
	char *cpus;
	char *mems;
	int64_t *idle;
};

struct spec_pids {
	int64_t *limit;
};

struct spec_weight_device {
	int64_t major;
	int64_t minor;
	uint16_t *weight;
	uint16_t *leaf_weight;
};

struct spec_throttle_device {
	int64_t major;
	int64_t minor;
	uint64_t *rate;
};

struct spec_throttle_list {
	struct spec_throttle_device *items;
	size_t count;
};

struct spec_block_io {
	uint16_t *weight;
	uint16_t *leaf_weight;
	SPEC_LIST(spec_weight_device) weight_device;
	struct spec_throttle_list throttle_read_bps_device;
	struct spec_throttle_list throttle_write_bps_device;
	struct spec_throttle_list throttle_read_iops_device;
	struct spec_throttle_list throttle_write_iops_device;
};

struct spec_hugepage_limit {
	char *page_size;
	uint64_t limit;
};

struct spec_interface_priority {
	char *name;
	uint32_t *priority;
};

struct spec_network {
	uint32_t *class_id;
	SPEC_LIST(spec_interface_priority) priorities;
};

struct spec_rdma {
	char *key; /* the device */
	uint32_t *hca_handles;
	uint32_t *hca_objects;
};

struct spec_resources {
	SPEC_LIST(spec_device_cgroup) devices;
	struct spec_memory *memory;
	struct spec_cpu *cpu;
	struct spec_pids *pids;
	struct spec_block_io *block_io;
	SPEC_LIST(spec_hugepage_limit) hugepage_limits;
	struct spec_network *network;
	SPEC_LIST(spec_rdma) rdma;
	struct spec_map unified;
};

struct spec_seccomp_arg {
	uint32_t index;
	uint64_t value;
	uint64_t *value_two;
	char *op;
};

struct spec_seccomp_syscall {
	struct spec_strings names;
	char *action;
	uint32_t *errno_ret;
	SPEC_LIST(spec_seccomp_arg) args;
};

struct spec_seccomp {
	char *default_action;
	uint32_t *default_errno_ret;
	struct spec_strings architectures;
	struct spec_strings flags;
	char *listener_path;
	char *listener_metadata;
	SPEC_LIST(spec_seccomp_syscall) syscalls;
};

struct spec_intel_rdt {
	char *clos_id;
	struct spec_strings schemata;
	char *l3_cache_schema;
	char *mem_bw_schema;
	bool *enable_monitoring;
};

struct spec_memory_policy {
	char *mode;
	char *nodes;
	struct spec_strings flags;
};

struct spec_personality {
	char *domain;
	struct spec_strings flags;
};

struct spec_linux {
	SPEC_LIST(spec_id_mapping) uid_mappings;
	SPEC_LIST(spec_id_mapping) gid_mappings;
	struct spec_map sysctl;
	struct spec_resources *resources;
	char *cgroups_path;
	SPEC_LIST(spec_namespace) namespaces;
	SPEC_LIST(spec_device) devices;
	SPEC_LIST(spec_net_device) net_devices;
	struct spec_seccomp *seccomp;
	char *rootfs_propagation;
	struct spec_strings masked_paths;
	struct spec_strings readonly_paths;
	char *mount_label;
	struct spec_intel_rdt *intel_rdt;
	struct spec_memory_policy *memory_policy;
	struct spec_personality *personality;
	struct spec_time_offsets *time_offsets;
};

/* config-vm.md */

struct spec_vm_hypervisor {
	char *path;
	struct spec_strings parameters;
};

struct spec_vm_kernel {
	char *path;
	struct spec_strings parameters;
	char *initrd;
};

struct spec_vm_image {
	char *path;
	char *format;
};

struct spec_vm_hw_iomem {
	uint64_t *first_gfn;
	uint64_t *first_mfn;
	uint64_t *nr_mfns;
};

struct spec_vm_hw_config {
	char *device_tree;
	uint32_t *vcpus;
	uint64_t *memory;
	struct spec_strings dtdevs;
	SPEC_LIST(spec_vm_hw_iomem) iomems;
	struct spec_u32_list irqs;
};

struct spec_vm {
	struct spec_vm_hypervisor *hypervisor;
	struct spec_vm_kernel *kernel;
	struct spec_vm_image *image;
	struct spec_vm_hw_config *hw_config;
};

/* The document config.json. */
struct spec {
	char *oci_version;
	struct spec_root *root;
	SPEC_LIST(spec_mount) mounts;
	struct spec_process *process;
	char *hostname;
	char *domainname;
	struct spec_hooks *hooks;
	struct spec_map annotations;
	struct spec_linux *linux_;
	struct spec_vm *vm;
};

/* runtime.md: the state of a container, with the members that engines expect beside it. */
struct spec_state {
	char *oci_version;
	char *id;
	int64_t *pid;
	char *status;
	char *bundle;
	char *rootfs; /* extension of the runtimes */
	char *created; /* extension, RFC 3339 */
	char *owner; /* extension */
	struct spec_map annotations;
};

/* config-linux.md, "The Container Process State": what a seccomp agent gets. */
struct spec_container_process_state {
	char *oci_version;
	struct spec_strings fds;
	int64_t pid;
	char *metadata;
	struct spec_state *state;
};

/* features.md, features-linux.md */

struct spec_features_enabled {
	bool *enabled;
};

struct spec_features_cgroup {
	bool *v1;
	bool *v2;
	bool *systemd;
	bool *systemd_user;
	bool *rdma;
};

struct spec_features_seccomp {
	bool *enabled;
	struct spec_strings actions;
	struct spec_strings operators;
	struct spec_strings archs;
	struct spec_strings known_flags;
	struct spec_strings supported_flags;
};

struct spec_features_intel_rdt {
	bool *enabled;
	bool *schemata;
	bool *monitoring;
};

struct spec_features_memory_policy {
	struct spec_strings modes;
	struct spec_strings flags;
};

struct spec_features_mount_extensions {
	struct spec_features_enabled *idmap;
};

struct spec_features_linux {
	struct spec_strings namespaces;
	struct spec_strings capabilities;
	struct spec_features_cgroup *cgroup;
	struct spec_features_seccomp *seccomp;
	struct spec_features_enabled *apparmor;
	struct spec_features_enabled *selinux;
	struct spec_features_intel_rdt *intel_rdt;
	struct spec_features_memory_policy *memory_policy;
	struct spec_features_mount_extensions *mount_extensions;
	struct spec_features_enabled *net_devices;
};

struct spec_features {
	char *oci_version_min;
	char *oci_version_max;
	struct spec_strings hooks;
	struct spec_strings mount_options;
	struct spec_features_linux *linux_;
	struct spec_map annotations;
	struct spec_strings potentially_unsafe_config_annotations;
};

#endif
