import CKernels
package import GatewayCore

extension CodeScanner {
    /// The kinds of CPU, the plainest first.
    package enum Path: Sendable, CaseIterable {
        /// On ARM with NEON.
        case portableC
        case popcnt
        case avx2
        case avx512

        fileprivate var number: ck_scan_path {
            switch self {
            case .portableC: CK_SCAN_PORTABLE
            case .popcnt: CK_SCAN_POPCNT
            case .avx2: CK_SCAN_AVX2
            case .avx512: CK_SCAN_AVX512
            }
        }
    }

    /// The fastest scanner that this CPU can run.
    package static let native = ck_scanner_of(ck_best_scan_path()).map { CodeScanner($0.pointee) } ?? .portable

    /// The scanner for a kind of CPU; nil where this one does not have its instructions.
    package init?(_ path: Path) {
        guard let scanner = ck_scanner_of(path.number) else { return nil }
        self.init(scanner.pointee)
    }

    /// A scanner in C; see CodeScan.h.
    init(_ scanner: ck_scanner) {
        let scan = scanner.scan
        self.init(name: String(cString: scanner.name)) { codes, rows, query, cut, found in
            scan?(codes, rows, query, UInt32(clamping: cut), found) ?? 0
        }
    }
}
