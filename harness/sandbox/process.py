"""One confined process: how it is started, watched and ended. What confines it is `harness.sandbox.inside`."""

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from harness.sandbox import surroundings
from harness.sandbox.inside.plain import encode
from harness.sandbox.limits import Limits

_BOOT = "import sys; sys.path.insert(0, sys.argv[1]); from inside.main import main; del sys.path[0]; main()"
#: V8 reserves address space far beyond what it uses, so that node is held by its data instead.
_NODE_HEAP = "--max-old-space-size={}"
#: By default node reads one of /etc, and does not start where it may not.
_NO_OPENSSL_CONFIG = "--openssl-config=/dev/null"


class Folder:
    """A private folder that judged code may write to; removed with everything in it."""

    def __init__(self, owner: int | None) -> None:
        self.path = Path(tempfile.mkdtemp(prefix="sandbox-"))
        if owner is not None:
            os.chown(self.path, owner, owner)

    def holds_more_than(self, size: int, entries: int) -> bool:
        """Whether there is more in it than that, or something that cannot be read, so that nothing is hidden there."""
        waiting = [self.path]
        while waiting:
            try:
                with os.scandir(waiting.pop()) as found:
                    for entry in found:
                        entries -= 1
                        if entry.is_dir(follow_symlinks=False):
                            waiting.append(Path(entry.path))
                        else:
                            size -= entry.stat(follow_symlinks=False).st_size
                        if entries < 0 or size < 0:
                            return True
            except FileNotFoundError:
                continue  # removed meanwhile
            except OSError:
                return True
        return False

    def remove(self) -> None:
        """Remove it; what Python cannot remove (too deep, unreadable) the system's own program does."""
        with contextlib.suppress(RecursionError):
            shutil.rmtree(self.path, ignore_errors=True)
        if self.path.exists():
            for command in (["chmod", "-R", "u+rwx"], ["rm", "-rf"]):
                subprocess.run([*command, str(self.path)], stderr=subprocess.DEVNULL, check=False)


class Process:
    """A started process and its folder.

    Args:
        role: ``candidate``, ``tests`` or ``node``.
        parts: What confines it: of ``landlock``, ``seccomp`` and ``bwrap``.
        limits: What it may use up.
        files: Pipe ends it is given, by what they are for.
        task: What it runs (see the functions of its role).
    """

    def __init__(
        self, role: str, parts: Sequence[str], limits: Limits, files: Mapping[str, int], task: Mapping[str, Any]
    ) -> None:
        self._limits = limits
        self._wrapped = "bwrap" in parts
        # Within bwrap's namespace there is no other user to become.
        user = None if self._wrapped else surroundings.user()
        self.folder = Folder(user if surroundings.open_to_all() else None)
        spec = {
            "role": role,
            "confinement": _confinement(role, parts, limits, user, str(self.folder.path)),
            "libraries": list(surroundings.libraries()),
            **files,
            **task,
        }
        if role == "node":
            heap = _NODE_HEAP.format(limits.memory >> 21)
            script = str(surroundings.INSIDE / "candidate.js")
            spec |= {"node": surroundings.node(), "arguments": ["node", heap, _NO_OPENSSL_CONFIG, script]}
        command = [surroundings.interpreter(), "-P", "-s", "-S", "-B", "-c", _BOOT, str(surroundings.INSIDE.parent)]
        if self._wrapped:
            command = [*_bubblewrap(spec["confinement"]), *command]
        self._output = tempfile.TemporaryFile()  # noqa: SIM115
        try:
            self._process = self._start(command, encode(spec, _no_objects), list(files.values()))
        except BaseException:
            self._output.close()
            self.folder.remove()
            raise

    def _start(self, command: list[str], description: bytes, files: list[int]) -> subprocess.Popen[bytes]:
        with tempfile.TemporaryFile() as said:
            said.write(description)
            said.seek(0)
            return subprocess.Popen(
                command,
                stdin=said,
                stdout=self._output,
                stderr=subprocess.STDOUT,
                pass_fds=files,
                start_new_session=True,
                env=_environment(str(self.folder.path)),
                cwd="/",
            )

    def overflows(self) -> bool:
        """Whether it has written more than it may."""
        return self.folder.holds_more_than(self._limits.folder, self._limits.entries)

    def ended(self, seconds: float) -> int | None:
        """Its exit status once it has ended by itself (negative: the signal that ended it), or None."""
        try:
            status = self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None
        # bwrap reports a signal as a shell does.
        return 128 - status if self._wrapped and status > 128 else status

    def printed(self) -> str:
        """The last of what it printed."""
        self._output.seek(max(0, self._output.seek(0, os.SEEK_END) - 300))
        return self._output.read(300).decode("utf-8", "replace")

    def close(self) -> None:
        """End it and all it may have started, and remove its folder."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.kill()
        self._process.wait()
        self._output.close()
        self.folder.remove()


def _confinement(role: str, parts: Sequence[str], limits: Limits, user: int | None, folder: str) -> dict[str, Any]:
    # The kernel counts all threads of the user, but those in bwrap's namespace apart.
    others = 0 if "bwrap" in parts else surroundings.threads_of(os.geteuid() if user is None else user)
    seconds = int(limits.seconds) + 2
    is_node = role == "node"
    return {
        "parts": [part for part in parts if part != "bwrap"],
        "user": user,
        "keeps_files": not surroundings.open_to_all(),
        "folder": folder,
        "readable": [*surroundings.readable(), *([str(surroundings.INSIDE / "candidate.js")] if is_node else [])],
        "runnable": list(surroundings.runnable_for_node()) if is_node else [],
        "limits": {
            "CPU": seconds,
            "DATA" if is_node else "AS": limits.memory,
            "FSIZE": limits.file,
            "NPROC": others + limits.threads,
            "NOFILE": 64,
            # 0 would still let a crash start the machine's own core handler (core(5)).
            "CORE": 1,
            "MEMLOCK": 0,
        },
    }


def _bubblewrap(confinement: Mapping[str, Any]) -> list[str]:
    """bwrap's command line: own namespaces, and a file system of what the sandbox may read."""
    command = [surroundings.bubblewrap() or "bwrap", "--unshare-all", "--die-with-parent", "--dev", "/dev"]
    for path in (
        *confinement["readable"],
        *confinement["runnable"],
        str(surroundings.INSIDE),
        surroundings.interpreter(),
    ):
        if not path.startswith("/dev/"):
            command += ["--ro-bind", path, path]
    for link, target in surroundings.library_links().items():
        command += ["--symlink", target, link]
    command += ["--bind", confinement["folder"], confinement["folder"]]
    # bwrap's own root and /dev lie in memory and would take any number of files.
    return [*command, "--remount-ro", "/dev", "--remount-ro", "/", "--"]


def _environment(folder: str) -> dict[str, str]:
    # A fixed hash seed: what depends on the order of a set comes out the same in every run.
    return {
        "HOME": folder,
        "TMPDIR": folder,
        "PATH": "",
        "LANG": "C.UTF-8",
        "PYTHONHASHSEED": "0",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }


def _no_objects(value: Any) -> int:
    raise TypeError(f"a {type(value).__name__} in a description")
