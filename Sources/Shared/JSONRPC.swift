public import FoundationEssentials

/// JSON-RPC 2.0 (https://www.jsonrpc.org/specification), one message a line.
public enum JSONRPC {
    /// An error object. Codes below -32000 are the specification's own.
    public struct Failure: Error, Sendable, Hashable, Codable {
        public var code: Int
        public var message: String

        public init(code: Int, message: String) {
            self.code = code
            self.message = message
        }

        public static func parseError(_ what: String) -> Failure { Failure(code: -32700, message: what) }
        public static func invalidRequest(_ what: String) -> Failure { Failure(code: -32600, message: what) }
        public static func methodNotFound(_ what: String) -> Failure { Failure(code: -32601, message: what) }
        public static func invalidParams(_ what: String) -> Failure { Failure(code: -32602, message: what) }
        public static func internalError(_ what: String) -> Failure { Failure(code: -32603, message: what) }
        /// What was asked for is not there.
        public static func notFound(_ what: String) -> Failure { Failure(code: -32004, message: what) }
    }

    /// What a line is, before its parameters or its result are decoded.
    public struct Envelope: Sendable, Hashable, Decodable {
        public var id: Int?
        public var method: String?
        public var error: Failure?
    }

    private struct Request<Parameters: Encodable>: Encodable {
        var jsonrpc = "2.0"
        var id: Int?
        var method: String
        var params: Parameters
    }

    private struct Response<Result: Encodable>: Encodable {
        var jsonrpc = "2.0"
        var id: Int
        var result: Result
    }

    private struct ErrorResponse: Encodable {
        var jsonrpc = "2.0"
        var id: Int?
        var error: Failure

        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(jsonrpc, forKey: .jsonrpc)
            // The specification wants a null id where the request's own could not be read.
            try container.encode(id, forKey: .id)
            try container.encode(error, forKey: .error)
        }

        private enum CodingKeys: String, CodingKey {
            case jsonrpc
            case id
            case error
        }
    }

    private struct ParametersOf<Value: Decodable>: Decodable { var params: Value }
    private struct ResultOf<Value: Decodable>: Decodable { var result: Value }

    /// One request (with an id) or notification (without), ended by a newline.
    public static func request(id: Int?, method: String, parameters: some Encodable) throws -> Data {
        try line(Request(id: id, method: method, params: parameters))
    }

    /// One successful response, ended by a newline.
    public static func response(id: Int, result: some Encodable) throws -> Data {
        try line(Response(id: id, result: result))
    }

    /// One error response, ended by a newline.
    public static func response(id: Int?, failure: Failure) throws -> Data {
        try line(ErrorResponse(id: id, error: failure))
    }

    /// Reads what kind of message a line is.
    ///
    /// - Throws: ``Failure`` with a parse error that says what was wrong.
    public static func envelope(_ line: Data) throws(Failure) -> Envelope {
        do {
            return try JSONDecoder().decode(Envelope.self, from: line)
        } catch {
            throw .parseError("not a JSON-RPC message: \(error)")
        }
    }

    /// Reads the `params` member of a request or notification.
    ///
    /// - Throws: ``Failure`` with invalid parameters that says which.
    public static func parameters<Value: Decodable>(_ type: Value.Type, of line: Data) throws(Failure) -> Value {
        do {
            return try JSONDecoder().decode(ParametersOf<Value>.self, from: line).params
        } catch let error as DecodingError {
            throw .invalidParams(describe(error))
        } catch {
            throw .invalidParams("\(error)")
        }
    }

    /// Reads the `result` member of a response.
    ///
    /// - Throws: ``Failure`` when the result has another shape.
    public static func result<Value: Decodable>(_ type: Value.Type, of line: Data) throws(Failure) -> Value {
        do {
            return try JSONDecoder().decode(ResultOf<Value>.self, from: line).result
        } catch let error as DecodingError {
            throw .parseError(describe(error))
        } catch {
            throw .parseError("\(error)")
        }
    }

    private static func line(_ message: some Encodable) throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.withoutEscapingSlashes]
        var data = try encoder.encode(message)
        data.append(0x0A)
        return data
    }

    private static func describe(_ error: DecodingError) -> String {
        func path(_ context: DecodingError.Context) -> String {
            let keys = context.codingPath.map(\.stringValue).joined(separator: ".")
            return keys.isEmpty ? "message" : keys
        }
        return switch error {
        case .keyNotFound(let key, let context): "\(path(context)) has no \"\(key.stringValue)\""
        case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
            "\(path(context)): \(context.debugDescription)"
        @unknown default: "\(error)"
        }
    }
}
