"""docs/sdk-transcript.md: its programs print what it says that they print. UPDATE_TRANSCRIPT=1 writes it anew."""

import contextlib
import io
import os
import re

from processes import REPOSITORY

DOCUMENT = REPOSITORY / "docs" / "sdk-transcript.md"
# A program and, up to the next fence, what it printed.
RUN = re.compile(r"(```python\n(?P<program>.*?)```\n.*?```\n)(?P<output>.*?)(?=```\n)", re.DOTALL)


def test_the_sdks_print_what_the_document_says(start):
    gateway = start.gateway({"embedding": {"enabled": False}}, "--demo")

    def run(match):
        program = match["program"].replace("http://127.0.0.1:8080", gateway.url)
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            exec(compile(program, DOCUMENT.name, "exec"), {})
        return match[1] + out.getvalue()

    written = DOCUMENT.read_text()
    shown, count = RUN.subn(run, written)
    assert count == 2
    if os.environ.get("UPDATE_TRANSCRIPT"):
        DOCUMENT.write_text(shown)
    else:
        assert shown == written
