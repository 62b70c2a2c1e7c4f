import Testing

@testable import Dashboard

struct PaletteTests {
    private static let backgrounds: [Palette.Background: LinearColour] = [
        .dark: LinearColour(0x1E, 0x1E, 0x1E), .light: LinearColour(0xFF, 0xFF, 0xFF),
    ]

    /// Accent and warn share their colours with tiers on purpose: words stand beside them.
    private static let toTellApart: [Role] = [.fast, .balanced, .premium, .good, .bad]

    private func colour(_ role: Role, _ theme: Palette.Theme, _ background: Palette.Background) -> LinearColour? {
        Palette.colour(of: role, theme: theme, depth: .cube, background: background).map(LinearColour.init(terminal:))
    }

    @Test(arguments: [
        (Palette.Theme.dark, Palette.Background.dark, 4.5), (.light, .light, 4.5), (.highContrast, .dark, 7),
        (.highContrast, .light, 7),
    ])
    func `Every text can be read on its background`(
        theme: Palette.Theme,
        background: Palette.Background,
        least: Double
    ) throws {
        let behind = try #require(Self.backgrounds[background])
        for role in Role.allCases {
            guard let colour = colour(role, theme, background) else { continue }
            let contrast = colour.contrast(to: behind)
            #expect(contrast >= least, "\(role) in \(theme.rawValue): \(contrast)")
        }
    }

    @Test(arguments: [
        (Palette.Theme.dark, Palette.Background.dark), (.light, .light), (.highContrast, .dark),
        (.highContrast, .light),
    ])
    func `Tiers and states stay apart for every kind of colour vision`(
        theme: Palette.Theme,
        background: Palette.Background
    ) throws {
        for (index, left) in Self.toTellApart.enumerated() {
            for right in Self.toTellApart.dropFirst(index + 1) {
                let one = try #require(colour(left, theme, background))
                let other = try #require(colour(right, theme, background))
                for vision in Vision.allCases {
                    let distance = LabColour(vision.seen(one)).distance(to: LabColour(vision.seen(other)))
                    #expect(distance >= 12, "\(left) and \(right) in \(theme.rawValue), \(vision): \(distance)")
                }
            }
        }
    }

    /// Pairs of Sharma, Wu and Dalal, "The CIEDE2000 Color-Difference Formula", 2005, table 1.
    @Test(arguments: [
        ([50.0, 2.6772, -79.7751], [50.0, 0.0, -82.7485], 2.0425), ([50, -1, 2], [50, 0, 0], 2.3669),
        ([50, 2.49, -0.001], [50, -2.49, 0.0009], 7.1792), ([50, 2.5, 0], [73, 25, -18], 27.1492),
        ([50, 2.5, 0], [56, -27, -3], 31.9030), ([2.0776, 0.0795, -1.1350], [0.9033, -0.0636, -0.5514], 0.9082),
    ])
    func `The distance is that of the published pairs`(left: [Double], right: [Double], expected: Double) {
        let distance = LabColour(left[0], left[1], left[2]).distance(to: LabColour(right[0], right[1], right[2]))
        #expect(abs(distance - expected) < 0.0001, "\(distance)")
    }

    @Test func `The contrast is that of WCAG's examples`() {
        #expect(abs(LinearColour(0, 0, 0).contrast(to: LinearColour(255, 255, 255)) - 21) < 1e-9)
        // https://webaim.org/articles/contrast: #777 on white just fails.
        #expect(abs(LinearColour(0x77, 0x77, 0x77).contrast(to: LinearColour(255, 255, 255)) - 4.48) < 0.005)
    }

    @Test func `Mono has no colour, and high contrast none that a terminal may define as it likes`() {
        for role in Role.allCases {
            for depth in [Palette.Depth.mono, .basic, .cube] {
                #expect(Palette.colour(of: role, theme: .mono, depth: depth) == nil)
            }
            #expect(Palette.colour(of: role, theme: .highContrast, depth: .basic) == nil)
        }
    }

    @Test func `T goes through all themes, draws in each and remembers it`() {
        var dashboard = Dashboard.live(80, 24)
        dashboard.configure(theme: .light)
        var seen: [Palette.Theme] = []
        for _ in Palette.Theme.allCases {
            let effects = dashboard.press(.character("T"))
            #expect(effects == [.useTheme(dashboard.theme)])
            #expect(dashboard.screen.contains("theme: \(dashboard.theme.rawValue)"))
            #expect(Settings(remembered: Settings.remembering(theme: dashboard.theme)).theme == dashboard.theme)
            seen.append(dashboard.theme)
        }
        #expect(Set(seen) == Set(Palette.Theme.allCases))
        #expect(seen.last == .light)
    }
}

struct BackgroundReplyTests {
    private func reply(_ text: String) -> BackgroundReply { BackgroundReply(Array(text.utf8)) }

    @Test(arguments: [
        ("rgb:1e1e/1e1e/1e1e", Palette.Background.dark), ("rgb:ffff/ffff/ffff", .light), ("rgb:fd/f6/e3", .light),
        ("rgba:0000/2b2b/3636/ffff", .dark), ("rgb:0/0/0", .dark),
    ])
    func `An answer tells light from dark, whichever way it ends`(colour: String, expected: Palette.Background) {
        for end in ["\u{7}", "\u{1B}\\"] {
            let reply = reply("\u{1B}]11;\(colour)\(end)\u{1B}[?1;2c")
            #expect(reply.background == expected)
            #expect(reply.isComplete)
            #expect(reply.typed.isEmpty)
        }
    }

    @Test func `Without an answer for the background nothing is known, and nothing more is waited for`() {
        let reply = reply("\u{1B}[?62;22c")
        #expect(reply.background == nil)
        #expect(reply.isComplete)
        #expect(reply.typed.isEmpty)
    }

    @Test func `At every cut the answer is known to go on, and no byte of it is a key`() {
        let whole = Array("\u{1B}]11;rgb:1e1e/1e1e/1e1e\u{1B}\\\u{1B}[?1;2c".utf8)
        for count in 2..<whole.count {
            let reply = BackgroundReply(Array(whole.prefix(count)))
            #expect(!reply.isComplete, "\(count)")
            // A lone Escape at the end may be a key; its successor tells.
            #expect(reply.typed.isEmpty || reply.typed == [0x1B], "\(count)")
        }
        #expect(BackgroundReply(whole).isComplete)
    }

    @Test func `Keys that were pressed meanwhile are kept, in their order`() {
        let reply = reply("2\u{1B}[A\u{1B}]11;rgb:0/0/0\u{7}é\u{1B}[?6cq")
        #expect(String(decoding: reply.typed, as: UTF8.self) == "2\u{1B}[Aéq")
        #expect(reply.background == .dark)
    }

    @Test(arguments: [("15;0", Palette.Background.dark), ("0;15", .light), ("0;default;7", .light), ("7;8", .dark)])
    func `COLORFGBG names the background last`(text: String, expected: Palette.Background) {
        #expect(Palette.Background(colourFGBG: text) == expected)
    }

    @Test(arguments: ["", "15", "default", "0;256"].dropFirst(2))
    func `A COLORFGBG that says nothing is none`(text: String) {
        #expect(Palette.Background(colourFGBG: text) == nil)
    }
}
