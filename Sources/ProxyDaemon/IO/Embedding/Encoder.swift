import CKernels
package import GatewayCore

/// The neural network of all-MiniLM-L6-v2: six layers of a BERT encoder, the mean over all tokens, unit length.
///
/// The weights are kept in the form that the kernels want, in memory of its own; nothing is read from files after
/// `init`. May be used from several threads, each with a ``Scratch`` of its own.
package final class Encoder: @unchecked Sendable {
    // Written in `init` alone, freed in `deinit`.
    private let memory: Memory
    private let model: ck_model
    private let kernels: EncoderKernels

    /// Tokens of the longest sequence.
    package static let maximumTokens = MiniLMTensors.positionCount

    /// Packs the weights. The tensors are not needed afterwards.
    init(_ tensors: MiniLMTensors, kernels: EncoderKernels) {
        let memory = Memory()
        let width = MiniLMTensors.width
        let layers = memory.allocate(ck_layer.self, tensors.layers.count)
        for (at, layer) in tensors.layers.enumerated() {
            (layers + at).initialize(to: Packer(memory: memory, table: kernels.table).layer(layer))
        }
        let words = memory.allocate(UInt16.self, MiniLMTensors.vocabularyCount * width)
        ck_narrow(tensors.words, MiniLMTensors.vocabularyCount * width, words)
        let positions = memory.copy(tensors.positions, MiniLMTensors.positionCount * width)
        for at in 0..<MiniLMTensors.positionCount * width { positions[at] += tensors.segment[at % width] }
        model = ck_model(
            words: words,
            positions: positions,
            gain: memory.copy(tensors.norm.gain, width),
            shift: memory.copy(tensors.norm.shift, width),
            layers: layers,
            layer_count: tensors.layers.count
        )
        self.memory = memory
        self.kernels = kernels
    }

    /// What one thread needs to embed that many tokens at once. Not to be used by two threads.
    package final class Scratch {
        /// Tokens of the largest batch.
        package let tokens: Int
        fileprivate let start: UnsafeMutableRawPointer

        package init(for encoder: Encoder, tokens: Int) {
            self.tokens = tokens
            start = .allocate(byteCount: encoder.kernels.table.scratch_bytes(tokens), alignment: 64)
        }

        deinit { start.deallocate() }
    }

    /// The embeddings of sequences of tokens, in their order; nil where a sequence is empty or has more than
    /// ``maximumTokens``, where there are more tokens than the scratch is for, or where a token is none of the
    /// vocabulary's.
    ///
    /// The scratch must have been made for this encoder.
    package func embed(_ sequences: [[Int32]], _ scratch: Scratch) -> [Embedding]? {
        let vocabulary = Int32(MiniLMTensors.vocabularyCount)
        var tokens: [Int32] = []
        var starts = [0]
        for sequence in sequences {
            guard (1...Self.maximumTokens).contains(sequence.count) else { return nil }
            guard sequence.allSatisfy({ (0..<vocabulary).contains($0) }) else { return nil }
            tokens += sequence
            starts.append(tokens.count)
        }
        guard tokens.count <= scratch.tokens else { return nil }
        let width = MiniLMTensors.width
        let values = [Float](unsafeUninitializedCapacity: sequences.count * width) { values, count in
            withUnsafePointer(to: model) { model in
                kernels.table.encode(model, tokens, starts, sequences.count, scratch.start, values.baseAddress)
            }
            count = sequences.count * width
        }
        return sequences.indices.compactMap { Embedding(Array(values[$0 * width..<($0 + 1) * width])) }
    }
}

/// Memory that is freed as a whole, aligned to lines of the cache.
private final class Memory {
    private var blocks: [UnsafeMutableRawPointer] = []

    func allocate<Element>(_: Element.Type, _ count: Int) -> UnsafeMutablePointer<Element> {
        bytes(count * MemoryLayout<Element>.stride).bindMemory(to: Element.self, capacity: count)
    }

    func bytes(_ count: Int) -> UnsafeMutableRawPointer {
        let block = UnsafeMutableRawPointer.allocate(byteCount: count, alignment: 64)
        blocks.append(block)
        return block
    }

    func copy(_ numbers: UnsafePointer<Float>, _ count: Int) -> UnsafeMutablePointer<Float> {
        let copy = allocate(Float.self, count)
        copy.initialize(from: numbers, count: count)
        return copy
    }

    deinit { for block in blocks { block.deallocate() } }
}

/// Brings the weights of a layer into the kernels' order.
private struct Packer {
    let memory: Memory
    let table: ck_kernels

    func layer(_ layer: MiniLMTensors.Layer) -> ck_layer {
        // The division of attention's scores by the root of a head's width goes into the queries' weights.
        let scales = [1 / Float(CK_HEAD_WIDTH).squareRoot(), 1, 1]
        return ck_layer(
            attention: pack(layer.attention, scales),
            attention_bias: join(layer.attention, scales),
            mix: pack([layer.mix], [1]),
            mix_bias: bias(layer.mix),
            mix_gain: memory.copy(layer.mixNorm.gain, MiniLMTensors.width),
            mix_shift: memory.copy(layer.mixNorm.shift, MiniLMTensors.width),
            up: pack([layer.up], [1]),
            up_bias: bias(layer.up),
            down: pack([layer.down], [1]),
            down_bias: bias(layer.down),
            down_gain: memory.copy(layer.downNorm.gain, MiniLMTensors.width),
            down_shift: memory.copy(layer.downNorm.shift, MiniLMTensors.width)
        )
    }

    /// Packs matrices one behind the other; one with more inputs than the model is wide in parts of that many inputs.
    private func pack(_ matrices: [MiniLMTensors.Linear], _ scales: [Float]) -> UnsafeRawPointer {
        let width = MiniLMTensors.width
        let total = matrices.reduce(0) { $0 + table.packed_bytes($1.outputs) * ($1.inputs / width) }
        let packed = memory.bytes(total)
        var at = packed
        for (matrix, scale) in zip(matrices, scales) {
            for input in stride(from: 0, to: matrix.inputs, by: width) {
                table.pack(matrix.weight + input, matrix.inputs, matrix.outputs, scale, at)
                at += table.packed_bytes(matrix.outputs)
            }
        }
        return UnsafeRawPointer(packed)
    }

    private func bias(_ linear: MiniLMTensors.Linear) -> UnsafePointer<Float> {
        UnsafePointer(memory.copy(linear.bias, linear.outputs))
    }

    private func join(_ linears: [MiniLMTensors.Linear], _ scales: [Float]) -> UnsafePointer<Float> {
        let joined = memory.allocate(Float.self, linears.reduce(0) { $0 + $1.outputs })
        var at = joined
        for (linear, scale) in zip(linears, scales) {
            for output in 0..<linear.outputs { (at + output).initialize(to: linear.bias[output] * scale) }
            at += linear.outputs
        }
        return UnsafePointer(joined)
    }
}
