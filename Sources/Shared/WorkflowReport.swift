/// Which step of which run of a workflow an exchange was.
public struct WorkflowStep: Sendable, Hashable, Codable {
    /// The run's id: that of the request that asked for it, 16 hexadecimal digits.
    public var runID: String
    /// The workflow's name; `inline` where the request brought it along.
    public var workflow: String
    public var op: String
    /// How many ops the workflow has; nil from a daemon that does not tell, and where the step was read from the books.
    public var ops: Int?

    public init(runID: String, workflow: String, op: String, ops: Int? = nil) {
        self.runID = runID
        self.workflow = workflow
        self.op = op
        self.ops = ops
    }

    private enum CodingKeys: String, CodingKey {
        case runID = "run_id"
        case workflow
        case op
        case ops
    }
}

/// What a run of a workflow came to: the answer of `POST /v1/workflows`.
public struct WorkflowReport: Sendable, Hashable, Codable {
    public enum Status: String, Sendable, Hashable, Codable {
        /// Every op has its output.
        case completed
        /// At least one op has none; `errors` says why.
        case failed
        /// Whoever asked has left.
        case cancelled
    }

    /// The run's id, in `workflow.run_id` of its steps' exchanges, too.
    public var id: String
    public var workflow: String
    public var status: Status
    /// By op, of those that have one.
    public var outputs: [String: String]
    /// The model that answered, by op.
    public var routing: [String: String]
    /// What an op's calls cost, tried again or not, with the gateway's own calls for them.
    public var costs: [String: USD]
    /// `none`, `exact`, `semantic` or `coalesced`, by op.
    public var cache: [String: String]
    /// Why an op has no output, by op; nil where all have one.
    public var errors: [String: String]?
    /// Ops whose answer ended at `max_tokens`; nil where none did.
    public var truncated: [String]?
    /// Of all calls.
    public var tokens: TokenUsage
    public var totalCost: USD
    public var totalMilliseconds: Int
    /// Calls made through the gateway, those tried again counted.
    public var calls: Int
    /// What the end ops wrote, in their order, with an empty line between two; nil where none of them did.
    public var finalOutput: String?

    public init(
        id: String,
        workflow: String,
        status: Status,
        outputs: [String: String] = [:],
        routing: [String: String] = [:],
        costs: [String: USD] = [:],
        cache: [String: String] = [:],
        errors: [String: String]? = nil,
        truncated: [String]? = nil,
        tokens: TokenUsage = TokenUsage(),
        totalCost: USD = .zero,
        totalMilliseconds: Int = 0,
        calls: Int = 0,
        finalOutput: String? = nil
    ) {
        self.id = id
        self.workflow = workflow
        self.status = status
        self.outputs = outputs
        self.routing = routing
        self.costs = costs
        self.cache = cache
        self.errors = errors
        self.truncated = truncated
        self.tokens = tokens
        self.totalCost = totalCost
        self.totalMilliseconds = totalMilliseconds
        self.calls = calls
        self.finalOutput = finalOutput
    }

    private enum CodingKeys: String, CodingKey {
        case id
        case workflow
        case status
        case outputs
        case routing
        case costs
        case cache
        case errors
        case truncated
        case tokens
        case totalCost = "total_cost_usd"
        case totalMilliseconds = "total_ms"
        case calls
        case finalOutput = "final_output"
    }
}

/// Something that happened in a run: an event of a streamed answer, and the parameter of `workflow.event`.
public struct WorkflowEvent: Sendable, Hashable, Codable {
    public enum Kind: String, Sendable, Hashable, Codable {
        /// With `ops`.
        case workflowStart = "workflow_start"
        /// With `op` and `attempt`.
        case opStart = "op_start"
        /// With `op`, `output` and what is known of the call.
        case opEnd = "op_end"
        /// With `op` and `error`; with `retryMilliseconds` where the op is tried again.
        case opError = "op_error"
        /// With `report`.
        case workflowEnd = "workflow_end"
    }

    public var kind: Kind
    /// The run's id.
    public var id: String
    public var workflow: String?
    /// The names of all ops, in the order of the workflow.
    public var ops: [String]?
    public var op: String?
    /// From 1.
    public var attempt: Int?
    public var output: String?
    public var model: String?
    public var tier: Tier?
    public var cost: USD?
    public var cache: String?
    public var tokens: TokenUsage?
    public var stopReason: String?
    public var milliseconds: Int?
    public var error: String?
    /// How long the op rests before it is tried again.
    public var retryMilliseconds: Int?
    public var report: WorkflowReport?

    public init(_ kind: Kind, id: String, op: String? = nil) {
        self.kind = kind
        self.id = id
        self.op = op
    }

    private enum CodingKeys: String, CodingKey {
        case kind = "type"
        case id
        case workflow
        case ops
        case op
        case attempt
        case output
        case model
        case tier
        case cost = "cost_usd"
        case cache
        case tokens
        case stopReason = "stop_reason"
        case milliseconds = "ms"
        case error
        case retryMilliseconds = "retry_ms"
        case report
    }
}
