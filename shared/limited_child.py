"""The other side of `shared.limited`: a process that runs what it is sent, with little memory and no network.

It imports next to nothing, because a child is started for one file.
"""

import ctypes
import importlib
import os
import pickle
import platform
import resource
import signal
import struct
import sys
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

LENGTH = struct.Struct(">Q")
DEATH_SIGNAL, NO_NEW_PRIVILEGES, SECCOMP, FILTER = 1, 38, 22, 2
FILES = 128
FIRST_TO_END = "1000"
"""When the memory of all comes to its end, the kernel ends this process and not the service."""
FORBIDDEN = {
    # machine: how the kernel calls it, and the numbers of socket, connect, execve, execveat, ptrace, kill, io_uring_setup
    "x86_64": (0xC000003E, (41, 42, 59, 322, 101, 62, 425)),
    "aarch64": (0xC00000B7, (198, 203, 221, 281, 117, 129, 425)),
}
LOAD, EQUAL, LEAST, RETURN = 0x20, 0x15, 0x35, 0x06
ALLOW, REFUSE = 0x7FFF0000, 0x00050001
OTHER_NUMBERS = 0x40000000
"""From here on the same calls have other numbers (x32); nobody needs them."""


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("steps", ctypes.c_char_p))


def _forbid() -> None:
    """From now on this process opens no connection, starts no program and signals nobody, for the kernel refuses it."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(DEATH_SIGNAL, signal.SIGKILL, 0, 0, 0)
    known = FORBIDDEN.get(platform.machine())
    if known is None:
        return
    machine, numbers = known
    end = len(numbers) + 1
    steps = [(LOAD, 0, 0, 4), (EQUAL, 0, end + 1, machine), (LOAD, 0, 0, 0), (LEAST, end - 1, 0, OTHER_NUMBERS)]
    steps += [(EQUAL, len(numbers) - place, 0, number) for place, number in enumerate(numbers)]
    steps += [(RETURN, 0, 0, ALLOW), (RETURN, 0, 0, REFUSE)]
    program = _Program(len(steps), b"".join(struct.pack("=HBBI", *step) for step in steps))
    libc.prctl(NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    if libc.prctl(SECCOMP, FILTER, ctypes.byref(program), 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "the kernel takes no filter")


def _allow_seconds(seconds: int) -> None:
    """So much of the processor's time for the next task, beside what the ones before it took."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    used = int(usage.ru_utime + usage.ru_stime) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (used + seconds, resource.RLIM_INFINITY))


def _run(task: bytes) -> bytes:
    try:
        module, name, arguments, seconds = pickle.loads(task)  # noqa: S301 - from the service that started us
        _allow_seconds(seconds)
        answer = True, getattr(importlib.import_module(module), name)(*arguments)
    except Exception as error:  # noqa: BLE001 - whoever asked gets it
        answer = False, _portable(error)
    return pickle.dumps(answer)


def _portable(error: Exception) -> Exception:
    """The error if it can be sent, else one with its words."""
    try:
        pickle.loads(pickle.dumps(error))  # noqa: S301 - our own
    except Exception:  # noqa: BLE001 - whatever its constructor asks for
        return RuntimeError(repr(error))
    return error


def serve(tasks: BinaryIO, answers: BinaryIO) -> None:
    """Run what comes until nothing more comes."""
    while head := tasks.read(LENGTH.size):
        answer = _run(tasks.read(*LENGTH.unpack(head)))
        answers.write(LENGTH.pack(len(answer)) + answer)
        answers.flush()


def main() -> None:
    """Take the limits on, then serve; whatever is printed goes nowhere."""
    memory, written = int(sys.argv[1]), int(sys.argv[2])
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (FILES, FILES))
    resource.setrlimit(resource.RLIMIT_FSIZE, (written, written))
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(FIRST_TO_END)
    _forbid()
    serve(sys.stdin.buffer, answers)


if __name__ == "__main__":
    main()
