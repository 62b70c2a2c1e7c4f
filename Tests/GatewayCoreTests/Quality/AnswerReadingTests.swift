import Testing

@testable import GatewayCore

@Suite struct `Answer quality reads` {
    private static func judged(_ item: LabelledAnswer, _ read: (inout AnswerQuality) throws -> Void) throws -> (
        QualityVerdict, characters: Int
    ) {
        var quality = AnswerQuality(
            QualityExpectation(try item.prompt(.anthropic), score: item.score),
            QualityRules(),
            dialect: .anthropic
        )
        try read(&quality)
        return (quality.finished(), quality.outputCharacters)
    }

    @Test func `a whole message as it reads its stream`() throws {
        var read = 0
        for item in try LabelledAnswer.load() {
            let stream = try item.anthropicEvents { [$0] }.flatMap { $0 }
            // Arguments that are no JSON cannot stand in a message.
            guard let body = AnthropicReplay.json(fromStream: Self.named(stream)), (try? JSONIndex(body)) != nil else {
                continue
            }
            read += 1
            let whole = try Self.judged(item) { $0.read(whole: body) }
            let streamed = try Self.judged(item) { $0.read(events: stream) }
            #expect(whole == streamed, "\(item.question)")
        }
        #expect(read > 400)
    }

    /// The events with their names, without which no message is put together.
    private static func named(_ stream: [UInt8]) -> [UInt8] {
        let types = ["message_start", "content_block_start", "content_block_delta", "content_block_stop"]
        let all = types + ["message_delta", "message_stop"]
        return String(decoding: stream, as: UTF8.self).split(separator: "\n\n").flatMap { event in
            let type = all.first { event.contains("\"type\":\"\($0)\"") } ?? ""
            return Array("event: \(type)\n\(event)\n\n".utf8)
        }
    }

    @Test(arguments: [
        #"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"$"}}"#,
        #"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"$"}   }"#,
        #"{"type":"content_block_delta","index":12,"delta":{"type":"text_delta","text":"$"}}"#,
        #"{"type":"content_block_delta", "index":0,"delta":{"type":"text_delta","text":"$"}}"#,
        #"{"delta":{"text":"$","type":"text_delta"},"index":0,"type":"content_block_delta"}"#,
        #"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"$","more":1}}"#,
    ])
    func `a delta in every spelling`(spelling: String) throws {
        let item = LabelledAnswer(label: .fine, kind: "", question: "What is tin?", answer: "", stop: "end_turn")
        let (verdict, characters) = try Self.judged(item) { quality in
            quality.read(events: Array("data: {\"type\":\"message_start\",\"message\":{}}\n\n".utf8))
            for text in [#"I'm \"not\" "#, "", #"a \\"#, #"\u00e9\n"#] {
                let data = spelling.replacing("$", with: text)
                quality.read(events: Array("event: content_block_delta\ndata: \(data)\n\n".utf8))
            }
        }
        #expect(characters == 15)
        #expect(verdict.findings.isEmpty)
    }

    @Test(arguments: [
        #"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"a"}"#,
        #"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"a"}}}"#,
        #"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"a"}},"#,
        #"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"a}}"#,
        #"{"type":"content_block_delta","index":x,"delta":{"type":"text_delta","text":"a"}}"#,
    ])
    func `nothing after a delta that is no JSON`(data: String) throws {
        let item = LabelledAnswer(label: .fine, kind: "", question: "What is tin?", answer: "", stop: "end_turn")
        let fine = #"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"bc"}}"#
        let (_, characters) = try Self.judged(item) { quality in
            for data in [#"{"type":"message_start"}"#, fine, data, fine] {
                quality.read(events: Array("data: \(data)\n\n".utf8))
            }
        }
        #expect(characters == 2)
    }

    @Test func `fewer than eight bytes as if zeros followed`() {
        for count in 1...20 {
            let bytes = (1...count).map { UInt8($0) }
            bytes.withUnsafeBufferPointer { text in
                for at in bytes.indices {
                    let left = bytes[at...].prefix(8)
                    let expected = left.enumerated().reduce(UInt64(0)) {
                        $0 | UInt64($1.element) << UInt64(8 * $1.offset)
                    }
                    #expect(ByteChunk(text, from: at).bytes == expected)
                }
            }
        }
    }

    @Test func `odd words as their definition says`() {
        var random = SeededGenerator(seed: 14)
        let letters = Array("aeiouybcdfghklmnprstz".utf8) + Array("bcdfghklmnprstvwxz".utf8)
        for round in 0..<3_000 {
            var text: [UInt8] = []
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                let longest = round % 50 == 0 ? 200 : 18
                for _ in 0..<Int.random(in: 0...longest, using: &random) {
                    text.append(letters[Int.random(in: letters.indices, using: &random)])
                }
                if Int.random(in: 0..<6, using: &random) == 0 {
                    text += Array(["Q", "7", "_", "/", "é"][round % 5].utf8)
                }
                text.append(UInt8(ascii: " "))
            }
            if round % 2 == 0 { text.removeLast() }
            if round % 3 == 0, text.first.map({ (0x61...0x7A).contains($0) }) ?? false { text[0] -= 0x20 }
            var seen = OddWords()
            text.withUnsafeBufferPointer { seen.read($0) }
            let (words, unspeakable) = Self.oddWords(text.prefix(OddWords.limit))
            #expect(seen.words == words && seen.unspeakable == unspeakable, "\(String(decoding: text, as: UTF8.self))")
        }
    }

    /// Small Latin words of five letters and more, the first perhaps a capital; and those with six consonants on end, with
    /// no vowel, or with five consonants on end and fewer than a fifth of vowels.
    private static func oddWords(_ text: ArraySlice<UInt8>) -> (words: Int, unspeakable: Int) {
        var found = (words: 0, unspeakable: 0)
        for word in text.split(separator: 0x20) {
            let isPlain = word.dropFirst().allSatisfy { (0x61...0x7A).contains($0) }
            guard word.count >= 5, isPlain,
                word.first.map({ Character(Unicode.Scalar($0)).isLetter && $0 < 0x80 }) ?? false
            else { continue }
            found.words += 1
            let isVowel = word.map { "aeiouy".utf8.contains($0 | 0x20) }
            let longest = isVowel.split(separator: true).map(\.count).max() ?? 0
            let vowels = isVowel.filter { $0 }.count
            if longest >= 6 || vowels == 0 || longest >= 5 && vowels * 5 < word.count { found.unspeakable += 1 }
        }
        return found
    }

    @Test func `eight bytes as it reads them one by one`() {
        var random = SeededGenerator(seed: 8)
        for round in 0..<20_000 {
            // Letters mostly, so that long words come too.
            let bytes = (0..<Int.random(in: 8...12, using: &random)).map { _ in
                round % 3 > 0 && Bool.random(using: &random)
                    ? UInt8.random(in: UInt8(ascii: "A")...UInt8(ascii: "z"), using: &random)
                    : UInt8.random(in: 0...255, using: &random)
            }
            let at = bytes.count - 8
            bytes.withUnsafeBufferPointer { text in
                #expect(ByteChunk(text, at: at + 1) == nil)
                #expect(ByteChunk(text, at: -1) == nil)
                guard let chunk = ByteChunk(text, at: at) else {
                    Issue.record("no chunk")
                    return
                }
                let eight = bytes[at...]
                let word = eight.prefix { byte in
                    byte < 0x80
                        && (Character(Unicode.Scalar(byte)).isLetter || Character(Unicode.Scalar(byte)).isNumber)
                }
                #expect(chunk.letters == word.count)
                let small = String(decoding: word, as: UTF8.self).lowercased().utf8
                #expect(WordHash.mix(WordHash.empty, chunk.word(word.count)) == WordHash.of(small) || word.isEmpty)
                #expect(chunk.isASCII == eight.allSatisfy { $0 < 0x80 })
                let plain = eight.prefix { $0 >= 0x20 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }
                #expect(chunk.plainBytes == plain.count)
                let isSmall = word.dropFirst().allSatisfy { (0x61...0x7A).contains($0) }
                let isFirst = word.first.map { (0x61...0x7A).contains($0 | 0x20) && $0 >= 0x40 } ?? true
                #expect(chunk.isSmallWord(word.count, mayBegin: true) == (isSmall && isFirst))
                #expect(
                    chunk.isSmallWord(word.count, mayBegin: false) == word.allSatisfy { (0x61...0x7A).contains($0) }
                )
                if isSmall, isFirst {
                    let vowels = word.enumerated().filter { "aeiouy".utf8.contains($1 | 0x20) }
                    #expect(chunk.vowels(word.count) == vowels.reduce(0) { $0 | 1 << UInt64($1.offset) })
                }
                let isPrintable = eight.allSatisfy { (0x20...0x7E).contains($0) && $0 != UInt8(ascii: "<") }
                #expect(chunk.isPrintable(without: UInt8(ascii: "<")) == isPrintable)
            }
        }
    }
}
