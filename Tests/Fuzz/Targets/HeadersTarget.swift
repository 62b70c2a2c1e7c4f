import Glibc
import Shared

@testable import GatewayCore
@testable import GatewayIO

extension FuzzTarget {
    /// The small readers: header values, addresses, amounts, reports.
    static let headers = FuzzTarget(
        name: "headers",
        property:
            "retry-after is a wait within bounds or nothing, dates are the C library's, addresses and amounts read back as they are written",
        maximumBytes: 256
    ) { bytes in
        let text = String(decoding: bytes, as: UTF8.self)
        retryAfter(text)
        date(text)
        addresses(text)
        amounts(text)
        if let plain = PercentEncoding.decode(text) { expect(plain.utf8.count <= text.utf8.count, "decoded to more") }
        let request = ClientRequest(id: "0", method: "GET", path: "/", query: text)
        expect(request.queryItems.count <= bytes.count, "more items than bytes")
        if let report = try? FeedbackReport(parsing: bytes) {
            expect((0...1).contains(report.quality), "a quality of \(report.quality)")
            if case .answer(let score, _) = report.subject { expect((0...100).contains(score), "a score of \(score)") }
        }
        if let share = SidecarAnswer.strongProbability(bytes) { expect((0...1).contains(share), "a share of \(share)") }
        if let tier = Tier(parsing: text) { expect(Tier(parsing: tier.name) == tier, "\(text) is \(tier)") }
    }

    private static func retryAfter(_ text: String) {
        let policy = RetryPolicy(Settings.Retry(), random: { 0.999 })
        for name in ["retry-after", "Retry-After-Ms"] {
            let wait = RetryAfter.seconds([HeaderField(name, text)], unixSeconds: 1_790_000_000)
            if let wait { expect(wait.isFinite && wait >= 0, "a wait of \(wait) seconds") }
            for retry in [1, 2, 64, .max] {
                guard let delay = policy.delayMilliseconds(retry: retry, retryAfterSeconds: wait) else { continue }
                let most = policy.settings.maxRetryAfterSeconds * 1_000 + policy.settings.maxMilliseconds
                expect((0...most).contains(delay), "a delay of \(delay) ms")
            }
        }
    }

    /// Reckoned by the C library, for what ours takes.
    private static func date(_ text: String) {
        guard let seconds = HTTPDate.unixSeconds(text) else { return }
        let words = text.split(separator: " ")
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let clock = words[4].split(separator: ":").compactMap { Int32($0) }
        var fields = tm()
        guard let day = Int32(words[1]), let year = Int32(words[3]), clock.count == 3,
            let month = months.firstIndex(of: String(words[2]))
        else { return expect(false, "\(text) is no date") }
        (fields.tm_mday, fields.tm_mon, fields.tm_year) = (day, Int32(month), year - 1900)
        (fields.tm_hour, fields.tm_min, fields.tm_sec) = (clock[0], clock[1], clock[2])
        expect(Int64(timegm(&fields)) == seconds, "\(text) is \(seconds), to the C library \(timegm(&fields))")
    }

    private static func addresses(_ text: String) {
        if let url = try? BaseURL(text) {
            let again = try? BaseURL(url.text)
            expect(again?.isLoopback == url.isLoopback && again?.isEncrypted == url.isEncrypted, "\(text): \(url.text)")
            expect(!url.text.hasSuffix("/"), "\(text) became \(url.text)")
        }
        if let redis = try? RedisAddress(text) {
            expect(redis.database >= 0, "database \(redis.database)")
            if case .tcp(let host, let port) = redis.place {
                expect(!host.isEmpty && (1...65_535).contains(port), "\(host) \(port)")
            }
        }
        _ = try? ServiceAddress(text)
    }

    private static func amounts(_ text: String) {
        for places in [0, 4, 9] {
            guard let scaled = DecimalText.scaled(text, places: places) else { continue }
            expect(scaled >= 0, "\(text) is \(scaled)")
            let written = DecimalText.text(scaled, places: places)
            expect(DecimalText.scaled(written, places: places) == scaled, "\(text) became \(written)")
        }
    }
}
