import GatewayCore

/// The numbers in a file of the safetensors format: 8 bytes with the length of a JSON header, the header with each
/// tensor's type, shape and place, then the tensors.
///
/// Everything the header says is checked before a number is read, whatever wrote the file. See
/// <https://github.com/huggingface/safetensors#format>.
struct TensorFile {
    private struct Tensor {
        let type: String
        let shape: [Int]
        /// Bytes, counted from the end of the header.
        let place: Range<Int>
    }

    /// A longer header is refused; the format itself allows 100 MB.
    static let maximumHeaderBytes = 1_048_576

    private static let byteWidths = [
        "BOOL": 1, "U8": 1, "I8": 1, "I16": 2, "U16": 2, "F16": 2, "BF16": 2, "I32": 4, "U32": 4, "F32": 4, "F64": 8,
        "I64": 8, "U64": 8,
    ]

    private let data: UnsafeRawBufferPointer
    private let tensors: [String: Tensor]

    /// Reads the header. The bytes must outlive the value and begin at an address that is a multiple of 8.
    ///
    /// - Throws: ``ModelProblem`` for a header that does not describe exactly the bytes that follow it.
    init(_ file: UnsafeRawBufferPointer) throws(ModelProblem) {
        guard file.count > 8 else { throw ModelProblem("the file is too short to have a header") }
        let headerBytes = file.loadUnaligned(as: UInt64.self).littleEndian
        guard headerBytes <= UInt64(Self.maximumHeaderBytes), Int(headerBytes) <= file.count - 8 else {
            throw ModelProblem(
                "the header's length, \(headerBytes) bytes, goes beyond the file or \(Self.maximumHeaderBytes)"
            )
        }
        let header = UnsafeRawBufferPointer(rebasing: file[8..<8 + Int(headerBytes)])
        data = UnsafeRawBufferPointer(rebasing: file[(8 + Int(headerBytes))...])
        tensors = try Self.read(header.bindMemory(to: UInt8.self))
        try Self.checkPlaces(tensors.values.map(\.place), dataBytes: data.count)
    }

    /// A tensor's numbers, row by row.
    ///
    /// - Throws: ``ModelProblem`` where it is missing, has another type or another shape.
    func floats(_ name: String, _ shape: Int...) throws(ModelProblem) -> UnsafePointer<Float> {
        guard let tensor = tensors[name] else { throw ModelProblem("there is no tensor \(name)") }
        guard tensor.type == "F32" else { throw ModelProblem("\(name) is of \(tensor.type); expected F32") }
        guard tensor.shape == shape else { throw ModelProblem("\(name) has shape \(tensor.shape); expected \(shape)") }
        let start = data.baseAddress.map { $0 + tensor.place.lowerBound }
        guard let start, Int(bitPattern: start) % MemoryLayout<Float>.alignment == 0 else {
            throw ModelProblem("\(name) does not lie at a multiple of 4 bytes")
        }
        return start.assumingMemoryBound(to: Float.self)
    }

    private static func read(_ header: UnsafeBufferPointer<UInt8>) throws(ModelProblem) -> [String: Tensor] {
        let index: JSONIndex
        do throws(JSONProblem) {
            index = try JSONIndex(header)
        } catch {
            throw ModelProblem("the header is \(error)")
        }
        let members: [(name: String, value: Tensor?)]? = index.withRoot(header) { root in
            guard root.kind == .object else { return nil }
            var members: [(String, Tensor?)] = []
            root.forEachMember { name, value in
                let name = JSONText.decode(header, name)
                if name != "__metadata__" { members.append((name, tensor(value))) }
            }
            return members
        }
        guard let members else { throw ModelProblem("the header is no object") }
        var tensors: [String: Tensor] = [:]
        for (name, tensor) in members {
            guard let tensor else { throw ModelProblem("the header's entry for \(name) is not valid") }
            guard tensors.updateValue(tensor, forKey: name) == nil else {
                throw ModelProblem("the header has \(name) twice")
            }
        }
        return tensors
    }

    /// nil for a type that is not known, and for a shape or place that is none or does not fit the other.
    private static func tensor(_ value: JSONView) -> Tensor? {
        guard let type = value["dtype"]?.string, let width = byteWidths[type], let shape = integers(value["shape"]),
            let place = integers(value["data_offsets"]), place.count == 2, place[0] <= place[1]
        else { return nil }
        var bytes = width
        for length in shape {
            let (product, isTooLarge) = bytes.multipliedReportingOverflow(by: length)
            guard !isTooLarge else { return nil }
            bytes = product
        }
        guard bytes == place[1] - place[0] else { return nil }
        return Tensor(type: type, shape: shape, place: place[0]..<place[1])
    }

    /// The elements of an array of integers from 0; nil for anything else.
    private static func integers(_ value: JSONView?) -> [Int]? {
        guard let value, value.kind == .array else { return nil }
        var integers: [Int?] = []
        value.forEachElement { integers.append($0.integer) }
        let known = integers.compactMap(\.self)
        return known.count == integers.count && known.allSatisfy { $0 >= 0 } ? known : nil
    }

    /// The tensors fill the data, without overlap and without a gap.
    private static func checkPlaces(_ places: [Range<Int>], dataBytes: Int) throws(ModelProblem) {
        var end = 0
        for place in places.sorted(by: { ($0.lowerBound, $0.upperBound) < ($1.lowerBound, $1.upperBound) }) {
            guard place.lowerBound == end else {
                throw ModelProblem("the tensors overlap or leave a gap at byte \(end) of the data")
            }
            end = place.upperBound
        }
        guard end == dataBytes else {
            throw ModelProblem("the tensors take \(end) bytes, but \(dataBytes) follow the header")
        }
    }
}
