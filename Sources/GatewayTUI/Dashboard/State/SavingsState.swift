package import Shared

/// What the savings view has asked the books.
package struct SavingsState: Sendable {
    /// By what the sums of the table are told apart.
    package enum Grouping: String, Sendable, Hashable, CaseIterable {
        case day, project, model, key
    }

    package enum Content: Sendable {
        case loading
        case loaded([ControlProtocol.UsageReport.Row])
        case failed(String)
    }

    /// How long a report is shown before the next one is asked for.
    package static let refreshMilliseconds: Int64 = 10_000
    /// Days that the sums go back.
    package static let days = 31

    package private(set) var grouping = Grouping.day
    package var content = Content.loading
    package var scroll = 0
    /// When the next report is due; nil while one is on its way.
    package var due: Int64?

    package init() {}

    package mutating func nextGrouping() {
        let all = Grouping.allCases
        grouping = all[((all.firstIndex(of: grouping) ?? 0) + 1) % all.count]
        content = .loading
        scroll = 0
    }

    /// What is to be asked at a moment.
    package func request(now: Moment) -> ControlProtocol.UsageRequest {
        let day: Int64 = 86_400_000
        let since = max(0, now.unixMilliseconds - Int64(Self.days - 1) * day)
        return .init(by: [grouping.rawValue], sinceUnixMilliseconds: since / day * day)
    }
}
