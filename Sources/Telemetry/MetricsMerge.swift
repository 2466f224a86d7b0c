extension Metrics {
  /// Makes one valid exposition of several: the samples of each family together, under the first
  /// HELP and TYPE that were seen.
  ///
  /// Lines that are not valid (an answer that broke off, say), repeated samples and the samples of
  /// a text that gives a family another type are left out.
  package nonisolated static func merge(_ texts: [[UInt8]]) -> [UInt8] {
    var merger = ExpositionMerger()
    for text in texts { merger.add(text) }
    return merger.bytes
  }
}

/// Families in the order in which they were first seen.
private struct ExpositionMerger {
  private struct Family {
    var name: Substring
    var help: Substring?
    var kind: Substring?
    var samples: [Substring] = []
  }

  private var families: [Family] = []
  private var places: [Substring: Int] = [:]
  private var seen: Set<Substring> = []

  mutating func add(_ text: [UInt8]) {
    /// The families of this text that contradict an earlier one.
    var refused: Set<Substring> = []
    for line in String(decoding: text, as: UTF8.self).split(separator: "\n") {
      if line.hasPrefix("# HELP ") {
        let (name, rest) = Self.split(line.dropFirst(7))
        let place = place(of: name)
        families[place].help = families[place].help ?? rest
      } else if line.hasPrefix("# TYPE ") {
        let (name, kind) = Self.split(line.dropFirst(7))
        let place = place(of: name)
        let known = families[place].kind ?? kind
        families[place].kind = known
        if known != kind { refused.insert(name) }
      } else if let sample = ExpositionSample(line) {
        let family = family(of: sample.name)
        guard !refused.contains(family), seen.insert(sample.identity).inserted else { continue }
        families[place(of: family)].samples.append(line)
      }
    }
  }

  var bytes: [UInt8] {
    var bytes: [UInt8] = []
    for family in families where !family.samples.isEmpty {
      for (word, text) in [("HELP", family.help), ("TYPE", family.kind)] {
        guard let text else { continue }
        bytes.append(contentsOf: "# \(word) \(family.name) \(text)\n".utf8)
      }
      for sample in family.samples {
        bytes.append(contentsOf: sample.utf8)
        bytes.append(UInt8(ascii: "\n"))
      }
    }
    return bytes
  }

  private mutating func place(of name: Substring) -> Int {
    if let place = places[name] { return place }
    places[name] = families.count
    families.append(Family(name: name))
    return families.count - 1
  }

  /// `x_bucket`, `x_sum` and `x_count` belong to a histogram or summary `x`.
  private func family(of name: Substring) -> Substring {
    for suffix in ["_bucket", "_sum", "_count"] where name.hasSuffix(suffix) {
      let base = name.dropLast(suffix.count)
      guard let place = places[base], let kind = families[place].kind else { continue }
      if kind == "histogram" || kind == "summary" { return base }
    }
    return name
  }

  private static func split(_ line: Substring) -> (name: Substring, rest: Substring) {
    let end = line.firstIndex(of: " ") ?? line.endIndex
    return (line[..<end], line[end...].dropFirst())
  }
}

/// A valid sample line, taken apart.
private struct ExpositionSample {
  let name: Substring
  /// Name and labels: what may be there only once.
  let identity: Substring

  init?(_ line: Substring) {
    let bytes = line.utf8
    guard let end = bytes.firstIndex(where: { !Self.isName($0) }), end != bytes.startIndex,
      !("0"..."9").contains(line[line.startIndex])
    else { return nil }
    name = line[..<end]
    var rest = end
    if bytes[end] == UInt8(ascii: "{") {
      guard let close = Self.endOfLabels(bytes[end...]) else { return nil }
      rest = close
    }
    identity = line[..<rest]
    let parts = line[rest...].split(separator: " ")
    guard (1...2).contains(parts.count), bytes[rest] == UInt8(ascii: " "),
      Double(parts[0].hasSuffix("Inf") ? "inf" : parts[0]) != nil,
      parts.count == 1 || Int(parts[1]) != nil
    else { return nil }
  }

  /// Where the labels that start at the brace end; a brace in quotes is part of a value.
  private static func endOfLabels(_ text: Substring.UTF8View) -> Substring.Index? {
    var isQuoted = false
    var isEscaped = false
    for index in text.indices {
      let byte = text[index]
      if isEscaped {
        isEscaped = false
      } else if isQuoted, byte == UInt8(ascii: "\\") {
        isEscaped = true
      } else if byte == UInt8(ascii: "\"") {
        isQuoted.toggle()
      } else if !isQuoted, byte == UInt8(ascii: "}") {
        let next = text.index(after: index)
        return next < text.endIndex ? next : nil
      }
    }
    return nil
  }

  private static func isName(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: ":"):
      true
    default: false
    }
  }
}
