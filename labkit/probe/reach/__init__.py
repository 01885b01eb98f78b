"""What "reaches" means, said once: every kind of packet, both ends held by us, again and again for a second."""

from __future__ import annotations

from labkit.probe.reach.run import reach as reach
from labkit.probe.reach.value import Pair as Pair
from labkit.probe.reach.value import Reach as Reach
