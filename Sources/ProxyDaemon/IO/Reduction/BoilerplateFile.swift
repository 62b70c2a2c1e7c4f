package import GatewayCore

/// Reads the rules of what editors say in every prompt: the built-in ones and the user's own.
package enum BoilerplateFile {
    private static let maximumRules = 200

    /// The rules in force.
    ///
    /// - Throws: ``ConfigError`` that names file, line and key.
    package static func effective(adding path: String?) throws(ConfigError) -> [BoilerplateRule] {
        let builtIn = try builtIn()
        guard let path else { return builtIn }
        let text: String
        do throws(TextFile.Failure) {
            text = try TextFile.read(path)
        } catch {
            throw ConfigError(source: path, problem: error.problem)
        }
        return try builtIn + parse(text, file: path)
    }

    /// The rules that are built into the program.
    ///
    /// - Throws: ``ConfigError``, when the program was built with a broken file, which a test rules out.
    package static func builtIn() throws(ConfigError) -> [BoilerplateRule] {
        let name = "built-in boilerplate.yaml"
        guard let text = String(validating: PackageResources.boilerplate_yaml, as: UTF8.self) else {
            throw ConfigError(source: name, problem: "not UTF-8 text")
        }
        return try parse(text, file: name)
    }

    /// The rules in a text; the file's name is for messages.
    ///
    /// - Throws: ``ConfigError`` that names file, line and key.
    package static func parse(_ text: String, file: String) throws(ConfigError) -> [BoilerplateRule] {
        let root = LocatedValue(root: try YAMLTree.parse(text, file: file), file: file)
        let items = try root.members(known: ["rules"])["rules"]?.items() ?? []
        guard items.count <= maximumRules else { throw root.error("at most \(maximumRules) rules are read") }
        var rules: [BoilerplateRule] = []
        for item in items { rules.append(try rule(item)) }
        return rules
    }

    private static func rule(_ item: LocatedValue) throws(ConfigError) -> BoilerplateRule {
        let fields = try item.members(known: ["name", "in", "within", "from", "to", "max_bytes"])
        func required(_ key: String) throws(ConfigError) -> String {
            guard let text = try fields[key]?.text(), text.utf8.count >= 4 else {
                throw (fields[key] ?? item).error("every rule needs \(key), of at least 4 letters")
            }
            return text
        }
        guard let place = try fields["in"]?.choice(BoilerplateRule.Place.self) else {
            throw (fields["in"] ?? item).error("every rule needs in: system or user")
        }
        return BoilerplateRule(
            name: try fields["name"]?.text() ?? "",
            place: place,
            within: try fields["within"]?.text(),
            from: try required("from"),
            to: try required("to"),
            maxBytes: try fields["max_bytes"]?.integer(in: 1...1_048_576) ?? 8_192
        )
    }
}
