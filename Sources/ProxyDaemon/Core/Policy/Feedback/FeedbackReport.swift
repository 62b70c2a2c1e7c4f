package import Shared

/// The body of `POST /v1/feedback`: how good an answer was.
///
/// `{"query_id": "…", "quality": 0.9}` speaks of one exchange; `{"score": 0.2, "tier": 1, "quality": 0.9}` of an answer
/// whose score and tier the client kept. `"project"` may say which project it belongs to. Unknown members are passed over.
package struct FeedbackReport: Sendable, Equatable {
    package enum Subject: Sendable, Equatable {
        /// The exchange of that `X-Gateway-Query-ID`.
        case query(String)
        /// An answer of that tier to a request of that score, 0 to 100.
        case answer(score: Double, tier: Tier)
    }

    /// UTF-8 bytes of a query's id or a project's name.
    package static let maximumNameBytes = 128

    package var subject: Subject
    /// 0 (useless) to 1 (as good as can be).
    package var quality: Double
    /// nil where the body names none.
    package var project: String?

    package init(subject: Subject, quality: Double, project: String? = nil) {
        self.subject = subject
        self.quality = quality
        self.project = project
    }

    /// Reads a body. Throws an `invalidRequest` that names the member.
    ///
    /// A `score` spelled as a whole number is points, as in `X-Gateway-Score`: 1 is 1 point. One with a decimal point or
    /// an exponent is a fraction of the scale up to and including 1 (0.2 is 20 points, 1.0 is 100) and points above.
    package init(parsing body: [UInt8]) throws(GatewayError) {
        let parsed = body.withUnsafeBufferPointer { bytes -> Result<FeedbackReport, GatewayError> in
            do throws(JSONProblem) {
                let index = try JSONIndex(bytes)
                return index.withRoot(bytes) { root in
                    do throws(GatewayError) {
                        return .success(try FeedbackReport(root))
                    } catch {
                        return .failure(error)
                    }
                }
            } catch {
                return .failure(GatewayError(.invalidRequest("the request body is \(error)")))
            }
        }
        self = try parsed.get()
    }

    private init(_ root: JSONView) throws(GatewayError) {
        let query = try Self.name(root, "query_id")
        project = try Self.name(root, "project")
        let score = try Self.points(root)
        let tier = try Self.tier(root)
        switch (query, score, tier) {
        case (let query?, nil, nil): subject = .query(query)
        case (nil, let score?, let tier?): subject = .answer(score: score, tier: tier)
        case (nil, nil, nil): throw Self.invalid("query_id: Field required (or score and tier)")
        case (nil, nil, _): throw Self.invalid("score: Field required with tier (or send query_id alone)")
        case (nil, _, nil): throw Self.invalid("tier: Field required with score (or send query_id alone)")
        case (_?, _, _):
            throw Self.invalid("query_id: send either query_id, or score and tier; the exchange knows its own")
        }
        guard let quality = try Self.number(root, "quality", 0...1, "a number from 0 to 1") else {
            throw Self.invalid("quality: Field required")
        }
        self.quality = quality
    }

    private static func name(_ root: JSONView, _ member: StaticString) throws(GatewayError) -> String? {
        guard let value = root[member], value.kind != .null else { return nil }
        guard let text = value.string else {
            throw invalid("\(member): expected a string, found \(value.kind.phrase)")
        }
        guard !text.isEmpty, text.utf8.count <= maximumNameBytes else {
            throw invalid("\(member): expected 1 to \(maximumNameBytes) bytes, found \(text.utf8.count)")
        }
        return text
    }

    private static func number(
        _ root: JSONView,
        _ member: StaticString,
        _ range: ClosedRange<Double>,
        _ expected: String
    ) throws(GatewayError) -> Double? {
        guard let value = root[member], value.kind != .null else { return nil }
        guard let number = FeedbackNumber.read(value) else {
            throw invalid("\(member): expected \(expected), found \(value.kind.phrase)")
        }
        guard range.contains(number) else { throw invalid("\(member): expected \(expected), found \(number)") }
        return number
    }

    private static func points(_ root: JSONView) throws(GatewayError) -> Double? {
        let expected = "points from 0 to 100, or a fraction from 0.0 to 1.0"
        guard let score = try number(root, "score", 0...100, expected) else { return nil }
        let isWhole = root["score"]?.integer != nil
        return isWhole || score > 1 ? score : score * 100
    }

    private static func tier(_ root: JSONView) throws(GatewayError) -> Tier? {
        guard let value = root["tier"], value.kind != .null else { return nil }
        let expected = "expected 1 (fast), 2 (balanced), 3 (premium), 0 (local) or a name"
        switch value.kind {
        case .number:
            guard let number = value.integer, let tier = Tier(rawValue: number) else { break }
            return tier
        case .string:
            guard let tier = Tier(parsing: value.string ?? "") else { break }
            return tier
        default: throw invalid("tier: \(expected), found \(value.kind.phrase)")
        }
        let found = String(decoding: value.raw.prefix(40), as: UTF8.self)
        throw invalid("tier: \(expected), found \(found)")
    }

    private static func invalid(_ text: String) -> GatewayError { GatewayError(.invalidRequest(text)) }
}

/// Numbers in JSON texts.
enum FeedbackNumber {
    /// The value of a number; nil for other kinds and for what no `Double` holds.
    static func read(_ value: JSONView) -> Double? {
        guard value.kind == .number, let number = Double(String(decoding: value.raw, as: UTF8.self)), number.isFinite
        else { return nil }
        return number
    }
}
