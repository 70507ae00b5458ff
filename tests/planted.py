"""A card's secrets, to be planted where something is shown, and looked for in what comes out."""

from __future__ import annotations

PAN = "9999997123456783"
TRACK2 = f"{PAN}=30122210000012345"
TRACK1 = f"B{PAN}^DOE/JANE^30122210000012345"


def middle_shown(text: str, pan: str) -> bool:
    """Can the hidden six digits of a PAN be read anywhere in the text, in any encoding?"""
    middle = pan[6:-4]
    bare = text.replace(" ", "").replace(":", "").replace("-", "").lower()
    forms = [middle, middle.encode().hex(), middle.encode("cp037").hex()]
    raw = [bytes.fromhex(middle).decode("latin-1"), middle.encode("cp037").decode("latin-1")]
    return any(form in bare for form in forms) or any(form in text for form in raw)
