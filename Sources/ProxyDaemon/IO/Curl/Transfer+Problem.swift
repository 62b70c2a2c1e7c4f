import CCurl
import GatewayCore

extension Transfer {
    /// libcurl's code in the words of the port.
    func problem(_ code: CURLcode) -> UpstreamError {
        if code == CURLE_WRITE_ERROR, let packedFault { return .broken(packedFault) }
        let text = String(cString: curl_easy_strerror(code))
        switch code {
        case CURLE_COULDNT_CONNECT, CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY, CURLE_SSL_CONNECT_ERROR,
            CURLE_PEER_FAILED_VERIFICATION, CURLE_URL_MALFORMAT, CURLE_UNSUPPORTED_PROTOCOL:
            return .cannotConnect(text)
        case CURLE_OPERATION_TIMEDOUT:
            return hasAnswer ? .timeout(text) : .cannotConnect("no connection within the time allowed")
        case CURLE_WRITE_ERROR where isHeadTooLarge:
            return .broken("its answer's head is larger than a head may be")
        default: return .broken(text)
        }
    }
}
