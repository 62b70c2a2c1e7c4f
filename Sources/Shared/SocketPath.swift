/// Where the control socket is.
public enum SocketPath {
    /// The longest path the kernel takes for a Unix socket on Linux: `sun_path` holds 108 bytes, the last a NUL.
    public static let maximumBytes = 107

    /// The default: `$XDG_RUNTIME_DIR/llm-gateway/gateway.sock`, and without that directory a private one in `/tmp`
    /// that has the user's number in its name, so that users do not meet.
    public static func standard(environment: [String: String], userID: UInt32) -> String {
        if let runtime = environment["XDG_RUNTIME_DIR"], runtime.hasPrefix("/") {
            return "\(runtime)/llm-gateway/gateway.sock"
        }
        return "/tmp/llm-gateway-\(userID)/gateway.sock"
    }
}
