# SPDX-License-Identifier: GPL-2.0-or-later
"""create, run, start, state, kill, delete, pause, resume, and hooks: order, state, what is left."""
import json
import os
import re
import signal
import stat
import subprocess

from harness import MISSING, Receiver, case, drain, on_terminal, read, shape, wait_until
from case_exec import FACTS, fields

PHRASES = ("container does not exist", "container with given ID already exists", "container not running", "container paused", "not paused",
           "cannot start an already running container", "cannot start a container that has stopped", "that is not stopped",
           "executable file not found in $PATH", "no such file or directory", "permission denied", "not a directory", "does not exist")


def said(x, key, result):
    x.see(key, [result.code, [p for p in PHRASES if p in result.err], bool(result.out)])


def verbs(x, where, *, delete=False):
    """Every verb once on a container in one status; those that change it are the case's own."""
    for verb in ("start", "pause", "resume") if where in ("stopped", "none") else ("resume",) if where in ("running", "created") else ("start", "pause"):
        said(x, f"{where}: {verb}", x.rt(verb, x.id))
    for key, words in {"state": ["state"], "kill WINCH": ["kill"], "ps": ["ps", "-f", "json"], "exec": ["exec"], "events": ["events", "--stats"],
                       "update": ["update", "--pids-limit", "50"]}.items():
        if x.rootless and key in ("ps", "events", "update"):
            continue
        more = ["WINCH"] if key == "kill WINCH" else ["true"] if key == "exec" else []
        said(x, f"{where}: {key}", x.rt(*words, x.id, *more)) if key not in ("state", "ps", "events") else \
            x.see(f"{where}: {key}", x.rt(*words, x.id, *more).code)
    said(x, f"{where}: create", x.create()) if where != "none" else None
    if delete:
        said(x, f"{where}: delete", x.rt("delete", x.id))
    x.see(f"{where}: status afterwards", x.status())


@case("(each verb on each status)", user="any")
def _(x):
    x.config(["sleep", "1000"])
    verbs(x, "none", delete=True)
    said(x, "none: delete --force", x.rt("delete", "--force", x.id))
    x.create()
    if not x.rootless:
        verbs(x, "created")
    x.start()
    verbs(x, "running", delete=True)
    if not x.rootless:
        x.rt("pause", x.id)
        verbs(x, "paused", delete=True)
        said(x, "resume", x.rt("resume", x.id))
    said(x, "kill", x.rt("kill", x.id, "KILL"))
    x.wait_status("stopped")
    verbs(x, "stopped")
    said(x, "stopped: delete", x.rt("delete", x.id))
    said(x, "deleted: delete", x.rt("delete", x.id))


@case("state", user="any")
def _(x):
    x.config(["sleep", "1000"], annotations={"a": "b", "c": ""})
    x.create()
    for status in ("created", "running"):
        state = x.state()
        x.see(f"{status}: shape", shape(state))
        x.see(f"{status}: order", list(state))
        x.see(f"{status}: values", {k: v for k, v in state.items() if k not in ("pid", "created", "ociVersion")})
        x.see(f"{status}: pid", os.path.exists(f"/proc/{state['pid']}"))
        x.see(f"{status}: created", bool(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", state["created"])))
        x.start()
    if not x.rootless:
        x.rt("pause", x.id)
        x.see("paused", [x.status(), x.pid() > 0])
        x.rt("resume", x.id)
    x.rt("kill", x.id, "9")
    x.wait_status("stopped")
    x.see("stopped", [x.status(), x.pid(), sorted(x.state())])
    x.see("two ids", x.rt("state", x.id, x.id).code)


@case("create (bundle)", user="any")
def _(x):
    d = x.tmp + "/b"
    os.makedirs(d)
    x.see("no such bundle", x.create("--bundle", x.tmp + "/none").code)
    x.see("a file", x.create("-b", x.file("f")).code)
    x.see("no config.json", x.create("--bundle", d).code)
    for key, text in {"empty": "", "no json": "{", "list": "[]", "null": "null", "word": '"x"', "empty object": "{}", "number": "3",
                      "more behind": '{"ociVersion":"1.0.0"} x', "mark": "\ufeff{}"}.items():
        with open(d + "/config.json", "w") as f:
            f.write(text)
        x.see(f"config.json: {key}", x.create("--bundle", d).code)
    os.unlink(d + "/config.json")
    os.makedirs(d + "/config.json")
    x.see("config.json: directory", x.create("--bundle", d).code)
    x.see("nothing is left", x.rt("list", "-q").out)
    x.see("relative", [x.create("--bundle", "bundle", cwd=x.dir).code, x.state().get("bundle")])
    x.rt("delete", "-f", x.id)
    os.symlink(x.bundle, x.tmp + "/link")
    x.see("link", [x.create("--bundle", x.tmp + "/link").code, x.state().get("bundle")])
    x.rt("delete", "-f", x.id)
    x.see("with a slash", [x.create("--bundle", x.bundle + "/").code, x.state().get("bundle")])
    x.rt("delete", "-f", x.id)
    x.see("working directory", [x.create().code, x.state().get("bundle")])


@case("create --config", user="any", peer="crun")
def _(x):
    os.rename(x.bundle + "/config.json", x.tmp + "/other.json")
    x.see("absolute", [x.run("--config", x.tmp + "/other.json").code])
    x.see("relative to where it was called", x.run("-f", "../tmp/other.json").code)
    x.see("none", x.run("-f", "none.json").code)


@case("create --pid-file", user="any")
def _(x):
    x.config(["sleep", "1000"])
    p = x.tmp + "/pid"
    x.see("create", x.create("--pid-file", p).code)
    x.see("content", read(p) == str(x.pid()))
    x.see("mode", oct(stat.S_IMODE(os.stat(p).st_mode)))
    x.rt("delete", "-f", x.id)
    x.see("after delete", os.path.exists(p))
    x.see("exists, umask", [x.create("--pid-file", p, umask=0o077).code, read(p) == str(x.pid()), oct(stat.S_IMODE(os.stat(p).st_mode))])
    x.rt("delete", "-f", x.id)
    x.see("in no directory", [x.create("--pid-file", x.tmp + "/none/pid").code, x.status()])
    x.see("relative", [x.create("--pid-file", "../tmp/rel").code, os.path.exists(x.tmp + "/rel")])
    x.rt("delete", "-f", x.id)
    x.see("relative, with --bundle", [x.create("--bundle", x.bundle, "--pid-file", "here", cwd=x.tmp).code,
                                      os.path.exists(x.tmp + "/here"), os.path.exists(x.bundle + "/here")])
    x.rt("delete", "-f", x.id)
    x.see("a directory", x.create("--pid-file", x.tmp).code)
    x.config(["nosuch"])
    x.see("failure", [x.create("--pid-file", x.tmp + "/failed").code, os.path.exists(x.tmp + "/failed")])


@case("create --console-socket", user="any")
def _(x):
    x.config(["sh", "-c", "tty | sed 's/[0-9]*$//'; test -t 0 && test -t 1 && test -t 2 && echo all; stty size; ls -l /dev/console | cut -c1-10"],
             process__terminal=True, process__consoleSize={"height": 11, "width": 22})
    x.see("none", [x.create().code, x.status()])
    x.see("no such", [x.create("--console-socket", x.tmp + "/none").code, x.status()])
    r = Receiver(x.tmp + "/sock")
    x.see("create", x.create("--console-socket", r.path).code)
    fd = r.wait()
    x.see("a terminal", fd >= 0 and os.isatty(fd))
    x.start()
    x.see("output", drain(fd) if fd >= 0 else None)
    x.rt("delete", "-f", x.id)
    x.config(["true"])
    r = Receiver(x.tmp + "/sock2")
    x.see("no terminal", [x.create("--console-socket", r.path).code, x.status()])


@case("run (terminal)", user="any")
def _(x):
    x.config(["sh", "-c", "test -t 0 && test -t 1 && test -t 2 && echo all; exit 4"], process__terminal=True)
    x.see("on a terminal", on_terminal(x, "run", x.id))
    x.see("detached without socket", x.run("--detach").code)
    r = Receiver(x.tmp + "/sock")
    x.see("socket in the foreground", x.run("--console-socket", r.path).code)


@case("run", user="any")
def _(x):
    for n in (0, 1, 9, 125, 255):
        x.script(f"exit {n}")
        x.see(f"exit {n}", x.run().code)
    for s in ("TERM", "KILL", "SEGV", "HUP"):
        x.script(f"kill -{s} $$; kill -{s} 1; sleep 1", linux__namespaces=[{"type": t} for t in ("mount", "uts", "ipc")] + ([{"type": "user"}] if x.rootless else []))
        x.see(f"signal {s}", x.run().code)
    x.script("cat; echo err >&2")
    result = x.run(stdin="in\n")
    x.see("streams", [result.code, result.out, result.err])
    x.see("state is gone", x.status())
    x.config(["true"])
    x.see("--keep", [x.run("--keep").code, x.status()])
    x.rt("delete", x.id)
    x.config(["sleep", "1000"])
    result = x.run("--detach")
    x.see("--detach", [result.code, result.out, result.err, x.status()])
    x.rt("delete", "-f", x.id)
    x.config(["true"])
    x.see("-d", x.run("-d").code)
    x.wait_status("stopped")
    x.see("-d, status", x.status())
    x.rt("delete", x.id)
    for program in ("nosuch", "/bin/nosuch", "/etc/passwd/x", "/bin/plain", "/bin", "/bin/lost", "/bin/garbage", "", "./bin/sh", "bin/sh"):
        x.config([program])
        said(x, f"program {program!r}", x.run())
        x.see(f"program {program!r}: left", x.status())
        x.rt("delete", "-f", x.id)


@case("run --preserve-fds", user="any")
def _(x):
    a, b = x.file("a", "first\n"), x.file("b", "second\n")
    x.script("for f in 3 4 5; do test -e /proc/self/fd/$f && echo $f; done; cat <&3 2>/dev/null; cat <&4 2>/dev/null; true")
    for n, files in (("0", [a, b]), ("1", [a, b]), ("2", [a, b]), ("-1", []), ("x", []), ("1", [])):
        result = x.run("--preserve-fds", n, fds=files)
        x.see(f"{n} of {len(files)}", [result.code, result.out if result.code == 0 else ""])
        x.rt("delete", "-f", x.id)
    x.script("echo $LISTEN_FDS $LISTEN_PID; cat <&3")
    result = x.run(env=dict(os.environ, LISTEN_FDS="1", LISTEN_PID="1"), fds=[a])
    x.see("LISTEN_FDS", [result.code, result.out])


@case("run --no-pivot, --no-new-keyring, --no-subreaper", user="any")
def _(x):
    for option in ("--no-pivot", "--no-new-keyring", "--no-subreaper"):
        x.script("ls / | head -3; true")
        result = x.run(option)
        x.see(option, [result.code, result.out])


@case("run (what the process has)", user="any")
def _(x):
    x.script(FACTS)
    result = x.run()
    x.see("status", result.code)
    for name, value in fields(result).items():
        x.see(name, value)
    x.script("echo $$; set -- /proc/[0-9]*; echo $#; ls /dev | sort | tr '\\n' ' '; readlink /dev/fd /dev/stdin /dev/ptmx; stat -c %a /dev/null /dev/tty /dev/shm /dev/pts; awk '{print $5, $9}' /proc/self/mountinfo | sort | uniq | grep -v /proc/keys")
    x.see("surroundings", x.run().out.splitlines())
    x.script("env | sort | grep -v -e ^SHLVL -e ^_", process__env=["PATH=/bin", "HOME=", "A", "=b", "C=1", "C=2"])
    result = x.run()
    x.see("odd environment", [result.code, result.out])
    x.config(["env"], process__env=[])
    x.see("no PATH", x.run().code)
    x.config(["/bin/env"], process__env=[])
    x.see("empty environment", x.run().out)
    x.config(["/bin/env"], process__env=MISSING)
    x.see("no environment", x.run().out)


@case("run (signals to the runtime)", user="any")
def _(x):
    for name in ("TERM", "HUP", "USR1", "INT"):
        x.script(f"trap 'exit 7' {name}; : >/tmp/ready; while :; do sleep 0.05; done")
        with open(x.dir + "/fg", "wb") as out:
            child = subprocess.Popen([x.binary, "--root", x.root, "run", x.id], cwd=x.bundle, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True)
            wait_until(lambda: x.got("ready") is not None)
            child.send_signal(getattr(signal, "SIG" + name))
            try:
                x.see(name, child.wait(5))
            except subprocess.TimeoutExpired:
                x.rt("delete", "-f", x.id)
                child.wait(5)
                x.see(name, "not forwarded")
        os.unlink(x.rootfs + "/tmp/ready")


@case("start (fails)", user="any")
def _(x):
    for key, hook in {"startContainer": {"path": "/bin/false"}, "poststart": {"path": "/bin/false"}}.items():
        x.config(["sleep", "1000"], hooks={key: [hook]})
        x.see(f"{key}: create", x.create().code)
        x.see(f"{key}: start", x.start().code)
        wait_until(lambda: x.status() in ("stopped", "none"), 1)
        x.see(f"{key}: status", x.status())
        x.see(f"{key}: delete", x.rt("delete", "--force", x.id).code)
    x.config(["/bin/garbage"])
    x.see("garbage: create", x.create().code)
    x.start()
    wait_until(lambda: x.status() == "stopped", 2)
    x.see("garbage: status", x.status())
    x.see("garbage: delete", x.rt("delete", x.id).code)


@case("kill", user="any")
def _(x):
    x.up(["sh", "-c", "for s in HUP INT TERM USR1 USR2 WINCH CONT 10; do trap \"echo $s >>/tmp/got\" $s; done; : >/tmp/ready; while :; do sleep 0.05; done"])
    wait_until(lambda: x.got("ready") is not None)
    count = 0
    for signal_name in ("", "TERM", "SIGTERM", "15", "sigterm", "Hup", "USR1", "SIGUSR2", "28", "WINCH"):
        result = x.rt("kill", x.id, *([signal_name] if signal_name else []))
        if result.code == 0:
            count += 1
            wait_until(lambda: len((x.got("got") or "").splitlines()) >= count, 3)
        x.see(f"signal {signal_name!r}", result.code)
    x.see("got", (x.got("got") or "").splitlines())
    for bad in ("NOSUCH", "SIG", "-1", "65", "1000", "TERM ", "15x", "SIGSIGTERM", ""):
        x.see(f"bad {bad!r}", x.rt("kill", x.id, "--", bad).code if bad == "-1" else x.rt("kill", x.id, bad).code)
    x.see("0", x.rt("kill", x.id, "0").code)
    x.see("two signals", x.rt("kill", x.id, "TERM", "TERM").code)
    x.see("RTMIN", x.rt("kill", x.id, "RTMIN+40").code)
    x.see("still", x.status())
    x.see("--all", x.rt("kill", "--all", x.id, "KILL").code if not x.rootless else 0)
    x.rt("kill", x.id, "KILL")
    x.see("stopped", x.wait_status("stopped"))
    x.see("kill of stopped", x.rt("kill", x.id, "KILL").code)
    x.see("kill --all of stopped", x.rt("kill", "--all", x.id, "KILL").code if not x.rootless else 0)


@case("kill (no pid namespace of its own)")
def _(x):
    x.up(["sh", "-c", "sleep 1000 & sleep 1000 & wait"], linux__namespaces=[{"type": t} for t in ("mount", "uts", "ipc")])
    count = lambda: len(x.rt("ps", "-f", "json", x.id).json() or [])
    x.see("processes", wait_until(lambda: count() == 3))
    x.see("KILL", x.rt("kill", x.id, "KILL").code)
    x.see("stopped", x.wait_status("stopped"))
    x.see("the others", wait_until(lambda: count() == 0, 3))
    x.see("delete", x.rt("delete", x.id).code)


@case("kill (created)", user="any")
def _(x):
    x.config(["sleep", "1000"])
    x.create()
    x.see("TERM", x.rt("kill", x.id).code)
    x.rt("kill", x.id, "KILL")
    x.see("stopped", x.wait_status("stopped"))
    x.see("start", x.start().code)
    x.see("delete", x.rt("delete", x.id).code)


@case("delete", user="any")
def _(x):
    x.config(["sleep", "1000"])
    x.create()
    x.see("created", [x.rt("delete", x.id).code, x.status()])
    x.up()
    x.see("running", [x.rt("delete", x.id).code, x.status()])
    x.see("running, --force", [x.rt("delete", "--force", x.id).code, x.status()])
    if not x.rootless:
        x.up()
        x.rt("pause", x.id)
        x.see("paused", [x.rt("delete", x.id).code, x.status()])
        x.see("paused, -f", [x.rt("delete", "-f", x.id).code, x.status()])
    x.see("none, --force", x.rt("delete", "--force", x.id).code)
    x.see("none", x.rt("delete", x.id).code)
    x.see("two ids", x.rt("delete", "--force", "a", "b").code)
    x.see("the state directory", sorted(os.listdir(x.root)))
    x.see("cgroups", [d for d in os.listdir("/sys/fs/cgroup") if os.path.exists(f"/sys/fs/cgroup/{d}{x.cgroup}")])
    x.up()
    x.see("the same id again", x.status())


@case("pause, resume")
def _(x):
    x.up(["sh", "-c", "i=0; while :; do i=$((i + 1)); echo $i >/tmp/n; sleep 0.02; done"])
    x.see("resume of running", x.rt("resume", x.id).code)
    x.see("pause", [x.rt("pause", x.id).code, x.status()])
    before = x.got("n")
    x.see("held", before == x.got("n"))
    x.see("pause again", x.rt("pause", x.id).code)
    x.see("kill KILL of paused", [x.rt("kill", x.id, "KILL").code])
    x.see("status", wait_until(lambda: x.status() == "stopped", 1))
    x.rt("resume", x.id)
    x.see("stopped", x.wait_status("stopped"))
    x.see("resume of stopped", x.rt("resume", x.id).code)
    x.see("pause of stopped", x.rt("pause", x.id).code)
    x.rt("delete", x.id)
    x.config(["sleep", "1000"])
    x.create()
    x.see("pause of created", [x.rt("pause", x.id).code, x.status()])
    x.see("resume", [x.rt("resume", x.id).code, x.status()])


KINDS = ("prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop")


def hook_log(x, count):
    wait_until(lambda: len((read(x.tmp + "/log") if os.path.exists(x.tmp + "/log") else "").splitlines()) >= count, 3)
    inside = (x.got("log") or "").splitlines()
    outside = read(x.tmp + "/log").splitlines() if os.path.exists(x.tmp + "/log") else []
    return outside, inside


@case("hooks (order, state)", user="any")
def _(x):
    os.chmod(x.tmp, 0o777)
    hooks = {}
    for kind in KINDS:
        log = "/tmp/log" if kind == "startContainer" else x.tmp + "/log"
        hooks[kind] = [{"path": "/bin/sh", "args": ["sh", "-c", f'echo "{kind} {i} $X $(cat | tr -d \'\\n \\t\')" >>{log}'], "env": ["X=y", "PATH=/bin"]} for i in (1, 2)]
    x.config(["sleep", "1000"], hooks=hooks, annotations={"k": "v"})

    def states():
        outside, inside = hook_log(x, 0)
        result = []
        for line in outside + inside:
            kind, number, value, text = line.split(" ", 3)
            state = json.loads(text)
            result.append([kind, number, value, state.get("status"), sorted(state), state.get("id"), state.get("bundle"), state.get("annotations"),
                           "self" if state.get("pid") == x.pid() else "1" if state.get("pid") == 1 else "0" if not state.get("pid") else "other"])
        return result

    x.see("create", x.create().code)
    for row in states():
        x.see(f"after create: {row[0]} {row[1]}", row[2:])
    x.see("order after create", [row[:2] for row in states()])
    x.see("start", x.start().code)
    wait_until(lambda: "poststart 2" in read(x.tmp + "/log"), 3)
    for row in states():
        if row[0] in ("startContainer", "poststart"):
            x.see(f"after start: {row[0]} {row[1]}", row[2:])
    x.rt("kill", x.id, "KILL")
    x.wait_status("stopped")
    x.see("no poststop before delete", "poststop" in read(x.tmp + "/log"))
    x.see("delete", x.rt("delete", x.id).code)
    wait_until(lambda: "poststop 2" in read(x.tmp + "/log"), 3)
    for row in states():
        if row[0] == "poststop":
            x.see(f"after delete: {row[0]} {row[1]}", row[2:])


@case("hooks (failing)", user="any")
def _(x):
    os.chmod(x.tmp, 0o777)
    for kind in KINDS:
        bad = {"path": "/bin/sh", "args": ["sh", "-c", "exit 3"]}
        mark = lambda k: {"path": "/bin/sh", "args": ["sh", "-c", f"echo {k} >>{'/tmp' if k.startswith('startContainer') else x.tmp}/log"]}
        hooks = {k: [mark(k)] for k in KINDS}
        hooks[kind] = [mark(kind + "-before"), bad, mark(kind + "-behind")]
        x.config(["sleep", "1000"], hooks=hooks)
        x.see(f"{kind}: create", x.create().code)
        x.see(f"{kind}: status after create", x.status())
        x.see(f"{kind}: start", x.start().code)
        wait_until(lambda: x.status() in ("stopped", "none"), 1 if kind in ("startContainer", "poststart") else 0.1)
        x.see(f"{kind}: status after start", x.status())
        x.see(f"{kind}: delete", x.rt("delete", "--force", x.id).code)
        outside, inside = hook_log(x, 0)
        x.see(f"{kind}: called", [outside, inside])
        for f in (x.tmp + "/log", x.rootfs + "/tmp/log"):
            if os.path.exists(f):
                os.unlink(f)


@case("hooks (wrong)", user="any")
def _(x):
    for key, hook in {"relative path": {"path": "bin/true"}, "no path": {"args": ["x"]}, "missing": {"path": "/no/such"}, "no program": {"path": "/etc/passwd"},
                      "empty path": {"path": ""}, "timeout 0": {"path": "/bin/sleep", "args": ["sleep", "5"], "timeout": 0}, "timeout -1": {"path": "/bin/true", "timeout": -1},
                      "timeout over": {"path": "/bin/sleep", "args": ["sleep", "30"], "timeout": 1}, "null": None, "no args": {"path": "/bin/true"},
                      "empty args": {"path": "/bin/true", "args": []}, "list of one kind empty": MISSING}.items():
        x.config(["true"], hooks={"createRuntime": [] if hook is MISSING else [hook]})
        x.see(key, [x.create().code, x.status()])
        x.rt("delete", "-f", x.id)
    x.config(["true"], hooks={"nosuch": [{"path": "/bin/true"}]})
    x.see("unknown kind", x.create().code)
    x.rt("delete", "-f", x.id)
    x.config(["true"], hooks=None)
    x.see("hooks: null", x.create().code)
    x.rt("delete", "-f", x.id)
    x.config(["true"], hooks={"poststop": [{"path": "/no/such"}]})
    x.create()
    x.see("poststop missing: delete", [x.rt("delete", "-f", x.id).code, x.status()])


@case("hooks (environment, cwd, streams)", user="any")
def _(x):
    os.chmod(x.tmp, 0o777)
    one = lambda name: {"path": "/bin/sh", "args": ["arg0", "-c", f"(env | sort | grep -v -e ^PWD -e ^_= -e ^OLDPWD -e ^SHLVL; pwd) >>{x.tmp}/log; echo out; echo err >&2"], "env": ["NAME=" + name]}
    x.config(["true"], hooks={k: [one(k)] for k in ("prestart", "createRuntime", "createContainer", "poststart", "poststop")})
    result = x.create()
    x.see("create", [result.code, result.out, result.err])
    result = x.start()
    x.see("start", [result.code, result.out, result.err])
    x.wait_status("stopped")
    result = x.rt("delete", x.id)
    x.see("delete", [result.code, result.out, result.err])
    x.see("seen", hook_log(x, 0)[0])
