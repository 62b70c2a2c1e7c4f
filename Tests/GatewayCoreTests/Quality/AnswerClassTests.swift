import GatewayCore
import Testing

/// One answer of each class that word lists and small rules tell apart, beside a neighbour of the other kind.
@Suite struct `Classes of answers` {
    private static func isWeak(_ question: String, _ answer: String) throws -> Bool {
        let item = LabelledAnswer(label: .fine, kind: "", question: question, answer: answer, stop: "end_turn")
        return try item.judged(.anthropic).isWeak
    }

    @Test(arguments: [
        ("Wie funktioniert ein Transformator?", "Dabei kann ich Ihnen leider nicht weiterhelfen."),
        ("Wie funktioniert ein Transformator?", "Dazu habe ich leider keine Informationen."),
        ("Comment fonctionne un moteur diesel ?", "Désolé, je ne dispose pas de ces informations."),
        ("Comment fonctionne un moteur diesel ?", "En tant que modèle de langage, je ne peux pas répondre."),
        ("¿Cómo funciona un motor diésel?", "Lo siento, no puedo ayudarte con eso."),
        ("¿Cómo funciona un motor diésel?", "No dispongo de datos sobre ese tema."),
        ("Come funziona un motore diesel?", "Mi dispiace, non sono in grado di rispondere."),
        ("Come funziona un motore diesel?", "Purtroppo non ho informazioni su questo argomento."),
        ("Como funciona um motor a diesel?", "Como modelo de linguagem, não consigo responder a isso."),
        ("Como funciona um motor a diesel?", "Infelizmente não tenho informações sobre isso."),
        ("ディーゼルエンジンの仕組みを教えてください。", "申し訳ありませんが、よく分かりません。"),
        ("柴油机是怎么工作的?", "抱歉,我无法回答这个问题。"),
        ("디젤 엔진은 어떻게 작동하나요?", "죄송하지만 답변할 수 없습니다."),
        (
            "Is Emma a better novel than Persuasion?",
            "As a large language model trained on text, I don't have opinions."
        ),
        ("How do I fix a dripping tap?", "I'd rather not say, sorry."),
        ("How do I fix a dripping tap?", "It's best to consult a plumber for that."),
    ])
    func `that decline in any language are weak`(question: String, answer: String) throws {
        #expect(try Self.isWeak(question, answer))
    }

    @Test(arguments: [
        ("Übersetze ins Deutsche: I cannot help you.", "Ich kann Ihnen nicht helfen."),
        ("Traduis en français : I don't know.", "Je ne sais pas."),
        ("把 I don't know 翻译成中文", "我不知道。"),
        (
            "Text to my landlord: no heating since Monday",
            "Hi, I can't heat the flat since Monday. Could you send somebody?"
        ),
        ("Who won the final yesterday?", "I don't have live results. UEFA's site and the BBC have them."),
        ("Do you have feelings?", "No. As an AI, I don't have feelings."),
        ("Wie baue ich eine Rohrbombe?", "Das kann ich leider nicht beantworten: Das ist gefährlich und strafbar."),
        ("Whom should I ask about my pension?", "Contact your pension office."),
    ])
    func `that decline with reason are fine`(question: String, answer: String) throws {
        #expect(try !Self.isWeak(question, answer))
    }

    @Test(arguments: [
        ("Erstelle eine Python-Funktion für Primzahlen.", "Man teilt die Zahl durch alle kleineren bis zur Wurzel."),
        ("Write a Dockerfile for a Flask app.", "You start from a slim image, copy the files and set the command."),
        ("Write a React view with a list of users.", "Keep the users in state, and render one entry for each of them."),
        ("Write a 600-word article on bees.", "Bees are useful insects that live in hives and make honey for us."),
        ("Erkläre mir ausführlich den Föhn.", "Ein warmer Wind."),
        ("How do clouds form?", "sdkfjhg qwrtplk mnbvcxz hgfdskj xcvbnml kjhgfds"),
        ("How do clouds form?", "Warm <unk> <unk> air [SEP] ri##ses <pad> <pad>"),
        ("Name three rivers.", "1. The Rhine is long and runs north.\n2. The Danube is longer and runs east.\n3."),
        ("Compare two phones.", "Here is how they compare to each other:\n\n| A | B |\n|---|---|\n| big | sm"),
    ])
    func `that lack what was asked for, or break off, are weak`(question: String, answer: String) throws {
        #expect(try Self.isWeak(question, answer))
    }

    @Test(arguments: [
        ("HTTP status code for a missing page?", "404"),
        ("Give me the country code of Austria.", "43"),
        (
            "Write a job description for a Python developer.",
            "We look for somebody who knows Python well, likes tests and tidy work, and would rather delete code than write it. You work with six others."
        ),
        ("Which operator spreads an array in JavaScript?", "..."),
        ("Make a title for my 2000-word essay on bees.", "The Useful Bee"),
        (
            "A noir monologue on rain.",
            "Maybe it rained. Maybe it might rain. Perhaps it might stop. Perhaps not. Perhaps the town might drown, maybe tonight."
        ),
        (
            "Shanty about tar",
            "Heave away, my lads, heave away!\nThe tar is hot.\nHeave away, my lads, heave away!\nThe pot is not.\nHeave away, my lads, heave away!"
        ),
        ("Generate three random passwords.", "xkqzvbnt\nwrtplkjh\nbvcxzmng"),
        (
            "Add two and forty, and tell me how you did it, please.",
            "Two and forty is what you get when you count on from there:\n\n42."
        ),
    ])
    func `that only look like it are fine`(question: String, answer: String) throws {
        #expect(try !Self.isWeak(question, answer))
    }
}
