import Glibc
import NIOCore

/// Rests for a second where a connection cannot be accepted for want of descriptors or memory.
///
/// The connection stays in the kernel's queue, so the listening socket stays readable. NIO's own pause delays the next read but
/// leaves the socket in the epoll set, and its loop would spin on it until a descriptor is free.
final class AcceptPause: ChannelInboundHandler {
    typealias InboundIn = any Channel

    private static let rest = TimeAmount.seconds(1)
    private static let quietTime = TimeAmount.seconds(60)

    private let tell: @Sendable (SystemError) -> Void
    private var told: NIODeadline?

    /// `tell` is called once a minute at most while it lasts.
    init(tell: @escaping @Sendable (SystemError) -> Void = { _ in }) { self.tell = tell }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.fireErrorCaught(error)
        guard let error = error as? IOError, [EMFILE, ENFILE, ENOBUFS, ENOMEM].contains(error.errnoCode) else { return }
        let now = NIODeadline.now()
        if told.map({ now - $0 > Self.quietTime }) ?? true {
            told = now
            tell(SystemError(doing: "accept", error.errnoCode))
        }
        let channel = context.channel
        // Both fail where the channel is closed meanwhile; then there is nothing to pause.
        _ = channel.setOption(.autoRead, value: false)
        context.eventLoop.scheduleTask(in: Self.rest) { _ = channel.setOption(.autoRead, value: true) }
    }
}
