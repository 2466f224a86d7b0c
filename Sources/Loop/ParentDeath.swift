import CLinux
import Glibc

/// Ties this process, and whatever it turns into by exec, to the life of the one that started it.
package enum ParentDeath {
  /// Has the kernel kill this process when the thread that started it ends, however it ends.
  ///
  /// - Parameter parent: the process that shall be the parent. When it is gone already the kernel
  ///   would never tell, so this answers false.
  package static func kill(with parent: Int32) -> Bool {
    linux_signal_on_parent_death(SIGKILL) == 0 && getppid() == parent
  }
}
