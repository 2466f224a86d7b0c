import Core

/// Sign-up, sessions and the mail that belongs to them, on the wire that Supabase's clients speak.
@main
enum Main {
  static func main() {
    ResponderProcess.run(Auth.self)
  }
}
