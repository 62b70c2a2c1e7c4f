import Crypto
package import GatewayCore

/// The learned score's weights, which are built into the program.
package enum RouterWeights {
    /// Tells these weights from all others: what was learned on another score's scale is worth nothing on this one.
    package static let fingerprint = SHA256.hash(data: PackageResources.router_weights_json).prefix(8)
        .map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()

    /// The model that the weights make. `embedderSHA256` is that of the embedding model in use; nil where there is none.
    ///
    /// - Throws: ``RouterModelError``, where another embedding model is in use than the weights are for. A test rules out
    ///   that the program is built with a broken file.
    package static func builtIn(embedderSHA256: String? = nil) throws(RouterModelError) -> RouterModel {
        try RouterModel(parsing: PackageResources.router_weights_json, embedderSHA256: embedderSHA256)
    }
}
