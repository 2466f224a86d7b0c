/// Columns for a terminal, each as wide as its widest cell.
enum Table {
  static func print(_ head: [String], _ rows: [[String]]) {
    for line in lines(head, rows) { Swift.print(line) }
  }

  static func lines(_ head: [String], _ rows: [[String]]) -> [String] {
    let widths = head.indices.map { column in
      ([head] + rows).map { $0[column].count }.max() ?? 0
    }
    return ([head] + rows).map { row in
      let cells = zip(row, widths).map { cell, width in
        cell + String(repeating: " ", count: width - cell.count)
      }
      let line = cells.joined(separator: "  ")
      return String(line.reversed().drop { $0 == " " }.reversed())
    }
  }
}
