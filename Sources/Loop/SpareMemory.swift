import CLinux

/// Memory that was freed and is kept for what comes next.
package enum SpareMemory {
  /// Gives it back to the kernel: for after work that is rare and took much.
  package static func giveBack() {
    _ = malloc_trim(0)
  }
}
