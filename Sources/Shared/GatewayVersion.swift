/// Name and version as every surface shows them.
public enum GatewayVersion {
    /// The product's name in the `X-Gateway` header and the control protocol.
    public static let product = "llm-gateway"
    /// The release, by semantic versioning.
    public static let number = "0.1.0"
    /// `llm-gateway/0.1.0`.
    public static let headerValue = "\(product)/\(number)"
}
