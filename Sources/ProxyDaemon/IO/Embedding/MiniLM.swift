/// The model all-MiniLM-L6-v2 with its tokeniser, read from a directory.
package final class MiniLM: Sendable {
    package static let name = "all-MiniLM-L6-v2"
    /// The files of a model's directory that are needed.
    static let weightsFile = "model.safetensors"
    static let vocabularyFile = "vocab.txt"
    /// SHA-256 of the files that the encoder was checked with: those of
    /// <https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2>.
    package static let weightsSHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
    static let vocabularySHA256 = "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3"
    private static let maximumWeightsBytes = 134_217_728
    private static let maximumVocabularyBytes = 1_048_576

    package let encoder: Encoder
    private let wordPiece: WordPiece

    /// Reads, checks and packs the model; takes about a fifth of a second.
    ///
    /// - Throws: ``ModelProblem`` for files that are missing or not the ones that were checked.
    package init(directory: String, kernels: EncoderKernels) throws(ModelProblem) {
        wordPiece = WordPiece(try Self.vocabulary(directory + "/" + Self.vocabularyFile))
        let path = directory + "/" + Self.weightsFile
        let file = try MappedFile(path, maximumBytes: Self.maximumWeightsBytes)
        try Self.check(path, file.sha256, Self.weightsSHA256)
        do throws(ModelProblem) {
            encoder = Encoder(try MiniLMTensors(TensorFile(file.bytes)), kernels: kernels)
        } catch {
            throw ModelProblem("\(path): \(error)")
        }
    }

    /// A UTF-8 text as the encoder takes it: at most `maximumTokens`, but 2 at the least and ``Encoder/maximumTokens`` at
    /// the most.
    package func tokens(of text: [UInt8], maximumTokens: Int) -> [Int32] {
        text.withUnsafeBufferPointer {
            wordPiece.tokens(of: $0, maximumTokens: min(maximumTokens, Encoder.maximumTokens))
        }
    }

    /// Whether the vocabulary has a whole word, in lower case: mostly the common words of English, and many names.
    func isWord(_ word: ArraySlice<UInt8>) -> Bool { wordPiece.isWord(Array(word)) }

    private static func vocabulary(_ path: String) throws(ModelProblem) -> Vocabulary {
        let file = try MappedFile(path, maximumBytes: maximumVocabularyBytes)
        try check(path, file.sha256, vocabularySHA256)
        do throws(Vocabulary.Malformed) {
            return try Vocabulary(file: file.bytes.bindMemory(to: UInt8.self))
        } catch {
            throw ModelProblem("\(path) \(error.problem)")
        }
    }

    private static func check(_ path: String, _ found: String, _ expected: String) throws(ModelProblem) {
        guard found == expected else {
            throw ModelProblem("\(path) is not the file that was checked: its SHA-256 is \(found), not \(expected)")
        }
    }
}
