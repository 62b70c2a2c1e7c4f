"""What is classified: the user's request without what a tool put around it. Mirrors Ask.swift byte by byte."""

import dataclasses
import re

from lexicon import CLASSIFICATION, CUE_NUMBER, WORDS

WHOLE = 600  # bytes up to which a text is its own request
PIECE = 400  # bytes kept of a longer text's first and last paragraph
_source = (CLASSIFICATION / "Ask.swift").read_text()


def _tags(name: str) -> set[bytes]:
    text = re.search(name + r'[^=]*=\s*tagNames\(\s*"{1,3}(.*?)"', _source, re.S).group(1)
    return {tag.strip().encode() for tag in text.replace("\\\n", " ").split(",")}


BOILERPLATE = _tags("boilerplate")
WRAPPERS = _tags("wrappers")
_SPACE = b" \t\r\n"
_LONGEST_TAG = 40
_TAG = re.compile(rb"<(/?)([A-Za-z][A-Za-z_-]*)(?=[ \t\r\n>])")
_WORD = re.compile(rb"[A-Za-z]+(?:'[A-Za-z]+)*")
_REQUEST = 1 << CUE_NUMBER["request"]


@dataclasses.dataclass
class Ask:
    text: bytes  # the request
    content: bytes  # all that the user wrote, with what was pasted
    length: int  # of the original text
    turns: int = 1
    system: int = 0
    tools: int = 0


def without_boilerplate(text: bytes) -> bytes:
    out = bytearray()
    opened: dict[bytes, int] = {}
    at = 0
    for match in _TAG.finditer(text):
        if match.start() < at or len(match.group(2)) > _LONGEST_TAG:
            continue
        name = match.group(2).lower()
        if name not in BOILERPLATE and name not in WRAPPERS:
            continue
        close = text.find(b">", match.end(), match.end() + 512)
        if close < 0 or b"<" in text[match.end():close]:
            continue
        out += text[at:match.start()]
        at = close + 1
        if name in WRAPPERS:
            out += b"\n"
            continue
        if not match.group(1):
            opened.setdefault(name, len(out))
            out += text[match.start():at]
        elif name in opened:
            mark = opened[name]
            del out[mark:]
            out += b"\n"
            opened = {other: position for other, position in opened.items() if position < mark}
        else:
            out += text[match.start():at]
    out += text[at:]
    stripped = bytes(out).strip(_SPACE)
    return stripped or text.strip(_SPACE)


def _head(text: bytes) -> bytes:
    if len(text) <= PIECE:
        return text
    end = PIECE
    while end > 0 and text[end] & 0xC0 == 0x80:
        end -= 1
    return text[:end]


def _tail(text: bytes) -> bytes:
    if len(text) <= PIECE:
        return text
    start = len(text) - PIECE
    while start < len(text) and text[start] & 0xC0 == 0x80:
        start += 1
    return text[start:]


def _asks(text: bytes) -> bool:
    if b"?" in text:
        return True
    return any(WORDS.get(word.group().lower().decode(), 0) & _REQUEST for word in _WORD.finditer(text))


def request(text: bytes) -> bytes:
    """The part of a text that asks: all of a short one, else its first paragraph and its last if that asks too."""
    if len(text) <= WHOLE:
        return text
    paragraphs: list[tuple[int, int]] = []  # only the first and the last are kept
    start = None
    end = 0
    fenced = has_code = False
    at = 0

    def close() -> None:
        nonlocal start
        if start is not None:
            del paragraphs[1:]
            paragraphs.append((start, end))
            start = None

    while at < len(text):
        line_end = text.find(b"\n", at)
        line_end = len(text) if line_end < 0 else line_end
        line = text[at:line_end]
        content = line.strip(_SPACE)
        if content.startswith(b"```"):
            close()
            fenced = not fenced
            has_code = True
        elif not fenced:
            if not content:
                close()
            else:
                if start is None:
                    start = at + (len(line) - len(line.lstrip(_SPACE)))
                end = at + len(line.rstrip(_SPACE))
        at = line_end + 1
    close()
    code = b" [code]" if has_code else b""
    if not paragraphs:
        return b"[code]"
    first = text[paragraphs[0][0]:paragraphs[0][1]]
    if len(paragraphs) > 1:
        last = text[paragraphs[1][0]:paragraphs[1][1]]
    elif len(first) > PIECE:
        last = first[len(_head(first)):]
    else:
        last = b""
    out = _head(first) + code
    last = _tail(last)
    if last and _asks(last):
        out += b"\n" + last
    return out


def ask(prompt: str, turns: int = 1, system: int = 0, tools: int = 0) -> Ask:
    original = prompt.encode("utf-8", "surrogatepass")
    content = without_boilerplate(original)
    return Ask(request(content), content, len(original), turns, system, tools)
