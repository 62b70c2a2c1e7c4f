import Shared
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

struct UndoTests {
    private func typed(_ text: String) -> LineEditor {
        var editor = LineEditor(multiline: true)
        for character in text { editor.insert(String(character)) }
        return editor
    }

    @Test func `Typing is taken back word by word and made again`() {
        var editor = typed("one two three")
        var seen: [String] = []
        for _ in 0..<4 {
            editor.apply(.undo)
            seen.append(editor.text)
        }
        #expect(seen == ["one two ", "one ", "", ""])
        for _ in 0..<2 { editor.apply(.redo) }
        #expect(editor.text == "one two ")
        editor.insert("X")
        editor.apply(.redo)
        #expect(editor.text == "one two X", "after a change there is nothing to make again")
    }

    @Test func `A paste, a cut and clearing are each one change`() {
        var editor = typed("a")
        editor.insert("\nlonger\ntext")
        editor.apply(.killToStart)
        editor.clear()
        #expect(editor.isEmpty)
        editor.apply(.undo)
        #expect(editor.text == "a\nlonger\n")
        editor.apply(.undo)
        #expect(editor.text == "a\nlonger\ntext")
        editor.apply(.undo)
        #expect(editor.text == "a")
        #expect(editor.position == 1)
    }

    @Test func `Characters that are deleted one after the other come back together`() {
        var editor = LineEditor(multiline: true, text: "abcdef")
        for _ in 0..<3 { editor.apply(.backspace) }
        editor.apply(.undo)
        #expect(editor.text == "abcdef" && editor.position == 6)
    }

    @Test func `What was sent is not brought back by undo but by the history`() {
        var editor = typed("sent")
        _ = editor.submit()
        editor.apply(.undo)
        #expect(editor.isEmpty)
        editor.apply(.up)
        #expect(editor.text == "sent")
    }

    @Test func `Undo keeps a bounded number of moments, the newest`() {
        var editor = LineEditor(multiline: true)
        for number in 0..<300 { editor.insert("<\(number)>") }
        let whole = editor.text
        for _ in 0..<1_000 { editor.apply(.undo) }
        #expect(whole.hasPrefix(editor.text) && editor.text.hasSuffix("<99>"), "the last 200 can be taken back")
        for _ in 0..<1_000 { editor.apply(.redo) }
        #expect(editor.text == whole)
    }

    @Test func `Keys undo in the prompt box and ask for the route of what is there again`() {
        var dashboard = Dashboard.live(80, 24)
        dashboard.press(.character("3"))
        dashboard.type("why not")
        dashboard.press(.alt("z"))
        #expect(dashboard.tester.editor.text == "why ")
        #expect(dashboard.advance(to: 9_000) == [.call(.explain(.init(prompt: "why ")))])
        dashboard.press(.alt("Z"))
        #expect(dashboard.tester.editor.text == "why not")
    }
}
