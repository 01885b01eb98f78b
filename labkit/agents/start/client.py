"""What a command of ours begins with: it has a warm process (server.py) fork the command, and stands in for it meanwhile.

Imported by itself, from this folder, with what is built into the interpreter: `socket` and `signal` alone would double its time.
Where the warm process can't be had, the command runs in this one.
"""

import _signal  # type: ignore[import-not-found]
import _socket
import os
import sys

DOOR = "/.labkit/run/commands"
ROOM = 2048  # bytes that the server's command line is long, in which each child writes its own
_START = "import sys; sys.path += sys.argv[1:3]; from labkit.agents.start.server import main; main()"
_NAMESPACES = ("net", "mnt", "uts")
_FORWARDED = (_signal.SIGINT, _signal.SIGTERM, _signal.SIGHUP, _signal.SIGQUIT, _signal.SIGUSR1, _signal.SIGUSR2)
EXITED, SIGNALLED = b"es"  # how a command's end is told, before its status or the signal


def run(target: str, package: list[str]) -> None:
    """Call `target`, as module:function, with what is in the folders `package`; its answer is the exit status."""
    try:
        connection = connect(package)
        taken = hand_over(connection, target)
    except OSError:  # among others: more words than a packet takes
        taken = False
    if taken:
        os._exit(wait_status(connection))
    sys.path += package
    module, _, function = target.partition(":")
    sys.exit(getattr(__import__(module, fromlist=[function]), function)())


def connect(package: list[str]) -> _socket.socket:
    """The warm process, started if there is none. Raises OSError."""
    connection = _socket.socket(_socket.AF_UNIX, _socket.SOCK_SEQPACKET)
    try:
        connection.connect(DOOR)
    except ConnectionRefusedError:  # it was killed
        os.unlink(DOOR)  # noqa: PTH108 - pathlib would double the client's time
        start_server(package)
        connection.connect(DOOR)
    except FileNotFoundError:
        start_server(package)
        connection.connect(DOOR)
    return connection


def start_server(package: list[str]) -> None:
    """A server behind DOOR: this one, or that of another command that is quicker. What is asked of it meanwhile waits for it."""
    listener = _socket.socket(_socket.AF_UNIX, _socket.SOCK_SEQPACKET)
    own = f"{DOOR}.{os.getpid()}"
    listener.bind(own)
    listener.listen(256)
    try:
        os.link(own, DOOR)
    except FileExistsError:
        return
    finally:
        os.unlink(own)  # noqa: PTH108
    if not os.fork():
        try:
            os.setsid()
            null = os.open(os.devnull, os.O_RDWR)
            for number, descriptor in enumerate((listener.fileno(), null, null)):
                os.dup2(descriptor, number)
            argv = [sys.executable, "-IS", "-X", "utf8", "-c", _START, *package, "-" * ROOM]
            os.execve(argv[0], argv, {"LANG": "C.UTF-8"})  # noqa: S606 - that is its purpose
        finally:
            os._exit(1)


def hand_over(connection: _socket.socket, target: str) -> bool:
    """All that a process has of its caller; whether the server takes it. Raises OSError."""
    mask = os.umask(0)
    os.umask(mask)
    words = [target, str(mask), str(len(sys.argv)), *sys.argv, *(f"{name}={text}" for name, text in os.environ.items())]
    passed = [os.open(f"/proc/self/ns/{kind}", os.O_RDONLY | os.O_CLOEXEC) for kind in _NAMESPACES]
    passed.append(os.open(".", os.O_PATH | os.O_CLOEXEC))
    rights = b"".join(number.to_bytes(4, sys.byteorder) for number in (0, 1, 2, *passed))
    packet = b"\0".join(os.fsencode(word) for word in words)
    connection.sendmsg([packet], [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, rights)])
    for descriptor in passed:
        os.close(descriptor)
    return bool(connection.recv(1))


def wait_status(connection: _socket.socket) -> int:
    """The command's exit status. Meanwhile what signals come are sent on; who dies of one makes this process die of it too."""
    for number in _FORWARDED:
        if _signal.getsignal(number) != _signal.SIG_IGN:
            _signal.signal(number, lambda number, _: connection.send(bytes([number])))
    said = connection.recv(2)
    if not said:
        os.write(2, b"the process that ran this command for you is gone\n")
        return 1
    kind, number = said
    if kind == SIGNALLED:
        if number != _signal.SIGKILL:
            _signal.signal(number, _signal.SIG_DFL)
        os.kill(os.getpid(), number)
    return number
