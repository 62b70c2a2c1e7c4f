package import GatewayCore
import Shared

/// What may be asked about workflows, over HTTP and on the control socket alike.
package struct WorkflowDesk: Sendable {
    /// What a run is asked for with.
    struct Order {
        enum Source {
            case named(String)
            case yaml(String)
            case checked(Workflow)
        }

        var source: Source
        var input: String
        var maxCost: USD?
    }

    /// One workflow in a list.
    typealias Listed = ControlProtocol.WorkflowsList.Workflow

    private let gateway: Gateway
    private let library: WorkflowLibrary
    private let runner: WorkflowRunner
    /// The name of a workflow that its request brought along.
    private static let inline = "inline"

    package init(gateway: Gateway, library: WorkflowLibrary) {
        self.gateway = gateway
        self.library = library
        let ids = QueryIDs()
        runner = WorkflowRunner(gateway: gateway, makeID: { ids.next() })
    }

    var maxOps: Int { gateway.settings.workflows.maxOps }

    /// Throws `notFound` where workflows are switched off.
    func requireEnabled() throws(GatewayError) {
        guard !gateway.settings.workflows.isEnabled else { return }
        throw GatewayError(.notFound("workflows are switched off; the operator can set workflows.enabled: true"))
    }

    func list() async throws(GatewayError) -> ControlProtocol.WorkflowsList {
        try requireEnabled()
        return ControlProtocol.WorkflowsList(workflows: await library.all().map(Self.listed))
    }

    /// Finds and checks what is to be run. Throws `invalidRequest` with all that is wrong with it, `notFound` for a name that
    /// nobody knows.
    func prepare(_ order: Order) async throws(GatewayError) -> WorkflowRunner.Order {
        try requireEnabled()
        let name: String
        let workflow: Workflow
        switch order.source {
        case .named(let known): (name, workflow) = (known, try await library.workflow(named: known))
        case .checked(let checked): (name, workflow) = (Self.inline, checked)
        case .yaml(let text):
            do throws(WorkflowProblems) {
                (name, workflow) = (Self.inline, try WorkflowText.workflow(yaml: text, maxOps: maxOps))
            } catch {
                throw GatewayError(.invalidRequest("workflow: \(error)"))
            }
        }
        return WorkflowRunner.Order(workflow: workflow, name: name, input: order.input, maxCost: order.maxCost)
    }

    func run(
        _ order: WorkflowRunner.Order,
        for request: ClientRequest,
        tell: @escaping @Sendable (WorkflowEvent) -> Void
    ) async -> WorkflowRunner.Outcome {
        await runner.run(order, for: request, tell: tell)
    }

    private static func listed(_ entry: WorkflowLibrary.Entry) -> Listed {
        switch entry.workflow {
        case .failure(let problems):
            return Listed(name: entry.name, isBuiltIn: entry.isBuiltIn, problem: problems.description)
        case .success(let workflow):
            return Listed(
                name: entry.name,
                purpose: workflow.purpose,
                isBuiltIn: entry.isBuiltIn,
                startOps: workflow.starts.map { workflow.steps[$0].name },
                endOps: workflow.ends.map { workflow.steps[$0].name },
                ops: workflow.steps.map { step in
                    Listed.Op(name: step.name, tier: step.op.tier, model: step.op.model, inputs: step.inputNames)
                }
            )
        }
    }
}
