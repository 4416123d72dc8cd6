#!/usr/bin/env bash
# Run a shell command in a copy of this project, on the newest Python that Debian has:
#
#     tools/newest_python.sh 'nox -s unit && nox -s integration -- -k login'
#
# It runs in a temporary chroot with Debian's development version, "sid". There, pip, uv and apt
# use the mirrors, proxies and certificates of this machine.
set -euo pipefail
cd "$(dirname "$0")/.."

skip() {
    echo "Skipped the newest Python: $1"
    exit 0
}

make_chroot() {
    local mirror path
    # Without a mirror, as on Ubuntu, debootstrap takes Debian's own server.
    mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Label: Debian' | head -n 1)
    debootstrap --variant=minbase --include=ca-certificates,procps sid "$root" ${mirror:+"$mirror"}
    # If the machine crashes, this chroot is lost anyway.
    echo force-unsafe-io >"$root/etc/dpkg/dpkg.cfg.d/unsafe-io"
    apt-config dump | sed -n '/^Acquire::https\?::/p' >"$root/etc/apt/apt.conf.d/host"
    for path in /etc/{hosts,resolv.conf,pip.conf,xdg/pip,uv,ssl/certs/ca-certificates.crt} \
        ~/{.pip,.config/pip,.config/uv} ${PIP_CERT-} ${REQUESTS_CA_BUNDLE-} ${SSL_CERT_FILE-}; do
        [ ! -e "$path" ] || cp -RL --parents "$path" "$root"
    done
    mkdir "$root/project"
    tar -c --exclude=./.git --exclude=./.nox --exclude=./.venv . | tar -x -C "$root/project"
    mount -t proc proc "$root/proc"
    mount --rbind /dev "$root/dev"
}

install_python() {
    local python
    # debootstrap has just downloaded the package lists.
    python=$(chroot "$root" apt-cache pkgnames python3. | grep -x 'python3\.[0-9]*' | sort -V | tail -n 1)
    # A test compiles a Turkish locale from the sources in `locales`.
    chroot "$root" apt-get install -y --no-install-recommends "$python-venv" locales
    chroot "$root" "$python" -m venv /venv
}

run_in_chroot() {
    local names='CI|PIP_\w+|UV_\w+|SSL_CERT_\w+|REQUESTS_CA_BUNDLE|\w+_proxy' settings
    mapfile -t settings < <(env | grep -iE "^($names)=")
    chroot "$root" env -i "${settings[@]}" HOME="$HOME" LANG=C.UTF-8 \
        PATH=/venv/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin bash -euc "
            cd /project
            python --version
            pip install -qq -c constraints.txt nox uv
            $1"
}

main() {
    # Until Python is installed, output goes to a log, which is printed on failure.
    exec 3>&1 4>&2 >"$root.log" 2>&1
    trap 'cat "$root.log" >&4' EXIT
    make_chroot
    install_python
    trap - EXIT
    exec >&3 2>&4
    run_in_chroot "$1"
}

[ $# -eq 1 ] || { echo "Usage: $0 COMMAND" >&2; exit 2; }
[ "$EUID" -eq 0 ] && command -v apt-get >/dev/null || skip "this needs root on Debian or Ubuntu."
# In a namespace, mounts and processes cannot outlive this script.
namespace=(unshare --mount --pid --fork --kill-child --mount-proc)
"${namespace[@]}" true 2>/dev/null || skip "this needs the permission to mount file systems."
# With package lists, apt also knows which of its servers is a mirror of Debian.
apt-get update &>/dev/null || true
command -v debootstrap >/dev/null ||
    apt-get install -y debootstrap debian-archive-keyring &>/dev/null ||
    skip "debootstrap cannot be installed."

work=$(mktemp -d)
job=
clean_up() {
    # Killing the namespace's first process ends all others. It may have exited already.
    kill -KILL $(cat "/proc/$job/task/$job/children") || true
    wait || true
    rm -rf --one-file-system "$work"
} 2>/dev/null
trap clean_up EXIT
export root=$work/sid
export -f make_chroot install_python run_in_chroot main
# In the background, because Bash handles a signal only after a command in the foreground.
"${namespace[@]}" bash -euo pipefail -c 'main "$1"' bash "$1" &
job=$!
wait "$job"
