import GatewayIO
import Testing

@Suite struct `Redis addresses` {
    @Test func `name host, port and database`() throws {
        let plain = try RedisAddress("redis://cache.example")
        #expect(plain.place == .tcp(host: "cache.example", port: 6_379))
        #expect(plain.database == 0)
        #expect(plain.user == nil && plain.password == nil)
        #expect(!plain.isEncrypted)
        #expect(try RedisAddress("redis://10.0.0.1:7000/3").place == .tcp(host: "10.0.0.1", port: 7_000))
        #expect(try RedisAddress("redis://10.0.0.1:7000/3").database == 3)
        #expect(try RedisAddress("redis://h/3?db=4").database == 4)
        #expect(try RedisAddress("redis://h/").database == 0)
        #expect(try RedisAddress("REDIS://h").place == .tcp(host: "h", port: 6_379))
        #expect(try RedisAddress("redis://").place == .tcp(host: "localhost", port: 6_379))
        #expect(try RedisAddress("redis://[::1]:7000/1").place == .tcp(host: "::1", port: 7_000))
        #expect(try RedisAddress("redis://[fe80::1]").place == .tcp(host: "fe80::1", port: 6_379))
    }

    @Test func `name who signs in`() throws {
        let both = try RedisAddress("redis://anna:s%40cret%2F@h:1")
        #expect(both.user == "anna")
        #expect(both.password == "s@cret/")
        let alone = try RedisAddress("redis://:pw@h")
        #expect(alone.user == nil)
        #expect(alone.password == "pw")
        #expect(try RedisAddress("redis://pw@h").password == "pw")
        #expect(try RedisAddress("redis://a:b@c@h").password == "b@c")
        #expect(try RedisAddress("redis://h?user=u&password=p%26q").password == "p&q")
        #expect(try RedisAddress("redis://@h").password == nil)
    }

    @Test func `name sockets`() throws {
        let socket = try RedisAddress("unix:///run/redis%20x.sock?db=2&password=pw")
        #expect(socket.place == .unix(path: "/run/redis x.sock"))
        #expect(socket.database == 2)
        #expect(socket.password == "pw")
        #expect(try RedisAddress("redis+unix://:pw@/run/r.sock").password == "pw")
        #expect(throws: RedisAddress.Malformed.self) { try RedisAddress("unix://run/redis.sock") }
        #expect(throws: RedisAddress.Malformed.self) { try RedisAddress("unix:///") }
        #expect(throws: RedisAddress.Malformed.self) {
            try RedisAddress("unix:///" + String(repeating: "a", count: 107))
        }
        #expect(try RedisAddress("unix:///" + String(repeating: "a", count: 106)).isEncrypted == false)
    }

    @Test func `name TLS and its authority`() throws {
        let address = try RedisAddress("rediss://:pw@h:6380/1?ca_file=/etc/ca.pem")
        #expect(address.isEncrypted)
        #expect(address.certificateFile == "/etc/ca.pem")
        #expect(throws: RedisAddress.Malformed.self) { try RedisAddress("redis://h?ca_file=/etc/ca.pem") }
    }

    @Test(arguments: [
        "", "redis", "http://h", "redis:h", "redis://h:0", "redis://h:65536", "redis://h:+1", "redis://h:x",
        "redis://h/x",
        "redis://h/-1", "redis://h/65536", "redis://h?db=", "redis://h?x=1", "redis://h#1", "redis://h h",
        "redis://[::1]x",
        "redis://[::1", "redis://%zz", "redis://a%00b", "redis://:p%2@h", "redis://u:@h", "redis://h/1/2", "unix://",
        "redis://h:99999999999999999999",
    ])
    func `are refused when malformed`(url: String) {
        #expect(throws: RedisAddress.Malformed.self) { try RedisAddress(url) }
    }

    @Test(arguments: [
        "redis://:Geheim@h:x", "redis://Geheim:%zz@h", "redis://u:Geheim/x@h", "redis://u:Geheim?x@h",
        "redis://u:Geheim#x@h",
        "redis://h?Geheim=1", "redis://h/Geheim", "unix://u:Geheim@host/x", "redis://u:Geheim @h",
        "redis://h?password=Geheim%",
    ])
    func `are refused without a word of the password`(url: String) throws {
        let error = #expect(throws: RedisAddress.Malformed.self) { try RedisAddress(url) }
        #expect(error?.description.contains("Geheim") == false)
    }

    @Test func `are shown without secrets`() throws {
        let address = try RedisAddress("rediss://anna:Geheim@h/2")
        #expect("\(address)" == "rediss://h:6379/2")
        #expect(String(reflecting: address) == "rediss://h:6379/2")
        var dumped = ""
        dump(address, to: &dumped)
        #expect(!dumped.contains("Geheim") && !dumped.contains("anna"))
        #expect("\(try RedisAddress("redis://[::1]"))" == "redis://[::1]:6379")
        #expect("\(try RedisAddress("unix:///r.sock?db=1&password=Geheim"))" == "unix:///r.sock?db=1")
    }
}
