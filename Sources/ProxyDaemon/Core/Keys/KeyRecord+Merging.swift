extension KeyRecord {
    /// The records of two places that may each have been changed: all that are in either. What is done to a key only ever
    /// takes it away, so that the order of changes does not matter: it is revoked where either place says so, and ends at the
    /// earlier of two times.
    package static func merged(_ ours: [KeyRecord], _ theirs: [KeyRecord]) -> [KeyRecord] {
        var merged = ours
        let places = Dictionary(
            ours.enumerated().map { ($0.element.prefix, $0.offset) },
            uniquingKeysWith: { first, _ in first }
        )
        for record in theirs {
            guard let place = places[record.prefix] else {
                merged.append(record)
                continue
            }
            // Two keys with one id: what is here stays.
            guard merged[place].hash == record.hash else { continue }
            merged[place].isRevoked = merged[place].isRevoked || record.isRevoked
            let ends = [merged[place].expiresUnixSeconds, record.expiresUnixSeconds]
            merged[place].expiresUnixSeconds = ends.compactMap(\.self).min()
        }
        return merged
    }
}
