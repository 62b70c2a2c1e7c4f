import CKernels

/// Where the numbers of all-MiniLM-L6-v2 stand in its file: all that the encoder needs, each checked to be there.
struct MiniLMTensors {
    /// Rows of outputs, each of `inputs` weights, and a number that is added to each output.
    struct Linear {
        let weight: UnsafePointer<Float>
        let bias: UnsafePointer<Float>
        let outputs: Int
        let inputs: Int
    }

    struct Norm {
        let gain: UnsafePointer<Float>
        let shift: UnsafePointer<Float>
    }

    struct Layer {
        /// Query, key, value.
        let attention: [Linear]
        let mix: Linear
        let mixNorm: Norm
        let up: Linear
        let down: Linear
        let downNorm: Norm
    }

    static let width = CK_WIDTH
    static let hidden = CK_HIDDEN
    static let positionCount = CK_POSITIONS
    static let layerCount = 6
    static let vocabularyCount = 30_522
    /// Segments of a text; the encoder knows only the first.
    private static let segmentCount = 2

    let words: UnsafePointer<Float>
    let positions: UnsafePointer<Float>
    let segment: UnsafePointer<Float>
    let norm: Norm
    let layers: [Layer]

    /// - Throws: ``ModelProblem`` that names a tensor that is missing or has another type or shape.
    init(_ file: TensorFile) throws(ModelProblem) {
        words = try file.floats("embeddings.word_embeddings.weight", Self.vocabularyCount, Self.width)
        positions = try file.floats("embeddings.position_embeddings.weight", Self.positionCount, Self.width)
        segment = try file.floats("embeddings.token_type_embeddings.weight", Self.segmentCount, Self.width)
        norm = try Self.norm("embeddings.LayerNorm", file)
        var layers: [Layer] = []
        for number in 0..<Self.layerCount { layers.append(try Self.layer("encoder.layer.\(number).", file)) }
        self.layers = layers
    }

    private static func layer(_ prefix: String, _ file: TensorFile) throws(ModelProblem) -> Layer {
        Layer(
            attention: [
                try linear(prefix + "attention.self.query", width, width, file),
                try linear(prefix + "attention.self.key", width, width, file),
                try linear(prefix + "attention.self.value", width, width, file),
            ],
            mix: try linear(prefix + "attention.output.dense", width, width, file),
            mixNorm: try norm(prefix + "attention.output.LayerNorm", file),
            up: try linear(prefix + "intermediate.dense", hidden, width, file),
            down: try linear(prefix + "output.dense", width, hidden, file),
            downNorm: try norm(prefix + "output.LayerNorm", file)
        )
    }

    private static func linear(
        _ name: String,
        _ outputs: Int,
        _ inputs: Int,
        _ file: TensorFile
    ) throws(ModelProblem) -> Linear {
        Linear(
            weight: try file.floats(name + ".weight", outputs, inputs),
            bias: try file.floats(name + ".bias", outputs),
            outputs: outputs,
            inputs: inputs
        )
    }

    private static func norm(_ name: String, _ file: TensorFile) throws(ModelProblem) -> Norm {
        Norm(gain: try file.floats(name + ".weight", width), shift: try file.floats(name + ".bias", width))
    }
}
