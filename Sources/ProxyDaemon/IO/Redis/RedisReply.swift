import CHiredis

/// What Redis answered.
package indirect enum RedisReply: Sendable, Equatable {
    case null
    case integer(Int64)
    case string([UInt8])
    case array([RedisReply])
    /// A word such as `OK`.
    case status(String)
    /// Redis understood and refuses. Begins with a word in capitals, such as `OOM`.
    case error(String)

    /// The bytes of a string.
    package var bytes: [UInt8]? {
        if case .string(let bytes) = self { bytes } else { nil }
    }

    package var elements: [RedisReply]? {
        if case .array(let elements) = self { elements } else { nil }
    }

    package var integer: Int64? {
        if case .integer(let value) = self { value } else { nil }
    }

    /// The first word of an error.
    package var errorCode: String? {
        if case .error(let text) = self { String(text.prefix { $0 != " " }.prefix(32)) } else { nil }
    }
}

extension RedisReply {
    /// Copies what hiredis has read. Its parser bounds both depth and number.
    init(_ reply: UnsafePointer<redisReply>) {
        let count = reply.pointee.len
        let text = UnsafeRawBufferPointer(start: reply.pointee.str, count: reply.pointee.str == nil ? 0 : Int(count))
        switch reply.pointee.type {
        case REDIS_REPLY_STRING: self = .string(Array(text))
        case REDIS_REPLY_INTEGER: self = .integer(reply.pointee.integer)
        case REDIS_REPLY_STATUS: self = .status(String(decoding: text, as: UTF8.self))
        case REDIS_REPLY_ERROR: self = .error(String(decoding: text, as: UTF8.self))
        case REDIS_REPLY_ARRAY:
            let elements = UnsafeBufferPointer(
                start: reply.pointee.element,
                count: reply.pointee.element == nil ? 0 : Int(reply.pointee.elements)
            )
            self = .array(elements.map { element in element.map { RedisReply($0) } ?? .null })
        default: self = .null
        }
    }
}

/// Why there is no reply. Whether Redis carried the command out is not known after `timedOut` and `connectionLost`.
package enum RedisError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Not asked at all: Redis is away. Says why.
    case down(String)
    /// Not asked at all: too many commands wait, or too many bytes.
    case busy
    case timedOut
    case connectionLost
    /// The caller's task was cancelled.
    case cancelled

    package var description: String {
        switch self {
        case .down(let detail): detail
        case .busy: "too many commands wait for Redis"
        case .timedOut: "Redis did not answer in time"
        case .connectionLost: "the connection to Redis was lost"
        case .cancelled: "the call was cancelled"
        }
    }
}

/// Whether Redis can be asked.
package enum RedisState: Sendable, Equatable {
    case ok
    /// Why not, and what to do.
    case down(String)
}
