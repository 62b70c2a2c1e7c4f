import FoundationEssentials

@testable import Shared

extension FuzzTarget {
    /// What a front end sends to the daemon.
    static let control = FuzzTarget(
        name: "control",
        property:
            "lines are the same however they are cut, none is longer than the bound; requests that read write themselves again",
        maximumBytes: 1_024
    ) { bytes in
        var dice = Dice(bytes)
        let limit = 256
        let whole = Framing(of: [bytes], limit: limit)
        let cut = Framing(of: dice.pieces(of: bytes), limit: limit)
        expect(whole.isTooLong == cut.isTooLong, "a line is too long in one cutting only")
        if !whole.isTooLong { expect(whole.lines == cut.lines, "other lines") }
        for line in whole.lines {
            expect(!line.isEmpty && line.count <= limit && !line.contains(0x0A), "a line of \(line.count) bytes")
            read(line)
        }
        read(Data(bytes))
    }

    private static func read(_ line: Data) {
        guard let envelope = try? JSONRPC.envelope(line) else { return }
        expect((envelope.error?.message.utf8.count ?? 0) <= line.count * 3, "an error that is longer than its line")
        again(ControlProtocol.Hello.self, line)
        again(ControlProtocol.ExchangesListRequest.self, line)
        again(ControlProtocol.ExchangesGetRequest.self, line)
        again(ControlProtocol.PromptRequest.self, line)
        again(ControlProtocol.PromptCancelRequest.self, line)
        again(ControlProtocol.CacheFlush.self, line)
        again(ControlProtocol.WorkflowRequest.self, line)
        again(ControlProtocol.WorkflowCancelRequest.self, line)
    }

    private static func again<Parameters: Codable & Hashable>(_ type: Parameters.Type, _ line: Data) {
        guard let parameters = try? JSONRPC.parameters(type, of: line) else { return }
        guard let written = try? JSONRPC.request(id: 1, method: "m", parameters: parameters) else {
            return expect(false, "\(parameters) cannot be written")
        }
        expect(written.last == 0x0A && !written.dropLast().contains(0x0A), "a message of several lines")
        expect((try? JSONRPC.parameters(type, of: written.dropLast())) == parameters, "\(parameters) reads otherwise")
    }
}

/// Lines by reads.
private struct Framing {
    private(set) var lines: [Data] = []
    private(set) var isTooLong = false

    init(of pieces: [[UInt8]], limit: Int) {
        var framer = LineFramer(limit: limit)
        for piece in pieces where !isTooLong {
            do throws(LineFramer.LineTooLong) { lines += try framer.append(piece) } catch { isTooLong = true }
        }
    }
}
