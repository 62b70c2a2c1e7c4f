"""The table of test_conformance.py: a row for each client, a column for each provider and kind of exchange."""

WORDS = {"passed": "ok", "failed": "FAIL", "skipped": "-"}
ROW, CELL = 20, 7


def lines(stats, width):
    """The table's lines, made of the tests' reports; as many providers side by side as the width holds."""
    cells = {}
    for outcome, word in WORDS.items():
        for report in stats.get(outcome, []):
            for name, key in getattr(report, "user_properties", []):
                if name == "cell":
                    cells[key] = word
    clients, providers, kinds = (sorted({key[place] for key in cells}, key=order(cells, place)) for place in range(3))
    block = CELL * len(kinds) + 2
    count = max(1, (width - ROW) // block) if kinds else 1
    for first in range(0, len(providers), count):
        band = providers[first : first + count]
        yield ""
        yield " " * ROW + "".join(provider.ljust(block) for provider in band)
        yield " " * ROW + "".join("".join(kind.ljust(CELL) for kind in kinds) + "  " for _ in band)
        for client in clients:
            row = client.ljust(ROW)
            for provider in band:
                row += "".join(cells.get((client, provider, kind), "?").ljust(CELL) for kind in kinds) + "  "
            yield row.rstrip()
    yield ""
    yield f"{len(cells)} cells: " + ", ".join(f"{list(cells.values()).count(word)} {word}" for word in WORDS.values())
    yield "ok: as it should be; -: not run, the reason is below; both: tools in a stream. llama.cpp's small model is"
    yield "offered tools and answers; it calls none."


def order(cells, place):
    """The order in which the tests ran."""
    seen = list(dict.fromkeys(key[place] for key in cells))
    return seen.index
