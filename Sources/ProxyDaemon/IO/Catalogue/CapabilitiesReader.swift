import GatewayCore

/// Reads what a model accepts: the member `capabilities` of a model in a catalogue file.
enum CapabilitiesReader {
    private static let keys = ["sampling", "thinking", "efforts", "thinking_off_up_to", "takes", "unsure"]

    /// What the entry says; what it leaves out is not taken. Nil where nothing is written.
    ///
    /// - Throws: ``ConfigError`` that names file, line and key.
    static func read(_ item: LocatedValue) throws(ConfigError) -> ModelCapabilities? {
        if case .null = item.tree.content { return nil }
        let fields = try item.members(known: keys)
        var capabilities = ModelCapabilities()
        capabilities.sampling = try fields["sampling"]?.choice(ModelCapabilities.Sampling.self) ?? .none
        capabilities.thinking = try words(fields["thinking"])
        capabilities.efforts = try words(fields["efforts"])
        if let bound = fields["thinking_off_up_to"] {
            capabilities.disabledThinkingUpTo = try bound.choice(ModelCapabilities.Effort.self)
            guard !capabilities.thinking.isDisjoint(with: [.disabled, .betweenTools]) else {
                throw bound.error("thinking cannot be off here: thinking has neither disabled nor between_tools")
            }
        }
        let taken: Set<ModelCapabilities.Feature> = try words(fields["takes"])
        for feature in ModelCapabilities.Feature.allCases { capabilities[feature] = taken.contains(feature) }
        capabilities.unsure = try words(fields["unsure"])
        if let unsure = fields["unsure"], let twice = capabilities.unsure.intersection(taken).map(\.rawValue).min() {
            throw unsure.error("\(twice) stands under takes as well")
        }
        return capabilities
    }

    private static func words<Word: RawRepresentable<String> & CaseIterable & Hashable>(
        _ field: LocatedValue?
    ) throws(ConfigError) -> Set<Word> {
        var words: Set<Word> = []
        for item in try field?.items() ?? [] {
            guard let word = try item.choice(Word.self) else { throw item.error("an empty item") }
            guard words.insert(word).inserted else { throw item.error("\(word.rawValue) stands there twice") }
        }
        return words
    }
}
