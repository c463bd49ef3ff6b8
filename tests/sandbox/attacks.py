"""Attacks on the machine as code: each defines ``attack(world)``, which returns True where it got its way.

``world`` names things that the tests set up to be attacked: files, sockets, a process.
"""

READ = """
def attack(world):
    return open(world["secret"]).read() == "secret"
"""
READ_ETC = """
def attack(world):
    return len(open("/etc/passwd").read()) > 0
"""
LIST_HOME = """
import os
def attack(world):
    return len(os.listdir(world["home"])) > 0
"""
WRITE_OUTSIDE = """
def attack(world):
    with open(world["outside"] + "/mark", "w") as file:
        file.write("was here")
    return True
"""
CHANGE_MODE = """
import os
def attack(world):
    os.chmod(world["secret"], 0o640)
    return True
"""
TRUNCATE = """
import os
def attack(world):
    os.truncate(world["target"], 0)
    return True
"""
DELETE = """
import os
def attack(world):
    os.unlink(world["target"])
    return True
"""
SYMLINK = """
import os
def attack(world):
    os.symlink(world["secret"], "link")
    return open("link").read() == "secret"
"""
HARD_LINK = """
import os
def attack(world):
    os.link(world["secret"], os.path.join(world["outside"], "mark"))
    return True
"""
PROC = """
def attack(world):
    return b"=" in open(f"/proc/{world['victim']}/environ", "rb").read()
"""
PROC_SELF = """
def attack(world):
    return "Seccomp" in open("/proc/self/status").read()
"""
SYS = """
import os
def attack(world):
    return len(os.listdir("/sys/class/net")) > 0
"""
TCP = """
import socket
def attack(world):
    socket.create_connection(("127.0.0.1", world["tcp"]), 2).sendall(b"secret")
    return True
"""
UDP = """
import socket
def attack(world):
    socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"secret", ("127.0.0.1", world["udp"]))
    return True
"""
UNIX_SOCKET = """
import socket
def attack(world):
    socket.socket(socket.AF_UNIX).connect(chr(0) + world["unix"])
    return True
"""
DATAGRAM_PAIR = """
import socket
def attack(world):
    one, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    one.sendto(b"secret", chr(0) + world["unix_datagram"])
    return True
"""
LISTEN = """
import socket
def attack(world):
    return socket.create_server(("127.0.0.1", 0)).fileno() > 0
"""
FORK_BOMB = """
import os, signal
def attack(world):
    children = []
    try:
        for _ in range(30):
            child = os.fork()
            if child == 0:
                signal.pause()
            children.append(child)
        return len(children) == 30
    finally:
        for child in children:
            os.kill(child, signal.SIGKILL)
"""
THREAD_BOMB = """
import threading
def attack(world):
    threading.stack_size(64 << 10)
    stop = threading.Event()
    try:
        for started in range(400):
            threading.Thread(target=stop.wait, daemon=True).start()
        return True
    finally:
        stop.set()
"""
ALLOCATE = """
import mmap
def attack(world):
    # 10 GB, not backed by memory until they are written to.
    return len(mmap.mmap(-1, 10 << 30, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | 0x4000)) == 10 << 30
"""
ALLOCATE_OBJECT = """
def attack(world):
    return len(bytearray(1100 << 20)) == 1100 << 20
"""
ENDLESS_OUTPUT = """
import sys
def attack(world):
    for _ in range(64):
        sys.stdout.write("x" * (1 << 20))
    sys.stdout.flush()
    return True
"""
FILL_DISK = """
import os, time
def attack(world):
    for number in range(64):
        with open(f"part{number}", "wb") as file:
            file.write(bytes(1 << 20))
    time.sleep(0.3)
    return sum(entry.stat().st_size for entry in os.scandir(".")) >= 64 << 20
"""
LARGE_FILE = """
def attack(world):
    with open("large", "wb") as file:
        for _ in range(64):
            file.write(bytes(1 << 20))
    return True
"""
FILL_DISK_DEEP_DOWN = """
import os, time
def attack(world):
    for _ in range(20):
        os.mkdir("d" * 250)
        os.chdir("d" * 250)
    for number in range(64):
        with open(f"part{number}", "wb") as file:
            file.write(bytes(1 << 20))
    time.sleep(0.3)
    return sum(entry.stat().st_size for entry in os.scandir(".")) >= 64 << 20
"""
FILL_DISK_UNSEEN = """
import os, time
def attack(world):
    os.mkdir("hidden", 0o300)
    for number in range(64):
        with open(f"hidden/part{number}", "wb") as file:
            file.write(bytes(1 << 20))
    time.sleep(0.3)
    return os.stat("hidden/part63").st_size == 1 << 20
"""
FILL_MEMORY_FILES = """
import os
def attack(world):
    name = f"/dev/shm/sandbox-test-{os.getpid()}"
    with open(name, "wb") as file:
        file.write(bytes(1 << 20))
    os.unlink(name)
    return True
"""
MANY_FILES = """
import os, time
def attack(world):
    for number in range(3000):
        open(f"file{number}", "w").close()
    time.sleep(0.3)
    return len(os.listdir(".")) >= 3000
"""
DAEMON = """
import os, time
def attack(world):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            time.sleep(1)
            open(world["outside"] + "/mark", "w").close()
        os._exit(0)
    os.wait()
    return True
"""
SIGNAL = """
import os, signal
def attack(world):
    os.kill(world["victim"], signal.SIGCONT)
    return True
"""
SIGNAL_BY_FILE = """
import fcntl, os
def attack(world):
    reading, _ = os.pipe()
    fcntl.fcntl(reading, fcntl.F_SETOWN, world["victim"])
    return fcntl.fcntl(reading, fcntl.F_GETOWN) == world["victim"]
"""
LIMIT_OTHERS = """
import resource
def attack(world):
    resource.prlimit(world["victim"], resource.RLIMIT_NOFILE, (16, 16))
    return True
"""
RAISE_OWN_LIMIT = """
import resource
def attack(world):
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    if hard != resource.RLIM_INFINITY:
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    return True
"""
PTRACE = """
import ctypes
def attack(world):
    libc = ctypes.CDLL(None)
    attached = libc.ptrace(16, world["victim"], None, None) == 0
    if attached:
        libc.waitpid(world["victim"], None, 0)
        libc.ptrace(17, world["victim"], None, None)
    return attached
"""
READ_MEMORY = """
import ctypes
def attack(world):
    class Part(ctypes.Structure):
        _fields_ = (("start", ctypes.c_size_t), ("size", ctypes.c_size_t))
    ours = ctypes.create_string_buffer(6)
    here, there = Part(ctypes.addressof(ours), 6), Part(world["address"], 6)
    libc = ctypes.CDLL(None)
    got = libc.process_vm_readv(world["victim"], ctypes.byref(here), 1, ctypes.byref(there), 1, 0)
    return got == 6 and ours.raw == b"secret"
"""
SHELL = """
import subprocess
def attack(world):
    return subprocess.run(["/bin/sh", "-c", "exit 7"]).returncode == 7
"""
SHELL_BY_CTYPES = """
import ctypes
def attack(world):
    return ctypes.CDLL(None).system(b"exit 7") == 7 << 8
"""
REPLACE_PROCESS = """
import os
def attack(world):
    os.execv("/bin/sh", ["sh", "-c", "echo True"])
"""
RELOAD = """
import importlib, os, subprocess
os.system = subprocess.Popen = None  # as evaluation scripts patch them to disarm the code
def attack(world):
    importlib.reload(os)
    importlib.reload(subprocess)
    return os.system("exit 7") == 7 << 8 and subprocess.run(["/bin/true"]).returncode == 0
"""
MAKE_DEVICE = """
import os
def attack(world):
    os.mkfifo(world["outside"] + "/mark")
    return True
"""
SHARED_MEMORY = """
import ctypes
def attack(world):
    libc = ctypes.CDLL(None)
    number = libc.shmget(0, 1 << 20, 0o1600)
    return number >= 0 and libc.shmctl(number, 0, None) == 0
"""
MEMORY_FILE = """
import os
def attack(world):
    return os.memfd_create("hidden") > 0
"""
ENVIRONMENT = """
import os
def attack(world):
    return os.environ.get("HARNESS_TEST_TOKEN") == "secret"
"""
STANDARD_INPUT = """
import sys
def attack(world):
    return sys.stdin.read() == "secret"
"""

ATTACKS = {name.lower(): code for name, code in list(globals().items()) if name.isupper() and isinstance(code, str)}
