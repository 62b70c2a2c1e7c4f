import Shared
import Testing

@Suite struct `The control socket's path` {
    @Test func `is in the runtime directory`() {
        let path = SocketPath.standard(environment: ["XDG_RUNTIME_DIR": "/run/user/1000"], userID: 1_000)
        #expect(path == "/run/user/1000/llm-gateway/gateway.sock")
    }

    @Test(arguments: [[:], ["XDG_RUNTIME_DIR": ""], ["XDG_RUNTIME_DIR": "relative"]] as [[String: String]])
    func `is a private one in tmp without it`(environment: [String: String]) {
        let path = SocketPath.standard(environment: environment, userID: 1_000)
        #expect(path == "/tmp/llm-gateway-1000/gateway.sock")
        #expect(path != SocketPath.standard(environment: environment, userID: 1_001))
        #expect(path.utf8.count <= SocketPath.maximumBytes)
    }
}
