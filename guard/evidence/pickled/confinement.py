"""Gives up what a process doesn't need. Standard library alone; for Linux, and as far as its kernel lets.

`confine` says which of these hold afterwards:
- `network`: the process lives in a network namespace of its own, with no interface that is up;
- `calls`: a filter in the kernel (seccomp) refuses to open files, to start programs or processes, to make
  sockets, and to change the file system, whatever code may run (x86-64 and ARM 64);
- `limits`: memory, processor time, the size of written files and core dumps are bounded;
- `audit`: Python's own audit hook refuses the same; it stops Python code, not machine code.
Elsewhere than on Linux the last two are what there is.
"""

from __future__ import annotations

import ctypes
import platform
import struct
import sys

MEMORY = 4 << 30  # bytes of address space
SECONDS = 60  # of processor time
WRITTEN = 1 << 30  # bytes of output

_NEW_USER, _NEW_NET = 0x10000000, 0x40000000
_NO_NEW_PRIVILEGES, _SET_SECCOMP, _FILTER_MODE = 38, 22, 2
_REFUSED_NAMES = (
    "socket.", "subprocess.", "os.system", "os.exec", "os.fork", "os.posix_spawn", "os.spawn", "pty.",
    "ctypes.", "os.remove", "os.rename", "os.mkdir", "os.rmdir", "os.truncate", "os.chmod", "os.chown",
    "os.link", "os.symlink", "shutil.", "open", "import", "pickle.", "code.__new__", "exec", "compile",
)  # fmt: skip

# open openat openat2 creat execve execveat fork vfork clone clone3 ptrace process_vm_writev socket connect
# bind sendto sendmsg rename* unlink* link* symlink* mkdir* rmdir truncate chmod* chown* mount bpf io_uring
# keyctl userfaultfd unshare setns
_CALLS = {
    "x86_64": (
        0xC000003E,
        (2, 257, 437, 85, 59, 322, 57, 58, 56, 435, 101, 311, 41, 42, 49, 44, 46, 82, 264, 316, 87, 263, 86,
         265, 88, 266, 83, 258, 84, 76, 90, 268, 92, 260, 165, 321, 425, 250, 323, 272, 308),
    ),
    "aarch64": (
        0xC00000B7,
        (56, 437, 221, 281, 220, 435, 117, 271, 198, 203, 200, 206, 211, 38, 276, 35, 37, 36, 34, 45, 53, 54,
         40, 280, 425, 219, 282, 97, 268),
    ),
}  # fmt: skip


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_void_p)]


def confine() -> list[str]:
    """From here on for good. Whatever must be imported is imported before."""
    held = ["limits"] if _limits() else []
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.unshare(_NEW_USER | _NEW_NET) == 0:
            held.append("network")
        if _filter(libc):
            held.append("calls")
    sys.addaudithook(_hook)
    return [*held, "audit"]


def _limits() -> bool:
    try:
        import resource
    except ImportError:
        return False
    for what, most in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_CPU, SECONDS),
        (resource.RLIMIT_FSIZE, WRITTEN),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(what)
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        try:
            resource.setrlimit(what, (most, most))
        except (OSError, ValueError):  # macOS takes no limit of its address space
            if what != resource.RLIMIT_AS:
                return False
    return True


def _filter(libc: ctypes.CDLL) -> bool:
    if platform.machine() not in _CALLS:
        return False
    architecture, calls = _CALLS[platform.machine()]
    load, equal, above, answer = 0x20, 0x15, 0x35, 0x06
    refuse = 0x00050000 | 1  # errno: not permitted
    # Conditional jumps count the steps they leap over: to the refusal, which is the very last one.
    steps = [(load, 0, 0, 4), (equal, 1, 0, architecture), (answer, 0, 0, refuse), (load, 0, 0, 0)]
    steps.append((above, len(calls) + 1, 0, 0x40000000))  # the other numbering of the same calls
    steps += [(equal, len(calls) - number, 0, call) for number, call in enumerate(calls)]
    steps += [(answer, 0, 0, 0x7FFF0000), (answer, 0, 0, refuse)]
    code = b"".join(struct.pack("=HBBI", *step) for step in steps)
    buffer = ctypes.create_string_buffer(code, len(code))
    program = _Program(len(steps), ctypes.addressof(buffer))
    if libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0) != 0:
        return False
    return bool(libc.prctl(_SET_SECCOMP, _FILTER_MODE, ctypes.byref(program), 0, 0) == 0)


def _hook(event: str, _args: object) -> None:
    if event.startswith(_REFUSED_NAMES):
        raise PermissionError(f"{event} is refused here")
