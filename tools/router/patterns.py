"""The direct patterns, once more, to measure how often they are right. Mirrors DirectPatterns.swift."""

from ask import Ask
from features import scan, first_words
from lexicon import CUE_NUMBER

GREETINGS = {
    "hi", "hello", "hey", "thanks", "thank", "bye", "goodbye", "cheers", "hola", "gracias", "bonjour", "merci", "danke",
    "hallo", "ciao", "grazie", "ola", "obrigado",
}
SUMS = {"what", "what's", "is", "calculate", "compute", "equals", "please", "how", "much", "x", "plus", "minus", "times"}


def pattern(ask: Ask) -> tuple[str, int] | None:
    if len(ask.content) != len(ask.text):
        return None
    s = scan(ask.text)
    count = lambda cue: s.cues[CUE_NUMBER[cue]]
    words = [word.decode().lower() for word in first_words(ask.text, 16)]
    deep = count("proof") + count("hardDomain") + count("depth")
    if not words and not s.numbers:
        return None
    first = words[0] if words else ""
    opens = lambda cue: s.opening >> CUE_NUMBER[cue] & 1
    if deep == 0 and count("reasoning") == 0 and s.fences == 0 and s.lines == 0 and s.options == 0:
        if first in GREETINGS and s.words <= 8 and s.numbers == 0 and count("smallTalk") * 4 >= s.words * 3:
            return "greeting", 1
        if (
            2 <= s.numbers <= 3 and 1 <= s.operators <= 2 and s.words <= 4 and all(word in SUMS for word in words)
            and s.high == 0 and s.latex == 0 and b"^" not in ask.text and len(ask.text) <= 60
        ):
            return "arithmetic", 1
        plain = count("maths") + count("comparison") + count("code") + count("language") + count("joining") == 0
        if (
            opens("factQuestion") and 3 <= s.words <= 12 and s.numbers <= 1 and s.questions <= 1 and s.sentences <= 1
            and plain and count("constraint") + count("selfReference") == 0 and count("conditional") <= 1 and s.operators == 0
            and count("quantity") <= 1 and count("creative") == 0
        ):
            return "fact_question", 1
        if (
            count("translation") > 0 and first in ("translate", "how", "traduce", "traduis", "what") and s.units <= 160
            and count("creative") == 0 and count("code") == 0 and count("constraint") == 0 and s.words >= 3
        ):
            return "short_translation", 1
    if first == "prove" and s.words >= 8 and count("proof") >= 2 and s.units >= 60:
        return "proof", 3
    if first in ("design", "architect") and count("hardDomain") >= 2 and s.words >= 12:
        return "hard_design", 3
    return None
