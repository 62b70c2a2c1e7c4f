/// Whether two answers say the same, as far as a program can tell.
///
/// Models put the same answer in other words each time, so that words prove little: the same words are the same answer; two
/// short answers with other numbers or a negation are not; for all others their meaning counts, by their embeddings.
enum AnswerLikeness: Sendable {
    case same
    case different

    /// Two answers to one question, each given twice, mostly have a cosine above 0.85; answers to two questions that differ in
    /// one word mostly one below 0.8.
    static let leastCosine: Float = 0.8
    /// So many bytes of an answer are looked at.
    private static let mostBytes = 4_096
    /// Answers up to this length give one fact, in which every number counts.
    private static let shortBytes = 240

    private static let factual: Set<WordingRefusal.Guard> = [
        .numbers, .numberOrder, .units, .negation, .opposites, .entities,
    ]

    /// nil where there is no embedding to tell by.
    static func judge(
        _ stored: String,
        _ fresh: String,
        guards: LookalikeGuard,
        embedding: ([UInt8]) async -> Embedding?
    ) async -> AnswerLikeness? {
        let left = Array(stored.utf8.prefix(mostBytes))
        let right = Array(fresh.utf8.prefix(mostBytes))
        if words(left) == words(right) { return .same }
        if left.count <= shortBytes, right.count <= shortBytes,
            let one = PromptWording(left), let other = PromptWording(right)
        {
            let refusals = guards.compare(one, other).refusals
            if refusals.contains(where: { factual.contains($0.name) }) { return .different }
        }
        guard let one = await embedding(left), let other = await embedding(right) else { return nil }
        return one.cosine(other) >= leastCosine ? .same : .different
    }

    /// The text without its case and white space.
    private static func words(_ text: [UInt8]) -> [UInt8] {
        text.filter { $0 > 0x20 }.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
    }
}
