package import Shared
import Synchronization

/// Counts what judging came to.
package final class EscalationCounters: Sendable {
    private let counts = Mutex(EscalationReport())

    package init() {}

    package var report: EscalationReport { counts.withLock { $0 } }

    func judged() { counts.withLock { $0.judged += 1 } }

    func escalated(because verdict: QualityVerdict) {
        counts.withLock { counts in
            counts.escalated += 1
            for finding in verdict.findings { counts.bySignal[finding.signal.rawValue, default: 0] += 1 }
        }
    }

    func refused() { counts.withLock { $0.refused += 1 } }

    func foundLate() { counts.withLock { $0.foundLate += 1 } }

    func lifted() { counts.withLock { $0.lifted += 1 } }
}
