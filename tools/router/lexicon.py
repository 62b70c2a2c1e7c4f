"""The words that tell something about a request, read from the gateway's own source so that the two cannot differ."""

import pathlib
import re

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
CLASSIFICATION = REPOSITORY / "Sources/ProxyDaemon/Core/Policy/Classification"


def _cues(source: str) -> list[str]:
    body = re.search(r"enum Cue\b[^{]*\{(.*?)\n\}", source, re.S).group(1)
    return re.findall(r"^\s*case (\w+)$", body, re.M)


def _phrases(source: str) -> list[tuple[str, list[str]]]:
    table = source[source.index("static let phrases"):]
    pattern = r'\(\s*\.(\w+),\s*(?:"""(.*?)"""|"([^"\n]*)")\s*\)'
    return [
        (cue, [" ".join(phrase.split()) for phrase in (long or short).split(",")])
        for cue, long, short in re.findall(pattern, table, re.S)
    ]


_source = (CLASSIFICATION / "Lexicon.swift").read_text()
CUES = _cues(_source)
CUE_NUMBER = {name: number for number, name in enumerate(CUES)}
WORDS: dict[str, int] = {}
PAIRS: dict[tuple[str, str], int] = {}
for _cue, _list in _phrases(_source):
    for _phrase in _list:
        _words = _phrase.split(" ")
        _bit = 1 << CUE_NUMBER[_cue]
        if len(_words) > 1:
            PAIRS[_words[0], _words[1]] = PAIRS.get((_words[0], _words[1]), 0) | _bit
        else:
            WORDS[_words[0]] = WORDS.get(_words[0], 0) | _bit
if len(_phrases(_source)) != len(CUES):
    raise SystemExit("Lexicon.swift: not every cue has its phrases")
