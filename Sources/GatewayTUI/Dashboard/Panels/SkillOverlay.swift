import Shared

/// The list of skills, over the tester.
enum SkillOverlay {
    static func draw(_ dashboard: Dashboard, on surface: inout Surface) {
        guard let picker = dashboard.skillPicker else { return }
        let width = min(92, surface.columns - 4)
        let below = about(picker, width: width - 4)
        let lines = lines(picker, width: width - 4)
        let height = min(surface.rows - 2, lines.count + below.count + 2)
        let rect = surface.overlay(height: height, width: width)
        surface.frame(rect, title: "skill", note: "Esc leaves", border: Style(.accent, .bold))
        var room = rect.interior
        // What the marked one is for stays in sight; the list scrolls.
        let foot = room.takeBottom(min(below.count, max(0, room.height - 1)))
        for (row, line) in below.prefix(foot.height).enumerated() { surface.write(line, in: foot, row: row) }
        let first = max(0, min(picker.index - room.height / 2, lines.count - room.height))
        for (row, line) in lines.dropFirst(first).prefix(room.height).enumerated() {
            surface.write(line, in: room, row: row)
        }
    }

    private static let tierColumns = 5

    private static func lines(_ picker: SkillPicker, width: Int) -> [StyledLine] {
        switch picker.content {
        case .loading: return [StyledLine("asking …", .dim)]
        case .failed(let why): return StyledLine("✖ \(why)", Style(.bad)).wrapped(to: width)
        case .loaded(let list):
            guard list.isEnabled else {
                return StyledLine("Skills are switched off (skills.enabled).", .dim).wrapped(to: width)
            }
            let names = list.skills.map { CellWidth.of($0.id) }.max() ?? 0
            let name = min(max(names, 8), max(8, width / 3))
            return [row("no skill", "the prompt as it is", "", isMarked: picker.index == 0, name, width)]
                + list.skills.enumerated().map { index, skill in
                    let tiers = String(skill.tiers.map(\.letter))
                    return row(skill.id, skill.purpose, tiers, isMarked: picker.index == index + 1, name, width)
                }
        }
    }

    private static func row(
        _ id: String,
        _ purpose: String,
        _ tiers: String,
        isMarked: Bool,
        _ name: Int,
        _ width: Int
    ) -> StyledLine {
        StyledLine(isMarked ? "▶ " : "  ", .strong)
            .adding(CellWidth.fit(id, name), isMarked ? .strong : .normal)
            .adding(" " + CellWidth.fit(tiers, tierColumns), Style(.accent))
            .adding(CellWidth.fit(purpose, max(0, width - name - tierColumns - 3)), isMarked ? .normal : .dim)
    }

    /// When to use the marked one, and where it goes.
    private static func about(_ picker: SkillPicker, width: Int) -> [StyledLine] {
        guard case .loaded(let list) = picker.content, list.isEnabled else { return [] }
        guard let skill = picker.marked else {
            return [
                StyledLine(),
                StyledLine(CellWidth.clip("A skill adds its method of work to the prompt.", width), .dim),
            ]
        }
        let tiers = skill.tiers.isEmpty ? "as routed" : skill.tiers.map(\.name).joined(separator: ", else ")
        let own = skill.source == "user" ? " · your own" : ""
        let facts = [skill.useWhen.isEmpty ? "" : "use when: \(skill.useWhen) · ", "tier: ", tiers, own].joined()
        return [StyledLine(), StyledLine(CellWidth.clip(facts, width), .dim)]
    }
}
