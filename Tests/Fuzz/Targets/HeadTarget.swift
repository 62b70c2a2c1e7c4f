import GatewayCore

@testable import GatewayIO

extension FuzzTarget {
    /// Heads and chunks, before anything else sees them.
    static let head = FuzzTarget(
        name: "head",
        property:
            "a head ends at the same place however it comes; one that is taken has plain lines, one host and one length; a chunked body ends at the same place however it comes",
        maximumBytes: 1_024
    ) { bytes in
        var dice = Dice(bytes)
        let pieces = dice.pieces(of: bytes)
        let whole = HeadEnd(of: [bytes])
        expect(HeadEnd(of: pieces) == whole, "by pieces the head ends elsewhere")
        if case .at(let end) = whole { judge(Array(bytes[..<end])) }
        let chunks = ChunkEnd(of: [bytes])
        expect(ChunkEnd(of: pieces) == chunks, "by pieces the chunks end elsewhere")
    }

    /// A head by the words of RFC 9112, read line by line.
    private static func judge(_ head: [UInt8]) {
        let framing = head.withUnsafeBufferPointer { buffer -> Result<HeadPolicy.Framing, HeadProblem> in
            do throws(HeadProblem) { return .success(try HeadPolicy().framing(of: buffer)) } catch {
                return .failure(error)
            }
        }
        switch framing {
        case .failure(let problem):
            expect((400..<500).contains(problem.error.status), "refused with \(problem.error.status)")
            expect(problem.path.utf8.count <= 256 * 3, "a path of \(problem.path.utf8.count) bytes")
        case .success(let framing):
            expect(!head.contains { $0 == 0 || $0 == 0x7F }, "a control character was taken")
            var lines: [String] = []
            for line in Array(head.dropLast(4)).split(separator: 0x0A, omittingEmptySubsequences: false) {
                var line = Array(line)
                if lines.count < head.count { if line.last == 0x0D { line.removeLast() } }
                expect(!line.contains(0x0D), "a CR inside a line was taken")
                lines.append(String(line.map { Character(Unicode.Scalar($0)) }))
            }
            let request = lines[0].split(separator: " ", omittingEmptySubsequences: false)
            expect(request.count == 3 && request[1].hasPrefix("/"), "the request line \(lines[0]) was taken")
            var values: [String: [String]] = [:]
            for line in lines.dropFirst() {
                let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
                expect(parts.count == 2 && !parts[0].isEmpty, "the line \(line.debugDescription) was taken")
                expect(!parts[0].contains { $0 == " " || $0 == "\t" }, "a name with a space was taken")
                values[parts[0].lowercased(), default: []].append(String(parts[parts.count - 1]))
            }
            expect(values["host"]?.count ?? 0 <= 1, "two hosts were taken")
            expect(request.count < 3 || request[2] == "HTTP/1.0" || values["host"] != nil, "no host was taken")
            let lengths = values["content-length"] ?? []
            let codings = values["transfer-encoding"] ?? []
            expect(lengths.count + codings.count <= 1, "two framings were taken")
            func plain(_ text: String) -> String { String(text.filter { $0 != " " && $0 != "\t" }) }
            switch framing {
            case .chunked: expect(codings.map(plain).map { $0.lowercased() } == ["chunked"], "chunked by \(codings)")
            case .length(let length):
                expect(lengths.isEmpty ? length == 0 : Int(plain(lengths[0])) == length, "\(length) by \(lengths)")
            }
        }
    }
}

/// Where a head ends.
private enum HeadEnd: Equatable {
    case none
    case at(Int)
    case refused

    init(of pieces: [[UInt8]]) {
        var reader = HeadReader()
        var bytes: [UInt8] = []
        self = .none
        for piece in pieces {
            bytes += piece
            let end = bytes.withUnsafeBufferPointer { buffer -> Result<Int?, HeadProblem> in
                do throws(HeadProblem) { return .success(try reader.end(in: buffer)) } catch { return .failure(error) }
            }
            switch end {
            case .success(nil): continue
            case .success(let end?): self = .at(end)
            case .failure: self = .refused
            }
            return
        }
    }
}

/// Where a chunked body ends, or at which byte it is refused.
private enum ChunkEnd: Equatable {
    case open
    case at(Int)
    case refused

    init(of pieces: [[UInt8]]) {
        var walk = ChunkWalk()
        var taken = 0
        self = .open
        for piece in pieces {
            let count = piece.withUnsafeBufferPointer { buffer -> Int? in try? walk.take(buffer) }
            guard let count else {
                self = .refused
                return
            }
            expect(count == piece.count || walk.isAtEnd, "bytes of the body were left")
            taken += count
            if walk.isAtEnd {
                self = .at(taken)
                return
            }
        }
    }
}
