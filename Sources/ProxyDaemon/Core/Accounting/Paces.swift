import Synchronization

/// How fast each backend answered of late: what an estimate of the time to come rests on.
package final class Paces: Sendable {
    /// The weight of the latest answer in the moving averages.
    private static let share = 0.2

    private struct Pace {
        var firstByteMilliseconds: Double
        var millisecondsPerToken: Double
    }

    private let paces = Mutex<[String: Pace]>([:])

    package init() {}

    /// Takes note of a whole answer of the backend with that name.
    ///
    /// A plain answer comes at once when all of it is there: its first byte tells nothing of the model's own, and all of its
    /// time counts as writing.
    package func note(
        _ backend: String,
        firstByteMilliseconds: Double,
        totalMilliseconds: Double,
        outputTokens: Int,
        isStream: Bool
    ) {
        guard outputTokens > 0, totalMilliseconds >= firstByteMilliseconds, totalMilliseconds < 86_400_000 else {
            return
        }
        let start = isStream ? firstByteMilliseconds : 0
        let perToken = (totalMilliseconds - start) / Double(outputTokens)
        paces.withLock { paces in
            guard var pace = paces[backend] else {
                // Borrowed models come under any name a client thinks of.
                guard paces.count < 256 else { return }
                paces[backend] = Pace(firstByteMilliseconds: start, millisecondsPerToken: perToken)
                return
            }
            pace.firstByteMilliseconds += Self.share * (start - pace.firstByteMilliseconds)
            pace.millisecondsPerToken += Self.share * (perToken - pace.millisecondsPerToken)
            paces[backend] = pace
        }
    }

    /// Milliseconds to the end of an answer of so many tokens; nil before the first.
    package func expectedMilliseconds(_ backend: String, outputTokens: Int) -> Double? {
        paces.withLock { paces in
            paces[backend].map { $0.firstByteMilliseconds + $0.millisecondsPerToken * Double(outputTokens) }
        }
    }
}
