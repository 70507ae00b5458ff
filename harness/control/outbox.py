"""What waits to be published, within limits: nobody waits for a broker, and none can fill memory.

Of a retained topic only the last message waits, as an older one would be replaced at once. When
there are too many, telemetry (QoS 0) goes first, then the oldest.
"""

from __future__ import annotations

from collections import OrderedDict

from harness.control.publication import Publication

MOST = 2_000


class Outbox:
    """`dropped` counts what was left out."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._waiting: OrderedDict[object, Publication] = OrderedDict()
        self._number = 0
        self.dropped = 0

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, publication: Publication) -> None:
        """Publish it when its turn comes."""
        self._number += 1
        key: object = publication.topic if publication.retain else self._number
        self._waiting.pop(key, None)
        self._waiting[key] = publication
        if len(self._waiting) > self._most:
            self._drop()

    def take(self) -> Publication | None:
        """The next one, None if nothing waits."""
        return self._waiting.popitem(last=False)[1] if self._waiting else None

    def back(self, publication: Publication) -> None:
        """It could not be published: it is the next one again, unless it is out of date by now."""
        key: object = publication.topic if publication.retain else -self._number
        if publication.qos and key not in self._waiting:
            self._number += 1
            self._waiting[key] = publication
            self._waiting.move_to_end(key, last=False)

    def forget_telemetry(self) -> None:
        """What was only of use at once, while nobody listens."""
        self._waiting = OrderedDict(x for x in self._waiting.items() if x[1].qos)

    def _drop(self) -> None:
        self.dropped += 1
        for key, publication in self._waiting.items():
            if not publication.qos:
                del self._waiting[key]
                return
        self._waiting.popitem(last=False)
