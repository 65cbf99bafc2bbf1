# shellcheck shell=bash disable=SC2154
# One lab: from a copy of a tree to a running machine and back to nothing.
#
# What it consists of:
#   CACHE/labs/NAME/              its file system: root/, and what it changed of the tree's /usr
#   RUN/NAME/                     supervisor (PID and start time), machine-id, console.log
#   CGROUP                        all of its processes
#   one supervisor process        with namespaces of its own; the kernel ends the rest with it
#
# Invariants:
# - Outside of these four nothing is made: mounts and links are in the supervisor's and the machine's namespaces.
# - `tear_down` needs none of them to be whole and may run at any time, any number of times.
# - Commands that change the state of a lab hold its lock, one at a time.

run=/run/container-rebuild-lab
state=$run/$name
layer=$cache/labs/$name
if [[ -e /sys/fs/cgroup/cgroup.controllers ]]; then
    cgroup=/sys/fs/cgroup/container-rebuild-lab.$name
else
    cgroup=/sys/fs/cgroup/unified/container-rebuild-lab.$name
fi
mirror=/sys/fs/cgroup/systemd/container-rebuild-lab.$name
payload=$cgroup/machine/payload

take_lock() {
    local file=$cache/labs/$name.lock
    mkdir -p "$cache/labs"
    while true; do
        exec {lock}>"$file"
        flock --wait 180 "$lock" || die "lab '$name' is held by another command"
        # A `down` that we waited for has deleted the file: then this lock excludes nobody.
        [[ ! /proc/self/fd/$lock -ef $file ]] || break
        exec {lock}>&-
    done
}

# The time a process was started, which tells it from a later one with the same number.
start_time() {
    local stat words
    stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
    # The name in parentheses may hold anything; the 20th word after it is the time.
    read -ra words <<<"${stat##*) }"
    echo "${words[19]}"
}

# Prints the PID of the supervisor, if it lives.
supervisor() {
    local pid started
    read -r pid started 2>/dev/null <"$state/supervisor" || return 1
    [[ $(start_time "$pid") == "$started" ]] && echo "$pid"
}

# Prints the PID, as seen from here, of the lab's systemd.
machine_pid() {
    local group pid status
    for group in "$payload/init.scope" "$payload"; do
        for pid in $(<"$group/cgroup.procs"); do
            # Read as a whole: `read` goes back in the file after each line, and the lines before may have another length by then.
            status=$(<"/proc/$pid/status")
            if [[ $status =~ NSpid:[^$'\n']*[[:space:]]1$'\n' ]]; then
                echo "$pid"
                return
            fi
        done
    done 2>/dev/null
    return 1
}

# enter [-u USER] CMD…: becomes CMD in the lab.
enter() {
    local user=root home=/root machine identity=()
    if [[ $1 == -u ]]; then
        user=$2
        shift 2
    fi
    machine=$(machine_pid) || return 125
    if [[ $user != root ]]; then
        home=/home/$user
        identity=(--reuid="$user" --regid="$user" --init-groups)
    fi
    # Among the lab's own processes also for cgroups; a machine about to go has no place for it.
    { [[ -d $payload/lab.exec ]] || mkdir -p "$payload/lab.exec"; } 2>/dev/null && echo "$BASHPID" >"$payload/lab.exec/cgroup.procs" || return 125
    # A command does not outlive the one who asked for it.
    exec nsenter --all --target "$machine" \
        /usr/bin/setpriv --pdeathsig TERM "${identity[@]}" \
        /usr/bin/env -i --chdir="$home" HOME="$home" USER="$user" LOGNAME="$user" SHELL=/bin/bash \
        LANG=C.UTF-8 TERM="${TERM:-dumb}" \
        PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
        NIX_PATH=nixpkgs=/var/lib/lab/nixpkgs \
        "$@"
}

inside() { (enter "$@"); }

systemd_says() {
    inside timeout 20 systemctl is-system-running 2>/dev/null || true
}

# Waits until the machine with another PID than FORMER has finished booting.
wait_until_up() {
    local former=${1:-} deadline=$((SECONDS + 60)) pid
    while ((SECONDS < deadline)); do
        # Not yet on record is not the same as gone.
        [[ ! -e $state/supervisor ]] || supervisor >/dev/null || break
        pid=$(machine_pid) || pid=
        if [[ -n $pid && $pid != "$former" ]]; then
            case $(systemd_says) in
                running) return 0 ;;
                degraded)
                    inside systemctl list-units --failed --plain --no-legend >&2
                    return 0
                    ;;
            esac
        fi
        sleep 0.1
    done
    tail -n 30 "$state/console.log" >&2
    say "lab '$name' does not come up"
    return 1
}

# Ends all processes of the lab, then deletes all of its files.
tear_down() {
    local pid deadline=$((SECONDS + 20))
    if pid=$(supervisor); then
        kill -KILL "$pid" 2>/dev/null || true
    fi
    if [[ -d $cgroup ]]; then
        echo 1 >"$cgroup/cgroup.kill" 2>/dev/null || true
        while grep -qs 'populated 1' "$cgroup/cgroup.events"; do
            ((SECONDS < deadline)) || die "processes of lab '$name' do not end: $(find "$cgroup" -name cgroup.procs -exec cat {} +)"
            sleep 0.02
        done
        find "$cgroup" -depth -type d -exec rmdir {} +
    fi
    # On a host with both kinds of cgroups nspawn mirrors them into systemd's old hierarchy.
    if [[ -d $mirror ]]; then
        find "$mirror" -depth -type d -exec rmdir {} +
    fi
    rm -rf "$layer" "$state"
    # Another lab may be making its own in there.
    flock /run rmdir "$run" 2>/dev/null || true
}

# Makes the lab's file system: the cached tree, and what is of this lab alone.
#
# What a test may hand to a guest has to be real files: mounts of an overlay cannot be mapped to a
# guest's users, nor carry another overlay. /usr is never handed on, so an overlay spares its copy;
# the files of the store never change, so links spare theirs.
make_layer() {
    local tree root=$layer/root
    tree=$(tree_ready)
    mkdir -p "$root" "$root/usr" "$root/nix" "$layer/usr" "$layer/usr.work"
    find "$tree" -mindepth 1 -maxdepth 1 ! -name usr ! -name nix -exec cp -a -t "$root" {} +
    cp -a -t "$root/nix" "$tree/nix/var"
    cp -a --link -t "$root/nix" "$tree/nix/store"
    ln -s "$tree/usr" "$layer/usr.lower"

    cp -r --preserve=mode,links -t "$root" "$lab_dir/host/etc"
    cp -r --preserve=mode,links -t "$layer" "$lab_dir/host/usr"
    chmod 440 "$root/etc/sudoers.d/admin"
    systemctl --root="$root" --quiet enable lab-network.service
    tr -d - </proc/sys/kernel/random/uuid >"$state/machine-id"
    cp "$state/machine-id" "$root/etc/machine-id"
}

# Gives the lab the repository's nixpkgs as it is now.
copy_nixpkgs() {
    local target=$layer/root/var/lib/lab/nixpkgs
    [[ -d $fixtures ]] || return 0
    rm -rf "$target.new"
    # Its `lib` is a symlink to what the program has built in.
    cp -rL -T "$fixtures" "$target.new"
    mkdir -p "$target.new/guest"
    cp "$layer/root/var/lib/lab/store-paths.json" "$target.new/guest/"
    rm -rf "$target"
    mv -T "$target.new" "$target"
}

lab_up() {
    take_lock
    if supervisor >/dev/null && (wait_until_up) 2>/dev/null; then
        copy_nixpkgs
        return
    fi
    # Half a lab is of no use to anybody, neither a former one nor this one.
    trap 'tear_down' EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM HUP
    tear_down
    flock /run mkdir -p "$state"
    make_layer
    copy_nixpkgs
    setsid --fork bash "$lab_dir/lib/supervise.sh" "$layer" "$state" "$cgroup" \
        </dev/null >"$state/console.log" 2>&1 {lock}>&-
    wait_until_up
    trap - EXIT INT TERM HUP
}

lab_down() {
    take_lock
    tear_down
    rm -f "$cache/labs/$name.lock"
}

lab_reset() {
    take_lock
    tear_down
    exec {lock}>&-
    lab_up
}

lab_exec() {
    local user=root code=0
    if [[ ${1:-} == -u ]]; then
        user=${2:?a user}
        shift 2
    fi
    [[ ${1:-} == -- ]] && shift
    (($#)) || die "exec what?"
    enter -u "$user" "$@" || code=$?
    say "lab '$name' is not up: lab up"
    exit "$code"
}

lab_push() {
    (($# == 2)) || die "usage: lab push SRC DST"
    local source=$1 target=$2
    if [[ -d $source ]]; then
        tar -C "$source" --owner=0 --group=0 -cf - . |
            inside bash -c 'mkdir -p "$1" && tar -C "$1" -xpf -' push "$target"
    else
        # Renamed into place, since the former file may be a program that runs.
        inside bash -c '
            target=$1
            [[ $target == */ || -d $target ]] && target=${target%/}/$2
            mkdir -p "$(dirname "$target")"
            cat >"$target.pushed" && chmod "$3" "$target.pushed" && mv -T "$target.pushed" "$target"
        ' push "$target" "$(basename "$source")" "$(stat -Lc %a "$source")" <"$source"
    fi
}

lab_reboot() {
    local former
    take_lock
    former=$(machine_pid) || die "lab '$name' is not up: lab up"
    if [[ ${1:-} == --hard ]]; then
        touch "$state/power-failure"
        kill -KILL "$former"
    else
        inside systemctl --no-block reboot
    fi
    wait_until_up "$former"
}

lab_status() {
    local pid
    if supervisor >/dev/null && pid=$(machine_pid); then
        echo "up: $name, systemd is $(systemd_says), PID $pid, root $layer/root, console $state/console.log"
    else
        echo "down: $name"
        return 3
    fi
}

lab_shell() {
    # `script` gives it a terminal of the lab, so that job control and sudo work.
    if [[ -t 0 ]]; then
        lab_exec -- script --quiet --return --command 'exec bash -l' /dev/null
    else
        lab_exec -- bash -l
    fi
}

lab_console() {
    cat "$state/console.log"
}
