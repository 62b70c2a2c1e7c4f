"""The numbers that the heads look at. Mirrors AskFeatures.swift: golden vectors compare the two to the last bit."""

import dataclasses
import functools
import math
import re

from ask import Ask
from lexicon import CUE_NUMBER, CUES, PAIRS, WORDS

SAMPLE = 8_192  # bytes read from either end of a long content
DISTINCT_WORDS = 256  # words among which different ones are counted

_TOKEN = re.compile(
    rb"(?P<word>[A-Za-z]+(?:'[A-Za-z]+)*)|(?P<number>[0-9]+(?:[.,][0-9]+)*)|(?P<line>\n)|(?P<space>[ \t\r]+)"
    rb"|(?P<high>[\x80-\xff])|(?P<mark>.)",
    re.S,
)
_SYMBOLS = frozenset(b"()[]{}<>=+*/^\\|&%$#@~`_;")
_CODE_MARKS = frozenset(b"{};`_<>=")
_OPERATORS = frozenset(b"+-*/^=")
_BLANK = frozenset(b" \t")
_JOINING = 1 << CUE_NUMBER["joining"]
_IMPERATIVE = 1 << CUE_NUMBER["imperative"]
_REQUEST_PREFIX = frozenset((b"please", b"kindly", b"you", b"can", b"could", b"would", b"help", b"me", b"to"))


def _fnv(word: bytes) -> int:
    value = 0xCBF29CE484222325
    for byte in word:
        value = ((value ^ byte) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return value


@functools.lru_cache(maxsize=100_000)
def _slot(word: bytes) -> int:
    return ((_fnv(word) * 0x9E3779B97F4A7C15) & 0xFFFFFFFFFFFFFFFF) >> 52


def _is_digit(byte: int) -> bool:
    return 48 <= byte <= 57


@dataclasses.dataclass
class Scan:
    bytes: int = 0
    two_byte: int = 0
    high: int = 0
    words: int = 0
    letters: int = 0
    long_words: int = 0
    distinct: int = 0
    capitals: int = 0
    lines: int = 0
    numbers: int = 0
    digits: int = 0
    symbols: int = 0
    code_marks: int = 0
    fences: int = 0
    latex: int = 0
    parentheses: int = 0
    operators: int = 0
    sentences: int = 0
    questions: int = 0
    list_items: int = 0
    options: int = 0
    quoted: int = 0
    asks: int = 0
    ends_asking: int = 0
    opening: int = 0
    cues: list = dataclasses.field(default_factory=lambda: [0] * len(CUES))

    @property
    def units(self) -> int:
        """Length as if a letter of any alphabet had one byte; a Chinese sign still counts three."""
        return self.bytes - self.two_byte


def scan(text: bytes) -> Scan:
    s = Scan(bytes=len(text))
    seen = bytearray(4_096)
    line_start = sentence_start = True
    previous: bytes | None = None
    previous_mask = 0
    before = 0  # the last byte that is no blank
    quote = -1
    skip_to = 0
    count = len(text)
    for match in _TOKEN.finditer(text):
        start, end = match.span()
        if start < skip_to:
            continue
        kind = match.lastgroup
        if kind == "word":
            word = match.group()
            lower = word.lower()
            length = end - start
            s.words += 1
            s.letters += length
            s.long_words += length > 8
            s.capitals += sum(65 <= byte <= 90 for byte in word)
            if s.words <= DISTINCT_WORDS:
                slot = _slot(lower)
                s.distinct += not seen[slot]
                seen[slot] = 1
            name = lower.decode()
            single = WORDS.get(name, 0)
            pair = PAIRS.get((previous, name), 0) if previous is not None else 0
            mask = single | pair
            if mask:
                for number in range(len(CUES)):
                    s.cues[number] += ((single >> number) & 1) + ((pair >> number) & 1)
            if s.words == 1:
                s.opening = single
            elif s.words == 2:
                s.opening |= pair
            if single & _IMPERATIVE and (sentence_start or previous_mask & _JOINING):
                s.asks += 1
            if (
                line_start and length == 1 and 65 <= word[0] <= 74
                and end + 1 < count and text[end] in b".):" and text[end + 1] in _BLANK
            ):
                s.options += 1
            previous = name
            previous_mask = single
            if lower not in _REQUEST_PREFIX:
                sentence_start = False
            line_start = False
            before = text[end - 1]
        elif kind == "number":
            s.numbers += 1
            s.digits += sum(48 <= byte <= 57 for byte in match.group())
            if line_start and end + 1 < count and text[end] in b".)" and text[end + 1] in _BLANK:
                s.list_items += 1
            else:
                sentence_start = False
            line_start = False
            before = text[end - 1]
        elif kind == "line":
            s.lines += 1
            line_start = sentence_start = True
            quote = -1
        elif kind == "high":
            byte = text[start]
            s.high += byte >= 0xC0
            s.two_byte += 0xC0 <= byte < 0xE0
            line_start = sentence_start = False
            before = byte
        elif kind == "mark":
            byte = text[start]
            was_line_start = line_start
            line_start = line_start and byte == 0x28
            following = text[end] if end < count else 0x20
            if byte in _SYMBOLS:
                s.symbols += 1
            if byte in _CODE_MARKS:
                s.code_marks += 1
            if byte in _OPERATORS:
                beyond = text[end + 1] if following == 0x20 and end + 1 < count else following
                if _is_digit(before) or _is_digit(beyond) or byte == 0x5E:
                    s.operators += 1
                if was_line_start and byte in b"-*+" and following in _BLANK:
                    s.list_items += 1
                    sentence_start = True
            elif byte in b".!?":
                s.questions += byte == 0x3F
                if following in b" \t\r\n":
                    s.sentences += 1
                    sentence_start = True
            elif byte == 0x60 and text[end:end + 2] == b"``":
                s.fences += 1
                skip_to = end + 2
            elif byte in b"\\$":
                s.latex += 1
            elif byte == 0x28:
                s.parentheses += 1
            elif byte == 0x22:
                if quote < 0:
                    quote = start
                else:
                    s.quoted += start - quote - 1
                    quote = -1
            elif byte == 0x3A:
                sentence_start = True
            before = byte
    s.ends_asking = int(before == 0x3F)
    return s


NOT_COUNTED = ("request", "imperative", "yesNoQuestion", "openQuestion", "factQuestion", "smallTalk")
ASK_CUES = [cue for cue in CUES if cue not in NOT_COUNTED]


def first_words(text: bytes, most: int) -> list[bytes]:
    """The first words."""
    found = []
    for match in _TOKEN.finditer(text):
        if match.lastgroup == "word":
            found.append(match.group())
            if len(found) == most:
                break
    return found


def _cue_name(cue: str) -> str:
    return "cue_" + re.sub("[A-Z]", lambda letter: "_" + letter.group().lower(), cue)


def table(ask: Ask) -> dict[str, float]:
    """Every feature by its name."""
    a = scan(ask.text)
    if ask.content == ask.text:
        w = a
    elif len(ask.content) <= 2 * SAMPLE:
        w = scan(ask.content)
    else:
        w = scan(ask.content[:SAMPLE] + ask.content[-SAMPLE:])
    log = math.log1p
    words = max(1, w.words)
    total = max(1, w.bytes)
    opening = lambda cue: float(a.opening >> CUE_NUMBER[cue] & 1)
    out = {
        "log_length": log(w.units),
        "log_ask": log(a.units),
        "log_context": log(len(ask.content) - len(ask.text) if len(ask.content) > len(ask.text) else 0),
        "ask_share": min(1.0, len(ask.text) / max(1, ask.length)),
        "log_lines": log(w.lines),
        "mean_word": w.letters / words,
        "distinct_words": w.distinct / max(1, min(w.words, DISTINCT_WORDS)),
        "long_words": w.long_words / words,
        "capitals": w.capitals / total,
        "digits": w.digits / total,
        "high": w.high / total,
        "symbols": w.symbols / total,
        "log_numbers": log(w.numbers),
        "log_code_marks": log(w.code_marks),
        "log_fences": log(w.fences),
        "log_latex": log(w.latex),
        "log_parentheses": log(w.parentheses),
        "log_operators": log(w.operators),
        "log_sentences": log(w.sentences),
        "questions": float(min(5, w.questions)),
        "log_list_items": log(w.list_items),
        "options": float(min(10, w.options)),
        "log_quoted": log(w.quoted),
        "ends_asking": float(a.ends_asking),
        "log_asks": log(a.asks),
        "small_talk": a.cues[CUE_NUMBER["smallTalk"]] / max(1, a.words),
        "opens_fact": opening("factQuestion"),
        "opens_yes_no": opening("yesNoQuestion"),
        "opens_open": opening("openQuestion"),
        "opens_imperative": opening("imperative"),
        "log_tools": log(ask.tools),
        "log_turns": log(ask.turns - 1),
        "log_system": log(ask.system),
    }
    for cue in ASK_CUES:
        out[_cue_name(cue)] = log(a.cues[CUE_NUMBER[cue]])
    return out
