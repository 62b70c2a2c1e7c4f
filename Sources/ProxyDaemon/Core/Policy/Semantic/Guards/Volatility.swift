/// Finds the word by which a question's answer depends on the day, the hour or the place at which it is asked.
enum Volatility {
    /// Point at the clock by themselves.
    static let deictic: StaticString = """
        today tonight tomorrow yesterday now nowadays currently presently latest newest recent recently lately upcoming
        ongoing weather news headlines trending nearby todays tomorrows yesterdays
        """

    /// A word that makes of the one before it a concept or a piece of software: "weather app", "price elasticity".
    private static let conceptual = hashes(
        """
        app apps application api apis widget dashboard website site page feed function class table component column
        field attribute variable elasticity discrimination floor ceiling mechanism theory tag tags list model models
        database schema endpoint vane balloon index control
        """
    )

    /// What `current` may describe that no clock changes: electricity, and places within a program.
    private static let steadyAfterCurrent = hashes(
        """
        directory folder branch user thread process line file cursor element node object scope context window tab row
        index position item iteration frame session selection block function path module density flow flows limiting
        limiter source transformer sensor gain divider through loop value state page liabilities assets ratio account
        """
    )

    private static let steadyBeforeCurrent = hashes(
        "electric electrical alternating direct ocean air water eddy leakage rms peak tidal rip gulf load bias"
    )

    private static let moving = hashes(
        "week weekend month quarter year season morning afternoon evening night semester term century"
    )

    /// Words of other languages that point at the clock. They count only in a text of their language.
    private static let foreign: [WordingLanguage: Set<UInt64>] = [
        .german: hashes(
            """
            heute morgen gestern jetzt aktuell aktuelle aktuellen aktueller aktuelles derzeit momentan neueste neuesten
            neuester neuestes wetter nachrichten uhrzeit aktienkurs wechselkurs kurs spat preis heutige heutigen zurzeit
            letzte letzten
            """
        ),
        .french: hashes(
            """
            aujourdhui demain hier maintenant actuel actuelle actuels actuelles actuellement meteo actualites actualite
            heure prix cours nouvelles dernieres bourse
            """
        ),
        .spanish: hashes(
            """
            hoy manana ayer ahora actual actuales actualmente clima noticias hora precio cotizacion ultimas ultimos
            ultima bolsa
            """
        ),
        .italian: hashes("oggi domani ieri adesso ora attuale attuali attualmente meteo notizie prezzo ultime ultimi"),
        .portuguese: hashes(
            "hoje amanha ontem agora atual atuais atualmente clima noticias preco cotacao ultimas ultimos"
        ),
        .dutch: hashes("vandaag morgen gisteren nu huidige actueel actuele momenteel weer nieuws prijs laatste laat"),
    ]

    /// A demonstrative and a span of time in other languages: "diese Woche", "cette semaine", "esta semana".
    private static let foreignPairs = pairs(
        """
        diese woche|diesen monat|dieses jahr|dieser woche|diesem jahr|diesem monat|cette semaine|ce mois|cette annee
        ce moment|esta semana|este mes|este ano|este momento|questa settimana|questo mese|questo momento|essa semana
        deze week|deze maand|dit jaar
        """
    )

    /// The word that makes a text volatile; nil where none does. Quoted words do not count.
    static func word(_ words: [WordingWord], _ language: WordingLanguage?) -> WordingWord? {
        let foreignWords = language.flatMap { foreign[$0] }
        for (place, word) in words.enumerated() where word.traits.isDisjoint(with: [.quoted, .number]) {
            if let foreignWords {
                if foreignWords.contains(word.hash) { return word }
                if place + 1 < words.count, foreignPairs.contains(WordStem.pair(word.hash, words[place + 1].hash)) {
                    return word
                }
            }
            if isVolatile(words, place, language) { return word }
        }
        return nil
    }

    private static func isVolatile(_ words: [WordingWord], _ place: Int, _ language: WordingLanguage?) -> Bool {
        let word = words[place]
        let next = place + 1 < words.count ? words[place + 1] : nil
        let after = place + 2 < words.count ? words[place + 2].marker : .none
        let previous = place > 0 ? words[place - 1] : nil
        let nextMarker = next?.marker ?? .none
        if word.traits.contains(.volatile) {
            return !(next.map { conceptual.contains($0.hash) } ?? false)
                && !(word.marker == .now && nextMarker == .that)
        }
        switch word.marker {
        case .current:
            return !(next.map { steadyAfterCurrent.contains($0.hash) } ?? true)
                && !(previous.map { steadyBeforeCurrent.contains($0.hash) } ?? false)
        case .this, .these, .next, .last:
            guard let next else { return false }
            return moving.contains(next.hash) || nextMarker == .days && word.marker == .these || nextMarker == .monday
        case .price, .prices: return asksPrice(words, place)
        case .stock:
            return previous?.marker == .in || nextMarker == .quote || nextMarker == .price || nextMarker == .prices
                || nextMarker != .options && (previous.map { !$0.traits.isDisjoint(with: .naming) } ?? false)
        case .share where nextMarker == .price,
            .live where nextMarker == .score || nextMarker == .scores || nextMarker == .results:
            return true
        case .exchange where nextMarker == .rate: return previous?.marker != .fixed
        case .near where nextMarker == .me: return true
        case .until where nextMarker != .none || next != nil:
            return words[..<place].prefix(64).contains { $0.marker == .many || $0.marker == .long }
        case .time, .day, .date, .year:
            if nextMarker == .is, after == .it { return true }
            return previous?.marker == .the && (place == 2 || place == 3) && nextMarker != .of
                && (next == nil || nextMarker == .in || nextMarker == .now) && words[0].marker == .what
        case .at where nextMarker == .the && after == .moment, .right where nextMarker == .now: return true
        default: return false
        }
    }

    /// A price is asked for, not used to sort or to explain: "what is the price of gold", "gold price".
    private static func asksPrice(_ words: [WordingWord], _ place: Int) -> Bool {
        let previous = place > 0 ? words[place - 1].marker : .none
        guard previous != .by else { return false }
        let next = place + 1 < words.count ? words[place + 1] : nil
        if let next, next.marker != .of, next.marker != .in, next.marker != .per, next.marker != .now, next.isContent {
            return false
        }
        return words[..<place].prefix(64).contains { word in
            switch word.marker {
            case .what, .how, .check, .show, .get, .tell, .give, .find: true
            default: false
            }
        } || place <= 2
    }

    private static func hashes(_ list: StaticString) -> Set<UInt64> {
        Set(list.withUTF8Buffer { Array($0) }.split { $0 == 0x20 || $0 == 0x0A }.map { WordStem.hash($0) })
    }

    private static func pairs(_ list: StaticString) -> Set<UInt64> {
        Set(
            list.withUTF8Buffer { Array($0) }.split { $0 == 0x7C || $0 == 0x0A }.compactMap { pair in
                let words = pair.split(separator: 0x20)
                return words.count == 2 ? WordStem.pair(WordStem.hash(words[0]), WordStem.hash(words[1])) : nil
            }
        )
    }
}
