"""Port 10250: what the API server asks a kubelet for kubectl's exec, attach, logs, port-forward (pkg/kubelet/server)."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import ssl
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from tornado.httpserver import HTTPServer
from tornado.web import Application, HTTPError, RequestHandler
from tornado.websocket import WebSocketClosedError, WebSocketHandler

from labkit.agents.containers.client import ContainerError
from labkit.agents.kubelet.asking import read_environment
from labkit.agents.kubelet.channels import (
    CLOSE,
    ERROR,
    PROTOCOLS,
    RESIZE,
    STDERR,
    STDIN,
    STDOUT,
    Feeder,
    Streams,
    open_streams,
    pump,
    render_failure,
    render_status,
)
from labkit.agents.kubelet.forward import Forward
from labkit.agents.kubelet.logs import Wish, find_file, read_log
from labkit.agents.kubelet.status import Box
from labkit.agents.kubelet.worker import Worker
from labkit.errors import UsageError

if TYPE_CHECKING:  # the agent starts this server
    from labkit.agents.kubelet.agent import Kubelet

_WORDS: Final = {
    "stdin": ("stdin", "input"),
    "stdout": ("stdout", "output"),
    "stderr": ("stderr", "error"),
    "tty": ("tty",),
}
_LARGEST: Final = 16 << 20  # bytes of a message


async def start_server(kubelet: Kubelet) -> None:
    """Serve from now on. Raises UsageError without a certificate."""
    settings = kubelet.ground.settings
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(settings.certificate, settings.key)
    except OSError as error:
        raise UsageError(f"{settings.certificate}: {error}", hint="kubelet serves port 10250 with it") from error
    words = {"kubelet": kubelet}
    pod = r"/([^/]+)/([^/]+)"
    application = Application(
        [
            (r"/healthz", Health),
            (r"/pods", Pods, words),
            (rf"/containerLogs{pod}/([^/]+)", Logs, words),
            (rf"/exec{pod}/(?:[^/]+/)?([^/]+)", Exec, words),
            (rf"/attach{pod}/(?:[^/]+/)?([^/]+)", Attach, words),
            (rf"/portForward{pod}(?:/[^/]+)?", Forward, words),
        ],
        log_function=lambda _: None, websocket_max_message_size=_LARGEST,
    )  # fmt: skip
    HTTPServer(application, ssl_options=context).listen(settings.port)


class Health(RequestHandler):
    """Whether this kubelet serves."""

    def get(self) -> None:
        self.write("ok")


class Pods(RequestHandler):
    """The pods that it has."""

    def initialize(self, kubelet: Kubelet) -> None:
        self._kubelet = kubelet

    def get(self) -> None:
        self.write(
            {"kind": "PodList", "apiVersion": "v1", "items": [each.pod for each in self._kubelet.workers.values()]}
        )


def find_container(kubelet: Kubelet, namespace: str, pod: str, name: str) -> tuple[Worker, Box]:
    """Raises HTTPError."""
    worker = kubelet.find_worker(namespace, pod)
    if worker is None:
        raise HTTPError(404, reason=f'pod "{pod}" does not exist')
    box = worker.find_box(name)
    if box is None:
        raise HTTPError(404, reason=f"container {name} is not in pod {pod}")
    return worker, box


class Logs(RequestHandler):
    """kubectl logs."""

    def initialize(self, kubelet: Kubelet) -> None:
        self._kubelet = kubelet

    async def get(self, namespace: str, pod: str, name: str) -> None:
        worker, box = find_container(self._kubelet, namespace, pod, name)
        wish = Wish.parse({key: values[-1].decode() for key, values in self.request.query_arguments.items()})
        path = find_file(worker.kept, box, previous=wish.previous)
        if path is None:
            self.set_status(400)
            self.finish(self._explain(worker, box, previous=wish.previous))
            return
        self.set_header("Content-Type", "text/plain")
        run = box.id
        async for piece in read_log(path, wish, lambda: box.running and box.id == run):
            self.write(piece)
            if wish.follow:
                await self.flush()

    def _explain(self, worker: Worker, box: Box, *, previous: bool) -> str:
        if previous:
            return f'previous terminated container "{box.name}" in pod "{worker.pod["metadata"]["name"]}" not found'
        reason = box.state.get("waiting", {}).get("reason", "")
        said = "trying and failing to pull image" if reason in ("ErrImagePull", "ImagePullBackOff") else reason
        return f'container "{box.name}" in pod "{worker.pod["metadata"]["name"]}" is waiting to start: {said}'

    def write_error(self, status_code: int, **_: Any) -> None:
        self.finish(self._reason or str(status_code))


class Streaming(WebSocketHandler):
    """What exec and attach share."""

    def initialize(self, kubelet: Kubelet) -> None:
        self._kubelet = kubelet
        self._streams: Streams | None = None
        self._feeder = Feeder()
        self._pumps: list[asyncio.Task[None]] = []
        self._task: asyncio.Task[None] | None = None

    def check_origin(self, origin: str) -> bool:  # noqa: ARG002 - tornado names it
        return True

    def select_subprotocol(self, subprotocols: list[str]) -> str | None:
        return next((each for each in PROTOCOLS if each in subprotocols), None)

    def write_error(self, status_code: int, **_: Any) -> None:
        self.finish(self._reason or str(status_code))

    async def prepare(self) -> None:
        """Before the upgrade: what isn't there is a plain 404."""
        namespace, pod, name = self.path_args
        self._worker, self._box = find_container(self._kubelet, namespace, pod, name)
        if not self._box.running:
            raise HTTPError(400, reason=f"container {name} not running")

    def open(self, *_: str) -> None:
        self._task = asyncio.create_task(self._serve())

    async def _serve(self) -> None:
        try:
            said = await self._run()
        except ContainerError as error:
            said = render_failure(error.message)
        finally:
            self._feeder.stop()
            for each in self._pumps:
                each.cancel()
        with contextlib.suppress(WebSocketClosedError):
            await self.write_message(bytes([ERROR]) + json.dumps(said).encode(), binary=True)
        self.close(1000)
        self._release()

    async def _run(self) -> Mapping[str, Any]:
        raise NotImplementedError

    def _read_wish(self) -> dict[str, bool]:
        given = {key for key, values in self.request.query_arguments.items() if values[-1] in (b"1", b"true")}
        return {word: bool(given.intersection(names)) for word, names in _WORDS.items()}

    def _start_feeding(self, streams: Streams) -> None:
        self._streams = streams
        if STDIN in streams.kept:
            self._feeder.start(streams.kept[STDIN], self._end_stdin)

    def _end_stdin(self) -> None:
        if self._streams and not self._streams.terminal:
            self._streams.close(STDIN)

    async def on_message(self, message: str | bytes) -> None:
        data = message.encode() if isinstance(message, str) else message
        if not data:
            return
        channel, rest = data[0], data[1:]
        if channel == STDIN and rest:
            await self._feeder.put(rest)
        elif channel == CLOSE and rest[:1] == bytes([STDIN]):
            await self._feeder.put(b"")
        elif channel == RESIZE and self._streams and self._streams.terminal:
            self._streams.resize(rest)

    def on_close(self) -> None:
        if self._task and not self._task.done():
            self._task.cancel()
        self._feeder.stop()
        self._release()

    def _release(self) -> None:
        if self._streams:
            self._streams.close()
            self._streams = None


class Exec(Streaming):
    """kubectl exec: one more process in the container. It is killed when the connection breaks off."""

    async def _run(self) -> Mapping[str, Any]:
        wish, argv = self._read_wish(), [word.decode() for word in self.request.query_arguments.get("command", ())]
        ground = self._kubelet.ground
        lives = await ground.do(ground.containers.list_lives)
        if self._box.id not in lives:
            return render_failure("container not found")
        environment = read_environment(lives[self._box.id].process) | ({"TERM": "xterm"} if wish["tty"] else {})
        streams = open_streams(wish)
        try:
            entered = await ground.do(
                ground.containers.enter, self._box.id, argv, environment, streams.given, terminal=wish["tty"]
            )
        except ContainerError as error:
            return render_failure(f"Internal error occurred: error executing command in container: {error.message}")
        finally:
            streams.close_given()
        self._start_feeding(streams)
        with entered.connection as connection:
            connection.setblocking(False)
            self._pumps = [
                asyncio.create_task(pump(streams.kept[each], each, self))
                for each in (STDOUT, STDERR)
                if each in streams.kept
            ]
            said = await asyncio.get_running_loop().sock_recv(connection, 1000)
            await _wait_pumps(self._pumps)
        return render_status(json.loads(said or b'{"status": 137}')["status"])


async def _wait_pumps(pumps: list[asyncio.Task[None]]) -> None:
    """All that was written; what a grandchild that stays keeps open is not waited for."""
    if pumps:
        _, late = await asyncio.wait(pumps, timeout=1.0)
        for task in late:
            task.cancel()


class Attach(Streaming):
    """kubectl attach, and run -it: the streams of the container's first process."""

    async def _run(self) -> Mapping[str, Any]:
        ground, name = self._kubelet.ground, self._box.id
        pipes = [os.pipe2(os.O_CLOEXEC) for _ in range(2)]
        stdin = await ground.do(ground.containers.listen, name, (pipes[0][1], pipes[1][1]))
        for _, writer in pipes:
            os.close(writer)
        terminal = bool(self._worker.maker.find_container(self._box.name).get("tty"))
        kept = {STDOUT: pipes[0][0], STDERR: pipes[1][0]}
        if stdin >= 0 and self._read_wish()["stdin"]:
            kept[STDIN] = stdin
        streams = Streams((-1, -1, -1), kept, terminal=terminal)
        self._start_feeding(streams)
        await asyncio.gather(*(pump(streams.kept[each], each, self) for each in (STDOUT, STDERR)))
        return render_status(0)

    def _end_stdin(self) -> None:
        super()._end_stdin()
        container = self._worker.maker.find_container(self._box.name)
        if container.get("stdinOnce"):
            with contextlib.suppress(ContainerError):
                self._kubelet.ground.containers.close_stdin(self._box.id)
