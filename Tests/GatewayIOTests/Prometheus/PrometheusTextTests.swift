import GatewayIO
import Shared
import Testing

@Suite struct `Prometheus text` {
    @Test func `names every figure with its type, labels escaped`() {
        var snapshot = MetricsSnapshot()
        snapshot.sinceStart.requests = 3
        snapshot.sinceStart.semanticCacheHits = 2
        snapshot.sinceStart.cost = USD(nanodollars: 1_234_567)
        snapshot.sinceStart.saved = USD(nanodollars: -5_000_000)
        snapshot.backends = [
            .init(name: #"a"b\c"#, provider: "anthropic", model: "m", tier: .fast, isSimulated: false, requests: 4)
        ]
        snapshot.cache.homes = [CacheHomeReport(name: "redis", state: .down, hits: 5, timeouts: 6)]
        snapshot.cache.semantic = SemanticCacheReport(off: "why", refusals: ["numbers": 7], falseHitRate: 0.25)
        let text = PrometheusText(snapshot).text
        for line in [
            "# TYPE llm_gateway_requests_total counter", "llm_gateway_requests_total 3",
            #"llm_gateway_cache_answers_total{kind="semantic"} 2"#, "llm_gateway_cost_usd_total 0.001234567",
            "llm_gateway_saved_usd -0.005",
            #"llm_gateway_backend_requests_total{backend="a\"b\\c",model="m",tier="fast"} 4"#,
            #"llm_gateway_cache_up{home="redis"} 0"#, #"llm_gateway_cache_lookups_total{home="redis",result="hit"} 5"#,
            #"llm_gateway_cache_timeouts_total{home="redis"} 6"#,
            #"llm_gateway_semantic_cache_refusals_total{guard="numbers"} 7"#, "llm_gateway_semantic_cache_enabled 0",
            "llm_gateway_semantic_cache_false_hit_ratio 0.25",
        ] { #expect(text.contains(line + "\n"), "\(line)") }
        // Each name is typed once.
        let types = text.split(separator: "\n").filter { $0.hasPrefix("# TYPE ") }
        #expect(Set(types).count == types.count)
    }

    @Test func `what is not there is not told`() {
        var snapshot = MetricsSnapshot()
        snapshot.cache.isEnabled = false
        let text = PrometheusText(snapshot).text
        #expect(!text.contains("semantic_cache"))
        #expect(!text.contains("cache_entries"))
    }
}
