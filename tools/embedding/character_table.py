"""Writes CharacterTable+Data.swift: what the reference tokeniser makes of every character.

    python tools/embedding/character_table.py > Sources/ProxyDaemon/IO/Embedding/CharacterTable+Data.swift

The table is asked of the reference itself (PyPI `tokenizers`), character by character. So it does not change with the
Unicode version of the Swift toolchain, which is newer than the reference's. CharacterTable.swift has the format.
"""

from tokenizers import normalizers, pre_tokenizers

NORMALISER = normalizers.BertNormalizer(clean_text=True, handle_chinese_chars=True, strip_accents=None, lowercase=True)
SPLITTER = pre_tokenizers.BertPreTokenizer()
HANGUL = range(0xAC00, 0xD7A4)


def stands_alone(character):
    return [piece for piece, _ in SPLITTER.pre_tokenize_str(f"a{character}b")] == ["a", character, "b"]


def meaning(code):
    """The entry for a character without its place: an operator and what it becomes, as differences from itself."""
    character = chr(code)
    text = NORMALISER.normalize_str(character)
    if text == "":
        return "!", ()
    if text == " ":
        return "_", ()
    stripped = text.strip(" ")
    alone = text != stripped or (len(text) == 1 and stands_alone(text))
    assert all(alone or not stands_alone(part) for part in stripped) and " " not in stripped, hex(code)
    assert not alone or len(stripped) == 1, hex(code)
    if stripped == character:
        return (".", ()) if alone else None
    return "^" if alone else ">", tuple(ord(part) - code for part in stripped)


def runs():
    """(first, last, step, meaning) of neighbours, or of every second neighbour, that mean the same."""
    found = []
    for code in range(0x80, 0x110000):
        if 0xD800 <= code <= 0xDFFF or code in HANGUL:
            continue
        what = meaning(code)
        if what is None:
            continue
        for run in found[-2:]:
            first, last, step, other = run
            if other == what and code - last in ((1, 2) if first == last else (step,)):
                run[1], run[2] = code, code - last
                break
        else:
            found.append([code, code, 1, what])
    return found


def spell(run, before):
    first, last, step, (operator, differences) = run
    place = f"{first - before:X}"
    if last > first:
        place += f"+{(last - first) // step:X}" + ("/" if step == 2 else "")
    return place + operator + ",".join(f"{first + difference:X}" for difference in differences)


def main():
    entries, before = [], 0
    for run in runs():
        entries.append(spell(run, before))
        before = run[0]
    lines, line = [], ""
    for entry in entries:
        if len(line) + 1 + len(entry) > 110:
            lines.append(line)
            line = ""
        line += (" " if line else "") + entry
    lines.append(line)
    print("// Made by tools/embedding/character_table.py; not to be edited.\n")
    print("extension CharacterTable {")
    print("    static let data: StaticString = \"\"\"")
    for line in lines:
        print(" " * 8 + line)
    print(" " * 8 + "\"\"\"\n}")


main()
