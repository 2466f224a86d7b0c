import FoundationEssentials
import Glibc
import Testing

@testable import Telemetry

/// A log that writes into a pipe, and the pipe's other end.
final class LogCapture: Sendable {
  let output: LogOutput
  let readEnd: Int32
  let writeEnd: Int32

  /// F_SETPIPE_SZ, which fcntl.h shows to GNU sources alone.
  private static let setPipeSize: Int32 = 1031

  init(limit: Int = 256 * 1024, level: Log.Level = .debug, pipeSize: Int32? = nil) throws {
    var ends: [Int32] = [0, 0]
    try #require(pipe(&ends) == 0)
    (readEnd, writeEnd) = (ends[0], ends[1])
    if let pipeSize { try #require(fcntl(writeEnd, Self.setPipeSize, pipeSize) > 0) }
    output = LogOutput(descriptor: writeEnd, limit: limit)
    output.configure(service: "test", level: level)
  }

  deinit {
    close(readEnd)
    close(writeEnd)
  }

  /// What is in the pipe now.
  func bytes() -> [UInt8] {
    var result: [UInt8] = []
    var request = pollfd(fd: readEnd, events: Int16(POLLIN), revents: 0)
    while poll(&request, 1, 0) > 0, request.revents & Int16(POLLIN) != 0 {
      var buffer = [UInt8](repeating: 0, count: 65_536)
      let count = read(readEnd, &buffer, buffer.count)
      guard count > 0 else { break }
      result += buffer[..<count]
    }
    return result
  }

  /// The lines in the pipe, each of which must be a JSON object.
  func lines() throws -> [[String: JSON]] {
    try bytes().split(separator: UInt8(ascii: "\n")).map {
      try JSONDecoder().decode([String: JSON].self, from: Data($0))
    }
  }

  func line() throws -> [String: JSON] {
    let lines = try lines()
    try #require(lines.count == 1)
    return lines[0]
  }
}

/// A JSON value that tests compare.
enum JSON: Decodable, Equatable {
  case null
  case flag(Bool)
  case number(Double)
  case text(String)

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .null
    } else if let flag = try? container.decode(Bool.self) {
      self = .flag(flag)
    } else if let number = try? container.decode(Double.self) {
      self = .number(number)
    } else {
      self = .text(try container.decode(String.self))
    }
  }
}
