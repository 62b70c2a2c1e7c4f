/// What judging answers came to since the start.
public struct EscalationReport: Sendable, Hashable, Codable {
    /// Answers that were looked at.
    public var judged = 0
    /// Weak ones in whose place a stronger model's answer was given.
    public var escalated = 0
    /// Weak ones that were given all the same, because too many were being asked again.
    public var refused = 0
    /// Streams that were found weak after their first bytes had gone out.
    public var foundLate = 0
    /// Conversations whose tier was lifted because their tool loop stood still.
    public var lifted = 0
    /// Escalations by what was found, such as `uncertainty`; one may have several.
    public var bySignal: [String: Int] = [:]

    public init() {}

    private enum CodingKeys: String, CodingKey {
        case judged
        case escalated
        case refused
        case foundLate = "found_late"
        case lifted
        case bySignal = "by_signal"
    }
}
