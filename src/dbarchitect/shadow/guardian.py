"""Run one throwaway server, and leave nothing of it behind, whatever becomes of the process that wanted it.

A program of its own, for Python's standard library alone: `python -I -S guardian.py PARENT UID GID FOLDER… -- COMMAND…`
runs COMMAND as that user (-1: as ourselves) until its own standard input ends or the process PARENT is gone, which is
how a kill -9 looks from here; then it stops the server at once and removes every FOLDER. When the server ends by
itself the folders stay, because its last words are in them, and the guardian leaves with the server's exit status.
"""

from __future__ import annotations

import os
import select
import signal
import sys
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ctypes

PATIENCE = 10.0  # seconds for a server to stop
_PR_SET_PDEATHSIG = 1
_ORDERS = (signal.SIGTERM, signal.SIGHUP)


def guard(parent: int, uid: int, gid: int, folders: list[str], command: list[str]) -> int:
    """Run the server to its end; the exit status for our own process."""
    wakened, waker = os.pipe()
    os.set_blocking(waker, False)
    signal.set_wakeup_fd(waker)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for order in (*_ORDERS, signal.SIGCHLD):
        signal.signal(order, lambda *_: None)  # it only has to wake the loop below
    server = os.fork()
    if server == 0:
        _become_server(uid, gid, command)
    while True:
        ready, _, _ = select.select([0, wakened], [], [], 1.0)
        if wakened in ready:
            arrived = os.read(wakened, 64)
            ended, status = os.waitpid(server, os.WNOHANG)
            if ended:
                return _exit_status(status)
            if any(order in arrived for order in _ORDERS):
                break
        if (0 in ready and not os.read(0, 64)) or os.getppid() != parent:
            break
    _stop(server)
    _remove(folders)
    return 0


def _become_server(uid: int, gid: int, command: list[str]) -> None:
    guardian = os.getppid()
    try:
        signal.set_wakeup_fd(-1)
        for each in (*_ORDERS, signal.SIGCHLD, signal.SIGINT):
            signal.signal(each, signal.SIG_DFL)
        os.closerange(3, 256)  # above all the lock, which must fall when the guardian dies
        with open(os.devnull, "rb") as nothing:  # noqa: PTH123 - pathlib costs a start 10 ms
            os.dup2(nothing.fileno(), 0)
        libc = _c_library()  # before setuid: the new user may be unable to read Python's own files
        if uid >= 0:
            os.setgroups([])
            os.setgid(gid)
            os.setuid(uid)
        if libc is not None:
            # Should somebody kill -9 the guardian, the kernel sends this signal to the server. After setuid, which
            # clears it.
            libc.prctl(_PR_SET_PDEATHSIG, int(signal.SIGQUIT), 0, 0, 0)
            if os.getppid() != guardian:
                os._exit(1)
        os.execv(command[0], command)  # noqa: S606 - a list, no shell
    except OSError as error:
        os.write(2, f"FATAL: cannot run the server: {error.strerror}\n".encode())
    os._exit(127)


def _c_library() -> ctypes.CDLL | None:
    if sys.platform != "linux":
        return None
    import ctypes

    return ctypes.CDLL(None)


def _stop(server: int) -> None:
    os.kill(server, signal.SIGQUIT)
    deadline = time.monotonic() + PATIENCE
    while not os.waitpid(server, os.WNOHANG)[0]:
        if time.monotonic() > deadline:
            os.kill(server, signal.SIGKILL)
            os.waitpid(server, 0)
            return
        time.sleep(0.002)


def _remove(folders: list[str]) -> None:
    import shutil  # not before: it would double the time of our own start

    for _ in range(50):  # after a SIGKILL the sessions outlive the server by a moment, and may still write
        for folder in folders:
            shutil.rmtree(folder, ignore_errors=True)
        if not any(os.path.lexists(folder) for folder in folders):
            return
        time.sleep(0.1)


def _exit_status(status: int) -> int:
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    _parent, _uid, _gid, *_rest = sys.argv[1:]
    _cut = _rest.index("--")
    sys.exit(guard(int(_parent), int(_uid), int(_gid), _rest[:_cut], _rest[_cut + 1 :]))
