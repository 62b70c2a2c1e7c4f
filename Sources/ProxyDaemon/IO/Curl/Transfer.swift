import CCurl
import GatewayCore
import Glibc

/// The transfers in which something came in this turn of the loop.
final class TouchedTransfers {
    var transfers: [Transfer] = []
}

/// A libcurl easy handle with what it works on. Used by its driver's thread only; handles are used again, since making
/// one costs more than a small request.
final class Transfer {
    let easy: UnsafeMutableRawPointer
    private(set) var call: UpstreamCall?
    // What the handle is set to, to set again only what changes.
    private var url = ""
    private var headers: [HeaderField] = []
    private var isPost = false
    private var restSeconds: Int?
    private var requestHeaders: UnsafeMutablePointer<curl_slist>?
    /// The body as libcurl reads it: it takes a pointer, so the bytes stand still here until the transfer ends.
    private var body = UnsafeMutableRawBufferPointer(start: nil, count: 0)
    private var headLines: [UInt8] = []
    private var headStatus = 0
    private var isHeadDone = false
    /// What this turn of the loop brought of the body. libcurl hands it over in small pieces, one for each chunk.
    private var gathered = Gathering()
    /// The reader had no room left when it was last given something.
    private(set) var isFull = false
    /// Known to be whole soon: not worth waking anybody before it is.
    private(set) var isSmall = false
    /// Something came in this turn of the loop.
    var isTouched = false
    var startedNanoseconds: Int64 = 0
    /// When bytes last went either way.
    var activeNanoseconds: Int64 = 0
    private(set) var hasAnswer = false
    private(set) var isHeadTooLarge = false
    /// The body travels packed, and libcurl unpacks it.
    private var isPacked = false
    private var unpackedBytes = 0
    /// Why no more of a packed body is taken.
    private(set) var packedFault: String?

    private static let maximumHeadBytes = 131_072
    /// Answers up to this length are handed over whole.
    private static let smallBytes = 16_384
    private static let keptBodyBytes = 262_144
    /// libcurl's own default.
    private static let usualRestSeconds = 118

    private let touched: TouchedTransfers
    /// Those of the time it was made.
    let settings: Settings.Upstream

    init?(_ settings: Settings.Upstream, touched: TouchedTransfers) {
        guard let easy = curl_easy_init() else { return nil }
        self.easy = easy
        self.touched = touched
        self.settings = settings
        _ = gw_easy_set_long(easy, CURLOPT_NOSIGNAL, 1)
        _ = gw_easy_set_long(easy, CURLOPT_NOPROGRESS, 1)
        _ = gw_easy_set_long(easy, CURLOPT_TCP_NODELAY, 1)
        _ = gw_easy_set_long(easy, CURLOPT_TCP_KEEPALIVE, 1)
        _ = gw_easy_set_long(easy, CURLOPT_FOLLOWLOCATION, 0)
        // A proxy's answer to CONNECT is not the provider's.
        _ = gw_easy_set_long(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
        _ = gw_easy_allow_http_only(easy)
        _ = gw_easy_leave_lookups(easy)
        _ = gw_easy_set_long(easy, CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_2TLS))
        _ = gw_easy_set_long(easy, CURLOPT_CONNECTTIMEOUT_MS, settings.connectTimeoutSeconds * 1_000)
        // Asks for no compression, yet undoes what a server applies unasked.
        _ = gw_easy_set_string(easy, CURLOPT_ACCEPT_ENCODING, "identity")
        if let file = settings.caFile { _ = gw_easy_set_string(easy, CURLOPT_CAINFO, file) }
        let me = Unmanaged.passUnretained(self).toOpaque()
        _ = gw_easy_set_pointer(easy, CURLOPT_WRITEDATA, me)
        _ = gw_easy_set_pointer(easy, CURLOPT_HEADERDATA, me)
        _ = gw_easy_set_pointer(easy, CURLOPT_PRIVATE, me)
        _ = gw_easy_set_write(easy, CURLOPT_WRITEFUNCTION) { bytes, size, count, context in
            guard let context, let bytes else { return 0 }
            let piece = UnsafeRawBufferPointer(start: bytes, count: size * count)
            return Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue().receive(body: piece)
        }
        _ = gw_easy_set_write(easy, CURLOPT_HEADERFUNCTION) { bytes, size, count, context in
            guard let context, let bytes else { return 0 }
            let line = UnsafeRawBufferPointer(start: bytes, count: size * count)
            return Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue().receive(headerLine: line)
        }
    }

    deinit {
        curl_easy_cleanup(easy)
        curl_slist_free_all(requestHeaders)
        body.deallocate()
    }

    /// Makes the handle ready for a call.
    func prepare(_ call: UpstreamCall) {
        let request = call.request
        self.call = call
        headLines.removeAll(keepingCapacity: true)
        headStatus = 0
        isHeadDone = false
        gathered.bytes.removeAll()
        isFull = false
        isSmall = false
        isTouched = false
        hasAnswer = false
        isHeadTooLarge = false
        isPacked = false
        unpackedBytes = 0
        packedFault = nil
        startedNanoseconds = MonotonicTime.nanoseconds()
        activeNanoseconds = startedNanoseconds
        if request.url != url { setURL(request.url) }
        if request.headers != headers || requestHeaders == nil { setHeaders(request.headers) }
        if request.method == "POST" {
            copyBody(request.body)
            if !isPost { _ = gw_easy_set_long(easy, CURLOPT_POST, 1) }
            isPost = true
            _ = gw_easy_set_pointer(easy, CURLOPT_POSTFIELDS, body.baseAddress)
            _ = gw_easy_set_size(easy, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(request.body.count))
        } else {
            _ = gw_easy_set_long(easy, CURLOPT_HTTPGET, 1)
            isPost = false
        }
    }

    /// As this call starts, libcurl closes the connections that have rested for longer; nil for its usual time.
    func limitRest(seconds: Int?) {
        guard seconds != restSeconds else { return }
        restSeconds = seconds
        _ = gw_easy_set_long(easy, CURLOPT_MAXAGE_CONN, seconds ?? Self.usualRestSeconds)
    }

    /// Lets go of the call, so that the handle can be used again.
    func release() {
        call = nil
        if body.count > Self.keptBodyBytes {
            body.deallocate()
            body = UnsafeMutableRawBufferPointer(start: nil, count: 0)
        }
    }

    /// The head of an answer without a body, which no body callback announced.
    func finishHead() {
        if !isHeadDone, headStatus > 0 { completeHead() }
    }

    /// What hangs on the address alone. A handle mostly serves one address again and again.
    private func setURL(_ url: String) {
        self.url = url
        _ = gw_easy_set_string(easy, CURLOPT_URL, url)
        // The empty name keeps libcurl from looking for the usual variables. They never hold for servers on this machine.
        let mayUseProxy = settings.usesProxyEnvironment && !Self.isLoopback(url: url)
        _ = gw_easy_set_string(easy, CURLOPT_PROXY, mayUseProxy ? nil : "")
        _ = gw_easy_set_long(easy, CURLOPT_PIPEWAIT, url.hasPrefix("https:") ? 1 : 0)
    }

    /// One client after another mostly sends the same headers.
    private func setHeaders(_ headers: [HeaderField]) {
        self.headers = headers
        curl_slist_free_all(requestHeaders)
        requestHeaders = nil
        // libcurl would wait a second for "100 Continue" before a body over 1 MB.
        requestHeaders = curl_slist_append(requestHeaders, "Expect:")
        for header in headers {
            requestHeaders = curl_slist_append(requestHeaders, "\(header.name): \(header.value)")
        }
        _ = gw_easy_set_list(easy, CURLOPT_HTTPHEADER, requestHeaders)
    }

    private func copyBody(_ bytes: [UInt8]) {
        if body.count < bytes.count {
            body.deallocate()
            body = UnsafeMutableRawBufferPointer.allocate(byteCount: max(4_096, bytes.count), alignment: 1)
        }
        body.copyBytes(from: bytes)
    }

    private func receive(body piece: UnsafeRawBufferPointer) -> Int {
        if !isHeadDone { completeHead() }
        guard call != nil else { return 0 }
        if isPacked {
            // Never paused: libcurl would keep all that one read unpacks to, and copy it anew at every pause.
            unpackedBytes += piece.count
            packedFault = faultOfPacked()
            if packedFault != nil { return 0 }
        } else if isFull {
            guard call?.pauseIfFull() == false else { return Int(CURL_WRITEFUNC_PAUSE) }
            isFull = false
        }
        let isALot = gathered.append(piece)
        touch()
        if isALot { handOver() }
        return piece.count
    }

    private func faultOfPacked() -> String? {
        if PackedBody.isBomb(packed: Int(clamping: gw_easy_received(easy)), unpacked: unpackedBytes) {
            return "its answer unpacks to more than \(PackedBody.maximumRatio) times its size"
        }
        return unpackedBytes > settings.maxAnswerBytes
            ? "its packed answer is larger than \(settings.maxAnswerBytes) bytes" : nil
    }

    /// Gives the reader what was gathered; at the end of a turn of the loop, or earlier where that is a lot.
    func handOver() {
        guard let call, !gathered.bytes.isEmpty else { return }
        activeNanoseconds = MonotonicTime.nanoseconds()
        isFull = gathered.handOver { call.received(&$0) }
    }

    private func receive(headerLine line: UnsafeRawBufferPointer) -> Int {
        if isHeadDone { return line.count }  // trailers
        if line.starts(with: "HTTP/".utf8) {
            // A further status line: the one before was an interim answer, or a proxy's.
            headLines.removeAll(keepingCapacity: true)
            headStatus = gw_easy_status(easy)
            return line.count
        }
        guard headLines.count + line.count <= Self.maximumHeadBytes else {
            isHeadTooLarge = true
            return 0
        }
        if line.count > 2 {
            headLines.append(contentsOf: line)
            return line.count
        }
        headStatus = gw_easy_status(easy)
        activeNanoseconds = MonotonicTime.nanoseconds()
        // A blank line ends a head; only a final one is handed over, and it may come long before the body.
        if headStatus >= 200 { completeHead() }
        return line.count
    }

    private func completeHead() {
        isHeadDone = true
        hasAnswer = true
        touch()
        headStatus = gw_easy_status(easy)
        let headers = parsedHeaders()
        // libcurl itself knows the length only after this head has been handed over.
        let length = headers.first { $0.isNamed("content-length") }.flatMap { Int($0.value) }
        isPacked = headers.contains { $0.isNamed("content-encoding") && $0.value != "identity" }
        // A packed one may be anything but small.
        isSmall = !isPacked && length.map { $0 <= Self.smallBytes } ?? false
        call?.received(status: headStatus, headers: headers)
    }

    /// Has the driver wake the reader at the end of this turn of its loop.
    func touch() {
        guard !isTouched else { return }
        isTouched = true
        touched.transfers.append(self)
    }

    private func parsedHeaders() -> [HeaderField] {
        var headers: [HeaderField] = []
        headers.reserveCapacity(16)
        headLines.withUnsafeBufferPointer { bytes in
            var start = 0
            while start < bytes.count {
                var end = start
                var colon: Int?
                // A control character could end our own head early.
                var isClean = true
                while end < bytes.count, bytes[end] != 0x0A {
                    let byte = bytes[end]
                    if byte == UInt8(ascii: ":"), colon == nil { colon = end }
                    if byte < 0x20, byte != 0x0D, byte != 0x09 { isClean = false }
                    end += 1
                }
                if let colon, colon > start, isClean, bytes[start..<colon].allSatisfy(Self.isNameByte) {
                    var first = colon + 1
                    var last = end
                    while first < last, bytes[first] == 0x20 || bytes[first] == 0x09 { first += 1 }
                    while last > first, bytes[last - 1] <= 0x20 { last -= 1 }
                    let value = bytes[first..<last]
                    if !value.contains(0x0D) {
                        headers.append(
                            HeaderField(
                                String(decoding: UnsafeBufferPointer(rebasing: bytes[start..<colon]), as: UTF8.self),
                                String(decoding: UnsafeBufferPointer(rebasing: value), as: UTF8.self)
                            )
                        )
                    }
                }
                start = end + 1
            }
        }
        return headers
    }

    /// RFC 9110's token characters, as far as header names use them.
    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
            true
        default: false
        }
    }

    private static func isLoopback(url: String) -> Bool {
        ["http://127.", "http://localhost", "http://[::1]", "https://127.", "https://localhost", "https://[::1]"]
            .contains { url.hasPrefix($0) }
    }
}

/// What a turn of the driver's loop brings of a body. A value of its own, so that the runtime checks one access for each
/// piece: a stream has one for every event.
private struct Gathering {
    var bytes: [UInt8] = []
    /// What the turn before brought: the next brings about as much, and gets room for it at once rather than by doubling.
    private var usual = 0

    private static let aLot = 16_384

    /// Takes a piece; true when so much is there that it should be handed over before the turn ends.
    mutating func append(_ piece: UnsafeRawBufferPointer) -> Bool {
        if bytes.isEmpty { bytes.reserveCapacity(max(piece.count, usual)) }
        bytes.append(contentsOf: piece)
        return bytes.count >= Self.aLot
    }

    mutating func handOver<Result>(_ take: (inout [UInt8]) -> Result) -> Result {
        usual = bytes.count
        return take(&bytes)
    }
}
