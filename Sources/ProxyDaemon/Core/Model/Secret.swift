/// A key that must not be shown: its description and its reflection are masked.
package struct Secret: Sendable, Hashable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The key itself. Every use of this member is a place where it could leak.
    package let exposed: String

    package init(_ text: String) { exposed = text }

    package var description: String { exposed.count > 12 ? "…" + exposed.suffix(4) : "…" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: ["secret": description]) }
}
