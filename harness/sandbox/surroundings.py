"""What of this machine a sandbox needs: programs, the paths that judged code may read, the user it becomes."""

import os
import shutil
import stat
import sys
import sysconfig
import tempfile
import time
from functools import cache, lru_cache
from pathlib import Path

#: Shared libraries, and what they and the interpreter look up.
_SYSTEM = (
    *("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib"),
    *("/etc/ld.so.cache", "/etc/localtime", "/usr/share/zoneinfo", "/dev/urandom", "/dev/zero"),
)
_LOADERS = ("/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux-aarch64.so.1", "/lib/ld-musl-x86_64.so.1")
_NOBODY = 65534
_RECENT = 5.0
INSIDE = Path(__file__).parent / "inside"


def interpreter() -> str:
    """The Python program itself; a virtual environment's link to it would need the links' folders too."""
    return os.path.realpath(sys.executable)


@cache
def libraries() -> tuple[str, ...]:
    """The folders of installed packages, which judged code may import from."""
    found = (sysconfig.get_path(name) for name in ("purelib", "platlib"))
    return tuple(dict.fromkeys(os.path.realpath(path) for path in found if path and Path(path).is_dir()))


@cache
def readable() -> tuple[str, ...]:
    """The interpreter's own files, installed packages and shared libraries; no home, no /etc beyond the loader's."""
    own = [sysconfig.get_path(name) for name in ("stdlib", "platstdlib")] + [str(Path(sys.base_prefix, "lib"))]
    paths = [*own, *libraries(), *_SYSTEM]
    return tuple(dict.fromkeys(os.path.realpath(path) for path in paths if path and Path(path).exists()))


def library_links() -> dict[str, str]:
    """Folders of shared libraries that are links, and where they lead: programs name their loader by the link."""
    return {path: str(Path(path).readlink()) for path in _SYSTEM if Path(path).is_symlink()}


@cache
def runnable_for_node() -> tuple[str, ...]:
    """What may be started where the candidate is JavaScript: node and the loader of shared libraries."""
    paths = [node() or "", *_LOADERS]
    return tuple(os.path.realpath(path) for path in paths if path and Path(path).exists())


def node() -> str | None:
    """The node program, which runs JavaScript."""
    found = shutil.which("node")
    return os.path.realpath(found) if found else None


def bubblewrap() -> str | None:
    """The bwrap program."""
    return shutil.which("bwrap")


def user() -> int | None:
    """The user that a sandbox started by root becomes: nobody."""
    return _NOBODY if os.geteuid() == 0 else None


@cache
def open_to_all() -> bool:
    """Whether any user can read what a sandbox needs, so that nobody can."""
    needed = [interpreter(), str(INSIDE), tempfile.gettempdir(), *readable()]
    return all(_open_to_all(Path(os.path.realpath(path))) for path in needed)


def _open_to_all(path: Path) -> bool:
    folders = [path, *path.parents] if path.is_dir() else list(path.parents)
    return path.stat().st_mode & stat.S_IROTH != 0 and all(one.stat().st_mode & stat.S_IXOTH for one in folders)


def threads_of(user_id: int) -> int:
    """Threads that a user has, which the kernel counts against a limit on processes; looked up every few seconds."""
    return _threads_of(user_id, int(time.monotonic() / _RECENT))


@lru_cache(1)
def _threads_of(user_id: int, _: int) -> int:
    count = 0
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if entry.stat().st_uid == user_id:
                    count += len(list((entry / "task").iterdir()))
            except OSError:
                continue  # it has ended
    return count
