import Glibc

extension Metrics {
  /// Adds what Prometheus's own clients tell about every process: CPU time, memory, descriptors and
  /// start.
  package func addProcessMetrics() {
    counter("process_cpu_seconds_total", "User and system CPU time spent, in seconds.") {
      ProcessFacts.cpuSeconds
    }
    gauge("process_resident_memory_bytes", "Resident memory, in bytes.") {
      ProcessFacts.residentBytes
    }
    gauge("process_open_fds", "Open file descriptors.") { ProcessFacts.openDescriptors }
    gauge("process_max_fds", "The most file descriptors that may be open.") {
      ProcessFacts.descriptorLimit
    }
    let start = ProcessFacts.startSeconds
    gauge("process_start_time_seconds", "When the process started, in seconds since 1970.") {
      start
    }
  }
}

/// What proc(5) knows about this process; NaN where it can't be read.
enum ProcessFacts {
  static var cpuSeconds: Double {
    var usage = rusage()
    getrusage(RUSAGE_SELF.rawValue, &usage)
    let seconds = usage.ru_utime.tv_sec + usage.ru_stime.tv_sec
    let microseconds = usage.ru_utime.tv_usec + usage.ru_stime.tv_usec
    return Double(seconds) + Double(microseconds) / 1_000_000
  }

  static var residentBytes: Double {
    let fields = read("/proc/self/statm").split(separator: " ")
    guard fields.count > 1, let pages = Double(fields[1]) else { return .nan }
    return pages * Double(sysconf(Int32(_SC_PAGESIZE)))
  }

  static var openDescriptors: Double {
    guard let folder = opendir("/proc/self/fd") else { return .nan }
    defer { closedir(folder) }
    // The folder itself is open meanwhile, and `.` and `..` are entries.
    var count = -3
    while readdir(folder) != nil { count += 1 }
    return Double(count)
  }

  static var descriptorLimit: Double {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return .nan }
    return Double(limit.rlim_cur)
  }

  static var startSeconds: Double {
    // The name, in parentheses, may hold blanks; field 22 is the 20th after it.
    let fields = read("/proc/self/stat").split(separator: ")").last?.split(separator: " ") ?? []
    guard fields.count > 19, let ticks = Double(fields[19]) else { return .nan }
    var now = timespec()
    var sinceBoot = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    clock_gettime(CLOCK_BOOTTIME, &sinceBoot)
    let boot = seconds(now) - seconds(sinceBoot)
    return ((boot + ticks / Double(sysconf(Int32(_SC_CLK_TCK)))) * 100).rounded() / 100
  }

  private static func seconds(_ time: timespec) -> Double {
    Double(time.tv_sec) + Double(time.tv_nsec) / 1_000_000_000
  }

  private static func read(_ path: String) -> String {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return "" }
    defer { close(descriptor) }
    return String(unsafeUninitializedCapacity: 2048) {
      max(0, Glibc.read(descriptor, $0.baseAddress, $0.count))
    }
  }
}
