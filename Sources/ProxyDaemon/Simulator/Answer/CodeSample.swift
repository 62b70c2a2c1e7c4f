/// A small code block named after the question's words.
enum CodeSample {
    static func write(_ question: Question, number: Int) -> String {
        let letters = UInt8(ascii: "a")...UInt8(ascii: "z")
        let words = question.topics.filter { $0.utf8.allSatisfy(letters.contains) }
        let snake = words.prefix(2).joined(separator: "_")
        let name = snake.isEmpty ? "simulated" : "simulated_" + snake
        let language = question.language
        return "```\(language)\n" + body(language, name: name, number: number) + "\n```"
    }

    private static func body(_ language: String, name: String, number: Int) -> String {
        switch language {
        case "swift":
            """
            func \(name)(_ values: [Int]) -> Int {
                values.filter { $0 > 0 }.reduce(0, +) * \(number)
            }
            """
        case "javascript", "typescript":
            """
            function \(name)(values) {
              return values.filter((v) => v > 0).reduce((a, b) => a + b, 0) * \(number);
            }
            """
        case "rust":
            """
            fn \(name)(values: &[i64]) -> i64 {
                values.iter().filter(|v| **v > 0).sum::<i64>() * \(number)
            }
            """
        case "go":
            """
            func \(name)(values []int) int {
                total := 0
                for _, v := range values {
                    total += v
                }
                return total * \(number)
            }
            """
        case "bash":
            """
            \(name)() {
              printf '%s\\n' "$@" | head -n \(number)
            }
            """
        case "sql": "SELECT count(*) AS \(name) FROM items WHERE amount > \(number);"
        case "java":
            """
            static int \(name)(List<Integer> values) {
                return values.stream().mapToInt(v -> v).sum() * \(number);
            }
            """
        default:
            """
            def \(name)(values):
                return sum(v for v in values if v > 0) * \(number)
            """
        }
    }
}
