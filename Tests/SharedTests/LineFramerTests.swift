import FoundationEssentials
import Shared
import Testing

@Suite struct `The line framer` {
    @Test func `gives the same lines however the reads fall`() throws {
        var random = SeededGenerator(seed: 42)
        for _ in 0..<300 {
            var lines: [Data] = []
            for _ in 0..<Int.random(in: 0...12, using: &random) {
                var line = Data()
                for _ in 0..<Int.random(in: 1...60, using: &random) {
                    line.append(.random(in: 11...255, using: &random))
                }
                lines.append(line)
            }
            var rest = lines.reduce(into: Data()) { $0 += $1 + [0x0A] }
            var framer = LineFramer(limit: 60)
            var found: [Data] = []
            while !rest.isEmpty {
                let count = min(rest.count, Int.random(in: 1...25, using: &random))
                found += try framer.append(rest.prefix(count))
                rest = Data(rest.dropFirst(count))
            }
            #expect(found == lines)
        }
    }

    @Test func `keeps what is not whole yet`() throws {
        var framer = LineFramer()
        #expect(try framer.append(Array("{\"a\"".utf8)) == [])
        #expect(try framer.append(Array(":1}\n{\"b\"".utf8)) == [Data(#"{"a":1}"#.utf8)])
        #expect(try framer.append(Array("\n".utf8)) == [Data(#"{"b""#.utf8)])
    }

    @Test func `leaves empty lines out`() throws {
        var framer = LineFramer()
        #expect(try framer.append(Array("\n\na\n\n\nb\n".utf8)) == [Data("a".utf8), Data("b".utf8)])
    }

    @Test func `takes a line of exactly the limit`() throws {
        var framer = LineFramer(limit: 4)
        #expect(try framer.append(Array("abcd\n".utf8)) == [Data("abcd".utf8)])
    }

    @Test(arguments: ["abcde\n", "abcde", "ok\nabcde"])
    func `refuses a longer line, ended or not`(text: String) {
        var framer = LineFramer(limit: 4)
        #expect(throws: LineFramer.LineTooLong.self) { try framer.append(Array(text.utf8)) }
    }
}
