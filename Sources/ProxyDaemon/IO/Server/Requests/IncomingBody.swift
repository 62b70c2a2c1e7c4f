import CZlib
import GatewayCore
import NIOCore
import NIOHTTP1

/// A request's body as it comes in: unpacked where it is packed, and never more than its bounds.
///
/// A reference: a second holder of the bytes, if only for a moment, would have them copied whole with every piece that comes.
final class IncomingBody {
    /// What came over the wire.
    private(set) var receivedBytes = 0
    /// What has been unpacked so far.
    private(set) var bytes: [UInt8] = []
    private let inflater: Inflater?
    private let maximumBytes: Int
    private let share: BodyShare?

    /// What is made room for before it is there.
    private static let reservedBytes = 1_048_576

    /// Throws `unsupportedEncoding`, and `bodyTooLarge` where the head says so.
    init(_ head: HTTPRequestHead, maximumBytes: Int, share: BodyShare? = nil) throws(GatewayError) {
        self.maximumBytes = maximumBytes
        self.share = share
        let encoding = head.headers.first(name: "content-encoding")?.lowercased() ?? "identity"
        switch encoding {
        case "identity", "": inflater = nil
        case "gzip", "x-gzip", "deflate":
            guard let inflater = Inflater() else { throw GatewayError(.internalFault("no memory to unpack a body")) }
            self.inflater = inflater
        default: throw GatewayError(.unsupportedEncoding(encoding))
        }
        let length = head.headers.first(name: "content-length").flatMap { Int($0) } ?? 0
        guard length <= maximumBytes else { throw GatewayError(.bodyTooLarge(limitBytes: maximumBytes)) }
        bytes.reserveCapacity(min(length, Self.reservedBytes))
    }

    /// Throws `bodyTooLarge`, `overloaded` where all bodies together are, or `invalidRequest` for what cannot be unpacked.
    func append(_ piece: ByteBuffer) throws(GatewayError) {
        receivedBytes += piece.readableBytes
        guard let inflater else {
            guard bytes.count + piece.readableBytes <= maximumBytes else {
                throw GatewayError(.bodyTooLarge(limitBytes: maximumBytes))
            }
            try share?.grow(to: bytes.count + piece.readableBytes)
            bytes.append(contentsOf: piece.readableBytesView)
            return
        }
        let result = piece.withUnsafeReadableBytes { packed -> Result<Void, GatewayError> in
            do throws(GatewayError) {
                return .success(try inflater.unpack(packed, into: &bytes, maximumBytes: maximumBytes))
            } catch {
                return .failure(error)
            }
        }
        try result.get()
        try share?.grow(to: bytes.count)
    }

    /// The whole body, which is given away. Throws where what was packed is not whole.
    func takeWhole() throws(GatewayError) -> [UInt8] {
        guard inflater?.isAtEnd ?? true else { throw Inflater.broken }
        defer { bytes = [] }
        return bytes
    }
}

/// Unpacks gzip and zlib as they come in.
private final class Inflater {
    static let broken = GatewayError(.invalidRequest("the body is not what its content-encoding says"))

    private let stream: UnsafeMutablePointer<z_stream>
    private var packedBytes = 0
    private(set) var isAtEnd = false

    private static let pieceBytes = 65_536

    init?() {
        guard let stream = gw_inflate_open() else { return nil }
        self.stream = stream
    }

    deinit { gw_inflate_close(stream) }

    func unpack(
        _ packed: UnsafeRawBufferPointer,
        into bytes: inout [UInt8],
        maximumBytes: Int
    ) throws(GatewayError) {
        packedBytes += packed.count
        var rest = packed[...]
        let problem = withUnsafeTemporaryAllocation(byteCount: Self.pieceBytes, alignment: 16) {
            room -> GatewayError? in
            // Input may be used up while output is still to come: that shows in a full room.
            var isRoomFull = false
            while !rest.isEmpty || isRoomFull {
                guard !isAtEnd else { return rest.isEmpty ? nil : Self.broken }
                var taken = UInt32(min(rest.count, Self.pieceBytes))
                var given = UInt32(room.count)
                let piece = UnsafeRawBufferPointer(rebasing: rest.prefix(Int(taken)))
                let code = gw_inflate(stream, piece.baseAddress, &taken, room.baseAddress, &given)
                rest = rest.dropFirst(Int(taken))
                bytes.append(contentsOf: room.prefix(Int(given)))
                isRoomFull = Int(given) == room.count
                switch code {
                case Z_STREAM_END: isAtEnd = true
                case Z_OK: break
                // Nothing was left to give after all.
                case Z_BUF_ERROR where taken == 0 && given == 0 && rest.isEmpty: break
                default: return Self.broken
                }
                if bytes.count > maximumBytes { return GatewayError(.bodyTooLarge(limitBytes: maximumBytes)) }
                if PackedBody.isBomb(packed: packedBytes, unpacked: bytes.count) { return Self.bomb }
            }
            return nil
        }
        if let problem { throw problem }
    }

    private static let bomb = GatewayError(
        .invalidRequest("the body unpacks to more than \(PackedBody.maximumRatio) times its size")
    )
}
