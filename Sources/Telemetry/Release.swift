/// Which release of the product this is; every process says it in `/health` and `--describe`.
package enum Release {
  package static let version = "0.1.0"
}
