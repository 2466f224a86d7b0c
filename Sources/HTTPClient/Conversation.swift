import CCurl
import Glibc
import Loop

/// What libcurl asks for and hears while a transfer is on its way. Its callbacks reach it by a
/// pointer, on the one thread that drives the transfer; whoever begins that keeps it until the end.
class Conversation {
  /// An address of the host is excluded.
  private(set) var wasForbidden = false
  /// The process has no descriptor left for a socket.
  private(set) var isExhausted = false

  // MARK: - What libcurl calls

  /// A line of what comes before a body, or is all that comes.
  ///
  /// - Returns: false to give the transfer up.
  func hear(line: UnsafeRawBufferPointer) -> Bool { true }

  /// A part of the body.
  ///
  /// - Returns: false to give the transfer up.
  func receive(_ bytes: UnsafeRawBufferPointer) -> Bool { true }

  /// - Returns: how many bytes of what is to be sent now are in the buffer.
  func take(into buffer: UnsafeMutableRawBufferPointer) -> Int { 0 }

  func permits(_ address: SocketAddress?) -> Bool { false }

  func opened(_ descriptor: curl_socket_t) {}

  func close(_ descriptor: curl_socket_t) -> Int32 { Glibc.close(descriptor) }

  /// Asked before a request is sent, and again when libcurl would repeat it because a connection
  /// that was kept alive broke.
  func permitsSending() -> Bool { true }

  /// - Returns: a socket for `address`, or `CURL_SOCKET_BAD` when it is excluded.
  final func open(_ address: UnsafeMutablePointer<curl_sockaddr>) -> curl_socket_t {
    guard permits(SocketAddress(address)) else {
      wasForbidden = true
      return CURL_SOCKET_BAD
    }
    let type = address.pointee.socktype | Int32(SOCK_CLOEXEC.rawValue)
    let descriptor = socket(address.pointee.family, type, address.pointee.protocol)
    isExhausted = descriptor < 0 && errno != EAFNOSUPPORT
    if descriptor >= 0 { opened(descriptor) }
    return descriptor
  }
}

extension EasyHandle {
  /// Has libcurl ask and tell `conversation`, which must outlive the transfer.
  func converse(with conversation: Conversation) {
    let context = Unmanaged.passUnretained(conversation).toOpaque()
    set(CURLOPT_HEADERDATA, context: context)
    curl_easy_set_receiver(pointer, CURLOPT_HEADERFUNCTION, lineArrived)
    set(CURLOPT_WRITEDATA, context: context)
    curl_easy_set_receiver(pointer, CURLOPT_WRITEFUNCTION, bodyArrived)
    set(CURLOPT_OPENSOCKETDATA, context: context)
    curl_easy_set_socket_opener(pointer, socketNeeded)
  }

  /// The same for what is sent piece by piece.
  func upload(from conversation: Conversation, length: Int) {
    curl_easy_set_size(pointer, CURLOPT_INFILESIZE_LARGE, curl_off_t(length))
    set(CURLOPT_READDATA, context: Unmanaged.passUnretained(conversation).toOpaque())
    curl_easy_set_reader(pointer, bytesNeeded)
  }

  /// The same for the end of connections, which must not outlive `conversation`.
  func tellClosing(to conversation: Conversation) {
    set(CURLOPT_CLOSESOCKETDATA, context: Unmanaged.passUnretained(conversation).toOpaque())
    curl_easy_set_socket_closer(pointer, socketLeft)
  }

  /// The same for the moment before something is sent.
  func askBeforeSending(_ conversation: Conversation) {
    set(CURLOPT_PREREQDATA, context: Unmanaged.passUnretained(conversation).toOpaque())
    curl_easy_set_send_gate(pointer, sendingStarts)
  }
}

private func lineArrived(
  _ bytes: UnsafeMutablePointer<CChar>?,
  _ size: Int,
  _ count: Int,
  _ context: UnsafeMutableRawPointer?
) -> Int {
  guard let context else { return 0 }
  let line = UnsafeRawBufferPointer(start: bytes, count: size * count)
  return Conversation.at(context).hear(line: line) ? line.count : 0
}

private func bodyArrived(
  _ bytes: UnsafeMutablePointer<CChar>?,
  _ size: Int,
  _ count: Int,
  _ context: UnsafeMutableRawPointer?
) -> Int {
  guard let context else { return 0 }
  let part = UnsafeRawBufferPointer(start: bytes, count: size * count)
  return Conversation.at(context).receive(part) ? part.count : 0
}

private func bytesNeeded(
  _ buffer: UnsafeMutablePointer<CChar>?,
  _ size: Int,
  _ count: Int,
  _ context: UnsafeMutableRawPointer?
) -> Int {
  guard let context else { return 0 }
  let space = UnsafeMutableRawBufferPointer(start: buffer, count: size * count)
  return Conversation.at(context).take(into: space)
}

private func socketNeeded(
  _ context: UnsafeMutableRawPointer?,
  _ purpose: curlsocktype,
  _ address: UnsafeMutablePointer<curl_sockaddr>?
) -> curl_socket_t {
  guard let context, let address else { return CURL_SOCKET_BAD }
  return Conversation.at(context).open(address)
}

private func socketLeft(
  _ context: UnsafeMutableRawPointer?,
  _ descriptor: curl_socket_t
) -> Int32 {
  guard let context else { return Glibc.close(descriptor) }
  return Conversation.at(context).close(descriptor)
}

private func sendingStarts(
  _ context: UnsafeMutableRawPointer?,
  _ remoteHost: UnsafeMutablePointer<CChar>?,
  _ localHost: UnsafeMutablePointer<CChar>?,
  _ remotePort: Int32,
  _ localPort: Int32
) -> Int32 {
  guard let context else { return CURL_PREREQFUNC_ABORT }
  let isPermitted = Conversation.at(context).permitsSending()
  return isPermitted ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT
}

extension Conversation {
  fileprivate static func at(_ context: UnsafeMutableRawPointer) -> Conversation {
    Unmanaged<Conversation>.fromOpaque(context).takeUnretainedValue()
  }
}
