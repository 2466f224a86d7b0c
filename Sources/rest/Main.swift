import Core

@main
enum Main {
  static func main() {
    ResponderProcess.run(Rest.self)
  }
}
