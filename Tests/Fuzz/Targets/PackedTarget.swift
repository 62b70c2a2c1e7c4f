import CZlib
import GatewayCore
import NIOCore
import NIOHTTP1

@testable import GatewayIO

extension FuzzTarget {
    /// Packed bodies.
    static let packed = FuzzTarget(
        name: "packed",
        property:
            "a body unpacks to the same however it comes, never to more than its bound or a hundred times its size, and what zlib packs comes back",
        maximumBytes: 2_048
    ) { bytes in
        var dice = Dice(bytes)
        let maximum = [100, 5_000, 8_388_608][dice.roll(3)]
        for encoding in ["gzip", "identity"] {
            let whole = unpacked([bytes], encoding, maximum)
            let cut = unpacked(dice.pieces(of: bytes), encoding, maximum)
            // Which bound is met first depends on how much has come; that one is met does not.
            switch (whole, cut) {
            case (.success(let body), .success(let same)): expect(body == same, "\(encoding): another body by pieces")
            case (.success, .failure(let error)), (.failure(let error), .success):
                expect(false, "\(encoding): refused in one cutting only: \(error)")
            case (.failure, .failure): break
            }
            if case .success(let body) = whole {
                expect(body.count <= maximum, "\(body.count) bytes where \(maximum) may be")
                let isHarmless = body.count <= PackedBody.harmlessBytes || body.count / 100 <= bytes.count
                expect(isHarmless, "\(body.count) bytes of \(bytes.count)")
            }
        }
        var count = compressBound(uLong(bytes.count))
        var packed = [UInt8](repeating: 0, count: Int(count))
        expect(compress2(&packed, &count, bytes, uLong(bytes.count), 1) == Z_OK, "zlib packs nothing")
        let back = unpacked(dice.pieces(of: Array(packed.prefix(Int(count)))), "deflate", 8_388_608)
        expect(back == .success(bytes), "what was packed did not come back")
    }

    private static func unpacked(
        _ pieces: [[UInt8]],
        _ encoding: String,
        _ maximum: Int
    ) -> Result<[UInt8], GatewayError> {
        do throws(GatewayError) {
            let head = HTTPRequestHead(
                version: .http1_1,
                method: .POST,
                uri: "/",
                headers: ["content-encoding": encoding]
            )
            let body = try IncomingBody(head, maximumBytes: maximum)
            for piece in pieces { try body.append(ByteBuffer(bytes: piece)) }
            return .success(try body.takeWhole())
        } catch {
            expect(error.status == 400 || error.status == 413, "refused with \(error.status)")
            return .failure(error)
        }
    }
}
