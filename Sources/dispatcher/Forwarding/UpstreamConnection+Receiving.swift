import Glibc
import HTTP
import Loop

/// Reading a service's answers.
extension UpstreamConnection {
  func receive() {
    let count = recv(descriptor, Self.scratch.baseAddress, Self.scratch.count, 0)
    if count > 0 {
      take(UnsafeRawBufferPointer(rebasing: Self.scratch[..<count]))
    } else if count == 0 {
      end()
    } else if errno != EAGAIN, errno != EINTR {
      fail(.broken)
    }
  }

  /// The service will send no more.
  private func end() {
    switch phase {
    case .untilClose: complete(isReusable: false)
    case .tunnel:
      let exchange = exchange
      close()
      exchange?.tunnelEnded()
    default: fail(.broken)
    }
  }

  private func take(_ bytes: UnsafeRawBufferPointer) {
    var offset = 0
    if case .head = phase {
      guard partial.isEmpty else {
        // The rest of a head, which is small; what follows it is looked at where it stands.
        partial.append(contentsOf: bytes)
        let whole = partial
        partial = []
        return whole.withUnsafeBytes { whole in
          takeBody(whole, from: takeHead(whole, from: 0))
        }
      }
      offset = takeHead(bytes, from: 0)
    }
    takeBody(bytes, from: offset)
  }

  /// - Returns: where the body begins, or the end of `bytes`.
  private func takeHead(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Int {
    var offset = start
    while case .head = phase, let exchange, offset < bytes.count {
      let rest = UnsafeRawBufferPointer(rebasing: bytes[offset...])
      do {
        guard try parser.parse(rest, answering: exchange.method) else {
          partial.append(contentsOf: rest)
          return bytes.count
        }
      } catch {
        fail(.malformed)
        return bytes.count
      }
      let head = parser.head
      offset += head.length
      takeHead(head, UnsafeRawBufferPointer(rebasing: rest[..<head.length]), exchange)
    }
    return offset
  }

  private func takeHead(
    _ head: ResponseHead,
    _ bytes: UnsafeRawBufferPointer,
    _ exchange: ForwardExchange
  ) {
    if head.status == 101 {
      guard exchange.mayUpgrade else { return fail(.malformed) }
      phase = .tunnel
      exchange.upgraded(head, bytes)
    } else if head.status < 200 {
      exchange.informed(head, bytes)
      parser.reset()
    } else {
      switch head.framing {
      case .none: phase = .body(left: 0)
      case .length(let length): phase = .body(left: length)
      case .chunked: phase = .chunks(ChunkedDecoder())
      case .untilClose: phase = .untilClose
      }
      exchange.answered(head, bytes)
    }
  }

  private func takeBody(_ bytes: UnsafeRawBufferPointer, from offset: Int) {
    switch phase {
    case .body(let left):
      let end = min(bytes.count, offset + left)
      // More than the body is no answer to anything.
      let isClean = end == bytes.count
      phase = .body(left: left - (end - offset))
      if end > offset { exchange?.answerBody(bytes, offset..<end) }
      exchange?.flushAnswer()
      if left == end - offset { complete(isReusable: isClean) }
    case .chunks(let decoder): takeChunks(bytes, from: offset, decoder)
    case .untilClose:
      if offset < bytes.count { exchange?.answerBody(bytes, offset..<bytes.count) }
      exchange?.flushAnswer()
    case .tunnel:
      if offset < bytes.count {
        exchange?.tunnelled(UnsafeRawBufferPointer(rebasing: bytes[offset...]))
      }
    case .idle: fail(.malformed)
    case .connecting, .head, .closed: break
    }
  }

  private func takeChunks(
    _ bytes: UnsafeRawBufferPointer,
    from start: Int,
    _ decoder: ChunkedDecoder
  ) {
    var decoder = decoder
    var offset = start
    do {
      while true {
        switch try decoder.next(bytes, from: &offset) {
        case .data(let range): exchange?.answerBody(bytes, range)
        case .needsMore:
          guard case .chunks = phase else { return }
          phase = .chunks(decoder)
          exchange?.flushAnswer()
          return
        case .end:
          guard case .chunks = phase else { return }
          complete(isReusable: offset == bytes.count)
          return
        }
      }
    } catch {
      fail(.malformed)
    }
  }
}
