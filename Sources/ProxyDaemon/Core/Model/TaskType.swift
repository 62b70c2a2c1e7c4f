/// What kind of work a prompt asks for.
package enum TaskType: String, Sendable, CaseIterable {
    case simpleQA = "simple_qa"
    case code
    case math
    case analysis
    case creative
    case translation
    case reasoning
    case general
}
