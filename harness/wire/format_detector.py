"""What do bytes look like that do not read as they should? Every shipped framing and
specification is tried on them, and the flags that would have read them are the answer.
"""

from __future__ import annotations

from harness.errors import DecodeError
from harness.wire.codec import Codec
from harness.wire.framing import Framing, framing, framing_names
from harness.wire.spec import load_spec, spec_names

_CLASSES = "1234568"  # second digit of an MTI (docs/domain.md, "Messages")


class FormatDetector:
    """Tries the combinations other than the one in use. Made once, asked seldom."""

    def __init__(self, framing_name: str, spec_name: str) -> None:
        self._used = (framing_name, spec_name)
        self._codecs = {name: Codec(load_spec(name)) for name in spec_names()}
        self._framings: dict[str, Framing] = {name: framing(name) for name in framing_names()}

    def remedy(self, stream: bytes) -> str:
        """The flags that read the start of a stream, such as '--framing 4ascii'; '' if none do."""
        for framing_name, frames in self._framings.items():
            found = frames.deframer().feed(stream)
            for spec_name, codec in self._codecs.items() if found else ():
                other = (framing_name, spec_name) != self._used
                if other and _reads(codec, found[0].payload):
                    return self._flags(framing_name, spec_name)
        return ""

    def _flags(self, framing_name: str, spec_name: str) -> str:
        flags = []
        if framing_name != self._used[0]:
            flags.append(f"--framing {framing_name}")
        if spec_name != self._used[1]:
            flags.append(f"--spec {spec_name}")
        return " ".join(flags)


def _reads(codec: Codec, message: bytes) -> bool:
    try:
        mti = codec.decode(message).get("t", "")
    except DecodeError:
        return False
    return len(mti) == 4 and mti[0] in "012" and mti[1] in _CLASSES
