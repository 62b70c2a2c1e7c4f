import GatewayIO
import Testing

@Suite struct `A moment to look back to` {
    /// 2026-11-21T12:00:00Z.
    private static let now: Int64 = 1_795_262_400_000

    @Test(arguments: [
        ("1970-01-02", 86_400_000), ("2026-11-21", 1_795_219_200_000), ("2026-11-21T12:00", 1_795_262_400_000),
        ("2026-11-21T12:00:30", 1_795_262_430_000), ("2026-11-21T12:00:30Z", 1_795_262_430_000),
        ("1764547200", 1_764_547_200_000), ("1764547200123", 1_764_547_200_123), ("0", 0),
        ("24h", 1_795_176_000_000), ("7d", 1_794_657_600_000), ("30m", 1_795_260_600_000), ("90s", 1_795_262_310_000),
        ("999999999999999d", 0), ("36500d", 0),
    ])
    func `is understood`(text: String, milliseconds: Int64) {
        #expect(SinceMoment.milliseconds(text, nowUnixMilliseconds: Self.now) == milliseconds)
    }

    @Test(arguments: [
        "", "-1", "yesterday", "d", "-7d", "7w", "1.5h", "2026-11-31T12:00", "2026-11-21T24:00", "2026-11-21T12:60",
        "2026-11-21T12", "2026-11-21T1:00", "2026-11-21T12:00:00+01:00", "2026-11-21 12:00", "2026-11-21T",
        "9999999999999999",
    ])
    func `is nothing else`(text: String) {
        #expect(SinceMoment.milliseconds(text, nowUnixMilliseconds: Self.now) == nil)
    }
}
