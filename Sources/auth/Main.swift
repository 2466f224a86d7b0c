import Glibc

/// Sign-up, sessions and the mail that belongs to them.
@main
enum Main {
  static func main() {
    print("usage: auth")
    exit(64)
  }
}
