/// Why a model cannot be used, in words for its user.
package struct ModelProblem: Error, Sendable, Equatable, CustomStringConvertible {
    package let description: String

    init(_ description: String) { self.description = description }
}
