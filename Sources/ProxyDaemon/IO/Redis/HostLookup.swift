import CHiredis
import Glibc

/// Finds a host's numeric addresses.
enum HostLookup {
    /// Whether a text is an address already.
    static func isNumeric(_ host: String) -> Bool {
        var bytes = in6_addr()
        return inet_pton(AF_INET, host, &bytes) == 1 || inet_pton(AF_INET6, host, &bytes) == 1
    }

    /// Asks the system on a thread that ends with the answer: it may take as long as the system's resolver likes. `done` is
    /// called there, with nothing where there is no address.
    static func start(_ host: String, _ done: @escaping @Sendable ([String]) -> Void) {
        let work = Unmanaged.passRetained(Work(host, done))
        var thread = pthread_t()
        let result = pthread_create(
            &thread,
            nil,
            { context in
                guard let context else { return nil }
                let work = Unmanaged<Work>.fromOpaque(context).takeRetainedValue()
                work.done(HostLookup.addresses(of: work.host))
                return nil
            },
            work.toOpaque()
        )
        guard result == 0 else {
            work.release()
            return done([])
        }
        pthread_detach(thread)
    }

    private final class Work: Sendable {
        let host: String
        let done: @Sendable ([String]) -> Void

        init(_ host: String, _ done: @escaping @Sendable ([String]) -> Void) {
            self.host = host
            self.done = done
        }
    }

    /// In the system's order of preference, each once.
    private static func addresses(of host: String) -> [String] {
        var hints = addrinfo()
        hints.ai_family = AF_UNSPEC
        hints.ai_socktype = GW_REDIS_STREAM
        var first: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, nil, &hints, &first) == 0 else { return [] }
        defer { freeaddrinfo(first) }
        var addresses: [String] = []
        var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
        var next = first
        while let entry = next?.pointee {
            next = entry.ai_next
            let result = getnameinfo(
                entry.ai_addr,
                entry.ai_addrlen,
                &text,
                socklen_t(text.count),
                nil,
                0,
                NI_NUMERICHOST
            )
            let address = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            if result == 0, !addresses.contains(address) { addresses.append(address) }
        }
        return addresses
    }
}
