import GatewayCore
import Shared
import Testing

@Suite struct `A report of quality` {
    private func read(_ body: String) throws -> FeedbackReport { try FeedbackReport(parsing: Array(body.utf8)) }

    @Test func `speaks of an exchange by its id`() throws {
        let report = try read(#"{"query_id":"q-1","quality":0.25,"project":"blue","comment":{"any":[1]}}"#)
        #expect(report == FeedbackReport(subject: .query("q-1"), quality: 0.25, project: "blue"))
        #expect(try read(#"{"query_id":"q","quality":1,"score":null,"tier":null}"#).subject == .query("q"))
    }

    @Test(arguments: [
        (#"{"score": 0.2, "tier": 1, "quality": 0.9}"#, 20, Tier.fast),
        (#"{"score": 20, "tier": "fast", "quality": 0.9}"#, 20, .fast),
        (#"{"score": 0, "tier": 2, "quality": 0.9}"#, 0, .balanced),
        (#"{"score": 1, "tier": 3, "quality": 0.9}"#, 1, .premium),
        (#"{"score": 1.0, "tier": 3, "quality": 0.9}"#, 100, .premium),
        (#"{"score": 1e0, "tier": 3, "quality": 0.9}"#, 100, .premium),
        (#"{"score": 5E-1, "tier": 3, "quality": 0.9}"#, 50, .premium),
        (#"{"score": 0.0, "tier": 2, "quality": 0.9}"#, 0, .balanced),
        (#"{"score": 2, "tier": 2, "quality": 0.9}"#, 2, .balanced),
        (#"{"score": 20.0, "tier": 2, "quality": 0.9}"#, 20, .balanced),
        (#"{"score": 100, "tier": 2, "quality": 0.9}"#, 100, .balanced),
        (#"{"score": 1.5, "tier": "Premium", "quality": 0.9}"#, 1.5, .premium),
        (#"{"score": 1e2, "tier": "2", "quality": 0.9}"#, 100, .balanced),
        (#"{"score": 0.5, "tier": 0, "quality": 0.9}"#, 50, .local),
    ])
    func `takes a score as points, and as a fraction where it has a point and is at most 1`(
        body: String,
        score: Double,
        tier: Tier
    ) throws {
        let report = try read(body)
        #expect(report.subject == .answer(score: score, tier: tier))
        #expect(report.quality == 0.9)
        #expect(report.project == nil)
    }

    @Test(arguments: [
        ("[]", "the request body is invalid JSON at byte 0"),
        (#"{"quality":1"#, "the request body is invalid JSON at byte 12"),
        (#"{"quality":1}"#, "query_id: Field required"),
        (#"{"query_id":"q"}"#, "quality: Field required"),
        (#"{"query_id":"q","quality":"good"}"#, "quality: expected a number from 0 to 1, found a string"),
        (#"{"query_id":"q","quality":1.01}"#, "quality: expected a number from 0 to 1, found 1.01"),
        (#"{"query_id":"q","quality":-0.1}"#, "quality: expected a number from 0 to 1, found -0.1"),
        (#"{"query_id":"q","quality":1e999}"#, "quality: expected a number from 0 to 1, found a number"),
        (#"{"query_id":"","quality":1}"#, "query_id: expected 1 to 128 bytes"),
        (#"{"query_id":7,"quality":1}"#, "query_id: expected a string, found a number"),
        (#"{"query_id":"q","score":1,"tier":1,"quality":1}"#, "query_id: send either"),
        (#"{"score":1,"quality":1}"#, "tier: Field required"),
        (#"{"tier":1,"quality":1}"#, "score: Field required"),
        (
            #"{"score":101,"tier":1,"quality":1}"#,
            "score: expected points from 0 to 100, or a fraction from 0.0 to 1.0, found 101"
        ),
        (#"{"score":-1,"tier":1,"quality":1}"#, "score: expected points from 0 to 100"),
        (#"{"score":-0.5,"tier":1,"quality":1}"#, "score: expected points from 0 to 100"),
        (#"{"score":99999999999999999999,"tier":1,"quality":1}"#, "score: expected points from 0 to 100"),
        (
            #"{"score":true,"tier":1,"quality":1}"#,
            "score: expected points from 0 to 100, or a fraction from 0.0 to 1.0, found a bool"
        ),
        (#"{"score":1,"tier":4,"quality":1}"#, "tier: expected 1 (fast), 2 (balanced), 3 (premium), 0 (local) or"),
        (#"{"score":1,"tier":1.5,"quality":1}"#, "tier: expected"),
        (#"{"score":1,"tier":"huge","quality":1}"#, "tier: expected"),
        (#"{"score":1,"tier":[1],"quality":1}"#, "found an array"),
        (#"{"query_id":"q","quality":1,"project":3}"#, "project: expected a string, found a number"),
    ])
    func `that is wrong is refused by the name of its member`(body: String, words: String) {
        let error = #expect(throws: GatewayError.self) { try read(body) }
        #expect(error?.status == 400)
        #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
    }

    @Test func `may hold anything without a trap`() {
        var random = SeededGenerator(seed: 11)
        let seed = Array(#"{"query_id":"q-1","score":0.25,"tier":1,"quality":0.9,"project":"p"}"#.utf8)
        for _ in 0..<2_000 {
            var body = seed
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                body[Int.random(in: 0..<body.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            body.removeLast(Int.random(in: 0..<3, using: &random))
            guard let report = try? FeedbackReport(parsing: body) else { continue }
            #expect((0...1).contains(report.quality))
        }
    }
}
