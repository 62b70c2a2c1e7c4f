import GatewayCore
import NIOCore
import NIOEmbedded
import NIOHTTP1

@testable import GatewayIO

extension FuzzTarget {
    /// The gate with NIO's decoder behind it.
    static let http = FuzzTarget(
        name: "http",
        property:
            "what the gate lets through, the decoder takes, and reads the same requests and bodies out of it, however the bytes come",
        maximumBytes: 1_024
    ) { bytes in
        var dice = Dice(bytes)
        let whole = Connection(of: [bytes])
        let cut = Connection(of: dice.pieces(of: bytes))
        // Of one that is refused on its way the beginning may have been seen.
        let requests = (whole.requests.filter(\.isWhole), cut.requests.filter(\.isWhole))
        expect(requests.0 == requests.1, "\(requests.0) whole, \(requests.1) by pieces")
        expect(whole.isRefused == cut.isRefused, "refused only in one cutting")
        for request in whole.requests {
            expect(request.uri.hasPrefix("/"), "the target \(request.uri)")
            let lengths = request.headers.filter { $0.name.lowercased() == "content-length" }
            if let length = lengths.first, request.isWhole {
                expect(Int(length.value) == request.body.count, "\(request.body.count) bytes of \(length.value)")
            }
        }
    }
}

/// What a client sends over one connection, as the handler behind the decoder sees it.
private struct Connection {
    struct Request: Equatable, CustomStringConvertible {
        var method: String
        var uri: String
        var headers: [Field]
        var body: [UInt8] = []
        var isWhole = false

        var description: String { "\(method) \(uri) \(headers.count) \(shown(body))" }
    }

    struct Field: Equatable {
        var name: String
        var value: String
    }

    let requests: [Request]
    let isRefused: Bool

    init(of pieces: [[UInt8]]) {
        let gate = RequestGate(HeadPolicy())
        let end = Collector(gate)
        let channel = EmbeddedChannel()
        do {
            let pipeline = channel.pipeline.syncOperations
            try pipeline.addHandler(gate)
            try pipeline.addHandler(ByteToMessageHandler(HTTPRequestDecoder(leftOverBytesStrategy: .dropBytes)))
            try pipeline.addHandler(end)
            for piece in pieces { try channel.writeInbound(ByteBuffer(bytes: piece)) }
        } catch {
            expect(false, "\(error)")
        }
        requests = end.requests
        isRefused = end.isRefused
        // That a request breaks off is the client's right.
        end.isOver = true
        _ = try? channel.finish(acceptAlreadyClosed: true)
    }

    private final class Collector: ChannelInboundHandler {
        typealias InboundIn = HTTPServerRequestPart

        private(set) var requests: [Request] = []
        private(set) var isRefused = false
        var isOver = false
        /// The client wants to send more.
        private var isKept = true
        private let gate: RequestGate

        init(_ gate: RequestGate) { self.gate = gate }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch Self.unwrapInboundIn(data) {
            case .head(let head):
                isKept = head.isKeepAlive
                expect(requests.last?.isWhole ?? true, "a request before the one before it was whole")
                requests.append(
                    Request(
                        method: head.method.rawValue,
                        uri: head.uri,
                        headers: head.headers.map { Field(name: $0.name, value: $0.value) }
                    )
                )
            case .body(let piece):
                expect(!requests.isEmpty, "a body without a head")
                requests[requests.count - 1].body += Array(buffer: piece)
            case .end:
                expect(!requests.isEmpty, "an end without a head")
                requests[requests.count - 1].isWhole = true
                if isKept { gate.letNextIn() }
            }
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            guard !isOver else { return }
            expect(error is HeadProblem, "the decoder refused what the gate had let through: \(error)")
            isRefused = true
        }
    }
}
