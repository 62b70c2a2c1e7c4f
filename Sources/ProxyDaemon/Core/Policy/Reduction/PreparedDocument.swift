/// The document of what holds for running conversations. Texts and plans that many share are written once.
enum PreparedDocument {
    static let name = "prepared-conversations"
    static let saveSeconds: Int64 = 5
    private static let kind: UInt8 = 3
    private static let format: UInt8 = 1
    private static let mostConversations = 100_000
    private static let mostTextBytes = 1_048_576

    typealias Conversations = [(PreparedConversations.Key, PreparedConversation)]

    static func encode(fingerprint: String, since: Int64, _ conversations: Conversations) -> [UInt8] {
        var writer = StateWriter(kind: kind, format: format, scores: "")
        writer.add(fingerprint)
        writer.add(since)
        let texts = Shared(conversations.flatMap { $0.1.additions.map(\.text) + $0.1.skills + [$0.0.partition] })
        let plans = Shared(conversations.map(\.1.plan))
        writer.add(texts.values.count)
        for text in texts.values { writer.add(text) }
        writer.add(plans.values.count)
        for plan in plans.values { add(plan, to: &writer) }
        writer.add(conversations.count)
        for (key, conversation) in conversations {
            writer.add(texts[key.partition])
            add(key.hash, to: &writer)
            writer.add(plans[conversation.plan])
            writer.add(conversation.additions.count)
            for addition in conversation.additions {
                writer.add(texts[addition.text])
                let (kind, message) = fields(addition.place)
                writer.add(kind)
                writer.add(message)
            }
            writer.add(conversation.skills.count)
            for skill in conversation.skills { writer.add(texts[skill]) }
            writer.add(conversation.prunedBefore)
            writer.add(conversation.isDisabled)
            writer.add(conversation.sent != nil)
            add(conversation.sent ?? key.hash, to: &writer)
            writer.add(conversation.sentMessages)
            writer.add(conversation.ancestors.count)
            for ancestor in conversation.ancestors { add(ancestor, to: &writer) }
        }
        return writer.finished()
    }

    /// Values by the order in which they are met first.
    private struct Shared<Value: Hashable> {
        private(set) var values: [Value] = []
        private var numbers: [Value: Int] = [:]

        init(_ all: [Value]) {
            for value in all where numbers[value] == nil {
                numbers[value] = values.count
                values.append(value)
            }
        }

        subscript(value: Value) -> Int { numbers[value] ?? 0 }
    }

    private static func add(_ hash: PrefixHash, to writer: inout StateWriter) {
        writer.add(hash.first)
        writer.add(hash.second)
    }

    private static func add(_ plan: ReductionPlan, to writer: inout StateWriter) {
        for number in [plan.systemMaxCharacters, plan.userMaxCharacters, plan.toolResultMaxCharacters] {
            writer.add(Int64(number))
        }
        writer.add(plan.stripsBoilerplate)
        writer.add(plan.deduplicatesFiles)
        writer.add(plan.asksForDiffs)
        writer.add(Int64(plan.maxContextTokens))
    }

    private static func fields(_ place: PromptAddition.Place) -> (Int, Int) {
        switch place {
        case .system: (0, 0)
        case .message(let message): (1, message)
        case .systemMessage(let message): (2, message)
        }
    }

    static func decode(
        _ document: [UInt8]
    ) throws(StateProblem) -> (fingerprint: String, since: Int64, conversations: Conversations) {
        var reader = try StateReader(document, kind: kind, format: format, scores: "")
        let fingerprint = try reader.text()
        let since = try reader.integer()
        var texts: [String] = []
        for _ in 0..<(try reader.count(limit: 4 * mostConversations)) {
            texts.append(try reader.text(limit: mostTextBytes))
        }
        var plans: [ReductionPlan] = []
        for _ in 0..<(try reader.count(limit: mostConversations)) { plans.append(try plan(&reader)) }
        var conversations: Conversations = []
        for _ in 0..<(try reader.count(limit: mostConversations)) {
            let partition = try text(&reader, texts)
            let key = PreparedConversations.Key(hash: try hash(&reader), partition: partition)
            let number = try reader.count(limit: mostConversations)
            guard number < plans.count else { throw damaged }
            var conversation = PreparedConversation(plan: plans[number])
            for _ in 0..<(try reader.count(limit: PreparedConversation.maximumAdditions)) {
                let words = try text(&reader, texts)
                let kind = try reader.count(limit: 2)
                let message = try reader.count(limit: Int(Int32.max))
                let places: [PromptAddition.Place] = [.system, .message(message), .systemMessage(after: message)]
                conversation.additions.append(PromptAddition(words, at: places[kind]))
            }
            for _ in 0..<(try reader.count(limit: PreparedConversation.maximumAdditions)) {
                conversation.skills.append(try text(&reader, texts))
            }
            conversation.prunedBefore = try reader.count(limit: Int(Int32.max))
            conversation.isDisabled = try reader.bool()
            let wasSent = try reader.bool()
            let sent = try hash(&reader)
            if wasSent { conversation.sent = sent }
            conversation.sentMessages = try reader.count(limit: Int(Int32.max))
            for _ in 0..<(try reader.count(limit: 64)) { conversation.ancestors.append(try hash(&reader)) }
            conversations.append((key, conversation))
        }
        guard reader.isAtEnd else { throw damaged }
        return (fingerprint, since, conversations)
    }

    private static let damaged = StateProblem(words: "is damaged")

    private static func text(_ reader: inout StateReader, _ texts: [String]) throws(StateProblem) -> String {
        let number = try reader.count(limit: 4 * mostConversations)
        guard number < texts.count else { throw damaged }
        return texts[number]
    }

    private static func hash(_ reader: inout StateReader) throws(StateProblem) -> PrefixHash {
        let first = UInt64(bitPattern: try reader.integer())
        return PrefixHash(first: first, second: UInt64(bitPattern: try reader.integer()))
    }

    private static func plan(_ reader: inout StateReader) throws(StateProblem) -> ReductionPlan {
        func amount() throws(StateProblem) -> Int {
            let number = try reader.integer()
            guard (0...Int64(Int32.max)).contains(number) else { throw damaged }
            return Int(number)
        }
        var plan = ReductionPlan()
        plan.systemMaxCharacters = try amount()
        plan.userMaxCharacters = try amount()
        plan.toolResultMaxCharacters = try amount()
        plan.stripsBoilerplate = try reader.bool()
        plan.deduplicatesFiles = try reader.bool()
        plan.asksForDiffs = try reader.bool()
        plan.maxContextTokens = try amount()
        return plan
    }
}
