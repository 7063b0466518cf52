#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Each file of contrib/engines is whole in the format of its engine, has no key that the engine does not read, is installed and
# is told of in docs/ENGINES.md; what that says to type does what it says, on the lines that the engine has.
. "$(dirname "$0")/lib.bash"
command -v python3 >/dev/null && python3 -c 'import tomllib' 2>/dev/null || skip "no python3 with tomllib"
t=$(mktemp -d)
trap 'rm -rf "$t"' EXIT

# The keys by the engines' sources; "" stands for any name.
faults=$(python3 - <<'PY'
import json, os, re, tomllib
folder = "contrib/engines"
options = dict.fromkeys(["NoPivotRoot", "NoNewKeyring", "ShimCgroup", "IoUid", "IoGid", "BinaryName", "Root", "CriuPath",
    "SystemdCgroup", "CriuImagePath", "CriuWorkPath", "TaskApiAddress", "TaskApiVersion"])
cri = {"": {"containerd": {"runtimes": {"": dict.fromkeys(["runtime_type", "runtime_path", "pod_annotations", "container_annotations",
    "privileged_without_host_devices", "base_runtime_spec", "cni_conf_dir", "cni_max_conf_num", "snapshotter"]) | {"options": options}}}}}
known = {
    "podman.conf": {"engine": {"runtime": None, "runtime_supports_json": None, "runtime_supports_nocgroup": None,
        "runtime_supports_kvm": None, "runtimes": {"": None}}},
    "docker.json": {"default-runtime": None, "runtimes": {"": dict.fromkeys(["path", "runtimeArgs", "runtimeType", "options"])}},
    "containerd.toml": {"plugins": {"io.containerd.grpc.v1.cri": cri[""]}},
    "containerd-2.toml": {"version": None, "imports": None, "plugins": {"io.containerd.cri.v1.runtime": cri[""]}},
    "crio.conf": {"crio": {"runtime": {"default_runtime": None, "runtimes": {"": dict.fromkeys(["runtime_path", "runtime_type",
        "runtime_root", "runtime_config_path", "privileged_without_host_devices", "allowed_annotations", "monitor_path",
        "monitor_cgroup", "monitor_env", "monitor_exec_cgroup"])}}}},
    "nvidia.toml": {"nvidia-container-runtime": dict.fromkeys(["runtimes", "mode", "debug", "log-level"])},
    "runtimeclass.yaml": {"apiVersion": None, "kind": None, "metadata": {"name": None}, "handler": None},
}
def yaml(text): # maps alone, two steps deep
    result, inner = {}, None
    for line in text.splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        key, value = re.fullmatch(r"\s*([A-Za-z]+):\s*(\S*)", line).groups()
        where = inner if line.startswith(" ") else result
        where[key] = value or {}
        inner = result[key] if not line.startswith(" ") and not value else inner
    return result
def walk(name, value, keys, place=""):
    for key, below in value.items():
        where = f"{place}/{key}"
        if key not in keys and "" not in keys:
            print(f"{folder}/{name}: {where} is not read by its engine")
        elif (expected := keys.get(key, keys.get(""))) is not None:
            if isinstance(below, dict):
                walk(name, below, expected, where)
            else:
                print(f"{folder}/{name}: {where} is no table")
        elif isinstance(below, dict):
            print(f"{folder}/{name}: {where} is a table")
docs, makefile, parsed = open("docs/ENGINES.md").read(), open("Makefile.am").read(), {}
for name in sorted(os.listdir(folder)):
    text = open(f"{folder}/{name}").read()
    try:
        parsed[name] = json.loads(text) if name.endswith(".json") else yaml(text) if name.endswith(".yaml") else tomllib.loads(text)
    except Exception as e:
        print(f"{folder}/{name}: {e}")
        continue
    if name not in known:
        print(f"{folder}/{name}: no keys are known for it")
    else:
        walk(name, parsed[name], known[name])
    if f"{folder}/{name}" not in makefile:
        print(f"{folder}/{name} is not installed")
    if not re.search(rf"[| ,]{re.escape(name)}[ ,|]", docs):
        print(f"docs/ENGINES.md does not tell of {name}")
try:
    # What is commented out is written as it would be read.
    crio = re.sub(r"(?m)^# ([a-z_]+ = )", r"\1", open(f"{folder}/crio.conf").read())
    walk("crio.conf", tomllib.loads(crio), known["crio.conf"])
    one, two = parsed["containerd.toml"]["plugins"], parsed["containerd-2.toml"]["plugins"]
    handler = parsed["runtimeclass.yaml"]["handler"]
    both = [list(x.values())[0]["containerd"]["runtimes"] for x in (one, two)]
    wants = [
        (both[0] == both[1], "the two of containerd differ"),
        (parsed["containerd-2.toml"]["version"] == 3, "containerd-2.toml: the names of its plugins are those of version 3"),
        (handler in both[0] and handler in parsed["crio.conf"]["crio"]["runtime"]["runtimes"], "runtimeclass.yaml: no such handler"),
        (parsed["docker.json"]["default-runtime"] in parsed["docker.json"]["runtimes"], "docker.json: no such runtime"),
        (parsed["podman.conf"]["engine"]["runtime"] in parsed["podman.conf"]["engine"]["runtimes"], "podman.conf: no such runtime"),
    ]
    for holds, text in wants:
        if not holds:
            print(f"{folder}: {text}")
except (KeyError, tomllib.TOMLDecodeError) as e:
    print(f"{folder}: {e} is missing")
PY
)
[ -z "$faults" ] || { echo "$faults"; exit 1; }
faults=0

# What is typed: the command in the row of FILE that changes it, on a copy.
typed() { # ROW-REGEX NUMBER FILE
	local command
	command=$(grep -E "^\| $1" docs/ENGINES.md | grep -oE '`sed -i [^`]*`' | sed -n "$2p" | tr -d '`')
	[ -n "$command" ] || { fault "docs/ENGINES.md: $1: no command number $2"; return; }
	bash -c "${command% *} $3" || fault "docs/ENGINES.md: $command"
}
holds() { # FILE PYTHON-EXPRESSION of it, as x
	python3 -c 'import json, sys, tomllib
text = open(sys.argv[1]).read()
x = json.loads(text) if sys.argv[1].endswith("json") else tomllib.loads(text)
sys.exit(not eval(sys.argv[2]))' "$1" "$2" || fault "docs/ENGINES.md: after its command $(basename "$1") is not so: $2"
}
cp contrib/engines/podman.conf "$t/podman.toml"
typed Podman 1 "$t/podman.toml"
holds "$t/podman.toml" '"runtime" not in x["engine"] and "ocirt" in x["engine"]["runtimes"]'
cp contrib/engines/docker.json "$t/docker.json"
typed 'Docker \|' 1 "$t/docker.json"
holds "$t/docker.json" 'x["default-runtime"] == "runc" and "ocirt" in x["runtimes"]'
printf 'version = 2\n[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]\n  runtime_type = "io.containerd.runc.v2"\n' >"$t/containerd.toml"
cp "$t/containerd.toml" "$t/before"
cat contrib/engines/containerd.toml >>"$t/containerd.toml"
holds "$t/containerd.toml" 'list(x["plugins"]["io.containerd.grpc.v1.cri"]["containerd"]["runtimes"]) == ["runc", "ocirt"]'
typed 'containerd 1' 1 "$t/containerd.toml"
diff <(grep -v '^#' "$t/containerd.toml") "$t/before" >/dev/null || fault "docs/ENGINES.md: containerd.toml leaves something"
printf '[nvidia-container-runtime]\n#debug = "/var/log/x"\nlog-level = "info"\nmode = "auto"\nruntimes = ["runc", "crun"]\n' >"$t/nvidia.toml"
cp "$t/nvidia.toml" "$t/before"
typed NVIDIA 1 "$t/nvidia.toml"
holds "$t/nvidia.toml" 'x["nvidia-container-runtime"]["runtimes"] == ["ocirt", "runc", "crun"]'
typed NVIDIA 2 "$t/nvidia.toml"
diff "$t/nvidia.toml" "$t/before" >/dev/null || fault "docs/ENGINES.md: the toolkit's list is not what it was"
done_check
