import Crypto
import FoundationEssentials
import GatewayCore

/// `GET /dashboard`: one page with its style and its script, and the headers that let it do no more than it must.
enum WebPage {
    /// The scripts in the order in which they run, as one.
    private static let scripts = [
        PackageResources.text_js, PackageResources.state_js, PackageResources.connection_js, PackageResources.views_js,
        PackageResources.alerts_js, PackageResources.charts_js, PackageResources.overview_js,
        PackageResources.requests_js,
        PackageResources.router_js, PackageResources.usage_js,
    ]

    /// The page with its style and its scripts in it, put together when it is first asked for.
    static let bytes = filled(
        PackageResources.dashboard_html,
        style: PackageResources.dashboard_css,
        script: Array(scripts.joined(separator: "\n".utf8))
    )

    /// For whatever is served under `/dashboard`.
    static let headers = [
        HeaderField("cache-control", "no-store"),
        HeaderField("x-content-type-options", "nosniff"),
        HeaderField("referrer-policy", "no-referrer"),
        HeaderField("cross-origin-resource-policy", "same-origin"),
    ]

    /// Only the page's own style and script run, named by their hashes, and they reach nothing but this daemon. Whatever would
    /// read text as HTML fails: the script has no policy that would let it.
    static let policy = [
        "default-src 'none'",
        "script-src \(source(of: "script"))",
        "style-src \(source(of: "style"))",
        "connect-src 'self'",
        "img-src data:",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    ].joined(separator: "; ")

    static func reply(id: String) -> Reply {
        let own = [
            HeaderField("content-type", "text/html; charset=utf-8"),
            HeaderField("content-security-policy", policy),
            HeaderField("cross-origin-opener-policy", "same-origin"),
            HeaderField("x-frame-options", "DENY"),
        ]
        return Reply(status: 200, headers: own + headers + GatewayHeaders.identity(id: id), body: .bytes(bytes))
    }

    /// The page with something in its empty style and script elements.
    private static func filled(_ page: [UInt8], style: [UInt8], script: [UInt8]) -> [UInt8] {
        var page = page
        for (element, content) in [("style", style), ("script", script)] {
            guard let place = page.firstRange(of: Array("<\(element)></\(element)>".utf8)) else { continue }
            let start = place.lowerBound + element.utf8.count + 2
            page.insert(contentsOf: content, at: start)
        }
        return page
    }

    /// The hash of what stands in the page's one element of that name.
    private static func source(of element: String) -> String {
        guard let text = content(of: element, in: bytes) else { return "'none'" }
        return "'sha256-\(Data(SHA256.hash(data: text)).base64EncodedString())'"
    }

    /// What stands between `<element>` and `</element>`, byte for byte.
    static func content(of element: String, in page: [UInt8]) -> [UInt8]? {
        guard let start = page.firstRange(of: Array("<\(element)>".utf8)) else { return nil }
        let rest = page[start.upperBound...]
        guard let end = rest.firstRange(of: Array("</\(element)>".utf8)) else { return nil }
        return Array(rest[..<end.lowerBound])
    }
}
