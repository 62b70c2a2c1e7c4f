/// Whose requests or money are counted together.
package enum LimitScope: Hashable, Sendable {
    case all
    case project(String)
    /// By the key's fingerprint; clients without a key are one.
    case key(String)

    /// For state files and for names in Redis: `all`, `project:web`, `key:0123…`.
    package var name: String {
        switch self {
        case .all: "all"
        case .project(let name): "project:\(name)"
        case .key(let fingerprint): "key:\(fingerprint)"
        }
    }

    /// Reads a ``name``; nil for what is none.
    package init?(name: some StringProtocol) {
        if name == "all" {
            self = .all
        } else if name.hasPrefix("project:") {
            self = .project(String(name.dropFirst(8)))
        } else if name.hasPrefix("key:") {
            self = .key(String(name.dropFirst(4)))
        } else {
            return nil
        }
    }

    /// As a client is told of it.
    var words: String {
        switch self {
        case .all: "this gateway"
        case .project(let name): "the project \(name)"
        case .key(let fingerprint): fingerprint.isEmpty ? "clients without a key" : "this key"
        }
    }

    /// Everything a client's requests count for.
    static func scopes(of client: ClientIdentity) -> [LimitScope] {
        [.all, .project(client.project), .key(client.keyFingerprint)]
    }
}

/// What holds for one key alone, in the place of what holds for each.
package struct KeyTerms: Sendable, Equatable {
    package var limits: Settings.Limits
    package var budget: Settings.Budget

    package init(limits: Settings.Limits = .init(), budget: Settings.Budget = .init()) {
        self.limits = limits
        self.budget = budget
    }
}

/// Which limits and budgets hold for a client, by the settings.
struct TenantTerms: Sendable {
    private let limits: Settings.RateLimits
    private let budgets: Settings.Budgets
    private let projects: [String: (limits: Settings.Limits, budget: Settings.Budget)]

    init(_ settings: Settings) {
        limits = settings.limits
        budgets = settings.budgets
        var projects: [String: (limits: Settings.Limits, budget: Settings.Budget)] = [:]
        for project in settings.projects { projects[project.name] = (project.limits, project.budget) }
        self.projects = projects
    }

    /// Those that bound anything.
    func limits(of client: ClientIdentity) -> [(scope: LimitScope, limits: Settings.Limits)] {
        guard limits.isEnabled else { return [] }
        var own = client.terms?.limits ?? Settings.Limits()
        own.requestsPerMinute = own.requestsPerMinute ?? limits.eachKey.requestsPerMinute
        own.tokensPerMinute = own.tokensPerMinute ?? limits.eachKey.tokensPerMinute
        own.concurrentStreams = own.concurrentStreams ?? limits.eachKey.concurrentStreams
        var terms: [(scope: LimitScope, limits: Settings.Limits)] = []
        if !own.isEmpty { terms.append((.key(client.keyFingerprint), own)) }
        if let project = projects[client.project], !project.limits.isEmpty {
            terms.append((.project(client.project), project.limits))
        }
        if !limits.all.isEmpty { terms.append((.all, limits.all)) }
        return terms
    }

    /// The budgets of all clients together and of the projects, by name, that bound anything.
    var reported: [ScopedBudget] {
        let all = [ScopedBudget(scope: .all, budget: budgets.all)]
        let own = projects.sorted { $0.key < $1.key }.map {
            ScopedBudget(scope: .project($0.key), budget: $0.value.budget)
        }
        return (all + own).filter { !$0.budget.isEmpty }
    }

    /// Those that bound anything.
    func budgets(of client: ClientIdentity) -> [ScopedBudget] {
        var own = client.terms?.budget ?? Settings.Budget()
        own.perDay = own.perDay ?? budgets.eachKey.perDay
        own.perMonth = own.perMonth ?? budgets.eachKey.perMonth
        var terms: [ScopedBudget] = []
        if !own.isEmpty { terms.append(ScopedBudget(scope: .key(client.keyFingerprint), budget: own)) }
        if let project = projects[client.project], !project.budget.isEmpty {
            terms.append(ScopedBudget(scope: .project(client.project), budget: project.budget))
        }
        if !budgets.all.isEmpty { terms.append(ScopedBudget(scope: .all, budget: budgets.all)) }
        return terms
    }
}
