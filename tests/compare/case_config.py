# SPDX-License-Identifier: GPL-2.0-or-later
"""config.json: what is refused, what is taken, and what the process then sees, member by member."""
import copy
import os

from harness import MISSING, base_spec, case, change, read

DEVICE = {"path": "/dev/mine", "type": "c", "major": 1, "minor": 3}

# NAME: {place: value}. Each is tried by itself: the status of run, and what the program below says.
PLACES = {
    "ociVersion missing": {"ociVersion": MISSING},
    "ociVersion empty": {"ociVersion": ""},
    "ociVersion no version": {"ociVersion": "newest"},
    "ociVersion two parts": {"ociVersion": "1.0"},
    "ociVersion 2.0.0": {"ociVersion": "2.0.0"},
    "ociVersion 1.99.0": {"ociVersion": "1.99.0"},
    "ociVersion 1.0.0-rc5": {"ociVersion": "1.0.0-rc5"},
    "ociVersion number": {"ociVersion": 1},
    "unknown members": {"more": {"a": 1}, "process__more": 1, "linux__more": []},
    "annotations empty": {"annotations": {}},
    "annotations number": {"annotations": {"a": 1}},
    "annotations empty key": {"annotations": {"": "x"}},
    "windows, solaris, vm": {"windows": {"layerFolders": ["x"]}, "solaris": {}, "vm": {"kernel": {"path": "/x"}}},
    "root missing": {"root": MISSING},
    "root.path missing": {"root__path": MISSING},
    "root.path empty": {"root__path": ""},
    "root.path none": {"root__path": "none"},
    "root.path file": {"root__path": "config.json"},
    "root.path with dots": {"root__path": "./rootfs/../rootfs"},
    "root.readonly": {"root__readonly": True},
    "root.readonly text": {"root__readonly": "yes"},
    "hostname": {"hostname": "other"},
    "hostname empty": {"hostname": ""},
    "hostname too long": {"hostname": "x" * 65},
    "hostname 64": {"hostname": "x" * 64},
    "hostname without uts": {"linux__namespaces": [{"type": t} for t in ("pid", "ipc", "mount")]},
    "process.args missing": {"process__args": MISSING},
    "process.args empty": {"process__args": []},
    "process.args text": {"process__args": "true"},
    "process.args number": {"process__args": [1]},
    "process.cwd missing": {"process__cwd": MISSING},
    "process.cwd empty": {"process__cwd": ""},
    "process.cwd relative": {"process__cwd": "tmp"},
    "process.cwd made": {"process__cwd": "/tmp/made/deep"},
    "process.cwd file": {"process__cwd": "/etc/passwd"},
    "process.cwd": {"process__cwd": "/home"},
    "process.user missing": {"process__user": MISSING},
    "process.user name": {"process__user": {"username": "user"}},
    "process.user negative": {"process__user": {"uid": -1, "gid": 0}},
    "process.user too large": {"process__user": {"uid": 4294967296, "gid": 0}},
    "process.user text": {"process__user": {"uid": "0", "gid": 0}},
    "process.user umask": {"process__user": {"uid": 0, "gid": 0, "umask": 0o77}},
    "process.env number": {"process__env": [1]},
    "process.terminal text": {"process__terminal": "no"},
    "process.consoleSize without terminal": {"process__consoleSize": {"height": 1, "width": 1}},
    "capabilities missing": {"process__capabilities": MISSING},
    "capabilities empty": {"process__capabilities": {}},
    "capabilities unknown": {"process__capabilities": {"bounding": ["CAP_NOSUCH"]}},
    "capabilities lower case": {"process__capabilities": {"bounding": ["cap_kill"]}},
    "capabilities without CAP_": {"process__capabilities": {"bounding": ["KILL"]}},
    "capabilities ambient alone": {"process__capabilities": {"ambient": ["CAP_KILL"]}},
    "capabilities effective beyond permitted": {"process__capabilities": {"bounding": ["CAP_KILL"], "effective": ["CAP_KILL", "CAP_CHOWN"], "permitted": ["CAP_KILL"]}},
    "capabilities inheritable": {"process__capabilities": {k: ["CAP_KILL"] for k in ("bounding", "effective", "permitted", "inheritable", "ambient")}},
    "rlimits twice": {"process__rlimits": [{"type": "RLIMIT_NOFILE", "soft": 10, "hard": 10}, {"type": "RLIMIT_NOFILE", "soft": 20, "hard": 20}]},
    "rlimits unknown": {"process__rlimits": [{"type": "RLIMIT_NOSUCH", "soft": 10, "hard": 10}]},
    "rlimits soft over hard": {"process__rlimits": [{"type": "RLIMIT_NOFILE", "soft": 20, "hard": 10}]},
    "rlimits without type": {"process__rlimits": [{"soft": 10, "hard": 10}]},
    "rlimits negative": {"process__rlimits": [{"type": "RLIMIT_NOFILE", "soft": -1, "hard": 10}]},
    "rlimits core 0": {"process__rlimits": [{"type": "RLIMIT_CORE", "soft": 0, "hard": 0}]},
    "oomScoreAdj": {"process__oomScoreAdj": 321},
    "oomScoreAdj too large": {"process__oomScoreAdj": 1001},
    "oomScoreAdj too small": {"process__oomScoreAdj": -1001},
    "noNewPrivileges false": {"process__noNewPrivileges": False},
    "noNewPrivileges missing": {"process__noNewPrivileges": MISSING},
    "apparmorProfile": {"process__apparmorProfile": "none"},
    "selinuxLabel": {"process__selinuxLabel": "system_u:system_r:none_t:s0"},
    "mounts missing": {"mounts": MISSING},
    "mounts: no destination": {"mounts__add": {"type": "tmpfs", "source": "x"}},
    "mounts: relative destination": {"mounts__add": {"destination": "mnt", "type": "tmpfs", "source": "x"}},
    "mounts: unknown type": {"mounts__add": {"destination": "/mnt", "type": "nosuch", "source": "x"}},
    "mounts: no type": {"mounts__add": {"destination": "/mnt", "source": "x"}},
    "mounts: bind of none": {"mounts__add": {"destination": "/mnt", "type": "bind", "source": "/no/such", "options": ["bind"]}},
    "mounts: bind": {"mounts__add": {"destination": "/mnt", "source": "/etc", "options": ["bind", "ro"]}},
    "mounts: rbind, relative source": {"mounts__add": {"destination": "/mnt", "type": "bind", "source": "rootfs/tmp", "options": ["rbind"]}},
    "mounts: destination made": {"mounts__add": {"destination": "/tmp/new/one", "type": "tmpfs", "source": "x"}},
    "mounts: file over a directory": {"mounts__add": {"destination": "/mnt", "type": "bind", "source": "/etc/passwd", "options": ["bind"]}},
    "mounts: directory over a file": {"mounts__add": {"destination": "/etc/passwd", "type": "bind", "source": "/etc", "options": ["bind"]}},
    "mounts: unknown option of tmpfs": {"mounts__add": {"destination": "/mnt", "type": "tmpfs", "source": "x", "options": ["nosuch=1"]}},
    "mounts: options": {"mounts__add": {"destination": "/mnt", "type": "tmpfs", "source": "x", "options": ["nosuid", "nodev", "noexec", "ro", "size=1m", "mode=700"]}},
    "mounts: to /": {"mounts__add": {"destination": "/", "type": "tmpfs", "source": "x"}},
    "mounts: to /proc/x": {"mounts__add": {"destination": "/proc/sys", "type": "tmpfs", "source": "x"}},
    "mounts: through ..": {"mounts__add": {"destination": "/../../mnt", "type": "tmpfs", "source": "x"}},
    "mounts: empty type": {"mounts__add": {"destination": "/mnt", "type": "", "source": "x"}},
    "namespaces: unknown": {"linux__namespaces__add": {"type": "nosuch"}},
    "namespaces: twice": {"linux__namespaces__add": {"type": "pid"}},
    "namespaces: no type": {"linux__namespaces__add": {"path": "/proc/self/ns/net"}},
    "namespaces: path of none": {"linux__namespaces__add": {"type": "network", "path": "/no/such"}},
    "namespaces: path of another kind": {"linux__namespaces__add": {"type": "network", "path": "/proc/self/ns/uts"}},
    "namespaces: relative path": {"linux__namespaces__add": {"type": "network", "path": "ns"}},
    "namespaces: file": {"linux__namespaces__add": {"type": "network", "path": "/etc/passwd"}},
    "namespaces: own network joined": {"linux__namespaces__add": {"type": "network", "path": "/proc/self/ns/net"}},
    "namespaces: new network": {"linux__namespaces__add": {"type": "network"}},
    "namespaces: cgroup": {"linux__namespaces__add": {"type": "cgroup"}},
    "namespaces: no mount namespace": {"linux__namespaces": [{"type": "pid"}, {"type": "uts"}]},
    "namespaces: empty": {"linux__namespaces": []},
    "uidMappings without user namespace": {"linux__uidMappings": [{"containerID": 0, "hostID": 0, "size": 1}], "linux__gidMappings": [{"containerID": 0, "hostID": 0, "size": 1}]},
    "devices": {"linux__devices": [DEVICE | {"fileMode": 0o640, "uid": 5, "gid": 6}]},
    "devices: no mode": {"linux__devices": [DEVICE]},
    "devices: unknown type": {"linux__devices": [DEVICE | {"type": "x"}]},
    "devices: relative": {"linux__devices": [DEVICE | {"path": "mine"}]},
    "devices: not in /dev": {"linux__devices": [DEVICE | {"path": "/tmp/mine"}]},
    "devices: p": {"linux__devices": [{"path": "/dev/mine", "type": "p"}]},
    "devices: no number": {"linux__devices": [{"path": "/dev/mine", "type": "c"}]},
    "devices: the same twice": {"linux__devices": [DEVICE, DEVICE]},
    "devices: default one again": {"linux__devices": [DEVICE | {"path": "/dev/null"}]},
    "cgroupsPath relative": {"linux__cgroupsPath": "RELATIVE"},
    "cgroupsPath with ..": {"linux__cgroupsPath": "/../../CGROUP"},
    "memory": {"linux__resources__memory": {"limit": 67108864}},
    "memory -1": {"linux__resources__memory": {"limit": -1}},
    "memory: reservation": {"linux__resources__memory": {"limit": 67108864, "reservation": 33554432}},
    "memory: swappiness over 100": {"linux__resources__memory": {"swappiness": 101}},
    "memory: too small": {"linux__resources__memory": {"limit": 1024}},
    "cpu": {"linux__resources__cpu": {"shares": 512, "quota": 50000, "period": 100000}},
    "cpu: shares 0": {"linux__resources__cpu": {"shares": 0}},
    "cpu: shares 1": {"linux__resources__cpu": {"shares": 1}},
    "cpu: quota too small": {"linux__resources__cpu": {"quota": 1}},
    "cpu: cpus": {"linux__resources__cpu": {"cpus": "0", "mems": "0"}},
    "cpu: cpus that are not there": {"linux__resources__cpu": {"cpus": "9999"}},
    "pids": {"linux__resources__pids": {"limit": 99}},
    "pids 0": {"linux__resources__pids": {"limit": 0}},
    "pids -1": {"linux__resources__pids": {"limit": -1}},
    "pids without limit": {"linux__resources__pids": {}},
    "blockIO: weight over": {"linux__resources__blockIO": {"weight": 1001}},
    "blockIO: weight": {"linux__resources__blockIO": {"weight": 300}},
    "hugepageLimits: unknown size": {"linux__resources__hugepageLimits": [{"pageSize": "3MB", "limit": 0}]},
    "network: classID": {"linux__resources__network": {"classID": 1048577}},
    "unified on v1": {"linux__resources__unified": {"memory.max": "1000000"}},
    "resources.devices allow": {"linux__resources__devices": [{"allow": False, "access": "rwm"}, {"allow": True, "type": "c", "major": 1, "minor": 3, "access": "rw"}]},
    "resources.devices: unknown type": {"linux__resources__devices": [{"allow": True, "type": "x", "access": "r"}]},
    "resources.devices: unknown access": {"linux__resources__devices": [{"allow": True, "type": "c", "access": "q"}]},
    "sysctl": {"linux__sysctl": {"kernel.shm_rmid_forced": "1"}},
    "sysctl: slashes": {"linux__sysctl": {"kernel/shm_rmid_forced": "1"}},
    "sysctl: of the host": {"linux__sysctl": {"kernel.panic": "1"}},
    "sysctl: net without network namespace": {"linux__sysctl": {"net.ipv4.ip_forward": "1"}},
    "sysctl: unknown": {"linux__sysctl": {"fs.mqueue.nosuch": "1"}},
    "sysctl: hostname": {"linux__sysctl": {"kernel.hostname": "x"}},
    "sysctl: domainname": {"linux__sysctl": {"kernel.domainname": "x"}},
    "maskedPaths: none": {"linux__maskedPaths": ["/no/such"]},
    "maskedPaths: file and directory": {"linux__maskedPaths": ["/etc/passwd", "/home"]},
    "maskedPaths: relative": {"linux__maskedPaths": ["etc/passwd"]},
    "readonlyPaths: none": {"linux__readonlyPaths": ["/no/such"]},
    "readonlyPaths": {"linux__readonlyPaths": ["/tmp"]},
    "readonlyPaths: relative": {"linux__readonlyPaths": ["tmp"]},
    "rootfsPropagation": {"linux__rootfsPropagation": "rslave"},
    "rootfsPropagation: shared": {"linux__rootfsPropagation": "shared"},
    "rootfsPropagation: unbindable": {"linux__rootfsPropagation": "unbindable"},
    "rootfsPropagation: unknown": {"linux__rootfsPropagation": "nosuch"},
    "mountLabel": {"linux__mountLabel": "system_u:object_r:none_t:s0"},
    "personality": {"linux__personality": {"domain": "LINUX32"}},
    "personality: unknown": {"linux__personality": {"domain": "NOSUCH"}},
    "linux missing": {"linux": MISSING},
    "seccomp: empty": {"linux__seccomp": {}},
    "seccomp": {"linux__seccomp": {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO"}]}},
    "seccomp: unknown action": {"linux__seccomp": {"defaultAction": "SCMP_ACT_NOSUCH"}},
    "seccomp: unknown syscall": {"linux__seccomp": {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["nosuch"], "action": "SCMP_ACT_ERRNO"}]}},
    "seccomp: unknown architecture": {"linux__seccomp": {"defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_NOSUCH"]}},
    "seccomp: no names": {"linux__seccomp": {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": [], "action": "SCMP_ACT_ERRNO"}]}},
    "seccomp: unknown operator": {"linux__seccomp": {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["mkdir"], "action": "SCMP_ACT_ERRNO", "args": [{"index": 0, "value": 1, "op": "SCMP_CMP_NO"}]}]}},
    "seccomp: index 6": {"linux__seccomp": {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["mkdir"], "action": "SCMP_ACT_ERRNO", "args": [{"index": 6, "value": 1, "op": "SCMP_CMP_EQ"}]}]}},
    "seccomp: unknown flag": {"linux__seccomp": {"defaultAction": "SCMP_ACT_ALLOW", "flags": ["SECCOMP_FILTER_FLAG_NOSUCH"]}},
    "seccomp: errno": {"linux__seccomp": {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 17}]}},
    "intelRdt": {"linux__intelRdt": {"closID": "x"}},
    "process missing": {"process": MISSING},
}
# What an ordinary user can have as well.
ROOT_ONLY = ("cgroupsPath", "memory", "cpu", "pids", "blockIO", "hugepage", "network:", "unified", "resources.", "devices", "sysctl", "process.user",
             "uidMappings", "namespaces", "linux missing", "oomScoreAdj", "hostname without", "rootfsPropagation", "mounts:", "intelRdt")

SHOW = r"""
grep -E '^(Uid|Groups|NoNewPrivs|Seccomp|Cap[A-Z][a-z]*):' /proc/self/status
echo "cwd: $(pwd)"; echo "umask: $(umask)"; echo "nofile: $(ulimit -n)/$(ulimit -Hn)"; echo "core: $(ulimit -c)"
echo "oom: $(cat /proc/self/oom_score_adj)"; echo "host: $(hostname)"; echo "machine: $(cat /proc/self/personality 2>/dev/null)"
echo "mnt: $(awk '$5 ~ /^\/(mnt|tmp)/ {print $5, $6, $9}' /proc/self/mountinfo | tail -1)"; echo "own: $(stat -c '%n %F %a %u:%g %t:%T' /dev/mine /tmp/mine 2>/dev/null)"
echo "root: $(mkdir /root/x 2>&1 && rmdir /root/x)"; echo "tmp: $(mkdir /tmp/x 2>&1 && rmdir /tmp/x)"; echo "passwd: $(wc -c </etc/passwd)"
echo "null: $(echo x 2>&1 >/dev/null)"; echo "zero: $(head -c 1 /dev/zero 2>&1 | wc -c)"; echo "shm: $(cat /proc/sys/kernel/shm_rmid_forced)"
echo "net: $(ls /sys/class/net 2>/dev/null | wc -l) $(awk 'NR > 2 {print $1}' /proc/net/dev | wc -l)"
exit 0
"""

VALUES = {"memory": ["memory/memory.limit_in_bytes", "memory/memory.soft_limit_in_bytes"], "cpu": ["cpu/cpu.shares", "cpu/cpu.cfs_quota_us", "cpuset/cpuset.cpus"],
          "pids": ["pids/pids.max"], "blockIO": ["blkio/blkio.bfq.weight"], "resources.devices": ["devices/devices.list"]}


def one(name, places):
    def function(x):
        spec = base_spec(x)
        spec["process"]["args"] = ["sh", "-c", SHOW]
        for place, value in places.items():
            if value == "RELATIVE":
                value = x.cgroup[1:]
            if isinstance(value, str):
                value = value.replace("/CGROUP", x.cgroup)
            change(spec, place.split("__"), copy.deepcopy(value))
        x.write(spec)
        values = [f for kind, files in VALUES.items() if name.startswith(kind) for f in files]
        if values:
            # Its values are there before it starts.
            status = x.create().code
            x.see("status", status)
            for file in values if status == 0 else []:
                controller, _, f = file.partition("/")
                path = f"/sys/fs/cgroup/{controller}{x.cgroup}/{f}"
                x.see(f, sorted(read(path).split("\n")) if os.path.exists(path) else None)
            if status == 0:
                x.see("start", x.start().code)
        else:
            result = x.run()
            x.see("status", result.code)
            for line in result.out.splitlines() if result.code == 0 else []:
                key, _, value = line.partition(":")
                x.see(key, value.strip())
        for left in ("/tmp/made/deep", "/tmp/made", "/tmp/new/one", "/tmp/new"):
            if os.path.isdir(x.rootfs + left):
                os.rmdir(x.rootfs + left)

    return function


for name, places in PLACES.items():
    case(f"config {name}", user="root" if name.startswith(ROOT_ONLY) else "any")(one(name, places))


@case("config process missing: start")
def _(x):
    x.config(process=MISSING)
    x.see("create", x.create().code)
    x.see("start", x.start().code)
    x.see("status", x.status())
