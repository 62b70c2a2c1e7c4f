package import GatewayCore

/// The learned score's weights, which are built into the program.
package enum RouterWeights {
    /// The model that the weights make. `embedderSHA256` is that of the embedding model in use; nil where there is none.
    ///
    /// - Throws: ``RouterModelError``, where another embedding model is in use than the weights are for. A test rules out
    ///   that the program is built with a broken file.
    package static func builtIn(embedderSHA256: String? = nil) throws(RouterModelError) -> RouterModel {
        try RouterModel(parsing: PackageResources.router_weights_json, embedderSHA256: embedderSHA256)
    }
}
