"""Is there room in a specification for what our machines say? Found out before a run begins.

A dialect writes its elements as the standard has them. A specification of somebody's may have
another length for one, or may not have it at all. Each element that our machines send is tried:

- an element that the specification does not have is left out, unless no message of its kind can do
  without it;
- what has another length is fitted where that changes nothing of what it says (`wire.fitting`);
- what cannot be fitted is left out where it only informs, and is a mistake of the user where it
  means something: a message without it would say something else.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NoReturn

from harness.errors import CodecError, ConfigError, EncodeError
from harness.wire.codec import Codec
from harness.wire.dialects.base import Dialect
from harness.wire.fitting import HEADER, Fitting, rule_for
from harness.wire.message import Fields, Kind, Message
from harness.wire.sample_messages import answers_of_the_host, request_of, sent_by_terminals
from harness.wire.spec import SpecMap

_ANSWERS = (Kind.ANSWER, Kind.REVERSAL_ANSWER)
_BUSINESS = (Kind.REQUEST, Kind.REVERSAL, *_ANSWERS)
_NETWORK = (Kind.NETWORK, Kind.NETWORK_ANSWER)
_BITMAPS = ("t", "p", "1")
_MISSING = "is missing, and our messages cannot do without it"


def fitted(
    spec: SpecMap,
    dialect: Dialect,
    *,
    place: str,
    host: bool = True,
    terminals: bool = True,
    sign_on: bool = True,
    echo: bool = True,
    codes: Sequence[str] = (),
) -> Fitting:
    """How the messages of our host, our terminals or both fit the specification. `codes` are
    response codes that the host gives besides those of the dialect.

    Raises:
        ConfigError: with the field and the reason, where a message could not be sent, or not be
            understood.
    """
    network = sign_on or (terminals and echo)
    return _Trial(spec, dialect, place).fitting(host, terminals, network, codes)


def check_cards(
    spec: SpecMap,
    dialect: Dialect,
    fitting: Fitting,
    cards: Iterable[tuple[str, str, str]],
    *,
    place: str,
) -> None:
    """Can a request carry each of the cards (PAN, expiry date and track 2)?

    Raises:
        ConfigError: with the field and the reason, and without the card.
    """
    codec = Codec(spec)
    for pan, expiry, track2 in cards:
        request = request_of(dialect, pan=pan, expiry=expiry, track2=track2)
        try:
            codec.encode(fitting.outward(request.fields))
        except EncodeError as error:
            name = dialect.message.NAMES.get(error.field, "")
            raise ConfigError(
                f"a card (PAN of {len(pan)} digits) does not fit field {error.field} ({name}) of "
                f"the specification: {error.reason}",
                place=place,
                remedy="leave the card out, or correct the specification",
            ) from None


def check_codes(
    spec: SpecMap, dialect: Dialect, fitting: Fitting, codes: Iterable[str], *, place: str
) -> None:
    """Can an answer carry each of the response codes?

    Raises:
        ConfigError: with the code and the reason.
    """
    codec = Codec(spec)
    request = request_of(dialect)
    for code in codes:
        try:
            answer = dialect.answer(request, code)
            codec.encode(fitting.outward({**answer.fields, **_headed(spec)}))
        except EncodeError as error:
            raise ConfigError(
                f"the response code '{code}' does not fit field {error.field} of the "
                f"specification: {error.reason}",
                place=place,
                remedy="choose another code, or correct the specification",
            ) from None


def _headed(spec: SpecMap) -> Fields:
    """A header of the right length, where the specification has one."""
    field = spec[HEADER]
    if field["max_len"] <= 0:
        return {}
    if field["len_type"]:
        return {HEADER: ""}
    twice = field["data_enc"] == "b" and field.get("len_count", "bytes") == "bytes"
    halved = field["data_enc"] != "b" and field.get("len_count") == "nibbles"
    return {HEADER: "0" * (field["max_len"] * (2 if twice else 1) // (2 if halved else 1))}


class _Trial:
    def __init__(self, spec: SpecMap, dialect: Dialect, place: str) -> None:
        self.spec = spec
        self.dialect = dialect
        self.place = place
        self.codec = Codec(spec)
        self.rules = {
            element: rule
            for element, form in dialect.FORMS.items()
            if element in spec and (rule := rule_for(form, spec[element])) is not None
        }
        self.left_out: set[str] = set()

    def fitting(self, host: bool, terminals: bool, network: bool, codes: Sequence[str]) -> Fitting:
        kinds = [*_BUSINESS, *(_NETWORK if network else ())]
        needed = self._mandatory(kinds)
        for element in sorted(needed, key=int):
            if element not in self.spec:
                self._refuse(element, _MISSING, needed)
        self._need_card()
        sent = sent_by_terminals(self.dialect)
        if terminals:
            needed |= self._meaning("replacement_amounts")
            self._try({x for message in sent for x in message.fields.items()}, needed)
        if host:
            own: set[tuple[str, str]] = set()
            for request, answer in answers_of_the_host(self.dialect, sent, codes):
                own |= answer.fields.items() - request.fields.items()
            self._try(own, needed)
        header = self._header(sent, echoes_only=not terminals)
        made = Fitting(frozenset(self.left_out), self.rules, header)
        if terminals:
            self._whole(sent, made)
        return made

    def _mandatory(self, kinds: Iterable[Kind]) -> set[str]:
        message = self.dialect.message
        found = {
            message.ELEMENTS[meaning]
            for kind in kinds
            for meaning in message.MANDATORY.get(kind, ())
            if meaning != "pan"  # the track says it as well: see `_need_card`
        }
        return found

    def _meaning(self, meaning: str) -> set[str]:
        element = self.dialect.message.ELEMENTS.get(meaning)
        return {element} if element is not None else set()

    def _need_card(self) -> None:
        """The host has to learn which card it is about, by its number or by its track."""
        pan, track = (self.dialect.message.ELEMENTS[x] for x in ("pan", "track2"))
        if pan not in self.spec and track not in self.spec:
            self._refuse(
                pan, f"is missing, and so is field {track}: nothing would name the card", {pan}
            )

    def _try(self, values: set[tuple[str, str]], needed: set[str]) -> None:
        """Each element by itself; those that neither fit nor matter are left out."""
        for element, text in sorted(values):
            if element in _BITMAPS or element in self.left_out:
                continue
            if element not in self.spec:
                if element in needed:
                    self._refuse(
                        element, "is missing, and our messages cannot do without it", needed
                    )
                self.left_out.add(element)
                continue
            reason = self._misfit(element, text)
            if reason and self._matters(element, needed):
                self._refuse(element, f"has no room for what we send there ({reason})", needed)
            elif reason:
                self.left_out.add(element)

    def _matters(self, element: str, needed: set[str]) -> bool:
        form = self.dialect.FORMS.get(element)
        return element in needed or form is None or form.matters

    def _misfit(self, element: str, text: str) -> str:
        """Why the specification does not take the text; '' if it does, and gives it back."""
        rule = self.rules.get(element)
        there = rule.out(text) if rule else text
        fields = {"t": self._mti(), element: there, **_headed(self.spec)}
        try:
            came = self.codec.decode(self.codec.encode(fields))[element]
        except CodecError as error:  # some are written, and cannot be read back
            return error.reason if error.field in (element, "p") else f"{error}"
        back = rule.back(came) if rule else came
        same = back.upper() == text.upper() or (rule is not None and rule.kind == "place")
        return "" if same or back.strip() == text.strip() else "it would come back as another value"

    def _mti(self) -> str:
        return self.dialect.message_types()[0]

    # --- the header ------------------------------------------------------------------------------

    def _header(self, sent: Sequence[Message], *, echoes_only: bool) -> str:
        """What field h says in our messages: what the specification gives as its value. A host
        repeats the header of the request.
        """
        headed = _headed(self.spec)
        if not headed:
            return ""
        value = str(self.spec[HEADER].get("value", ""))
        try:
            self.codec.encode({"t": self._mti(), HEADER: value or headed[HEADER]})
        except EncodeError as error:
            raise ConfigError(
                f"the value of the header does not fit ({error.reason})",
                place=f"{self.place}: field {HEADER}",
                remedy="correct its \"value\"; it is hexadecimal if data_enc is 'b'",
            ) from None
        asked = self.dialect.read({**sent[0].fields, HEADER: "0"})
        echoes = HEADER in self.dialect.answer(asked, self.dialect.codes["approved"]).fields
        if value or (echoes_only and echoes):
            return value
        size = self.spec[HEADER]["max_len"]
        raise ConfigError(
            f"our messages need a header ({size} long), and the specification does not say what "
            "is in it",
            place=f"{self.place}: field {HEADER}",
            remedy=f'give field {HEADER} a "value" ({size} long; in hexadecimal if data_enc is '
            "'b'), or a max_len of 0 if there is no header",
        )

    # --- the end --------------------------------------------------------------------------------

    def _whole(self, sent: Sequence[Message], made: Fitting) -> None:
        """Every message as it will go out: the proof of all that was found before."""
        for message in sent:
            try:
                self.codec.decode(self.codec.encode(made.outward(message.fields)))
            except CodecError as error:
                self._refuse(
                    error.field, f"cannot be sent in a {message.mti} ({error.reason})", set()
                )

    def _refuse(self, element: str, problem: str, needed: set[str]) -> NoReturn:
        name = self.dialect.message.NAMES.get(element, "")
        form = self.dialect.FORMS.get(element)
        form_text = f" as {form.ours} characters" if form is not None and form.ours else ""
        leave = "" if element in needed else ", or leave it out"
        raise ConfigError(
            f"{f'({name}) ' if name else ''}{problem}",
            place=f"{self.place}: field {element}",
            remedy=f"dialect {self.dialect.name} writes it{form_text}: "
            f"correct the field{leave}, or choose another dialect",
        )
