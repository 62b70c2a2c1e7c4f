import Foundation
import GatewayCore
import Shared
import Testing

/// The planner over a whole conversation, and the transcript of it in the documentation.
@Suite struct `A planned conversation` {
    @Test func `costs less than routing each turn for itself, and less than the strongest model for all`() throws {
        let rows = try PlannedConversation.play()
        #expect(rows.count == 20)
        func sum(_ member: (PlannedConversation.Row) -> USD) -> USD { rows.reduce(.zero) { $0 + member($1) } }
        #expect(sum(\.cost) < sum(\.plainCost))
        #expect(sum(\.cost) < sum(\.premiumCost))
        for row in rows {
            #expect(Set(row.backends.map(\.name)).count == 1, "a tool loop stays where its user turn went")
            #expect(row.backends.count == row.turn.steps + 1)
            #expect(row.backends.allSatisfy { $0.tier >= row.turn.wanted })
            #expect(!row.sentences.isEmpty)
        }
        // Everything is cold after 25 minutes: the wanted tier's model is the cheapest again.
        #expect(rows[8].turn.pause == 1_500 && rows[8].warmTokens == 0)
        #expect(rows[8].backends.first?.tier == .fast)
    }

    private static let marks = (begin: "<!-- transcript: begin -->\n", end: "<!-- transcript: end -->\n")

    /// The transcript as docs/planner-transcript.md shows it.
    private func markdown(_ rows: [PlannedConversation.Row]) -> String {
        func dollars(_ amount: USD) -> String { "$\(amount.formatted(places: 4))" }
        func grouped(_ number: Int) -> String {
            let text = String(number)
            return text.count > 3 ? "\(text.dropLast(3)),\(text.suffix(3))" : text
        }
        var text = """
            | turn | pause | wants | answers | requests | prompt | warm | planned | each turn for itself | always opus |
            |---:|---:|---|---|---:|---:|---:|---:|---:|---:|

            """
        var totals = (planned: USD.zero, plain: USD.zero, premium: USD.zero)
        for (number, row) in rows.enumerated() {
            totals = (totals.planned + row.cost, totals.plain + row.plainCost, totals.premium + row.premiumCost)
            let cells = [
                "\(number + 1)", "\(row.turn.pause) s", row.turn.wanted.name, row.backends.first?.name ?? "",
                "\(row.backends.count)", grouped(row.promptTokens), grouped(row.warmTokens), dollars(row.cost),
                dollars(row.plainCost), dollars(row.premiumCost),
            ]
            text += "| \(cells.joined(separator: " | ")) |\n"
        }
        let sums = [totals.planned, totals.plain, totals.premium].map { "**\(dollars($0))**" }
        text += "| | | | | | | **sum** | \(sums.joined(separator: " | ")) |\n\n"
        for (number, row) in rows.enumerated() {
            text += "**Turn \(number + 1)** wants \(row.turn.wanted.name): \(row.sentences.joined(separator: " "))\n\n"
        }
        return text
    }

    @Test func `docs/planner-transcript.md shows it`() throws {
        let file = WireFixtures.repository.appendingPathComponent("docs/planner-transcript.md")
        let text = try String(contentsOf: file, encoding: .utf8)
        let begin = try #require(text.range(of: Self.marks.begin))
        let end = try #require(text.range(of: Self.marks.end))
        let expected = markdown(try PlannedConversation.play())
        if ProcessInfo.processInfo.environment["WRITE_PLANNER_TRANSCRIPT"] != nil {
            let whole = text[..<begin.upperBound] + expected + text[end.lowerBound...]
            try whole.write(to: file, atomically: true, encoding: .utf8)
        } else {
            let same = text[begin.upperBound..<end.lowerBound] == expected
            #expect(same, "run the tests once with WRITE_PLANNER_TRANSCRIPT=1 and look at the difference")
        }
    }
}
