import Glibc

/// What colours are to people: contrast after WCAG 2, distance after CIEDE2000, and both for eyes that lack a kind of cone
/// (Machado, Oliveira and Fernandes 2009, severity 1.0).
struct LinearColour {
    var red, green, blue: Double

    /// A colour of the 256 that terminals have, of its cube or its greys.
    init(terminal number: Int) {
        if number >= 232 {
            let grey = 8 + 10 * (number - 232)
            self.init(grey, grey, grey)
        } else {
            let steps = [0, 95, 135, 175, 215, 255]
            let index = number - 16
            self.init(steps[index / 36], steps[index / 6 % 6], steps[index % 6])
        }
    }

    init(_ red: Int, _ green: Int, _ blue: Int) {
        func linear(_ value: Int) -> Double {
            let share = Double(value) / 255
            return share <= 0.04045 ? share / 12.92 : pow((share + 0.055) / 1.055, 2.4)
        }
        (self.red, self.green, self.blue) = (linear(red), linear(green), linear(blue))
    }

    var luminance: Double { 0.2126 * red + 0.7152 * green + 0.0722 * blue }

    func contrast(to other: LinearColour) -> Double {
        let (light, dark) = (max(luminance, other.luminance), min(luminance, other.luminance))
        return (light + 0.05) / (dark + 0.05)
    }
}

enum Vision: String, CaseIterable {
    case normal, protan, deutan, tritan

    func seen(_ colour: LinearColour) -> LinearColour {
        let rows = matrix
        func row(_ index: Int) -> Double {
            let sum = rows[index][0] * colour.red + rows[index][1] * colour.green + rows[index][2] * colour.blue
            return min(1, max(0, sum))
        }
        var seen = colour
        (seen.red, seen.green, seen.blue) = (row(0), row(1), row(2))
        return seen
    }

    private var matrix: [[Double]] {
        switch self {
        case .normal: [[1, 0, 0], [0, 1, 0], [0, 0, 1]]
        case .protan:
            [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
        case .deutan:
            [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
        case .tritan:
            [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
        }
    }
}

/// CIE L*a*b* with the white of D65.
struct LabColour {
    var lightness, a, b: Double

    init(_ lightness: Double, _ a: Double, _ b: Double) { (self.lightness, self.a, self.b) = (lightness, a, b) }

    init(_ colour: LinearColour) {
        func bent(_ value: Double) -> Double {
            value > 216 / 24_389 ? cbrt(value) : (24_389 / 27 * value + 16) / 116
        }
        let x = bent((0.4124564 * colour.red + 0.3575761 * colour.green + 0.1804375 * colour.blue) / 0.95047)
        let y = bent(0.2126729 * colour.red + 0.7151522 * colour.green + 0.0721750 * colour.blue)
        let z = bent((0.0193339 * colour.red + 0.1191920 * colour.green + 0.9503041 * colour.blue) / 1.08883)
        self.init(116 * y - 16, 500 * (x - y), 200 * (y - z))
    }

    /// CIEDE2000, after Sharma, Wu and Dalal 2005, whose table of pairs tests it.
    func distance(to other: LabColour) -> Double {
        let meanChroma = (hypot(a, b) + hypot(other.a, other.b)) / 2
        let stretch = 0.5 * (1 - (pow(meanChroma, 7) / (pow(meanChroma, 7) + pow(25, 7))).squareRoot())
        let (a1, a2) = (a * (1 + stretch), other.a * (1 + stretch))
        let (c1, c2) = (hypot(a1, b), hypot(a2, other.b))
        let (h1, h2) = (Self.hue(a1, b), Self.hue(a2, other.b))
        var hueStep = h2 - h1
        var hue = (h1 + h2) / 2
        if c1 * c2 == 0 {
            (hueStep, hue) = (0, h1 + h2)
        } else if abs(hueStep) > 180 {
            hue += h1 + h2 < 360 ? 180 : -180
            hueStep += hueStep > 0 ? -360 : 360
        }
        let (dL, dC) = (other.lightness - lightness, c2 - c1)
        let dH = 2 * (c1 * c2).squareRoot() * sin(Self.radians(hueStep / 2))
        let (meanL, meanC) = ((lightness + other.lightness) / 2, (c1 + c2) / 2)
        let weight =
            1 - 0.17 * cos(Self.radians(hue - 30)) + 0.24 * cos(Self.radians(2 * hue))
            + 0.32 * cos(Self.radians(3 * hue + 6)) - 0.20 * cos(Self.radians(4 * hue - 63))
        let fromMiddle = pow(meanL - 50, 2)
        let l = dL / (1 + 0.015 * fromMiddle / (20 + fromMiddle).squareRoot())
        let c = dC / (1 + 0.045 * meanC)
        let h = dH / (1 + 0.015 * meanC * weight)
        let turn = 60 * exp(-pow((hue - 275) / 25, 2))
        let rotation = -2 * (pow(meanC, 7) / (pow(meanC, 7) + pow(25, 7))).squareRoot() * sin(Self.radians(turn))
        return (l * l + c * c + h * h + rotation * c * h).squareRoot()
    }

    private static func hue(_ a: Double, _ b: Double) -> Double {
        if a == 0, b == 0 { return 0 }
        let degrees = atan2(b, a) * 180 / .pi
        return degrees < 0 ? degrees + 360 : degrees
    }

    private static func radians(_ degrees: Double) -> Double { degrees * .pi / 180 }
}
