import Testing

@testable import Dashboard

struct EditorTests {
    private func editor(_ text: String) -> LineEditor { LineEditor(multiline: true, text: text) }

    @Test func `A combining mark joins the letter before it`() {
        var editor = editor("e")
        editor.insert("\u{301}")
        #expect(editor.characters.count == 1)
        #expect(editor.position == 1)
    }

    @Test func `Pasted line ends become one kind and control characters are gone`() {
        var editor = editor("")
        editor.insert("a\r\nb\rc\u{1B}[31md\u{9B}")
        #expect(editor.text == "a\nb\nc·[31md·")
    }

    @Test func `Words and lines are cut and put back`() {
        var editor = editor("one two three")
        editor.apply(.killWord)
        #expect(editor.text == "one two ")
        editor.apply(.lineStart)
        editor.apply(.yank)
        #expect(editor.text == "threeone two ")
        editor.apply(.killToEnd)
        #expect(editor.text == "three")
        editor.apply(.killToStart)
        #expect(editor.isEmpty)
    }

    @Test func `Up and down move between lines and, at the ends, through the history`() {
        var editor = editor("first")
        _ = editor.submit()
        editor.insert("ab\ncd")
        editor.apply(.up)
        editor.insert("X")
        #expect(editor.text == "abX\ncd")
        editor.apply(.up)
        #expect(editor.text == "first")
        editor.apply(.down)
        #expect(editor.text == "abX\ncd", "the draft comes back")
    }

    @Test func `Word moves stop at the borders of words`() {
        var editor = editor("one, two")
        editor.apply(.wordLeft)
        #expect(editor.position == 5)
        editor.apply(.wordLeft)
        #expect(editor.position == 0)
        editor.apply(.wordRight)
        #expect(editor.position == 3)
    }

    @Test func `Rows wrap at the width and the cursor stays inside`() {
        let layout = editor("abcdef日本").layout(width: 4)
        #expect(layout.rows == ["abcd", "ef日", "本"])
        #expect((layout.cursorRow, layout.cursorColumn) == (2, 2))
        let full = editor("abcd").layout(width: 4)
        #expect((full.cursorRow, full.cursorColumn) == (1, 0))
    }

    @Test func `Every command leaves the cursor inside the text`() {
        var editor = editor("a b\n\n日 e\u{301}")
        for first in EditCommand.allCases {
            for second in EditCommand.allCases {
                editor.apply(first)
                editor.apply(second)
                #expect((0...editor.characters.count).contains(editor.position))
                if editor.isEmpty { editor.insert("a b\n\n日") }
            }
        }
    }

    @Test func `A box takes no more than its limit`() {
        var editor = editor("")
        editor.insert(String(repeating: "x", count: LineEditor.maximumCharacters))
        editor.insert("y")
        #expect(editor.characters.count == LineEditor.maximumCharacters)
    }
}
