import Testing

@testable import Simulator

@Suite struct `Labels` {
    private let sample = Sample()
    private let system: JSONValue = "Sort it: SIMPLE, MODERATE or COMPLEX. One word."

    private func label(_ text: String) -> Reply {
        sample.ask(
            "<request-1>\n\(text)\n</request-1>\n\nWhich of the three?",
            [("system", system), ("max_tokens", 24)]
        )
    }

    @Test(arguments: [
        ("What is the capital of France?", "SIMPLE"),
        // One hard word counts two.
        ("Compare boats.", "MODERATE"),
        // Three of them count six.
        ("Prove the bound, derive the constant and analyze the algorithm.", "COMPLEX"),
    ])
    func `follow the words of the text`(text: String, label expected: String) {
        let reply = label(text)
        #expect(reply.status == 200)
        #expect(reply.text == expected)
        #expect(label(text).text == expected)
    }

    @Test func `grow with the length`() {
        // 30 words a difficulty of 2, 75 of 5.
        #expect(label(String(repeating: "boat ", count: 29)).text == "SIMPLE")
        #expect(label(String(repeating: "boat ", count: 30)).text == "MODERATE")
        #expect(label(String(repeating: "boat ", count: 75)).text == "COMPLEX")
    }

    @Test func `leave a marker's other words to the answer`() {
        let reply = label("What is this? [[simulate: status=500 delay=9000 refuse]]")
        #expect(reply.status == 200)
        #expect(reply.text == "SIMPLE")
        #expect(reply.delay == 0)
    }

    @Test func `can be withheld and delayed`() {
        let reply = label("What is this? [[simulate: mislabel label-delay=700]]")
        #expect(reply.text.hasPrefix("[simulated] "))
        #expect(reply.delay == 700)
    }

    @Test func `are given to nobody who asks otherwise`() {
        #expect(sample.ask("<a>\nhello\n</a>").text.hasPrefix("[simulated] "))
        #expect(sample.ask("hello", [("system", system)]).text.hasPrefix("[simulated] "))
        #expect(Labelling(system: "SIMPLE or COMPLEX", question: "<a>\nhello\n</a>") == nil)
        #expect(Labelling(system: "SIMPLE MODERATE COMPLEX", question: "<a>\nhello\n</b>") == nil)
        #expect(Labelling(system: "SIMPLE MODERATE COMPLEX", question: "<a>\n</a>\nx\n</a>")?.text == "</a>\nx")
    }

    @Test func `no word for labels changes another answer`() {
        #expect(sample.ask("Hello [[simulate: mislabel label-delay=700]]").delay == 0)
    }
}
