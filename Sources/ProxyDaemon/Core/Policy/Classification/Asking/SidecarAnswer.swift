import Shared

/// Reads what a sidecar answers.
enum SidecarAnswer {
    /// How likely only the strong model answers well; nil for anything that does not say so with a number from 0 to 1.
    ///
    /// `{"tier": n, "confidence": c}` counts as `1/2 + c · (m − 1/2)`, where `m` is the middle of the tier's third of the
    /// scale: 1/6, 1/2 or 5/6. A tier without any confidence says nothing, and comes out in the middle.
    static func strongProbability(_ body: [UInt8]) -> Double? {
        body.withUnsafeBufferPointer { bytes in
            guard let index = try? JSONIndex(bytes) else { return nil }
            return index.withRoot(bytes) { root in
                for name in ["strong_probability", "win_rate", "score"] as [StaticString] {
                    if let value = root[name] { return share(value) }
                }
                guard let tier = root["tier"].flatMap(tier), let confidence = root["confidence"].flatMap(share) else {
                    return nil
                }
                let middle: Double
                switch tier {
                case .local, .fast: middle = 1 / 6
                case .balanced: middle = 1 / 2
                case .premium: middle = 5 / 6
                }
                return 0.5 + confidence * (middle - 0.5)
            }
        }
    }

    private static func share(_ value: JSONView) -> Double? {
        guard value.kind == .number, let number = Double(String(decoding: value.raw, as: UTF8.self)),
            (0...1).contains(number)
        else { return nil }
        return number
    }

    private static func tier(_ value: JSONView) -> Tier? {
        if let name = value.string { return Tier(parsing: name) }
        return value.integer.flatMap { Tier(rawValue: $0) }
    }
}
