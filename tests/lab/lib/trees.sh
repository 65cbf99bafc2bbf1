# shellcheck shell=bash disable=SC2154
# The trees that labs are made of: built once, kept in the cache, copied for each lab.
#
# Takes: the package lists and LAB_SUITE.
# Gives: `tree_ready`, which prints the path of a tree that nobody ever changes.
#
# Invariants:
# - A tree appears under its name whole or not at all (built beside, then renamed).
# - Its name holds a hash of all that it was made from: a changed recipe is another tree.
# - One builder at a time. One that was killed leaves a `build.*` directory, which the next deletes.
#
# Not here: what differs from lab to lab or changes often (units, nix.conf, machine-id): machine.sh.

trees=$cache/trees

# Prints the package names of a list, comma-separated.
package_list() {
    sed 's/#.*//' "$1" | xargs | tr ' ' ,
}

tree_path() {
    local key
    key=$(cat "$lab_dir/lib/trees.sh" "$lab_dir/packages" "$guest_packages" | sha256sum)
    echo "$trees/$suite-${key:0:12}"
}

install_programs() {
    CONTAINER_REBUILD_CACHE=$cache "$lab_dir/lib/packages" \
        mmdebstrap=mmdebstrap systemd-nspawn=systemd-container nft=nftables
}

# Prints the path of the tree for this suite, which it builds first when it is not there.
tree_ready() {
    local tree build
    tree=$(tree_path)
    if [[ ! -d $tree ]]; then
        mkdir -p "$trees"
        # The lock lives as long as the builder, even when this script is killed.
        exec {builder}>"$trees/lock"
        flock "$builder"
        if [[ ! -d $tree ]]; then
            install_programs >&2
            say "building $(basename "$tree") in $trees (about a minute, once)"
            rm -rf "$trees"/build.*
            build=$(mktemp -d "$trees/build.XXXXXX")
            # Own mounts and processes: whatever ends this ends and unmounts all of it.
            unshare --mount --propagation private --pid --fork --kill-child --mount-proc \
                bash "$lab_dir/lab" build-tree "$build" >"$trees/build.log" 2>&1 || {
                tail -n 20 "$trees/build.log" | cut -c -300 >&2
                rm -rf "$build"
                die "the tree could not be built; all of the log: $trees/build.log"
            }
            chmod 755 "$build/host"
            mv -T "$build/host" "$tree"
            rm -rf "$build"
            forget_old_trees "$tree"
        fi
        exec {builder}>&-
    fi
    touch "$tree"
    echo "$tree"
}

# Trees of former recipes go two weeks after their last use; other branches may still want them.
# The /usr of a lab lies on its tree: without it a running lab is lost, whoever it belongs to.
forget_old_trees() {
    local tree
    while read -r tree; do
        [[ $tree == "$1" ]] || tree_in_use "$tree" || rm -rf "$tree"
    done < <(find "$trees" -mindepth 1 -maxdepth 1 -type d -mtime +14)
}

tree_in_use() {
    local lower
    for lower in "$cache"/labs/*/usr.lower; do
        [[ $(readlink "$lower") != "$1/usr" ]] || return 0
    done
    return 1
}

debian() {
    local suite=$1 packages=$2 target=$3
    # Nobody reads manuals there, and each file is copied for each lab.
    mmdebstrap --quiet --mode=root --variant=minbase --include="$packages" \
        --dpkgopt='path-exclude=/usr/share/man/*' \
        --dpkgopt='path-exclude=/usr/share/locale/*' \
        --dpkgopt='path-exclude=/usr/share/doc/*' \
        --customize-hook='rm -rf "$1"/var/lib/apt/lists/* "$1"/var/cache/apt/*' \
        "$suite" "$target"
}

# Runs in a mount and PID namespace of its own: BUILD/host becomes the tree.
build_tree() {
    local build=$1 host=$1/host guest=$1/host/root/debian-guest busybox=$1/host/root/busybox
    set -x
    debian trixie "$(package_list "$guest_packages")" "$build/guest" &
    local guest_builder=$!
    debian "$suite" "$(package_list "$lab_dir/packages")" "$host"
    wait "$guest_builder"
    mmdebstrap --quiet --mode=root --variant=extract --include=busybox-static trixie "$build/busybox"

    mv -T "$build/guest" "$guest"
    strip_guest "$guest"
    install -D "$build/busybox/usr/bin/busybox" "$busybox/bin/busybox"
    fill_store "$host"

    # Nothing runs in the lab that a test did not ask for.
    systemctl --root="$host" --quiet disable nginx.service
    systemctl --root="$host" --quiet mask systemd-modules-load.service \
        apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer fstrim.timer e2scrub_all.timer
    # The daemon's socket is for the group nix-users alone, as Debian sets it up.
    chroot "$host" useradd --create-home --uid 1000 --shell /bin/bash --groups nix-users admin
}

# Leaves only what a store path can hold: directories, links, and files without owner or mode.
strip_guest() {
    local guest=$1
    systemctl --root="$guest" --quiet disable nginx.service ssh.service
    rm -rf "${guest:?}"/dev/* "$guest"/etc/ssh/ssh_host_* "$guest"/var/cache/*
    rm -f "$guest"/etc/{hostname,machine-id,resolv.conf}
    find "$guest" ! -type f ! -type d ! -type l -delete
}

# Adds the guest's tree and busybox to the host's store, by the host's own Nix.
fill_store() {
    local host=$1 guest busybox
    mount -t proc proc "$host/proc"
    guest=$(chroot "$host" nix-store --option build-users-group '' --add /root/debian-guest)
    busybox=$(chroot "$host" nix-store --option build-users-group '' --add /root/busybox)
    umount "$host/proc"
    rm -rf "$host"/root/{debian-guest,busybox,.cache,.nix*}
    # Else the next nix-collect-garbage of a test takes them away.
    ln -s "$guest" "$host/nix/var/nix/gcroots/debian-guest"
    ln -s "$busybox" "$host/nix/var/nix/gcroots/busybox"
    mkdir -p "$host/var/lib/lab"
    printf '{"debianGuest": "%s", "busybox": "%s"}\n' "$guest" "$busybox" >"$host/var/lib/lab/store-paths.json"
}

lab_prepare() {
    tree_ready
}
