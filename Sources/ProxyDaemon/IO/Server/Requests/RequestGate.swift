import NIOCore

/// Stands in front of NIO's decoder: lets one request through at a time, and only one that ``HeadPolicy`` takes.
///
/// What a client sends behind a request waits here until that is answered. Once a little has gathered nothing more is read,
/// so that a client which sends without end waits in its own system's buffers.
final class RequestGate: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// Tells the handlers behind that a head has begun to come in, of which the end is still missing.
    struct HeadBegan {}

    private enum State {
        case head(HeadReader)
        case body(Int)
        case chunks(ChunkWalk)
        /// The request is whole; it is being answered.
        case answering
        /// A request was refused: what follows is thrown away.
        case refused
    }

    /// From here on nothing more is read ahead.
    private static let maximumWaitingBytes = 65_536
    /// A client may send an empty line before a request (RFC 9112, section 2.2); more is nonsense.
    private static let maximumLeadingBytes = 4

    private let policy: HeadPolicy
    private var state = State.head(HeadReader())
    private var context: ChannelHandlerContext?
    /// What the decoder has not been given yet.
    private var waiting = ByteBuffer()
    private var leadingBytes = 0
    private var wantsRead = false
    private var isAdvancing = false
    private var hasToldOfHead = false

    init(_ policy: HeadPolicy) { self.policy = policy }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var piece = Self.unwrapInboundIn(data)
        if case .refused = state { return }
        if waiting.readableBytes == 0 { waiting = piece } else { waiting.writeBuffer(&piece) }
        advance()
    }

    func read(context: ChannelHandlerContext) {
        if case .answering = state, waiting.readableBytes >= Self.maximumWaitingBytes {
            wantsRead = true
        } else {
            context.read()
        }
    }

    /// The request is answered: the next may come. On the channel's loop.
    func letNextIn() {
        guard case .answering = state else { return }
        state = .head(HeadReader())
        leadingBytes = 0
        hasToldOfHead = false
        advance()
        guard wantsRead, let context else { return }
        wantsRead = false
        read(context: context)
    }

    private func advance() {
        guard !isAdvancing else { return }
        isAdvancing = true
        defer { isAdvancing = false }
        do throws(HeadProblem) {
            while try step() {}
        } catch {
            state = .refused
            waiting.clear()
            context?.fireErrorCaught(error)
        }
        if waiting.readableBytes == 0 { waiting = ByteBuffer() }
    }

    /// Lets through what can be; false when more has to come first.
    private func step() throws(HeadProblem) -> Bool {
        guard waiting.readableBytes > 0 else { return false }
        switch state {
        case .head(var reader):
            if leadingBytes < Self.maximumLeadingBytes,
                waiting.getBytes(at: waiting.readerIndex, length: 2) == [13, 10]
            {
                waiting.moveReaderIndex(forwardBy: 2)
                leadingBytes += 2
                return true
            }
            let length = try look { bytes throws(HeadProblem) in try reader.end(in: bytes) }
            guard let length else {
                guard waiting.readableBytes < policy.maximumBytes else { throw HeadProblem(tooLargeFor: policy) }
                state = .head(reader)
                tellOfHead()
                return false
            }
            guard length <= policy.maximumBytes else { throw HeadProblem(tooLargeFor: policy) }
            let framing = try look { bytes throws(HeadProblem) in
                try policy.framing(of: UnsafeBufferPointer(rebasing: bytes[..<length]))
            }
            switch framing {
            case .length(0): state = .answering
            case .length(let length): state = .body(length)
            case .chunked: state = .chunks(ChunkWalk())
            }
            pass(length)
            return true
        case .body(let left):
            let count = min(left, waiting.readableBytes)
            state = count == left ? .answering : .body(left - count)
            pass(count)
            return true
        case .chunks(var walk):
            let count = try look { bytes throws(HeadProblem) in try walk.take(bytes) }
            state = walk.isAtEnd ? .answering : .chunks(walk)
            pass(count)
            return true
        case .answering, .refused: return false
        }
    }

    private func tellOfHead() {
        guard !hasToldOfHead else { return }
        hasToldOfHead = true
        context?.fireUserInboundEventTriggered(HeadBegan())
    }

    private func pass(_ count: Int) {
        guard let piece = waiting.readSlice(length: count) else { return }
        context?.fireChannelRead(Self.wrapInboundOut(piece))
    }

    /// Looks at the waiting bytes.
    private func look<Result>(
        _ body: (UnsafeBufferPointer<UInt8>) throws(HeadProblem) -> Result
    ) throws(HeadProblem) -> Result {
        let outcome = waiting.withUnsafeReadableBytes { bytes -> Swift.Result<Result, HeadProblem> in
            let bytes = bytes.bindMemory(to: UInt8.self)
            do throws(HeadProblem) { return .success(try body(bytes)) } catch { return .failure(error) }
        }
        return try outcome.get()
    }
}
