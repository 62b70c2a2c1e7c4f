/// Bounds how many exchanges wait for providers at once. Some more queue for a while, all others are told to come back.
///
/// Answers from the cache and those that are shared need no place.
package final class Admit: Stage {
    package static let name = "admit"
    private let limit: ConcurrencyLimit
    private let settings: Settings.Load
    private let books: (any ExchangeLog)?
    let sheds: ReasonCounts<ShedReason>

    /// Who is inside or queues at the `former` stage counts here, too, from now on by these settings.
    package init(
        _ settings: Settings.Load,
        books: (any ExchangeLog)? = nil,
        clock: Clock,
        after former: Admit? = nil
    ) {
        self.books = books
        self.settings = settings
        sheds = former?.sheds ?? ReasonCounts()
        let bounds = ConcurrencyLimit.Bounds(settings, most: settings.maxInFlight)
        limit = former?.limit ?? ConcurrencyLimit(bounds, clock: clock)
        limit.adopt(bounds)
    }

    /// Exchanges that queue.
    var waiting: Int { limit.waiting }

    package func handle(_ exchange: inout Exchange, next: Next) async throws(GatewayError) -> Reply {
        if books?.isFull == true {
            sheds.add(.booksFull)
            let why = "what it costs cannot be written down at the moment (storage.strict_accounting)"
            throw GatewayError(.overloaded("the gateway takes no request that costs money: \(why)"))
        }
        switch await limit.enter() {
        case .admitted: break
        case .cancelled: throw GatewayError(.cancelled)
        case .full:
            sheds.add(.queueFull)
            let queue = "\(settings.maxInFlight) requests are under way and \(settings.maxQueued) queue"
            throw GatewayError(.overloaded("the gateway is busy: \(queue) (load.max_in_flight, load.max_queued)"))
        case .late:
            sheds.add(.queueTimeout)
            let wait = "\(settings.queueTimeoutMilliseconds) ms (load.queue_timeout_ms)"
            throw GatewayError(.overloaded("the gateway is busy: no place became free within \(wait)"))
        }
        do throws(GatewayError) {
            let reply = try await next(&exchange)
            switch reply.body {
            case .bytes: limit.leave()
            case .stream(let stream): stream.whenEnded { [limit] _ in limit.leave() }
            }
            return reply
        } catch {
            limit.leave()
            throw error
        }
    }
}
