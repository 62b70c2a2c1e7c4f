/// An HTTP header as it went by.
public struct HeaderReport: Sendable, Hashable, Codable {
    /// In lower case.
    public var name: String
    /// Cut where it is long, then ending with `…`.
    public var value: String

    public init(name: String, value: String) {
        self.name = name
        self.value = value
    }
}
