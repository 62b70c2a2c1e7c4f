package import GatewayCore
import Shared

/// What can be done with the keys of a ``KeyFile``, for the command line and `/admin/keys`.
extension KeyFile {
    /// A key that was just made. It is shown once, and nowhere kept.
    package struct Made: Sendable {
        package let key: Secret
        package let record: KeyRecord
    }

    /// Makes a key. A project has no two keys of one name in force.
    package func create(
        name: String,
        project: String?,
        expiresUnixSeconds: Int64?,
        terms: KeyTerms = KeyTerms(),
        nowUnixSeconds now: Int64
    ) async throws(KeyFileProblem) -> Made {
        try Self.check(name, "name")
        if let project { try Self.check(project, "project") }
        try Self.check(terms)
        if let end = expiresUnixSeconds, end <= now {
            throw KeyFileProblem("a key that expires at once is of no use: give it a minute or more", isRequests: true)
        }
        return try await change { (records) throws(KeyFileProblem) in
            guard !records.contains(where: { $0.isNamed(name, project) && $0.isInForce(unixSeconds: now) }) else {
                throw KeyFileProblem(
                    "there is a key \(name) already; rotate it, or choose another name",
                    isRequests: true
                )
            }
            return Self.add(name, project, expiresUnixSeconds, terms, now, to: &records)
        }
    }

    /// Makes a key that takes the place of those in force with its name; they are taken for a while yet.
    package func rotate(
        name: String,
        project: String?,
        graceSeconds: Int64,
        nowUnixSeconds now: Int64
    ) async throws(KeyFileProblem) -> Made {
        try await change { (records) throws(KeyFileProblem) in
            let old = records.indices.filter {
                records[$0].isNamed(name, project) && records[$0].isInForce(unixSeconds: now)
            }
            guard let newest = old.last.map({ records[$0] }) else {
                throw KeyFileProblem("no key in force is named \(name)", isRequests: true)
            }
            // Limits and budget stay with the name, and it lasts as long as the last one was to last. One that was rotated before
            // that has a grace for an end.
            let last = records.last { $0.isNamed(name, project) } ?? newest
            let expires = last.expiresUnixSeconds.map { now + max(0, $0 - last.createdUnixSeconds) }
            for index in old {
                let end = now + max(0, min(graceSeconds, 31_536_000))
                records[index].expiresUnixSeconds = min(records[index].expiresUnixSeconds ?? end, end)
            }
            return Self.add(name, project, expires, newest.terms ?? KeyTerms(), now, to: &records)
        }
    }

    /// Ends every key of that name, or the one of that id, at once. Returns how many there were.
    package func revoke(
        name: String? = nil,
        project: String? = nil,
        id: String? = nil
    ) async throws(KeyFileProblem) -> Int {
        try await change { (records) throws(KeyFileProblem) in
            let ended = records.indices.filter { index in
                guard !records[index].isRevoked else { return false }
                if let id { return records[index].prefix == id }
                return name.map { records[index].isNamed($0, project) } ?? false
            }
            guard !ended.isEmpty else { throw KeyFileProblem("there is no such key", isRequests: true) }
            for index in ended { records[index].isRevoked = true }
            return ended.count
        }
    }

    private static func add(
        _ name: String,
        _ project: String?,
        _ expires: Int64?,
        _ terms: KeyTerms,
        _ now: Int64,
        to records: inout [KeyRecord]
    ) -> Made {
        var generator = SystemRandomNumberGenerator()
        var made = KeyRecord.make(name: name, project: project, using: &generator)
        while records.contains(where: { $0.prefix == made.record.prefix }) {
            made = KeyRecord.make(name: name, project: project, using: &generator)
        }
        made.record.createdUnixSeconds = now
        made.record.expiresUnixSeconds = expires
        made.record.terms = terms == KeyTerms() ? nil : terms
        records.append(made.record)
        return Made(key: made.key, record: made.record)
    }

    /// The same bounds as the configuration has.
    private static func check(_ terms: KeyTerms) throws(KeyFileProblem) {
        let numbers = [
            ("rpm", terms.limits.requestsPerMinute, LocatedValue.rates),
            ("tpm", terms.limits.tokensPerMinute, LocatedValue.rates),
            ("concurrent_streams", terms.limits.concurrentStreams, LocatedValue.streams),
        ]
        for (name, number, range) in numbers {
            guard let number, !range.contains(number) else { continue }
            throw KeyFileProblem("\(name): expected \(LocatedValue.describe(range)), got \(number)", isRequests: true)
        }
        for (name, amount) in [("usd_per_day", terms.budget.perDay), ("usd_per_month", terms.budget.perMonth)] {
            guard let amount, !(USD.zero...LocatedValue.mostMoney).contains(amount) else { continue }
            throw KeyFileProblem("\(name): expected 0 to 1000000 dollars", isRequests: true)
        }
    }

    private static func check(_ text: String, _ what: String) throws(KeyFileProblem) {
        guard PlainName.isValid(text) else {
            throw KeyFileProblem("\(what): \(PlainName.rule)", isRequests: true)
        }
    }
}

extension KeyRecord {
    fileprivate func isNamed(_ name: String, _ project: String?) -> Bool {
        self.name == name && self.project == project
    }
}
