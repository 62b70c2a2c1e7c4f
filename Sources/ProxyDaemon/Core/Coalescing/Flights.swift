import Synchronization

/// Which requests may share a call: those that the cache takes for the same, of clients that can read the same answer.
struct FlightKey: Sendable, Hashable {
    /// What the one who makes the call asks for.
    enum Form: Sendable, Hashable {
        case whole
        case stream
        /// An OpenAI stream that ends with its usage.
        case streamWithUsage
    }

    let request: CacheKey
    let dialect: Dialect
    var form: Form

    init(_ request: CacheKey, _ prompt: Prompt) {
        self.request = request
        dialect = prompt.dialect
        form = prompt.isStream ? prompt.wantsUsageChunk ? .streamWithUsage : .stream : .whole
    }

    /// The flights that such a request may join, the best first. A stream is a whole answer too in the end; a whole answer
    /// would keep a client waiting that asked for a stream.
    var joinable: [FlightKey] {
        guard form == .whole else { return [self] }
        return [Form.whole, .stream, .streamWithUsage].map { form in
            var key = self
            key.form = form
            return key
        }
    }
}

/// The calls in flight that identical requests may join.
///
/// The table's lock may be held while a flight's is taken, never the other way round.
final class Flights: Sendable {
    enum Place {
        /// The request makes the call.
        case leader(Flight)
        /// It shares another's.
        case follower(Flight, seat: Int)
    }

    private let table = Mutex<[FlightKey: Flight]>([:])

    init() {}

    /// The place of a request: a seat in a flight that is under way, or the lead of a new one.
    ///
    /// `origin` is its query id.
    func join(_ key: FlightKey, origin: String) -> Place {
        let joinable = key.joinable
        return table.withLock { table in
            for key in joinable {
                guard let flight = table[key], let seat = flight.join() else { continue }
                return .follower(flight, seat: seat)
            }
            let flight = Flight(key, origin: origin, isSecond: false, in: self)
            // One that cannot be joined any more makes room.
            table[key] = flight
            return .leader(flight)
        }
    }

    /// The place of one whose call has failed: all who waited for it share one further call, however late they ask, and its
    /// failure too.
    func joinSecond(_ key: FlightKey, after failed: Flight, origin: String) -> Place {
        let joinable = key.joinable
        return table.withLock { table in
            for second in failed.seconds where joinable.contains(second.key) {
                if let seat = second.join(takesFailure: true) { return .follower(second, seat: seat) }
            }
            for key in joinable {
                guard let flight = table[key], let seat = flight.join() else { continue }
                return .follower(flight, seat: seat)
            }
            let second = Flight(key, origin: origin, isSecond: true, in: self)
            failed.hasSecond(second)
            table[key] = second
            return .leader(second)
        }
    }

    /// Nobody joins it any more.
    func remove(_ flight: Flight) {
        table.withLock { table in
            if table[flight.key] === flight { table[flight.key] = nil }
        }
    }
}
