import Synchronization

/// How fast each backend answered of late: what an estimate of the time to come rests on.
///
/// An answer of n tokens takes a + b n milliseconds: a until the first byte, b a token. A stream shows both; a plain answer
/// only their sum, so that a few words tell hardly anything of b. The line through the latest answers is taken by weighted
/// least squares, in which each answer weighs a tenth less than the next. What the answers leave open of b is filled by
/// ``usualPace``: it stands in the sums with ``usualWeight``, which two answers of much different length outweigh.
package final class Paces: Sendable {
    /// How much an answer weighs beside the one after it.
    private static let fading = 0.9
    /// Milliseconds a token where nothing is known: most hosted models write 40 to 150 tokens a second.
    private static let usualPace = 15.0
    /// In squared tokens: as much as one answer that is 20 tokens off the mean.
    private static let usualWeight = 400.0
    /// Tokens of an answer where nothing is known; counts as much as one answer.
    private static let usualTokens = 300.0

    private struct Pace {
        /// Sums over the points (tokens, milliseconds): of weights, of each, of squares and products.
        private var weight = 0.0
        private var tokens = 0.0
        private var milliseconds = 0.0
        private var tokensSquared = 0.0
        private var products = 0.0
        /// Sums over the answers, for their usual length.
        private var answers = 0.0
        private var answerTokens = 0.0

        mutating func fade() {
            weight *= Paces.fading
            tokens *= Paces.fading
            milliseconds *= Paces.fading
            tokensSquared *= Paces.fading
            products *= Paces.fading
            answers *= Paces.fading
            answerTokens *= Paces.fading
        }

        mutating func add(tokens count: Double, milliseconds time: Double) {
            weight += 1
            tokens += count
            milliseconds += time
            tokensSquared += count * count
            products += count * time
        }

        mutating func count(answerOf count: Double) {
            answers += 1
            answerTokens += count
        }

        var usualTokens: Double { (answerTokens + Paces.usualTokens) / (answers + 1) }

        func milliseconds(for count: Double) -> Double {
            let (meanTokens, mean) = (tokens / weight, milliseconds / weight)
            let spread = max(0, tokensSquared - tokens * meanTokens)
            let common = products - milliseconds * meanTokens
            let slope = (common + Paces.usualWeight * Paces.usualPace) / (spread + Paces.usualWeight)
            // Nothing takes less than no time, neither a token nor the first byte.
            let perToken = min(max(0, slope), meanTokens > 0 ? mean / meanTokens : .infinity)
            return mean + perToken * (count - meanTokens)
        }
    }

    private let paces = Mutex<[String: Pace]>([:])

    package init() {}

    /// Takes note of a whole answer of the backend with that name.
    package func note(
        _ backend: String,
        firstByteMilliseconds: Double,
        totalMilliseconds: Double,
        outputTokens: Int,
        isStream: Bool
    ) {
        guard outputTokens > 0, firstByteMilliseconds >= 0, totalMilliseconds >= firstByteMilliseconds,
            totalMilliseconds < 86_400_000
        else { return }
        let count = Double(min(outputTokens, 1_000_000))
        paces.withLock { paces in
            // Borrowed models come under any name a client thinks of.
            guard paces[backend] != nil || paces.count < 256 else { return }
            var pace = paces[backend] ?? Pace()
            pace.fade()
            if isStream { pace.add(tokens: 0, milliseconds: firstByteMilliseconds) }
            pace.add(tokens: count, milliseconds: totalMilliseconds)
            pace.count(answerOf: count)
            paces[backend] = pace
        }
    }

    /// Tokens that an answer of the backend usually has; nil before the first.
    package func usualTokens(_ backend: String) -> Int? {
        paces.withLock { $0[backend].map { Int($0.usualTokens.rounded()) } }
    }

    /// Milliseconds to the end of an answer of so many tokens; nil before the first.
    package func expectedMilliseconds(_ backend: String, outputTokens: Int) -> Double? {
        paces.withLock { $0[backend]?.milliseconds(for: Double(outputTokens)) }
    }
}
