extension ControlProtocol {
    /// Answer to `workflows.list`, and to `GET /v1/workflows`.
    public struct WorkflowsList: Sendable, Hashable, Codable {
        public struct Workflow: Sendable, Hashable, Codable {
            public struct Op: Sendable, Hashable, Codable {
                public var name: String
                /// nil: it is routed.
                public var tier: Tier?
                public var model: String?
                /// The ops whose outputs it is given.
                public var inputs: [String]

                public init(name: String, tier: Tier?, model: String?, inputs: [String]) {
                    self.name = name
                    self.tier = tier
                    self.model = model
                    self.inputs = inputs
                }

                private enum CodingKeys: String, CodingKey {
                    case name
                    case tier
                    case model
                    case inputs = "input_ops"
                }
            }

            public var name: String
            /// What it is for.
            public var purpose: String?
            /// It is part of the program, not a file of the operator's.
            public var isBuiltIn: Bool
            public var startOps: [String]
            public var endOps: [String]
            public var ops: [Op]
            /// Why it cannot be run; nil where it can.
            public var problem: String?

            public init(
                name: String,
                purpose: String? = nil,
                isBuiltIn: Bool,
                startOps: [String] = [],
                endOps: [String] = [],
                ops: [Op] = [],
                problem: String? = nil
            ) {
                self.name = name
                self.purpose = purpose
                self.isBuiltIn = isBuiltIn
                self.startOps = startOps
                self.endOps = endOps
                self.ops = ops
                self.problem = problem
            }

            private enum CodingKeys: String, CodingKey {
                case name
                case purpose = "description"
                case isBuiltIn = "is_built_in"
                case startOps = "start_ops"
                case endOps = "end_ops"
                case ops
                case problem
            }
        }

        public var workflows: [Workflow]
        public init(workflows: [Workflow]) { self.workflows = workflows }
    }

    /// Parameters of `workflows.run`: a name, or the YAML of a workflow.
    public struct WorkflowRequest: Sendable, Hashable, Codable {
        public var input: String
        public var name: String?
        public var workflow: String?
        /// For the whole run; nil: the configured bound.
        public var maxCost: USD?

        public init(input: String, name: String? = nil, workflow: String? = nil, maxCost: USD? = nil) {
            self.input = input
            self.name = name
            self.workflow = workflow
            self.maxCost = maxCost
        }

        private enum CodingKeys: String, CodingKey {
            case input
            case name
            case workflow
            case maxCost = "max_cost_usd"
        }
    }

    /// Answer to `workflows.run`, before the first `workflow.event`.
    public struct WorkflowAccepted: Sendable, Hashable, Codable {
        /// Names the run in the notifications that follow and in `workflows.cancel`.
        public var runID: String
        public init(runID: String) { self.runID = runID }
        private enum CodingKeys: String, CodingKey { case runID = "run_id" }
    }

    /// Parameters of `workflows.cancel`. The answer is an ``Empty``.
    public struct WorkflowCancelRequest: Sendable, Hashable, Codable {
        public var runID: String
        public init(runID: String) { self.runID = runID }
        private enum CodingKeys: String, CodingKey { case runID = "run_id" }
    }

    /// The longest text of a `workflow.event`; a longer one is cut, so that a line keeps within its bound.
    public static let maximumOutputBytes = 262_144
}
