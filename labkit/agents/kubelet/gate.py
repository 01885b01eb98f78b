"""Whether a container of a pod may be started now: its restart policy, its image, how long it has to wait (kuberuntime_manager.go)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from labkit.agents.kubelet.backoff import Backoff, render_duration
from labkit.agents.kubelet.ground import Ground
from labkit.agents.kubelet.images import find_image, is_valid, render_pull_error
from labkit.agents.kubelet.making import Maker
from labkit.agents.kubelet.record import Kept
from labkit.agents.kubelet.status import INIT, SIDECAR, Box

_RETRY: Final = 2.0  # seconds, where nothing else is said


class Gate:
    """For one pod. `look_in`: come again after so many seconds. What keeps a container from its start is written into its box."""

    def __init__(self, ground: Ground, kept: Kept, maker: Maker, look_in: Callable[[float], None]) -> None:
        self._ground = ground
        self._kept = kept
        self._maker = maker
        self._look_in = look_in
        self._backoffs: dict[str, Backoff] = {}
        self._failed: dict[str, float] = {}  # when a container ended or its image could not be had, by the loop's clock

    def note_end(self, box: Box) -> None:
        """It has ended now."""
        self._failed[box.name] = asyncio.get_running_loop().time()

    def may_start(self, box: Box) -> bool:
        """Whether it should run, doesn't, and can; then its box is ready for a new run."""
        if box.running or (box.role == INIT and box.done) or not self._should_start(box):
            return False
        if not self._has_image(box) or self._must_wait(box):
            return False
        self._prepare_restart(box)
        return True

    def _should_start(self, box: Box) -> bool:
        code = box.exit_code
        policy = "Always" if box.role == SIDECAR else self._kept.pod["spec"].get("restartPolicy", "Always")
        if code is None:
            return True
        if box.role == INIT:
            return code != 0 and policy != "Never"
        return policy == "Always" or (policy == "OnFailure" and code != 0)

    def _has_image(self, box: Box) -> bool:
        """Whether the image is there; if not, the box says why."""
        if not is_valid(box.image):
            message = f'Failed to apply default image tag "{box.image}": couldn\'t parse image name "{box.image}": invalid reference format'
            self.fail(box, "InvalidImageName", message, event=("InspectFailed", message))
            return False
        if find_image(box.image):
            return True
        spec = self._maker.find_container(box.name)
        if spec.get("imagePullPolicy") == "Never":
            message = f'Container image "{box.image}" is not present with pull policy of Never'
            self.fail(box, "ErrImageNeverPull", message, event=("ErrImageNeverPull", message))
            return False
        self._fail_pull(box)
        return False

    def _fail_pull(self, box: Box) -> None:
        now = asyncio.get_running_loop().time()
        key = f"image {box.name}"
        backoff = self._backoffs.setdefault(key, Backoff())
        said, about = render_pull_error(box.image), self._maker.reference(box)
        if key in self._failed and (left := backoff.find_left(self._failed[key], now)):
            self._look_in(left)
            if box.state.get("waiting", {}).get("reason") != "ImagePullBackOff":
                self._ground.record(about, "BackOff", f'Back-off pulling image "{box.image}"')
                self._ground.record(about, "Failed", "Error: ImagePullBackOff", warning=True)
            waiting = f'Back-off pulling image "{box.image}": ErrImagePull: {said}'
            box.state = {"waiting": {"reason": "ImagePullBackOff", "message": waiting}}
            return
        self._failed[key] = now
        backoff.grow(now)
        self._ground.record(about, "Pulling", f'Pulling image "{box.image}"')
        self._ground.record(about, "Failed", f'Failed to pull image "{box.image}": {said}', warning=True)
        self._ground.record(about, "Failed", "Error: ErrImagePull", warning=True)
        box.state = {"waiting": {"reason": "ErrImagePull", "message": said}}
        self._look_in(_RETRY)

    def fail(self, box: Box, reason: str, message: str, *, event: tuple[str, str]) -> None:
        if box.state.get("waiting", {}).get("message") != message:
            self._ground.record(self._maker.reference(box), event[0], event[1], warning=True)
            self._ground.record(self._maker.reference(box), "Failed", f"Error: {reason}", warning=True)
        box.state = {"waiting": {"reason": reason, "message": message}}
        self._look_in(5 * _RETRY)

    def _must_wait(self, box: Box) -> bool:
        """CrashLoopBackOff: after an end the next start comes later each time."""
        if box.exit_code is None:
            return False
        now = asyncio.get_running_loop().time()
        backoff = self._backoffs.setdefault(box.name, Backoff())
        left = backoff.find_left(self._failed.get(box.name, now), now)
        if not left:
            backoff.grow(now)
            return False
        self._look_in(left)
        if "terminated" in box.state:
            metadata = self._kept.pod["metadata"]
            whole = f"{metadata['name']}_{metadata['namespace']}({metadata['uid']})"
            self._ground.record(
                self._maker.reference(box),
                "BackOff",
                f"Back-off restarting failed container {box.name} in pod {whole}",
                warning=True,
            )
            message = f"back-off {render_duration(backoff.seconds)} restarting failed container={box.name} pod={whole}"
            box.last, box.state = box.state, {"waiting": {"reason": "CrashLoopBackOff", "message": message}}
        return True

    def _prepare_restart(self, box: Box) -> None:
        if box.exit_code is None:
            return
        if "terminated" in box.state:
            box.last = box.state
        box.restarts += 1
        box.former = box.id
