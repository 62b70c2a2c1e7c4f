/// Token counts of a prompt, as `usage` reports them.
struct InputUsage: Sendable, Equatable {
    var uncached = 0
    var created5m = 0
    var created1h = 0
    var read = 0

    var created: Int { created5m + created1h }
    var total: Int { uncached + created + read }
}

/// Which prompt prefixes were seen lately: the simulator's picture of Anthropic's prompt cache.
///
/// Unlike the models it has no shortest prefix, so that tests need no long prompts. Time is an argument, in seconds.
struct PromptCache: Sendable {
    private struct Entry {
        var ends: Double
        var used: UInt64
    }

    /// How many blocks before a marker a cached prefix may end and still be found.
    static let lookBack = 20
    private let capacity: Int
    private var entries: [UInt64: Entry] = [:]
    private var clock: UInt64 = 0

    init(capacity: Int = 4096) { self.capacity = max(1, capacity) }

    var count: Int { entries.count }

    /// Splits the prompt's tokens into uncached, created and read ones, and remembers the marked prefixes.
    /// - Parameters:
    ///   - request: The request, which may carry cache markers.
    ///   - now: The present in seconds.
    /// - Returns: The counts, which add up to all tokens of the prompt.
    mutating func account(_ request: MessagesRequest, now: Double) -> InputUsage {
        let prefixes = Self.prefixes(request)
        let total = prefixes.last?.tokens ?? 1
        let marks = prefixes.indices.filter { prefixes[$0].timeToLive != nil }
        guard let lastMark = marks.last else { return InputUsage(uncached: total) }

        let found = longestCached(prefixes, marks: marks, now: now)
        var usage = InputUsage(read: found.map { prefixes[$0].tokens } ?? 0)
        var done = usage.read
        for mark in marks {
            let lifetime = prefixes[mark].timeToLive ?? 300
            let fresh = max(0, prefixes[mark].tokens - done)
            if lifetime > 300 { usage.created1h += fresh } else { usage.created5m += fresh }
            done += fresh
            remember(prefixes[mark].hash, until: now + lifetime)
        }
        if let found, let ends = entries[prefixes[found].hash]?.ends {
            remember(prefixes[found].hash, until: max(ends, now + 300))
        }
        usage.uncached = max(0, total - max(prefixes[lastMark].tokens, usage.read))
        return usage
    }

    /// The last cached prefix that ends at a marker or a few blocks before one.
    private func longestCached(_ prefixes: [Prefix], marks: [Int], now: Double) -> Int? {
        for mark in marks.reversed() {
            for index in (max(0, mark - Self.lookBack)...mark).reversed() {
                if let ends = entries[prefixes[index].hash]?.ends, ends > now { return index }
            }
        }
        return nil
    }

    private mutating func remember(_ hash: UInt64, until ends: Double) {
        clock += 1
        entries[hash] = Entry(ends: max(ends, entries[hash]?.ends ?? 0), used: clock)
        guard entries.count > capacity else { return }
        // Dropping a quarter at once keeps the cost of a drop off most requests.
        let oldest = entries.sorted { $0.value.used < $1.value.used }.prefix(max(1, capacity / 4))
        for entry in oldest { entries[entry.key] = nil }
    }
}

extension PromptCache {
    /// The prompt up to and with one block.
    struct Prefix: Sendable {
        var hash: UInt64
        var tokens: Int
        /// Seconds to keep it, when the block carries a marker.
        var timeToLive: Double?
    }

    /// The prompt's blocks in the order in which they are cached: tools, system, messages.
    static func prefixes(_ request: MessagesRequest) -> [Prefix] {
        var hash = Fingerprint()
        hash.add(request.model)
        hash.add(request.effort ?? "")
        var characters = 0
        var prefixes: [Prefix] = []
        func add(_ block: JSONValue, _ part: String, characters count: Int) {
            hash.add(part)
            hash.add(block)
            characters += count
            let lifetime = marker(block).map { $0["ttl"]?.string == "1h" ? 3600.0 : 300.0 }
            prefixes.append(Prefix(hash: hash.value, tokens: max(1, (characters + 3) / 4), timeToLive: lifetime))
        }
        for tool in request.tools { add(tool, "tool", characters: tool.text.utf8.count) }
        for block in request.system { add(block, "system", characters: TokenCount.characters(block)) }
        for message in request.messages {
            for block in message.blocks { add(block, message.role, characters: TokenCount.characters(block)) }
        }
        if let marker = marker(request.body), let last = prefixes.indices.last {
            prefixes[last].timeToLive = marker["ttl"]?.string == "1h" ? 3600 : 300
        }
        return prefixes
    }

    /// How many blocks carry a marker.
    static func markerCount(_ request: MessagesRequest) -> Int {
        let blocks = request.tools + request.system + request.messages.flatMap(\.blocks)
        return blocks.count { marker($0) != nil }
    }

    private static func marker(_ block: JSONValue) -> JSONValue? {
        guard let marker = block["cache_control"], marker.object != nil else { return nil }
        return marker
    }
}

/// Token estimates: about one for four characters.
enum TokenCount {
    static func tokens(_ text: String) -> Int { (text.utf8.count + 3) / 4 }

    static func input(_ request: MessagesRequest) -> Int { PromptCache.prefixes(request).last?.tokens ?? 1 }

    private static func document(_ source: JSONValue) -> Int {
        guard source["type"]?.string == "text" else { return 12_000 }
        return source["data"]?.string?.utf8.count ?? 0
    }

    /// How many characters a block counts for; pictures and files count as a fixed number.
    static func characters(_ block: JSONValue) -> Int {
        switch block["type"]?.string {
        case "text": block["text"]?.string?.utf8.count ?? 0
        case "image": 6_000
        case "document": document(block["source"] ?? .null)
        case "tool_use": (block["name"]?.string?.utf8.count ?? 0) + (block["input"]?.text.utf8.count ?? 0)
        case "tool_result":
            switch block["content"] ?? .null {
            case .string(let text): text.utf8.count
            case .array(let blocks): blocks.reduce(0) { $0 + characters($1) }
            default: 0
            }
        case "thinking": block["thinking"]?.string?.utf8.count ?? 0
        default: block.text.utf8.count
        }
    }
}
