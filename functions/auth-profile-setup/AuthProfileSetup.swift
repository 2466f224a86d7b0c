@main
struct AuthProfileSetup {
  static func main() {}
}
