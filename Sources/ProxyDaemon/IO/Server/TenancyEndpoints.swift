import FoundationEssentials
import GatewayCore
import Shared

/// `/admin/keys`, `/admin/projects` and `/admin/budgets`: whose keys there are, what holds for them and what they have spent.
struct TenancyEndpoints: Sendable {
    private static let maximumBodyBytes = 65_536
    private let gateway: Gateway
    private let keys: KeyFile?

    /// `keys` nil: there is no directory to keep any in.
    init(gateway: Gateway, keys: KeyFile?) {
        self.gateway = gateway
        self.keys = keys
    }

    /// nil for paths that are not served.
    func answer(_ path: String, _ request: ClientRequest) async throws(GatewayError) -> Reply? {
        switch path {
        case "/admin/budgets":
            try allow(["GET"], request)
            return JSONReply.make(Budgets(budgets: budgets), id: request.id)
        case "/admin/projects":
            try allow(["GET"], request)
            return JSONReply.make(Projects(projects: projects), id: request.id)
        case "/admin/keys": return try await listOrCreate(request)
        default:
            let parts = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
            guard parts.prefix(2) == ["admin", "keys"], (3...4).contains(parts.count) else { return nil }
            let id = String(parts[3])
            if parts.count == 3 {
                try allow(["DELETE"], request)
                let count = try await changing { (file) throws(KeyFileProblem) in try await file.revoke(id: id) }
                return JSONReply.make(["revoked": count], id: request.id)
            }
            guard parts[4] == "rotate" else { return nil }
            try allow(["POST"], request)
            return try await rotate(id, request)
        }
    }

    // MARK: Keys

    private struct KeyRow: Encodable {
        var id: String
        var name: String
        var project: String?
        var fingerprint: String
        var created: Int64
        var expires: Int64?
        var state: String
        /// Its own; absent where those of every key hold.
        var limits: Bounds?
        var budget: Money?
        /// Only where it was made just now.
        var key: String?

        init(_ record: KeyRecord, now: Int64, key: Secret? = nil) {
            id = record.prefix
            name = record.name
            project = record.project
            fingerprint = record.fingerprint
            created = record.createdUnixSeconds
            expires = record.expiresUnixSeconds
            state = record.isRevoked ? "revoked" : record.isInForce(unixSeconds: now) ? "active" : "expired"
            if let own = record.terms?.limits, !own.isEmpty { limits = Bounds(own) }
            if let own = record.terms?.budget, !own.isEmpty { budget = Money(own) }
            self.key = key?.exposed
        }
    }

    private struct NewKey: Decodable {
        var name: String
        var project: String?
        var expires_in_days: Int?
        var limits: Bounds?
        var budget: Money?

        var terms: KeyTerms { KeyTerms(limits: limits?.limits ?? .init(), budget: budget?.budget ?? .init()) }
    }

    private struct Rotation: Decodable {
        var grace_hours: Int?
    }

    private func listOrCreate(_ request: ClientRequest) async throws(GatewayError) -> Reply {
        let now = request.unixMilliseconds / 1_000
        if request.method == "GET" {
            let kept = try await changing { (file) throws(KeyFileProblem) in try await file.load() }
            let rows = (gateway.settings.hashedKeys + kept).map { KeyRow($0, now: now) }
            return JSONReply.make(["keys": rows], id: request.id)
        }
        try allow(["GET", "POST"], request)
        let wanted = try read(
            NewKey.self,
            request,
            """
            {"name": "ci", "project"?: "web", "expires_in_days"?: 30, "limits"?: {"rpm"?, "tpm"?, "concurrent_streams"?}, \
            "budget"?: {"usd_per_day"?, "usd_per_month"?}}
            """
        )
        guard (1...36_500).contains(wanted.expires_in_days ?? 1) else {
            throw GatewayError(.invalidRequest("expires_in_days: expected 1 to 36500"))
        }
        let projects = KnownProjects(gateway.settings.projects)
        if let project = wanted.project, !projects.includes(project) {
            throw GatewayError(
                .invalidRequest("project: there is no \(project) in the configuration; there are \(projects.list)")
            )
        }
        let made = try await changing { (file) throws(KeyFileProblem) in
            try await file.create(
                name: wanted.name,
                project: wanted.project,
                expiresUnixSeconds: wanted.expires_in_days.map { now + Int64($0) * 86_400 },
                terms: wanted.terms,
                nowUnixSeconds: now
            )
        }
        return JSONReply.make(KeyRow(made.record, now: now, key: made.key), id: request.id, status: 201)
    }

    private func rotate(_ id: String, _ request: ClientRequest) async throws(GatewayError) -> Reply {
        let now = request.unixMilliseconds / 1_000
        let wanted = request.body.isEmpty ? Rotation() : try read(Rotation.self, request, "{\"grace_hours\"?: 24}")
        guard (0...8_760).contains(wanted.grace_hours ?? 0) else {
            throw GatewayError(.invalidRequest("grace_hours: expected 0 to 8760"))
        }
        let made = try await changing { (file) throws(KeyFileProblem) in
            guard let record = try await file.load().first(where: { $0.prefix == id }) else {
                throw KeyFileProblem("there is no such key", isRequests: true)
            }
            return try await file.rotate(
                name: record.name,
                project: record.project,
                graceSeconds: Int64(wanted.grace_hours ?? 24) * 3_600,
                nowUnixSeconds: now
            )
        }
        return JSONReply.make(KeyRow(made.record, now: now, key: made.key), id: request.id, status: 201)
    }

    /// Does something with the keys file, and has the answer to the next request know of it.
    private func changing<Result: Sendable>(
        _ body: (KeyFile) async throws(KeyFileProblem) -> Result
    ) async throws(GatewayError) -> Result {
        guard let keys else {
            throw GatewayError(.notConfigured("keys are not kept: neither XDG_STATE_HOME nor HOME is set"))
        }
        do throws(KeyFileProblem) {
            let result = try await body(keys)
            gateway.keyRing.replace(try await keys.load())
            return result
        } catch {
            throw GatewayError(
                error.isRequests ? .invalidRequest(error.description) : .internalFault(error.description)
            )
        }
    }

    private func read<Value: Decodable>(
        _ type: Value.Type,
        _ request: ClientRequest,
        _ expected: String
    ) throws(GatewayError) -> Value {
        guard request.body.count <= Self.maximumBodyBytes else {
            throw GatewayError(.bodyTooLarge(limitBytes: Self.maximumBodyBytes))
        }
        do {
            return try JSONDecoder().decode(type, from: Data(request.body))
        } catch {
            throw GatewayError(.invalidRequest("expected \(expected)"))
        }
    }

    // MARK: Projects and budgets

    private struct Sum: Encodable {
        var limit_usd: USD?
        var spent_usd: USD
        /// Seconds since 1970.
        var resets_at: Int64
    }

    private struct Budget: Encodable {
        var scope: String
        var day: Sum
        var month: Sum
        var reserved_usd: USD
    }

    private struct Budgets: Encodable {
        var budgets: [Budget]
    }

    private struct Bounds: Codable {
        var rpm: Int?
        var tpm: Int?
        var concurrent_streams: Int?

        init(_ limits: Settings.Limits) {
            rpm = limits.requestsPerMinute
            tpm = limits.tokensPerMinute
            concurrent_streams = limits.concurrentStreams
        }

        var limits: Settings.Limits {
            .init(requestsPerMinute: rpm, tokensPerMinute: tpm, concurrentStreams: concurrent_streams)
        }
    }

    private struct Money: Codable {
        var usd_per_day: USD?
        var usd_per_month: USD?

        init(_ budget: Settings.Budget) {
            usd_per_day = budget.perDay
            usd_per_month = budget.perMonth
        }

        var budget: Settings.Budget { .init(perDay: usd_per_day, perMonth: usd_per_month) }
    }

    private struct Project: Encodable {
        var name: String
        var keys: Int
        var min_tier: String?
        var max_tier: String?
        var allowed_models: [String]
        var limits: Bounds
        var budget: Budget
    }

    private struct Projects: Encodable {
        var projects: [Project]
    }

    private var budgets: [Budget] {
        let settings = gateway.settings
        let scopes = [LimitScope.all] + settings.projects.map { .project($0.name) }
        let known = gateway.budgets.accounts.map(\.scope)
        return (scopes + known.filter { !scopes.contains($0) }).map(budget)
    }

    private func budget(_ scope: LimitScope) -> Budget {
        let settings = gateway.settings
        var bound: Settings.Budget
        switch scope {
        case .all: bound = settings.budgets.all
        case .project(let name): bound = settings.projects.first { $0.name == name }?.budget ?? Settings.Budget()
        case .key(let fingerprint):
            bound = gateway.keyRing.terms(of: fingerprint)?.budget ?? Settings.Budget()
            bound.perDay = bound.perDay ?? settings.budgets.eachKey.perDay
            bound.perMonth = bound.perMonth ?? settings.budgets.eachKey.perMonth
        }
        let account = gateway.budgets.account(scope)
        let date = BudgetDate(day: account.day.index, month: account.month.index)
        return Budget(
            scope: scope.name,
            day: Sum(limit_usd: bound.perDay, spent_usd: account.day.spent, resets_at: date.nextDayUnixSeconds),
            month: Sum(limit_usd: bound.perMonth, spent_usd: account.month.spent, resets_at: date.nextMonthUnixSeconds),
            reserved_usd: account.reserved
        )
    }

    private var projects: [Project] {
        gateway.settings.projects.map { project in
            Project(
                name: project.name,
                keys: project.keys.count + project.hashedKeys.count,
                min_tier: project.bounds.minTier?.name,
                max_tier: project.bounds.maxTier?.name,
                allowed_models: project.bounds.allowedModels,
                limits: Bounds(project.limits),
                budget: budget(.project(project.name))
            )
        }
    }

    private func allow(_ methods: [String], _ request: ClientRequest) throws(GatewayError) {
        guard methods.contains(request.method) else {
            throw GatewayError(.methodNotAllowed(allowed: methods.joined(separator: ", ")))
        }
    }
}
