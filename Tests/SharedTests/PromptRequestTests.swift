import FoundationEssentials
import Shared
import Testing

struct PromptRequestTests {
    @Test func `Members that are not set are left out, so that older daemons see what they know`() throws {
        let text = String(decoding: try JSONEncoder().encode(ControlProtocol.PromptRequest(prompt: "p")), as: UTF8.self)
        #expect(text == #"{"prompt":"p"}"#)
    }

    @Test func `The newer members have their names on the wire, and come back as they went`() throws {
        let request = ControlProtocol.PromptRequest(prompt: "p", classifierMode: "rule_based", isComparison: true)
        let data = try JSONEncoder().encode(request)
        let text = String(decoding: data, as: UTF8.self)
        #expect(text.contains(#""classifier_mode":"rule_based""#) && text.contains(#""comparison":true"#))
        #expect(try JSONDecoder().decode(ControlProtocol.PromptRequest.self, from: data) == request)
    }

    @Test func `A detail of an older daemon has no quality, a newer one's is read`() throws {
        var detail = ExchangeDetail(summary: ExchangeSummary(id: "1", unixMilliseconds: 0, requestedModel: "auto"))
        let before = try JSONEncoder().encode(detail)
        #expect(!String(decoding: before, as: UTF8.self).contains("quality"))
        #expect(try JSONDecoder().decode(ExchangeDetail.self, from: before).quality == nil)
        detail.quality = .init(score: 0.25, isWeak: true, signals: [.init(name: "hedging", reason: "hedges 7 times")])
        let text = String(decoding: try JSONEncoder().encode(detail), as: UTF8.self)
        #expect(text.contains(#""is_weak":true"#) && text.contains(#""reason":"hedges 7 times""#))
        #expect(try JSONDecoder().decode(ExchangeDetail.self, from: Data(text.utf8)) == detail)
    }
}
