package import GatewayCore
import NIOSSL

/// The certificate and key that clients are served with over TLS.
package struct ServerTLS: Sendable {
    let context: NIOSSLContext

    /// Reads the files of `server.tls`; nil where neither is set. Throws a ``ServerTLSError`` that says which file it is
    /// and what is wrong with it.
    package init?(_ settings: Settings.Server) throws(ServerTLSError) {
        guard settings.tlsCertificate != nil || settings.tlsKey != nil else { return nil }
        guard let certificate = settings.tlsCertificate else { throw .missing("server.tls.cert") }
        guard let key = settings.tlsKey else { throw .missing("server.tls.key") }
        let chain: [NIOSSLCertificate]
        do {
            chain = try NIOSSLCertificate.fromPEMFile(certificate)
        } catch {
            throw .unreadable("server.tls.cert", certificate, "a chain of certificates in PEM form")
        }
        guard !chain.isEmpty else {
            throw .unreadable("server.tls.cert", certificate, "a chain of certificates in PEM form")
        }
        let privateKey: NIOSSLPrivateKey
        do {
            privateKey = try NIOSSLPrivateKey(file: key, format: .pem)
        } catch {
            throw .unreadable("server.tls.key", key, "a private key in PEM form without a passphrase")
        }
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) },
            privateKey: .privateKey(privateKey)
        )
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = ["http/1.1"]
        do {
            context = try NIOSSLContext(configuration: configuration)
        } catch {
            throw .mismatch(certificate: certificate, key: key)
        }
    }
}

/// Why there can be no TLS.
package enum ServerTLSError: Error, CustomStringConvertible {
    /// One of the two keys is set and the other is not.
    case missing(String)
    /// A setting's file, and what was expected in it.
    case unreadable(String, String, String)
    case mismatch(certificate: String, key: String)

    package var description: String {
        switch self {
        case .missing(let key): "\(key): not set; TLS needs server.tls.cert and server.tls.key"
        case .unreadable(let key, let path, let expected): "\(key): \(path) cannot be read; expected \(expected)"
        case .mismatch(let certificate, let key):
            "server.tls.key: \(key) is not the key of the certificate in \(certificate)"
        }
    }
}
