"""What waits to be published, within limits: nobody waits for a broker, and none can fill memory.

Of a retained topic only the last message waits, as an older one would be replaced at once. When
there are too many, telemetry (QoS 0) goes first, then the oldest.
"""

from __future__ import annotations

from collections import OrderedDict

from harness.control.publication import Publication

MOST = 2_000


class Outbox:
    """`dropped` counts what was left out. Nothing costs more where more waits."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._waiting: OrderedDict[object, Publication] = OrderedDict()
        self._telemetry: dict[object, None] = {}  # the keys of what has QoS 0, oldest first
        self._number = 0
        self.dropped = 0

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, publication: Publication) -> None:
        """Publish it when its turn comes."""
        self._number += 1
        key: object = publication.topic if publication.retain else self._number
        self._waiting.pop(key, None)
        self._telemetry.pop(key, None)
        self._waiting[key] = publication
        if not publication.qos:
            self._telemetry[key] = None
        if len(self._waiting) > self._most:
            self._drop()

    def take(self) -> Publication | None:
        """The next one, None if nothing waits."""
        if not self._waiting:
            return None
        key, publication = self._waiting.popitem(last=False)
        self._telemetry.pop(key, None)
        return publication

    def back(self, publication: Publication) -> None:
        """It could not be published: it is the next one again, unless it is out of date by now."""
        key: object = publication.topic if publication.retain else -self._number
        if publication.qos and key not in self._waiting:
            self._number += 1
            self._waiting[key] = publication
            self._waiting.move_to_end(key, last=False)

    def forget_telemetry(self) -> None:
        """What was only of use at once, while nobody listens."""
        for key in self._telemetry:
            del self._waiting[key]
        self._telemetry.clear()

    def _drop(self) -> None:
        self.dropped += 1
        oldest = next(iter(self._telemetry), None)
        if oldest is None:
            self._waiting.popitem(last=False)
            return
        del self._telemetry[oldest], self._waiting[oldest]
