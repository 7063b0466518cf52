# SPDX-License-Identifier: GPL-2.0-or-later
"""exec: each option, each kind of container, each way to fail."""
import json
import os
import stat

from harness import MISSING, Receiver, case, drain, on_terminal, read, wait_until

FACTS = r"""
grep -E '^(Uid|Gid|Groups|NoNewPrivs|Seccomp|Cap[A-Z][a-z]*):' /proc/self/status
echo "env $(env | grep -v -E '^(SHLVL|PWD|_|OLDPWD)=' | sort | tr '\n' ' ')"
echo "cwd $(pwd) umask $(umask) nofile $(ulimit -n)/$(ulimit -Hn) oom $(cat /proc/self/oom_score_adj)"
echo "host $(hostname) tty $(test -t 0 && echo yes || echo no)"
echo "fds $(ls -l /proc/self/fd | sed -n 's/.* \([0-9]*\) -> .*/\1/p' | tr '\n' ' ')"
echo "session $(awk '{print ($6 == $1) " " ($5 == $1)}' /proc/$$/stat)"
"""


def fields(result):
    """What FACTS printed, by its first words."""
    if result.code != 0:
        return {}
    words = {}
    for line in result.out.splitlines():
        name, _, rest = line.replace(":", "", 1).replace("\t", " ").partition(" ")
        if name == "cwd":
            parts = line.split()
            words.update(zip(parts[::2], parts[1::2]))
        else:
            words[name] = rest.strip()
    return words


def facts(x, key, *options, **more):
    result = x.exec("sh", "-c", FACTS, options=options, **more)
    x.see(key, result.code)
    for name, value in fields(result).items():
        x.see(f"{key}: {name}", value)


@case("exec (what the process has)", user="any")
def _(x):
    x.up()
    facts(x, "plain")


@case("exec (another container: user, groups, umask, limits)")
def _(x):
    x.up(process__user={"uid": 1000, "gid": 1000, "additionalGids": [5, 6], "umask": 0o27}, process__cwd="/tmp",
         process__oomScoreAdj=77, process__rlimits=[{"type": "RLIMIT_NOFILE", "soft": 50, "hard": 60}],
         process__noNewPrivileges=False, process__env=["PATH=/bin", "A=b", "HOME=/x"])
    facts(x, "plain")
    for words in (["--user", "0"], ["--user", "0:0"], ["-u", "7:8"], ["--user", "9", "--additional-gids", "10"],
                  ["-g", "11", "-g", "12"], ["--cwd", "/home"], ["-e", "B=c", "-e", "C=d"], ["--env", "A=other"],
                  ["--no-new-privs"], ["--no-new-privs=false"], ["--cap", "CAP_SYS_ADMIN"],
                  ["-c", "CAP_SYS_TIME", "-c", "CAP_NET_RAW"], ["--user", "0", "--cap", "CAP_SYS_ADMIN"]):
        facts(x, " ".join(words), *words)


@case("exec --user", user="any")
def _(x):
    x.up()
    for user in ("0", "0:0", "user", "root", "0:root", "1:", ":1", "", "-1", "0x0", "4294967295", "4294967296", "0:0:0", "+1", " 0", "00"):
        result = x.exec("id", "-u", options=[f"--user={user}"])
        x.see(f"{user!r}", [result.code, result.out])
    if not x.rootless:
        for user in ("1000", "1000:5", "12345", "1000:1000"):
            result = x.exec("sh", "-c", "id -u; id -g; id -G; echo $HOME", options=["--user", user])
            x.see(user, [result.code, result.out])


@case("exec --additional-gids", user="any")
def _(x):
    x.up()
    for group in ("name", "-1", "", "4294967295", "4294967296", "0"):
        x.see(f"{group!r}", x.exec("true", options=[f"--additional-gids={group}"]).code)
    if not x.rootless:
        for words in (["-g", "5"], ["-g", "5", "-g", "6"], ["--additional-gids", "7,8"]):
            result = x.exec("id", "-G", options=words)
            x.see(" ".join(words), [result.code, " ".join(sorted(result.out.split())) if result.code == 0 else ""])


@case("exec --cap", user="any")
def _(x):
    x.up()
    show = "sed -n 's/^Cap//p' /proc/self/status"
    for words in (["CAP_SYS_ADMIN"], ["CAP_NET_RAW", "CAP_SYS_TIME"], ["CAP_KILL"], ["CAP_NOSUCH"], ["sys_admin"], ["cap_sys_admin"], ["SYS_ADMIN"], [""], ["ALL"]):
        options = [w for c in words for w in ("--cap", c)]
        result = x.exec("sh", "-c", show, options=options)
        x.see(" ".join(words) or "empty", [result.code, result.out.split()])


@case("exec --env", user="any")
def _(x):
    x.up()
    for words in (["A=b"], ["A="], ["A"], ["=b"], ["A=b", "A=c"], ["A=b=c"], ["A=b,C=d"], ["TERM=other"], ["HOME=/h"], [""], ["PATH=/none"]):
        options = [w for e in words for w in ("--env", e)]
        result = x.exec("/bin/env", options=options)
        x.see(" ".join(words) or "empty", [result.code, sorted(line for line in result.out.splitlines() if not line.startswith("PWD="))])


@case("exec --cwd", user="any")
def _(x):
    x.up()
    for d in ("/tmp", "/none", "tmp", "", "/bin/sh", "/tmp/../home", "."):
        result = x.exec("pwd", options=["--cwd", d])
        x.see(f"{d!r}", [result.code, result.out])
    x.see("a new one is left", os.path.isdir(x.rootfs + "/none"))
    if os.path.isdir(x.rootfs + "/none"):
        os.rmdir(x.rootfs + "/none")


@case("exec --process", user="any")
def _(x):
    x.up()
    base = {"args": ["sh", "-c", FACTS], "cwd": "/", "user": {"uid": 0, "gid": 0}, "env": ["PATH=/bin"]}

    def one(key, **members):
        document = {k: v for k, v in (base | members).items() if v is not MISSING}
        result = x.exec(options=["--process", x.file("p.json", json.dumps(document))])
        x.see(key, result.code)
        for name, value in fields(result).items():
            x.see(f"{key}: {name}", value)

    one("plain")
    one("environment", env=["PATH=/bin", "X=1", "HOME=/h"])
    one("no environment", env=MISSING)
    one("cwd", cwd="/tmp")
    one("no cwd", cwd=MISSING)
    one("relative cwd", cwd="tmp")
    one("no args", args=MISSING)
    one("empty args", args=[])
    one("no user", user=MISSING)
    one("nnp", noNewPrivileges=True)
    one("caps", capabilities={"bounding": ["CAP_KILL"], "effective": ["CAP_KILL"], "permitted": ["CAP_KILL"]})
    one("empty caps", capabilities={})
    one("unknown cap", capabilities={"bounding": ["CAP_NOSUCH"]})
    one("rlimits", rlimits=[{"type": "RLIMIT_NOFILE", "soft": 20, "hard": 30}])
    one("unknown rlimit", rlimits=[{"type": "RLIMIT_NOSUCH", "soft": 20, "hard": 30}])
    one("oom", oomScoreAdj=500)
    one("umask", user={"uid": 0, "gid": 0, "umask": 0o77})
    one("wrong type", args="sh")
    one("unknown member", more=1)
    for key, text in {"no json": "{", "empty": "", "null": "null", "list": "[]"}.items():
        x.see(key, x.exec(options=["-p", x.file("q.json", text)]).code)
    x.see("no file", x.exec(options=["-p", x.tmp + "/none"]).code)
    f = x.file("p.json", json.dumps(base | {"args": ["echo", "document"]}))
    result = x.exec("echo", "words", options=["-p", f])
    x.see("with words too", [result.code, result.out])
    result = x.exec(options=["-p", f, "--cwd", "/tmp"])
    x.see("with --cwd too", [result.code, result.out])
    result = x.exec(options=["-p", "/dev/stdin"], stdin=json.dumps(base | {"args": ["echo", "stdin"]}))
    x.see("/dev/stdin", [result.code, result.out])


@case("exec --detach, --pid-file", user="any")
def _(x):
    x.up()
    p = x.tmp + "/pid"
    result = x.exec("sleep", "500", options=["--detach", "--pid-file", p])
    x.see("status", [result.code, result.out, result.err])
    x.see("content", read(p).isdigit())
    x.see("mode", oct(stat.S_IMODE(os.stat(p).st_mode)))
    # runc ends before the program is executed.
    wait_until(lambda: "sleep" in read(f"/proc/{read(p)}/cmdline"))
    x.see("program", read(f"/proc/{read(p)}/cmdline"))
    result = x.exec("sh", "-c", "echo out; echo err >&2; exit 9", options=["-d"])
    x.see("status of the program is lost", result.code)
    wait_until(lambda: "out" in read(x.dir + "/out"))
    x.see("not found", x.exec("nosuch", options=["-d", "--pid-file", x.tmp + "/pid2"]).code)
    x.see("not found leaves no pid file", os.path.exists(x.tmp + "/pid2"))
    x.see("foreground", [x.exec("true", options=["--pid-file", x.tmp + "/pid3"]).code, read(x.tmp + "/pid3").isdigit()])
    x.see("exists", [x.exec("true", options=["--pid-file", x.tmp + "/pid3"]).code])
    x.see("in no directory", x.exec("true", options=["--pid-file", x.tmp + "/none/pid"]).code)
    x.see("relative", [x.exec("true", options=["--pid-file", "../tmp/rel"]).code, os.path.exists(x.tmp + "/rel")])
    x.see("umask", [x.exec("true", options=["--pid-file", x.tmp + "/pid4"], umask=0o077).code, oct(stat.S_IMODE(os.stat(x.tmp + "/pid4").st_mode))])


@case("exec --console-socket", user="any")
def _(x):
    x.up()
    r = Receiver(x.tmp + "/sock")
    result = x.exec("sh", "-c", "tty | sed 's/[0-9]*$//'; test -t 0 && test -t 1 && test -t 2 && echo all; stat -c %u /proc/self/fd/0",
                    options=["-t", "-d", "--console-socket", r.path])
    x.see("status", result.code)
    fd = r.wait()
    x.see("a terminal", fd >= 0 and os.isatty(fd))
    x.see("output", drain(fd) if fd >= 0 else None)
    x.see("no --tty", x.exec("true", options=["-d", "--console-socket", r.path]).code)
    x.see("--tty, no socket, detached", x.exec("true", options=["-t", "-d"]).code)
    x.see("no such socket", x.exec("true", options=["-t", "-d", "--console-socket", x.tmp + "/none"]).code)
    x.see("a file", x.exec("true", options=["-t", "-d", "--console-socket", x.file("f")]).code)
    r = Receiver(x.tmp + "/sock2")
    f = x.file("p.json", json.dumps({"args": ["sh", "-c", "stty size; test -t 1 && echo t"], "cwd": "/", "env": ["PATH=/bin"], "terminal": True,
                                     "user": {"uid": 0, "gid": 0}, "consoleSize": {"height": 10, "width": 20}}))
    x.see("document", x.exec(options=["-d", "-p", f, "--console-socket", r.path]).code)
    fd = r.wait()
    x.see("document: output", drain(fd) if fd >= 0 else None)
    x.see("document without socket", x.exec(options=["-d", "-p", f]).code)


@case("exec --tty", user="any")
def _(x):
    x.up()
    status, text = on_terminal(x, "exec", "-t", x.id, "sh", "-c", "test -t 0 && test -t 1 && echo both; exit 6")
    x.see("on a terminal", [status, text])
    status, text = on_terminal(x, "exec", "-t", x.id, "sh", "-c", "kill -TERM $$")
    x.see("killed", [status, text])
    result = x.exec("sh", "-c", "test -t 1 && echo yes", options=["-t"])
    x.see("on none", [result.code, result.out])
    x.see("-tty=false", x.exec("true", options=["--tty=false"]).code)


@case("exec --pidfd-socket", user="any", peer="ocirt")  # runc 1.1 and crun have none
def _(x):
    x.up()
    r = Receiver(x.tmp + "/sock")
    x.see("status", x.exec("sleep", "300", options=["-d", "--pidfd-socket", r.path]).code)
    x.see("a descriptor", r.wait() >= 0)


@case("exec --tty (consoleSize of a document)", user="any")
def _(x):
    x.up()
    base = {"args": ["stty", "size"], "cwd": "/", "env": ["PATH=/bin"], "user": {"uid": 0, "gid": 0}}
    for key, members in {"size": {"terminal": True, "consoleSize": {"height": 10, "width": 20}},
                         "no size": {"terminal": True},
                         "half a size": {"terminal": True, "consoleSize": {"height": 10, "width": 0}},
                         "no terminal": {"consoleSize": {"height": 10, "width": 20}},
                         "too large": {"terminal": True, "consoleSize": {"height": 70000, "width": 20}},
                         "a word": {"terminal": True, "consoleSize": {"height": "10", "width": 20}}}.items():
        status, text = on_terminal(x, "exec", "-p", x.file("p.json", json.dumps(base | members)), x.id)
        x.see(key, [status, text if status == 0 else ""])


@case("exec --no-new-privs", user="any")
def _(x):
    x.up(process__noNewPrivileges=False)
    for words in ([], ["--no-new-privs"], ["--no-new-privs=true"], ["--no-new-privs=false"], ["--no-new-privs=x"]):
        result = x.exec("grep", "NoNewPrivs", "/proc/self/status", options=words)
        x.see(" ".join(words) or "none", [result.code, result.out.split() if result.code == 0 else ""])


@case("exec --process-label, --apparmor", user="any")
def _(x):
    x.up()
    x.see("label", x.exec("true", options=["--process-label", "system_u:system_r:none_t:s0"]).code)
    x.see("profile", x.exec("true", options=["--apparmor", "none"]).code)


@case("exec --preserve-fds", user="any")
def _(x):
    x.up()
    a, b = x.file("a", "first\n"), x.file("b", "second\n")
    show = "for f in 3 4 5; do test -e /proc/self/fd/$f && echo $f; done; cat <&3; cat <&4"
    for n, files in (("0", [a, b]), ("1", [a, b]), ("2", [a, b]), ("3", [a, b]), ("-1", []), ("x", []), ("1", [])):
        result = x.exec("sh", "-c", show, options=["--preserve-fds", n], fds=files)
        x.see(f"{n} of {len(files)}", [result.code, result.out if result.code == 0 else ""])
    result = x.exec("sh", "-c", "echo $LISTEN_FDS $LISTEN_PID; cat <&3", env=dict(os.environ, LISTEN_FDS="1", LISTEN_PID="1"), fds=[a])
    x.see("LISTEN_FDS", [result.code, result.out])


@case("exec --cgroup (no cgroup of its own)", user="user")
def _(x):
    x.up()
    for c in ("/", "none", "../..", "nosuch:/"):
        x.see(f"{c!r}", x.exec("true", options=["--cgroup", c]).code)


@case("exec --cgroup")
def _(x):
    x.up()
    own = lambda c: x.exec("cat", "/proc/self/cgroup", options=["--cgroup", c])
    for c in ("/", "", "/none", "none", "../..", "/..", "pids:/", "nosuch:/", "pids:/none"):
        x.see(f"{c!r}", own(c).code)
    if not os.path.isdir(f"/sys/fs/cgroup/pids{x.cgroup}"):
        return
    os.makedirs(f"/sys/fs/cgroup/pids{x.cgroup}/sub")
    result = own("pids:sub")
    x.see("pids:sub", [result.code, [line.split(":", 2)[2] for line in result.out.splitlines() if ":pids:" in line]])
    os.rmdir(f"/sys/fs/cgroup/pids{x.cgroup}/sub") if wait_until(lambda: not read(f"/sys/fs/cgroup/pids{x.cgroup}/sub/cgroup.procs")) else None


@case("exec (status)", user="any")
def _(x):
    x.up()
    for n in (0, 1, 2, 125, 126, 127, 128, 254, 255):
        x.see(f"exit {n}", x.exec("sh", "-c", f"exit {n}").code)
    for s in ("TERM", "KILL", "HUP", "USR1", "SEGV"):
        x.see(f"signal {s}", x.exec("sh", "-c", f"kill -{s} $$").code)
    for program in ("nosuch", "/bin/nosuch", "/etc/passwd/x", "/bin/plain", "plain", "/bin", "bin", "/bin/lost", "/bin/garbage", "", "./sh", "bin/sh", "/none/../bin/true"):
        x.see(f"program {program!r}", x.exec(program).code)
    result = x.exec("cat", stdin="through\n")
    x.see("streams", [result.code, result.out])
    result = x.exec("sh", "-c", "echo out; echo err >&2")
    x.see("both streams", [result.out, result.err])
    x.see("-- before the id", x.rt("exec", "--", x.id, "true").code)
    x.see("-- behind the id", x.exec("--", "true").code)
    x.see("an option of the program", x.exec("echo", "-n", "--cwd", "x").out)
    x.see("no program", x.exec().code)


@case("exec (phrases)", user="any")
def _(x):
    phrases = ("container does not exist", "does not exist", "executable file not found in $PATH", "no such file or directory",
               "permission denied", "not a directory", "cannot exec in a paused container", "container not running", "cannot exec in a stopped container",
               "is a directory", "exec format error")

    def said(key, result):
        x.see(key, [result.code, [p for p in phrases if p in result.err.lower().replace("$path", "$PATH")]])

    said("none", x.rt("exec", "none", "true"))
    x.up()
    for program in ("nosuch", "/bin/nosuch", "/etc/passwd/x", "/bin/plain", "/bin", "/bin/garbage", "plain", "bin", "", " ", ".", "/", "./nosuch", "nosuch/"):
        said(program, x.exec(program))
    said("cwd", x.exec("true", options=["--cwd", "/etc/passwd"]))
    x.rt("kill", x.id, "KILL")
    x.wait_status("stopped")
    said("stopped", x.exec("true"))


@case("exec (created container)", user="any")
def _(x):
    x.config(["sleep", "1000"])
    x.create()
    result = x.exec("echo", "here")
    x.see("status", [result.code, result.out])
    x.see("still created", x.status())
    facts(x, "facts")


@case("exec --ignore-paused (running)", user="any")
def _(x):
    x.up()
    result = x.exec("echo", "runs", options=["--ignore-paused"])
    x.see("status", [result.code, result.out])


@case("exec --ignore-paused")
def _(x):
    x.up()
    x.rt("pause", x.id)
    x.see("without", x.exec("true").code)
    result = x.exec("true", options=["--ignore-paused"], timeout=3)
    x.see("paused all the time", result.code)
    x.rt("resume", x.id)
    x.see("after it", x.exec("true").code)
    x.see("still running", x.status())


@case("exec (pid 1 ends meanwhile)", user="any")
def _(x):
    x.up(["sh", "-c", "trap 'exit 0' TERM; while :; do sleep 0.05; done"])
    x.see("status", x.exec("sh", "-c", "kill -TERM 1; exec sleep 100").code)
    x.see("stopped", x.wait_status("stopped"))


@case("exec (many ids)", user="any")
def _(x):
    x.up()
    x.see("ids", sorted({x.exec("sh", "-c", "exit 3").code for _ in range(5)}))
    x.see("processes left", len(x.rt("ps", "-f", "json", x.id).json() or []) if not x.rootless else 1)


@case("exec (limit of processes)")
def _(x):
    x.up(linux__resources__pids={"limit": 2})
    x.see("one more", x.exec("true").code)
    x.rt("update", "--pids-limit", "1", x.id)
    x.see("none more", x.exec("true").code)


@case("exec (no pid namespace of its own)", user="root")
def _(x):
    x.config(["sleep", "1000"], linux__namespaces=[{"type": t} for t in ("mount", "uts", "ipc")])
    x.create()
    x.start()
    facts(x, "facts")


@case("exec (capabilities of the container, no_new_privs off)")
def _(x):
    caps = ["CAP_CHOWN", "CAP_KILL", "CAP_SETUID"]
    x.up(process__capabilities={k: caps for k in ("bounding", "effective", "permitted", "inheritable", "ambient")}, process__noNewPrivileges=False)
    facts(x, "root")
    facts(x, "user", "--user", "1000")
    facts(x, "cap", "--cap", "CAP_SYS_ADMIN")
    facts(x, "user, cap", "--user", "1000", "--cap", "CAP_SYS_ADMIN")
