# SPDX-License-Identifier: GPL-2.0-or-later
"""What the cases of the comparison share: one runtime, its bundle, and what was seen of it."""
import array
import fcntl
import json
import os
import pty
import shutil
import signal
import socket
import struct
import subprocess
import termios
import threading
import time

CASES = []


def case(name, user="root", peer="runc"):
    """Registers a case. user: root, user, or any for both; peer: who is right about it."""

    def register(function):
        CASES.append((name, user, peer, function))
        return function

    return register


class Result:
    def __init__(self, code, out, err):
        self.code, self.out, self.err = code, out, err

    def json(self):
        try:
            return json.loads(self.out)
        except ValueError:
            return None


class Missing:
    """A place of a document that is to be deleted."""


MISSING = Missing()


def shape(value):
    """The keys and types of a document, without its values."""
    if isinstance(value, dict):
        return {k: shape(v) for k, v in sorted(value.items())}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    return {bool: "bool", int: "number", float: "number", str: "string", type(None): "null"}[type(value)]


class Container:
    """One runtime with one container id. What a case sees goes into .seen."""

    def __init__(self, runtime, binary, directory, rootless):
        self.runtime, self.binary, self.dir, self.rootless = runtime, binary, directory, rootless
        self.bundle = os.path.join(directory, "bundle")
        self.rootfs = os.path.join(self.bundle, "rootfs")
        self.root = os.path.join(directory, "state")
        self.tmp = os.path.join(directory, "tmp")
        self.count = 0
        os.makedirs(self.tmp)
        make_rootfs(self.rootfs)

    # ---- one case ------------------------------------------------------------------------------

    def begin(self):
        self.count += 1
        self.id = f"c{os.getpid()}-{self.count}"
        self.cgroup = f"/ocirt-test-{os.getpid()}-{self.runtime}-{self.count}"
        self.seen = {}
        shutil.rmtree(self.tmp)
        os.makedirs(self.tmp)
        os.chmod(self.tmp, 0o755)
        # Where the containers of the cases write: one may have been killed at any instant of its life.
        for name in ("tmp", "root"):
            for path in map(lambda n: os.path.join(self.rootfs, name, n), os.listdir(os.path.join(self.rootfs, name))):
                shutil.rmtree(path) if os.path.isdir(path) and not os.path.islink(path) else os.unlink(path)
        self.config()

    def end(self):
        for one in os.listdir(self.root) if os.path.isdir(self.root) else []:
            self.rt("delete", "--force", one)
        # crun 1.8 leaves processes of a create that failed, which hold its words.
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{pid}/cmdline", "rb") as f:
                    words = f.read().split(b"\0")
                if self.root.encode() in words and int(pid) != os.getpid():
                    os.kill(int(pid), signal.SIGKILL)
            except OSError:
                pass
        for d, names, _ in os.walk("/sys/fs/cgroup"):
            for n in names:
                if f"ocirt-test-{os.getpid()}-" in n:
                    for inner, _, _ in os.walk(os.path.join(d, n), topdown=False):
                        try:
                            os.rmdir(inner)
                        except OSError:
                            pass
            depth = d.count("/") - "/sys/fs/cgroup".count("/")
            if depth >= 1:
                names[:] = []

    def see(self, key, value):
        self.seen[key] = self.plain(value)

    def plain(self, value):
        """Takes out what is another one for each runtime and run."""
        if isinstance(value, dict):
            return {k: self.plain(v) for k, v in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.plain(v) for v in value]
        if not isinstance(value, str):
            return value
        for text, word in ((self.bundle, "BUNDLE"), (self.root, "STATE"), (self.tmp, "TMP"),
                           (self.dir, "DIR"), (self.cgroup, "CGROUP"), (self.id, "ID")):
            value = value.replace(text, word)
        return value

    # ---- the bundle ----------------------------------------------------------------------------

    def config(self, args=None, **places):
        """Writes config.json: the base, with places such as process__cwd="/" changed."""
        spec = base_spec(self)
        if args is not None:
            spec["process"]["args"] = list(args)
        for place, value in places.items():
            change(spec, place.split("__"), value)
        self.write(spec)
        return spec

    def write(self, spec):
        with open(os.path.join(self.bundle, "config.json"), "w") as f:
            f.write(spec if isinstance(spec, str) else json.dumps(spec))

    def script(self, text, **places):
        return self.config(["sh", "-c", text], **places)

    def file(self, name, text="", mode=0o644):
        path = os.path.join(self.tmp, name)
        with open(path, "w") as f:
            f.write(text)
        os.chmod(path, mode)
        return path

    # ---- the runtime ---------------------------------------------------------------------------

    def rt(self, *words, globals=(), stdin=None, env=None, cwd=None, fds=None, umask=0o022, plain=False, timeout=120):
        """Runs the runtime, with its output in files: a container holds them longer than the runtime."""
        argv = [self.binary] + ([] if plain else ["--root", self.root]) + list(globals) + list(words)
        if fds:
            opens = " ".join(f"{3 + i}<'{path}'" for i, path in enumerate(fds))
            argv = ["sh", "-c", f'exec "$@" {opens}', "sh"] + argv
        keep = []
        out, err = os.path.join(self.dir, "out"), os.path.join(self.dir, "err")
        with open(out, "wb") as o, open(err, "wb") as e:
            source = subprocess.DEVNULL
            if stdin is not None:
                path = os.path.join(self.dir, "in")
                with open(path, "w") as f:
                    f.write(stdin)
                source = open(path)
                keep.append(source)
            child = subprocess.Popen(argv, stdin=source, stdout=o, stderr=e, cwd=cwd or self.bundle,
                                     env=env, umask=umask, start_new_session=True)
            try:
                code = child.wait(timeout)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
                code = "timeout"
        for k in keep:
            k.close()
        return Result(code, read(out), read(err))

    def create(self, *words, **more):
        return self.rt("create", *words, self.id, **more)

    def start(self):
        return self.rt("start", self.id)

    def run(self, *words, **more):
        return self.rt("run", *words, self.id, **more)

    def exec(self, *words, options=(), **more):
        return self.rt("exec", *options, self.id, *words, **more)

    def up(self, args=("sleep", "1000"), **places):
        """A running container."""
        if args is not None:
            self.config(args, **places)
        self.see_if_failed("create", self.create())
        self.see_if_failed("start", self.start())

    def see_if_failed(self, key, result):
        if result.code != 0:
            self.see(key + " failed", result.err[-300:])

    def state(self):
        return self.rt("state", self.id).json() or {}

    def status(self):
        return self.state().get("status", "none")

    def pid(self):
        return self.state().get("pid", 0)

    def wait_status(self, wanted):
        return wait_until(lambda: self.status() == wanted)

    def wait_file(self, name):
        """The content of a file that the container makes in its /tmp, by renaming."""
        path = os.path.join(self.rootfs, "tmp", name)
        wait_until(lambda: os.path.exists(path))
        return read(path)

    def got(self, name):
        path = os.path.join(self.rootfs, "tmp", name)
        return read(path) if os.path.exists(path) else None


class Receiver:
    """A listening socket that takes one descriptor, as an engine's console socket does."""

    def __init__(self, path):
        self.path, self.fd, self.data = path, -1, None
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.bind(path)
        self.socket.listen(1)
        self.socket.settimeout(60)
        self.thread = threading.Thread(target=self.take, daemon=True)
        self.thread.start()

    def take(self):
        try:
            peer, _ = self.socket.accept()
            peer.settimeout(60)
            fds = array.array("i")
            self.data, more, _, _ = peer.recvmsg(4096, socket.CMSG_SPACE(16))
            for level, kind, data in more:
                if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
                    fds.frombytes(data[:len(data) - len(data) % fds.itemsize])
            if fds:
                self.fd = fds[0]
            peer.close()
        except OSError:
            pass
        finally:
            self.socket.close()

    def wait(self):
        self.thread.join(12)
        return self.fd


def drain(fd, seconds=5):
    """What a terminal gives until its other side is closed."""
    data, end = b"", time.monotonic() + seconds
    os.set_blocking(fd, False)
    while time.monotonic() < end:
        try:
            part = os.read(fd, 65536)
            if not part:
                break
            data += part
        except BlockingIOError:
            time.sleep(0.01)
        except OSError:
            break
    return data.decode(errors="replace").replace("\r", "")


def on_terminal(x, *words):
    """Runs the runtime on a terminal of its own. Returns its status and what appeared."""
    pid, fd = pty.fork()
    if pid == 0:
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("4H", 24, 80, 0, 0))
        os.chdir(x.bundle)
        os.execv(x.binary, [x.binary, "--root", x.root, *words])
    text = drain(fd, 10)
    _, status = os.waitpid(pid, 0)
    os.close(fd)
    return os.waitstatus_to_exitcode(status), text


def wait_until(condition, seconds=60):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.01)
    return False


def read(path):
    with open(path, errors="replace") as f:
        return f.read()


def change(document, place, value):
    """Sets a member, or takes it away; the last part may be a number of a list or + to append."""
    for part in place[:-1]:
        document = document[int(part)] if isinstance(document, list) else document.setdefault(part, {})
    last = place[-1]
    if isinstance(document, list):
        if last == "add":
            document.extend(value if isinstance(value, list) else [value])
        elif value is MISSING:
            del document[int(last)]
        else:
            document[int(last)] = value
    elif value is MISSING:
        document.pop(last, None)
    else:
        document[last] = value


APPLETS = """sh cat echo sleep id ls stat true false hostname mount touch mkdir env pwd kill ip grep readlink
    ulimit sed head date tty printf awk sort tr test umask ps mv rm cut wc dd stty trap seq mknod""".split()


def make_rootfs(rootfs):
    for d in "bin etc proc sys dev tmp root mnt run home".split():
        os.makedirs(os.path.join(rootfs, d), exist_ok=True)
    os.chmod(os.path.join(rootfs, "tmp"), 0o1777)
    busybox = shutil.which("busybox")
    shutil.copy(busybox, os.path.join(rootfs, "bin/busybox"))
    for a in APPLETS:
        os.symlink("busybox", os.path.join(rootfs, "bin", a))
    with open(os.path.join(rootfs, "etc/passwd"), "w") as f:
        f.write("root:x:0:0:root:/root:/bin/sh\nuser:x:1000:1000:user:/home:/bin/sh\n")
    with open(os.path.join(rootfs, "etc/group"), "w") as f:
        f.write("root:x:0:\nuser:x:1000:\nmore:x:2000:user\n")
    with open(os.path.join(rootfs, "bin/plain"), "w") as f:
        f.write("not a program\n")
    with open(os.path.join(rootfs, "bin/lost"), "w") as f:
        f.write("#!/no/such/interpreter\n")
    os.chmod(os.path.join(rootfs, "bin/lost"), 0o755)
    with open(os.path.join(rootfs, "bin/garbage"), "w") as f:
        f.write("\x01\x02\x03")
    os.chmod(os.path.join(rootfs, "bin/garbage"), 0o755)


def base_spec(x):
    caps = ["CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE"]
    spec = {
        "ociVersion": "1.0.2",
        "process": {
            "terminal": False,
            "user": {"uid": 0, "gid": 0},
            "args": ["true"],
            "env": ["PATH=/bin", "TERM=xterm"],
            "cwd": "/",
            "capabilities": {k: list(caps) for k in ("bounding", "effective", "permitted")},
            "rlimits": [{"type": "RLIMIT_NOFILE", "hard": 1024, "soft": 1024}],
            "noNewPrivileges": True,
        },
        "root": {"path": "rootfs", "readonly": False},
        "hostname": "box",
        "mounts": [
            {"destination": "/proc", "type": "proc", "source": "proc"},
            {"destination": "/dev", "type": "tmpfs", "source": "tmpfs",
             "options": ["nosuid", "strictatime", "mode=755", "size=65536k"]},
            {"destination": "/dev/pts", "type": "devpts", "source": "devpts",
             "options": ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"]},
            {"destination": "/dev/shm", "type": "tmpfs", "source": "shm",
             "options": ["nosuid", "noexec", "nodev", "mode=1777", "size=65536k"]},
        ],
        "linux": {
            "namespaces": [{"type": t} for t in ("pid", "ipc", "uts", "mount")],
            "maskedPaths": ["/proc/kcore", "/proc/keys"],
            "readonlyPaths": ["/proc/sys", "/proc/bus"],
        },
    }
    if x.rootless:
        spec["linux"]["namespaces"].append({"type": "user"})
        spec["linux"]["uidMappings"] = [{"containerID": 0, "hostID": os.geteuid(), "size": 1}]
        spec["linux"]["gidMappings"] = [{"containerID": 0, "hostID": os.getegid(), "size": 1}]
    else:
        spec["linux"]["cgroupsPath"] = x.cgroup
        spec["linux"]["resources"] = {"devices": [{"allow": False, "access": "rwm"}]}
    return spec
