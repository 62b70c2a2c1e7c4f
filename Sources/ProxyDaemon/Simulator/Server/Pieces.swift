extension String {
    /// The text in pieces of a word each; white space goes with the word that follows.
    var pieces: [Substring] {
        var pieces: [Substring] = []
        var start = startIndex
        var position = startIndex
        var inWord = false
        while position < endIndex {
            let isSpace = self[position].isWhitespace
            if isSpace, inWord {
                pieces.append(self[start..<position])
                start = position
            }
            inWord = !isSpace
            position = index(after: position)
        }
        if start < endIndex { pieces.append(self[start...]) }
        return pieces
    }

    /// The text in pieces of so many characters.
    func pieces(of size: Int) -> [Substring] {
        var pieces: [Substring] = []
        var rest = self[...]
        while !rest.isEmpty {
            pieces.append(rest.prefix(max(1, size)))
            rest = rest.dropFirst(max(1, size))
        }
        return pieces
    }
}
