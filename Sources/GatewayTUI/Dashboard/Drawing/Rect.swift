/// A rectangle of cells. Sizes are never negative.
package struct Rect: Sendable, Hashable {
    package var row: Int
    package var column: Int
    package var height: Int
    package var width: Int

    package init(row: Int, column: Int, height: Int, width: Int) {
        self.row = row
        self.column = column
        self.height = max(0, height)
        self.width = max(0, width)
    }

    /// In the middle of a screen of so many rows and columns.
    package init(centered height: Int, _ width: Int, rows: Int, columns: Int) {
        self.init(row: (rows - height) / 2, column: (columns - width) / 2, height: height, width: width)
    }

    package static let empty = Rect(row: 0, column: 0, height: 0, width: 0)

    package var isEmpty: Bool { height == 0 || width == 0 }

    /// What a frame drawn on the rectangle leaves free, with a blank column on both sides.
    package var interior: Rect { Rect(row: row + 1, column: column + 2, height: height - 2, width: width - 4) }

    package func contains(row: Int, column: Int) -> Bool {
        row >= self.row && row < self.row + height && column >= self.column && column < self.column + width
    }

    /// Cuts rows off the top; what is asked for beyond the height is not there.
    package mutating func takeTop(_ rows: Int) -> Rect {
        let taken = min(max(0, rows), height)
        defer {
            row += taken
            height -= taken
        }
        return Rect(row: row, column: column, height: taken, width: width)
    }

    package mutating func takeBottom(_ rows: Int) -> Rect {
        let taken = min(max(0, rows), height)
        height -= taken
        return Rect(row: row + height, column: column, height: taken, width: width)
    }

    package mutating func takeLeft(_ columns: Int) -> Rect {
        let taken = min(max(0, columns), width)
        defer {
            column += taken
            width -= taken
        }
        return Rect(row: row, column: column, height: height, width: taken)
    }

    /// Parts as equal as whole cells allow, left to right, without gaps.
    package func columns(_ count: Int) -> [Rect] {
        guard count > 0 else { return [] }
        return (0..<count).map { index in
            let from = width * index / count
            let to = width * (index + 1) / count
            return Rect(row: row, column: column + from, height: height, width: to - from)
        }
    }
}
