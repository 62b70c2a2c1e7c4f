package import Shared

/// Something a person should look at now, and the view that tells more of it.
package struct Alert: Sendable, Hashable {
    package enum Severity: Int, Sendable, Hashable {
        case bad = 0
        case warning = 1
    }

    package var severity: Severity
    package var text: String
    package var view: DashboardView?

    package init(_ severity: Severity, _ text: String, view: DashboardView? = nil) {
        self.severity = severity
        self.text = text
        self.view = view
    }
}

extension MetricsSnapshot {
    /// The share of a budget from which on it is told.
    private static let budgetShare = 0.8

    /// What a person should look at, the worst first: breakers, caches, budgets, the books, false hits, and the gateway's own
    /// warnings.
    package var alerts: [Alert] {
        let all =
            breakerAlerts + cache.alerts.map { Alert(.bad, $0, view: .cache) } + budgetAlerts + storageAlerts
            + falseHitAlerts + warnings.filter { !isSaidOfCaches($0) }.map { Alert(.warning, $0) }
        return all.enumerated().sorted {
            ($0.element.severity.rawValue, $0.offset) < ($1.element.severity.rawValue, $1.offset)
        }
        .map(\.element)
    }

    /// The daemon warns of what the caches' own alerts say already.
    private func isSaidOfCaches(_ warning: String) -> Bool {
        if let off = cache.semantic?.off, warning == "the semantic cache is off: \(off)" {
            return cache.semantic?.isSuspended == true
        }
        return cache.homes.contains { $0.state == .down && warning.hasPrefix("the cache goes on without \($0.name):") }
    }

    private var breakerAlerts: [Alert] {
        backends.compactMap { backend in
            guard let health = backend.health else { return nil }
            let why = health.lastError.map { ": \($0.safeToShow(limit: 120))" } ?? ""
            switch health.state {
            case .healthy, .degraded: return nil
            case .broken: return Alert(.bad, "\(backend.name): its circuit breaker is open\(why)", view: .backends)
            case .down: return Alert(.bad, "\(backend.name) is down\(why)", view: .backends)
            }
        }
    }

    private var budgetAlerts: [Alert] {
        (limits?.budgets ?? []).compactMap { budget in
            guard budget.ratio >= Self.budgetShare else { return nil }
            let scope = budget.scope == "all" ? "all projects" : budget.scope.replacing("project:", with: "project ")
            let text =
                "\(scope.safeToShow(limit: 80)): \(Format.percent(budget.ratio, of: 1)) of the \(budget.period.rawValue)'s budget "
                + "(\(Format.total(budget.spent)) of \(Format.total(budget.limit)))"
            return Alert(budget.ratio >= 1 ? .bad : .warning, text, view: .savings)
        }
    }

    private var storageAlerts: [Alert] {
        guard let storage else { return [] }
        var alerts: [Alert] = []
        if let problem = storage.problem { alerts.append(Alert(.bad, problem.safeToShow(limit: 300), view: .log)) }
        if storage.lost > 0 {
            alerts.append(Alert(.bad, "\(Format.count(storage.lost)) rows of the books were lost", view: .log))
        }
        return alerts
    }

    private var falseHitAlerts: [Alert] {
        guard let semantic = cache.semantic, semantic.isSuspended != true, let rate = semantic.falseHitRate else {
            return []
        }
        switch semantic.falseHitLevel {
        case .unknown, .fine: return []
        case .warning, .alert:
            let text =
                "\(Format.decimal(rate * 100, places: 1))% of the semantic cache's hits are wrong, allowed are "
                + "\(Format.decimal(semantic.maxFalseHitRate * 100, places: 1))%"
            return [Alert(semantic.falseHitLevel == .alert ? .bad : .warning, text, view: .cache)]
        }
    }
}
