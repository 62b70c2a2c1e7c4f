import Testing

@testable import GatewayCore

@Suite struct PromptWordingTests {
    private func wording(_ text: String) throws -> PromptWording { try #require(PromptWording(text.utf8)) }

    /// Each number with whether it has a unit, as the text gives them.
    private func numbers(_ text: String) throws -> [String] {
        let wording = try wording(text)
        return wording.quantities.map { wording.spelling(wording.words[Int($0.word)]) }
    }

    @Test func readsNumbersInWordsAndDigits() throws {
        #expect(try numbers("two hundred thousand") == ["200000"])
        #expect(try numbers("twenty five and 7") == ["25", "7"])
        #expect(try numbers("3 million at 1,250.50") == ["3000000", "1250.50"])
        #expect(try numbers("from 5-10 on 2024-01-15") == ["5", "10", "2024", "01", "15"])
        #expect(try numbers("version v2.10.0 of python3") == ["2.10.0", "3"])
        #expect(try numbers("which one is the best one for me") == [])
        #expect(try numbers("one hour") == ["1"])
        #expect(try numbers("nine hundred ninety nine billion billion billion") != [])
    }

    @Test func foldsUnitsIntoNumbers() throws {
        let spellings = ["5km", "5 km", "5 kilometers", "five kilometres"]
        let quantities = try spellings.map { try wording("run \($0) a day").quantities }
        #expect(quantities.allSatisfy { $0 == quantities[0] } && quantities[0].count == 1)
        #expect(try wording("$5").quantities == wording("5 dollars").quantities)
        #expect(try wording("30 degrees Celsius").quantities == wording("30°C").quantities)
        #expect(try wording("the 1st time").quantities == wording("the first time").quantities)
        #expect(try wording("5 km").quantities != wording("5 miles").quantities)
    }

    @Test(arguments: [
        "what is the weather in Oslo", "who won the match yesterday", "latest iPhone model", "what time is it in Lima",
        "current president of France", "what is the price of gold", "bitcoin price", "events this week",
        "news about Mars",
        "what should I wear tonight", "is the park open right now", "restaurants near me", "exchange rate of the pound",
        "Should I buy Tesla stock", "is the lamp in stock", "how many days until Easter", "what day is it",
        "Wie ist das Wetter in der Stadt heute", "Wie spät ist es jetzt in der Stadt",
        "quelle est la météo dans les Alpes",
        "qué hora es en la ciudad", "¿Cuál es el precio del oro y la plata hoy?",
        "Was ist der aktuelle Kurs von Gold und Silber",
    ])
    func takesMovingQuestionsForVolatile(_ text: String) throws { #expect(try wording(text).isVolatile) }

    @Test(arguments: [
        "what is price elasticity", "sort the products by price", "print the current directory",
        "how do I measure electric current",
        "what is a stock option", "explain the time complexity of quicksort", "build a weather app in Swift",
        "translate \"see you tomorrow\" to Dutch", "what is alternating current", "delete the current branch",
        "a photo from the eighties", "how long do I boil eggs", "which actual costs are there",
        "what does price discrimination mean",
    ])
    func takesSteadyQuestionsForSteady(_ text: String) throws {
        let wording = try wording(text)
        #expect(!wording.isVolatile, "\(wording.volatileWord ?? "")")
    }

    @Test func namesTheVolatileWord() throws {
        #expect(try wording("What happened in Rome today?").volatileWord == "today")
    }

    @Test func tellsLanguages() throws {
        #expect(try wording("what is the best way to do it").language == .english)
        #expect(try wording("wie kann ich das ändern und wo").language == .german)
        #expect(try wording("comment puis-je changer le mot de passe").language == .french)
        #expect(try wording("reset password").language == nil)
    }

    @Test func refusesTextsThatAreTooLong() {
        #expect(PromptWording([UInt8](repeating: 0x61, count: PromptWording.maximumBytes)) != nil)
        #expect(PromptWording([UInt8](repeating: 0x61, count: PromptWording.maximumBytes + 1)) == nil)
    }

    @Test func countsSharedWords() throws {
        // The, cat, sat against the, cat, ran: two of four. Plurals and contractions are the same words.
        #expect(WordSimilarity.jaccard(try wording("the cat sat"), try wording("the cat ran")) == 0.5)
        #expect(WordSimilarity.jaccard(try wording("cats don't bark"), try wording("cat do not bark")) == 1)
        #expect(WordSimilarity.jaccard(try wording(""), try wording("")) == 1)
        #expect(WordSimilarity.jaccard(try wording(""), try wording("cat")) == 0)
    }
}

@Suite struct WordStemTests {
    private func key(_ word: String) -> UInt64 { WordStem.key(Array(word.utf8)[...]) }

    @Test(arguments: [
        ["city", "cities"], ["class", "classes"], ["delete", "deletes", "deleted", "deleting", "deletion"],
        ["box", "boxes"],
        ["stop", "stopped", "stopping"], ["colour", "color"], ["organise", "organize", "organising"],
        ["copy", "copies", "copied"],
        ["activate", "activation", "activated"], ["install", "installed", "installs"], ["movie", "movies"],
        ["clear", "clearly"],
    ])
    func unitesForms(_ forms: [String]) { #expect(Set(forms.map(key)).count == 1, "\(forms)") }

    @Test(arguments: [
        ["fast", "faster", "fastest"], ["care", "careful", "careless"], ["active", "activate"],
        ["employer", "employee"],
        ["state", "station", "static"], ["bus", "bush"], ["need", "knee"], ["possible", "impossible"],
        ["sing", "string"],
    ])
    func keepsWordsApart(_ words: [String]) { #expect(Set(words.map(key)).count == words.count, "\(words)") }
}
