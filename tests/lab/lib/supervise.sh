#!/usr/bin/env bash
# Keeps the machine of one lab running: starts systemd-nspawn, and starts it again after a reboot.
#
# Runs as PID 1 of a PID namespace and in a mount namespace of its own, so that the end of this
# process, by whatever cause, ends every process of the lab and leaves no mount.
#
# usage: supervise.sh LAYER STATE CGROUP
set -euo pipefail
layer=$1 state=$2 cgroup=$3

if (($$ != 1)); then
    # Whoever started this may wait for the end of a pipe that we have no part in.
    for fd in /proc/$$/fd/*; do
        fd=${fd##*/}
        ((fd <= 2 || fd == 255)) || eval "exec $fd>&-"
    done
    # On record before anything is made that would have to be ended by it. `exec` keeps both numbers.
    mkdir -p "$cgroup/supervisor"
    echo $$ >"$cgroup/supervisor/cgroup.procs"
    stat=$(</proc/$$/stat)
    read -ra words <<<"${stat##*) }"
    echo "$$ ${words[19]}" >"$state/supervisor.new"
    mv "$state/supervisor.new" "$state/supervisor"
    exec unshare --mount --propagation private --pid --fork --kill-child --mount-proc bash "$0" "$@"
fi

trap '' HUP INT TERM
machine=$cgroup/machine

# Where nspawn keeps its book of machines. This one is nobody's business.
mkdir -p /run/systemd
mount -t tmpfs tmpfs /run/systemd

mount -t overlay overlay "$layer/root/usr" \
    -o "lowerdir=$(readlink "$layer/usr.lower"),upperdir=$layer/usr,workdir=$layer/usr.work"

# nspawn divides its cgroup in two, and wants it empty.
empty_cgroup() {
    if [[ -d $machine ]]; then
        echo 1 >"$machine/cgroup.kill"
        while grep -q 'populated 1' "$machine/cgroup.events"; do sleep 0.02; done
        find "$machine" -depth -type d -exec rmdir {} +
    fi
    mkdir "$machine"
}

arguments=(
    --directory="$layer/root" --machine=lab --uuid="$(cat "$state/machine-id")"
    # No systemd of the outer host has a part in this.
    --register=no --keep-unit --link-journal=no --resolv-conf=off --timezone=off
    # What a real host may do: guests in user namespaces, nft, cgroups.
    --private-network --capability=all --system-call-filter='@keyring bpf'
    --boot --console=passive
)

while true; do
    empty_cgroup
    code=0
    (
        echo 0 >"$machine/cgroup.procs"
        exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1 \
            systemd-nspawn "${arguments[@]}"
    ) || code=$?
    # 133 is nspawn's word for a reboot; the file is ours for a power failure.
    if [[ -e $state/power-failure ]]; then
        rm "$state/power-failure"
    elif ((code != 133)); then
        echo "lab: the machine has ended, code $code"
        exit "$code"
    fi
done
