# SPDX-License-Identifier: GPL-2.0-or-later
"""Global options, the form of each command, and what is printed."""
import json
import os
import re
import stat

from harness import case, read, shape

VERBS = "create start run state kill delete exec list ps pause resume update events spec features checkpoint restore".split()


def forms(verb):
    """Command lines of one verb that are wrong, or ask for nothing but a text."""

    def function(x):
        for key, words in {
            "--help": ["--help"], "-h": ["-h"], "no argument": [], "unknown option": ["--nosuch", "none"],
            "unknown letter": ["-Z", "none"], "unknown id": ["none"],
        }.items():
            if verb in ("list", "features", "spec") and key in ("no argument", "unknown id"):
                continue
            if verb == "checkpoint" and key == "unknown id":
                continue  # the peers want criu first
            result = x.rt(verb, *words, cwd=x.tmp)
            x.see(key, [result.code, bool(result.out)] if result.code == 0 else result.code)
        for bad in ("", "..", "../x", "a/b", "a b", "/", "."):
            # crun 1.8 deletes what `delete ..` names.
            if verb not in ("list", "features", "spec", "checkpoint", "restore") and not (verb == "delete" and x.runtime == "crun"):
                words = ["sh"] if verb == "exec" else []
                x.see(f"id {bad!r}", x.rt(verb, bad, *words).code)

    return function


for verb in VERBS:
    case(f"{verb} (forms)", user="any")(forms(verb))


@case("(none) --version", user="any")
def _(x):
    for word in ("--version", "-v"):
        result = x.rt(word, plain=True)
        x.see(word, [result.code, [re.sub(r"^(ocirt|runc|crun) (version) .*", r"NAME \2", re.sub(r"(commit|spec):.*", r"\1", line))
                                   for line in result.out.splitlines()][:3], result.err])


@case("(none) --help", user="any")
def _(x):
    for words in (["--help"], ["-h"], ["help"], []):
        result = x.rt(*words, plain=True)
        x.see(" ".join(words) or "nothing", [result.code, bool(result.out)])
    x.see("unknown command", x.rt("nosuch").code)
    x.see("unknown option", x.rt("--nosuch", "list").code)


@case("(none) --root", user="any")
def _(x):
    deep = os.path.join(x.tmp, "a/b/c")
    result = x.rt("run", x.id, plain=True, globals=["--root", deep])
    x.see("made with its parents", [result.code, os.path.isdir(deep)])
    if os.path.isdir(deep):
        x.see("mode", oct(stat.S_IMODE(os.stat(deep).st_mode)))
    result = x.rt("create", "r1", plain=True, globals=["--root", "../tmp/rel"])
    x.see("relative", [result.code, os.path.isdir(os.path.join(x.tmp, "rel/r1"))])
    x.see("relative, state", x.rt("state", "r1", plain=True, globals=["--root=../tmp/rel"]).code)
    x.see("relative, delete", x.rt("delete", "-f", "r1", plain=True, globals=["--root", "../tmp/rel"]).code)
    f = x.file("file")
    x.see("a file", x.rt("create", x.id, plain=True, globals=["--root", f]).code)
    x.see("a file, list", x.rt("list", plain=True, globals=["--root", f]).code)
    x.see("missing, list", x.rt("list", "-q", plain=True, globals=["--root", x.tmp + "/none"]).code)
    x.see("missing, state", x.rt("state", "none", plain=True, globals=["--root", x.tmp + "/none"]).code)


def log_lines(path):
    result = []
    for line in read(path).splitlines():
        try:
            one = json.loads(line)
            result.append({k: one[k] if k == "level" else type(v).__name__ for k, v in one.items()})
            if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", str(one.get("time"))):
                result.append("time is no RFC 3339")
        except ValueError:
            result.append("text")
    return result


@case("(none) --log", user="any")
def _(x):
    log = os.path.join(x.tmp, "log")
    result = x.rt("state", "none", globals=["--log", log])
    x.see("text", [result.code, len(read(log).splitlines()), bool(result.err)])
    x.see("mode", oct(stat.S_IMODE(os.stat(log).st_mode)))
    os.unlink(log)
    for _ in range(2):
        result = x.rt("state", "none", globals=["--log", log, "--log-format", "json"])
    x.see("json, twice", [result.code, log_lines(log), len(result.err.splitlines())])
    os.unlink(log)
    x.see("success", x.rt("run", x.id, globals=["--log", log, "--log-format", "json"]).code)
    x.see("success writes nothing", not os.path.exists(log) or not read(log))
    x.see("in no directory", x.rt("list", globals=["--log", x.tmp + "/none/log"]).code)
    x.see("unknown format", x.rt("list", globals=["--log-format", "xml"]).code)
    relative = x.rt("state", "none", globals=["--log", "../tmp/relative"])
    x.see("relative", [relative.code, bool(read(x.tmp + "/relative"))])
    result = x.rt("state", "none", globals=["--log", "/dev/stderr", "--log-format", "json"])
    x.see("/dev/stderr", [result.code, '"level":"error"' in result.err])


@case("(none) --debug", user="any")
def _(x):
    log = os.path.join(x.tmp, "log")
    result = x.rt("run", x.id, globals=["--debug", "--log", log, "--log-format=json"])
    x.see("run", [result.code, result.out])
    lines = log_lines(log) if os.path.exists(log) else []
    x.see("levels", sorted({line["level"] for line in lines if isinstance(line, dict)}))
    x.see("bad lines", [line for line in lines if not isinstance(line, dict)])


@case("(none) --systemd-cgroup")
def _(x):
    x.see("create", x.rt("create", x.id, globals=["--systemd-cgroup"]).code)
    x.see("state after it", x.rt("state", x.id).code)
    x.see("list", x.rt("list", globals=["--systemd-cgroup"]).code)


@case("(none) --rootless", user="any")
def _(x):
    for value in ("true", "false", "auto"):
        x.see(value, x.rt("list", globals=[f"--rootless={value}"]).code)
    x.see("bad", x.rt("list", globals=["--rootless=bad"]).code)


@case("(none) --criu", user="any")
def _(x):
    x.see("list", x.rt("list", globals=["--criu", "/no/such"]).code)


@case("list", user="any")
def _(x):
    for words in ([], ["-q"], ["--quiet"], ["-f", "json"], ["--format=json"], ["--format", "table"]):
        result = x.rt("list", *words)
        x.see(" ".join(["empty"] + words), [result.code, " ".join(result.out.split())])
    x.up(annotations={"a": "b"})
    result = x.rt("list")
    x.see("columns", result.out.splitlines()[0].split())
    row = result.out.splitlines()[1]
    x.see("row", re.sub(r"\S+T\S+Z", "TIME", re.sub(r" \d+ ", " N ", re.sub(" +", " ", row))).strip())
    x.see("json", shape(x.rt("list", "-f", "json").json()))
    x.see("ids", x.rt("list", "-q").out)
    x.see("bad format", x.rt("list", "-f", "xml").code)
    x.see("argument", x.rt("list", "more").code)
    os.makedirs(x.root + "/broken")
    x.see("a broken entry", [x.rt("list", "-q").code, x.rt("list", "-q").out])
    os.rmdir(x.root + "/broken")


@case("ps")
def _(x):
    x.up()
    pid = x.pid()
    for words in (["-f", "json"], ["--format=json"]):
        x.see(" ".join(words), x.rt("ps", *words, x.id).json() == [pid])
    result = x.rt("ps", x.id)
    x.see("table", [result.code, result.out.splitlines()[0].split()])
    result = x.rt("ps", x.id, "-o", "pid,comm")
    x.see("options", [result.code, result.out.splitlines()[0].split(), len(result.out.splitlines())])
    x.see("bad format", x.rt("ps", "-f", "xml", x.id).code)
    x.see("bad option of ps", x.rt("ps", x.id, "--nosuch").code)


@case("spec", user="any")
def _(x):
    d = os.path.join(x.tmp, "b")
    os.makedirs(d)
    for key, words in {"root": [], "rootless": ["--rootless"]}.items():
        result = x.rt("spec", "--bundle", d, *words)
        x.see(f"{key}: status", [result.code, result.out])
        with open(d + "/config.json") as f:
            spec = json.load(f)
        process, linux = spec["process"], spec["linux"]
        x.see(f"{key}: process", {k: process[k] for k in ("terminal", "user", "args", "env", "cwd", "rlimits", "noNewPrivileges")})
        for kind in ("bounding", "effective", "permitted", "inheritable", "ambient"):
            x.see(f"{key}: caps {kind}", sorted(process["capabilities"].get(kind, [])))
        x.see(f"{key}: root", spec["root"])
        x.see(f"{key}: mounts", [[m["destination"], m.get("type"), m.get("source"), sorted(m.get("options", []))] for m in spec["mounts"]])
        x.see(f"{key}: namespaces", sorted(n["type"] for n in linux["namespaces"]))
        x.see(f"{key}: maps", [linux.get("uidMappings"), linux.get("gidMappings")])
        x.see(f"{key}: paths", [sorted(linux["maskedPaths"]), sorted(linux["readonlyPaths"])])
        x.see(f"{key}: resources", linux.get("resources"))
        x.see(f"{key}: other members", sorted(set(spec) | set(linux)))
        x.see(f"{key}: mode", oct(stat.S_IMODE(os.stat(d + "/config.json").st_mode)))
        x.see(f"{key}: again", x.rt("spec", "--bundle", d, *words).code)
        os.unlink(d + "/config.json")
    x.see("-b", [x.rt("spec", "-b", d).code, os.path.exists(d + "/config.json")])
    os.unlink(d + "/config.json")
    x.see("here", [x.rt("spec", cwd=d).code, os.path.exists(d + "/config.json")])
    x.see("no such bundle", x.rt("spec", "-b", d + "/none").code)
    x.see("argument", x.rt("spec", "more", cwd=x.tmp).code)


@case("features", user="any")
def _(x):
    result = x.rt("features")
    x.see("status", [result.code, result.err])
    document = result.json() or {}
    x.see("members", sorted(document))
    x.see("hooks", document.get("hooks"))
    linux = document.get("linux", {})
    x.see("linux", sorted(linux))
    x.see("missing namespaces", sorted({"cgroup", "ipc", "mount", "network", "pid", "user", "uts"} - set(linux.get("namespaces", []))))
    x.see("missing mount options", sorted({"rro", "ro", "rbind", "bind", "rshared", "nosuid", "noatime"} - set(document.get("mountOptions", []))))
    x.see("capabilities", len(linux.get("capabilities", [])) >= 41)
    x.see("cgroup", sorted(linux.get("cgroup", {}).items()))
    x.see("seccomp", sorted(linux.get("seccomp", {})))
    x.see("argument", x.rt("features", "more").code)


@case("events --stats")
def _(x):
    x.up()
    result = x.rt("events", "--stats", x.id)
    document = result.json() or {}
    x.see("status", [result.code, len(result.out.splitlines())])
    x.see("members", sorted(document))
    data = document.get("data", {})
    x.see("data", sorted(data))
    for key in ("cpu", "memory", "pids", "blkio"):
        x.see(key, shape(data.get(key)) if key in ("cpu", "pids") else sorted(data.get(key) or {}))
    x.see("bad interval", x.rt("events", "--interval", "soon", "--stats", x.id).code)
    x.see("interval 0", x.rt("events", "--interval", "0s", x.id).code)
    x.rt("kill", x.id, "KILL")
    x.wait_status("stopped")
    x.see("stopped", x.rt("events", "--stats", x.id).code)


UPDATES = {
    "--memory": ["64M", "memory/memory.limit_in_bytes"], "--memory ": ["67108864", "memory/memory.limit_in_bytes"],
    "--memory-reservation": ["32M", "memory/memory.soft_limit_in_bytes"],
    "--cpu-share": ["512", "cpu/cpu.shares"], "--cpu-shares": ["512", "cpu/cpu.shares"],
    "--cpu-quota": ["50000", "cpu/cpu.cfs_quota_us"], "--cpu-period": ["50000", "cpu/cpu.cfs_period_us"],
    "--cpuset-cpus": ["0", "cpuset/cpuset.cpus"], "--cpuset-mems": ["0", "cpuset/cpuset.mems"],
    "--pids-limit": ["77", "pids/pids.max"], "--pids-limit ": ["-1", "pids/pids.max"],
    "--blkio-weight": ["300", "blkio/blkio.bfq.weight"],
    "--cpu-quota ": ["-1", "cpu/cpu.cfs_quota_us"], "--cpu-burst": ["1000", "cpu/cpu.cfs_burst_us"],
    "--cpu-idle": ["1", "cpu/cpu.idle"], "--memory  ": ["-1", "memory/memory.limit_in_bytes"],
    "--memory-swap": ["-1", "memory/memory.memsw.limit_in_bytes"],
    "--kernel-memory": ["50M", "memory/memory.kmem.limit_in_bytes"],
}


def controller_file(x, name):
    controller, file = name.split("/")
    path = f"/sys/fs/cgroup/{controller}{x.cgroup}/{file}"
    return read(path).strip() if os.path.exists(path) else None


@case("update (options)")
def _(x):
    x.up()
    for option, (value, name) in UPDATES.items():
        result = x.rt("update", option.strip(), value, x.id)
        x.see(f"{option.strip()} {value}", [result.code, controller_file(x, name)])
    for option in ("--memory", "--cpu-share", "--cpu-quota", "--pids-limit", "--blkio-weight", "--cpu-period"):
        x.see(f"{option} nonsense", x.rt("update", option, "much", x.id).code)
        x.see(f"{option} empty", x.rt("update", option, "", x.id).code)
    x.see("--cpuset-cpus 99", x.rt("update", "--cpuset-cpus", "99", x.id).code)
    x.see("--memory 1k", x.rt("update", "--memory", "1k", x.id).code)
    x.see("nothing", x.rt("update", x.id).code)


@case("update --resources")
def _(x):
    x.up()
    f = x.file("r.json", json.dumps({"pids": {"limit": 55}, "cpu": {"shares": 300}}))
    x.see("file", [x.rt("update", "--resources", f, x.id).code, controller_file(x, "pids/pids.max"), controller_file(x, "cpu/cpu.shares")])
    result = x.rt("update", "-r", "-", x.id, stdin=json.dumps({"pids": {"limit": 66}}))
    x.see("-r -", [result.code, controller_file(x, "pids/pids.max"), controller_file(x, "cpu/cpu.shares")])
    for key, text in {"no json": "{", "a list": "[]", "empty": "", "empty object": "{}", "wrong type": '{"pids": {"limit": "x"}}',
                      "unknown member": '{"none": 1}', "null": "null"}.items():
        x.see(key, x.rt("update", "--resources", x.file("r.json", text), x.id).code)
    x.see("no file", x.rt("update", "--resources", x.tmp + "/none", x.id).code)
    x.see("values after that", controller_file(x, "pids/pids.max"))
    x.rt("kill", x.id, "KILL")
    x.wait_status("stopped")
    x.see("stopped", x.rt("update", "--pids-limit", "3", x.id).code)


@case("update (created, paused)")
def _(x):
    x.config(["sleep", "1000"])
    x.create()
    x.see("created", [x.rt("update", "--pids-limit", "33", x.id).code, controller_file(x, "pids/pids.max")])
    x.start()
    x.rt("pause", x.id)
    x.see("paused", [x.rt("update", "--pids-limit", "34", x.id).code, controller_file(x, "pids/pids.max"), x.status()])
    x.rt("resume", x.id)


@case("checkpoint, restore (wrong)")
def _(x):
    x.config(["sleep", "1000"])
    x.see("checkpoint of none", x.rt("checkpoint", "none").code)
    x.see("restore without images", x.rt("restore", "--image-path", x.tmp + "/none", x.id).code)
    x.see("nothing is left", x.rt("state", x.id).code)
    x.create()
    x.see("restore of one that is", x.rt("restore", "--image-path", x.tmp, x.id).code)
    x.see("status", x.status())
