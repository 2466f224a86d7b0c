import CCurl

// What libcurl calls on the loop's thread, with a transfer's reception as its context.

func headerArrived(
  _ bytes: UnsafeMutablePointer<CChar>?,
  _ size: Int,
  _ count: Int,
  _ reception: UnsafeMutableRawPointer?
) -> Int {
  guard let reception else { return 0 }
  let line = UnsafeRawBufferPointer(start: bytes, count: size * count)
  let isWanted = Reception.at(reception).receive(
    header: line
  )
  return isWanted ? line.count : 0
}

func bodyArrived(
  _ bytes: UnsafeMutablePointer<CChar>?,
  _ size: Int,
  _ count: Int,
  _ reception: UnsafeMutableRawPointer?
) -> Int {
  guard let reception else { return 0 }
  let part = UnsafeRawBufferPointer(start: bytes, count: size * count)
  let isWanted = Reception.at(reception).receive(part)
  return isWanted ? part.count : 0
}

func socketNeeded(
  _ reception: UnsafeMutableRawPointer?,
  _ purpose: curlsocktype,
  _ address: UnsafeMutablePointer<curl_sockaddr>?
) -> curl_socket_t {
  guard let reception, let address else { return CURL_SOCKET_BAD }
  return Reception.at(reception).open(address)
}

func sendingStarts(
  _ reception: UnsafeMutableRawPointer?,
  _ remoteHost: UnsafeMutablePointer<CChar>?,
  _ localHost: UnsafeMutablePointer<CChar>?,
  _ remotePort: Int32,
  _ localPort: Int32
) -> Int32 {
  guard let reception else { return CURL_PREREQFUNC_ABORT }
  let isPermitted = Reception.at(reception).permitSending()
  return isPermitted ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT
}

extension Reception {
  fileprivate static func at(_ context: UnsafeMutableRawPointer) -> Reception {
    Unmanaged<Reception>.fromOpaque(context).takeUnretainedValue()
  }
}
