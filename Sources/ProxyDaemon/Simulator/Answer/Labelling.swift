/// A request to sort another request by how hard it is: instructions that name three words in capitals, and a text between
/// two marker lines. Known by its shape, whoever wrote it.
struct Labelling: Sendable, Equatable {
    /// The text between the markers, without the simulator's own.
    let text: String

    /// Reads system prompt and question; nil for anything else.
    init?(system: String, question: String) {
        let words = system.split { !$0.isLetter && !$0.isNumber }
        guard ["SIMPLE", "MODERATE", "COMPLEX"].allSatisfy({ word in words.contains { $0 == word } }) else {
            return nil
        }
        let lines = question.split(separator: "\n", omittingEmptySubsequences: false)
        guard let first = lines.first, first.hasPrefix("<"), first.hasSuffix(">"), first.count > 2 else { return nil }
        let closing = "</\(first.dropFirst())"
        guard let end = lines.lastIndex(where: { $0 == closing }), end > 0 else { return nil }
        text = Directives.split(lines[1..<end].joined(separator: "\n")).rest
    }

    /// The label, by the words and the length of the text.
    var label: String {
        switch Question(text).difficulty {
        case 0...1: "SIMPLE"
        case 2...4: "MODERATE"
        default: "COMPLEX"
        }
    }
}
