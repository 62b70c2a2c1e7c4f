import Dispatch
import GatewayCore
import Synchronization

/// Where a PostgreSQL server is spoken to, one call after the other, over a connection that is opened when it is needed. A call
/// blocks for as long as the server likes; whoever waits for it may stop waiting.
final class PostgresQueue: Sendable {
    private let url: Secret
    private let queue: DispatchQueue
    /// Locked on the queue alone, and for as long as a call takes.
    private let connection = Mutex<PostgresConnection?>(nil)
    /// Calls for which nobody waits any more, and which have not ended.
    private let stuck = Atomic(0)

    /// How far a call has come.
    private enum Phase: UInt8, AtomicRepresentable {
        case underWay
        case ended
        case abandoned
    }

    /// `url` is `postgresql://user:password@host:port/database`.
    init(url: Secret, label: String) {
        self.url = url
        queue = DispatchQueue(label: label, qos: .utility)
    }

    /// What `body` makes of the connection, or why it could not. Done once more on a new connection where one that had been open
    /// turned out to be gone: it has to be something that may be done twice. nil where the task is cancelled, or the deadline has
    /// come; the call then goes on, and until it has ended further ones fail at once.
    func run<Value: Sendable>(
        withinMilliseconds milliseconds: Int? = nil,
        _ body: @escaping @Sendable (PostgresConnection) throws(PostgresProblem) -> Value
    ) async -> Result<Value, PostgresProblem>? {
        guard stuck.load(ordering: .relaxed) <= 0 else {
            return .failure(PostgresProblem("it has not answered an earlier call yet"))
        }
        let call = CallPhase()
        let answer = await FirstAnswer.whileWanted(withinMilliseconds: milliseconds) { done in
            queue.async {
                let result = self.perform(body)
                if call.phase.exchange(.ended, ordering: .relaxed) == .abandoned {
                    self.stuck.subtract(1, ordering: .relaxed)
                }
                done(result)
            }
        }
        if answer == nil, call.phase.exchange(.abandoned, ordering: .relaxed) == .underWay {
            stuck.add(1, ordering: .relaxed)
        }
        return answer
    }

    private final class CallPhase: Sendable {
        let phase = Atomic(Phase.underWay)
    }

    private func perform<Value: Sendable>(
        _ body: @Sendable (PostgresConnection) throws(PostgresProblem) -> Value
    ) -> Result<Value, PostgresProblem> {
        connection.withLock { kept in
            if let open = kept {
                do throws(PostgresProblem) {
                    return .success(try body(open))
                } catch {
                    kept = nil
                    guard error.isLostConnection else { return .failure(error) }
                }
            }
            do throws(PostgresProblem) {
                let open = try PostgresConnection(url: url.exposed)
                try PostgresTable.migrate(open)
                let value = try body(open)
                kept = open
                return .success(value)
            } catch {
                return .failure(error)
            }
        }
    }
}
