/// The models that `GET /v1/models` lists, newest first.
enum ModelList {
    struct Entry: Sendable {
        var id: String
        var name: String
        var date: String
    }

    static let entries: [Entry] = [
        Entry(id: "claude-fable-5-2", name: "Claude Fable 5.2", date: "2026-11-09"),
        Entry(id: "claude-haiku-5-5", name: "Claude Haiku 5.5", date: "2026-10-07"),
        Entry(id: "claude-sonnet-5-5", name: "Claude Sonnet 5.5", date: "2026-09-28"),
        Entry(id: "claude-opus-5-5", name: "Claude Opus 5.5", date: "2026-09-22"),
        Entry(id: "claude-fable-5-1", name: "Claude Fable 5.1", date: "2026-09-01"),
        Entry(id: "claude-opus-5", name: "Claude Opus 5", date: "2026-07-24"),
        Entry(id: "claude-sonnet-5", name: "Claude Sonnet 5", date: "2026-06-30"),
        Entry(id: "claude-fable-5", name: "Claude Fable 5", date: "2026-06-09"),
        Entry(id: "claude-opus-4-8", name: "Claude Opus 4.8", date: "2026-05-28"),
        Entry(id: "claude-opus-4-7", name: "Claude Opus 4.7", date: "2026-04-14"),
        Entry(id: "claude-sonnet-4-6", name: "Claude Sonnet 4.6", date: "2026-02-17"),
        Entry(id: "claude-opus-4-6", name: "Claude Opus 4.6", date: "2026-02-04"),
        Entry(id: "claude-opus-4-5-20251101", name: "Claude Opus 4.5", date: "2025-11-24"),
        Entry(id: "claude-haiku-4-5-20251001", name: "Claude Haiku 4.5", date: "2025-10-15"),
        Entry(id: "claude-sonnet-4-5-20250929", name: "Claude Sonnet 4.5", date: "2025-09-29"),
    ]

    /// One model by its id, or by its id without the date.
    static func entry(_ id: String) throws(APIError) -> JSONValue {
        guard let entry = entries.first(where: { $0.id == id || $0.id.hasPrefix(id + "-20") }) else {
            throw APIError(404, "model: \(id)")
        }
        return json(entry)
    }

    /// A page as the query asks for it (`limit`, `after_id`, `before_id`).
    static func page(query: [String: String]) throws(APIError) -> JSONValue {
        guard let limit = Int(query["limit"] ?? "20"), (1...1000).contains(limit) else {
            throw .invalid("limit: Input should be between 1 and 1000")
        }
        var all = entries[...]
        var isBackward = false
        if let id = query["after_id"] {
            guard let index = all.firstIndex(where: { $0.id == id }) else { throw .invalid("after_id: not found") }
            all = all[(index + 1)...]
        } else if let id = query["before_id"] {
            guard let index = all.firstIndex(where: { $0.id == id }) else { throw .invalid("before_id: not found") }
            all = all[..<index]
            isBackward = true
        }
        let page = isBackward ? all.suffix(limit) : all.prefix(limit)
        return [
            "data": .array(page.map(json)),
            "has_more": .bool(page.count < all.count),
            "first_id": page.first.map { .string($0.id) } ?? .null,
            "last_id": page.last.map { .string($0.id) } ?? .null,
        ]
    }

    private static func json(_ entry: Entry) -> JSONValue {
        let traits = ModelTraits(entry.id)
        return [
            "type": "model", "id": .string(entry.id), "display_name": .string(entry.name),
            "created_at": .string(entry.date + "T00:00:00Z"), "lifecycle": "active",
            "max_input_tokens": .int(traits.contextWindow), "max_tokens": .int(traits.longestAnswer),
        ]
    }
}
