#!/usr/bin/env bash
# Runs the main use case in a throwaway systemd host (docs/lab.md): turns a configuration into a running container, and checks
# that a second run changes nothing. Stops at the first failed check. Leaves only build outputs and cached trees behind, even
# after Ctrl-C.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."

export LAB_NAME=${LAB_NAME:-demo}
example=examples/wasabi/host.nix
binary=target/release/container-rebuild
expected='<html><body><h1>It works!</h1> wasabi foo@example.org</body></html>'

step() { printf '\n\033[1m== %s\033[0m\n' "$*"; }
fail() { printf 'demo: %s\n' "$*" >&2; exit 1; }
lab() { tests/lab/lab "$@"; }
# Runs a command in the lab, prints its output, and keeps it in $output for checks.
show() {
    printf '$ %s\n' "$*"
    output=$(lab exec -- "$@" 2>&1) || { printf '%s\n' "$output"; fail "failed: $*"; }
    printf '%s\n' "$output"
}
leader() { lab exec -- machinectl show wasabi --property=Leader --value; }

clean_up() {
    status=$?
    trap - EXIT INT TERM
    lab down >/dev/null 2>&1 || true
    exit "$status"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

((EUID == 0)) || fail 'must run as root, to boot a throwaway host'

step 'Installing what the lab needs from the distribution'
lab prepare

step 'Building container-rebuild'
"${CARGO:-cargo}" build --release --locked

# This step shows the lint finding; later steps silence it.
step 'The plan of the example, on this machine, as user nobody, without Nix, systemd and nft'
# Copied to a directory that an ordinary user can read, wherever the clone is.
public=$(mktemp -d)
chmod 755 "$public"
cp "$binary" "$example" "$public"
plan=$(cd "$public" && setpriv --reuid=65534 --regid=65534 --clear-groups env -i PATH=/nonexistent \
    ./container-rebuild plan host.nix) || { rm -r "$public"; fail 'the plan failed'; }
rm -r "$public"
printf '%s\n' "$plan"
grep -q '^Plan: .*1 to create, ' <<<"$plan" || fail 'the plan does not create the container'

step 'A throwaway systemd host'
# Remove what a killed run left behind.
lab down
lab up
lab push "$binary" /usr/local/bin/container-rebuild
lab push "$example" /root/host.nix
lab exec -- mkdir -p /mnt/wasabiData

step 'switch: evaluates, builds the guest with Nix, starts it, and loads the rules'
show container-rebuild switch --yes --allow forward-blocked /root/host.nix

step 'The container'
show container-rebuild status
grep -q '^wasabi  *running  *ours  *192\.168\.100\.11' <<<"$output" || fail 'wasabi is not running'
show systemctl is-active container@wasabi.service
before=$(leader)

step 'Its page, from the host'
show curl --silent --show-error --max-time 10 http://192.168.100.11/
[[ $output == "$expected" ]] || fail 'unexpected page'

step 'Its page, from a machine on the LAN, through the forwarded port'
show ip netns exec lan curl --silent --show-error --max-time 10 http://10.77.0.2:8080/
[[ $output == "$expected" ]] || fail 'unexpected page'

step 'A command in it'
show container-rebuild run wasabi -- hostname
[[ $output == wasabi ]] || fail 'unexpected host name'

step 'switch again: nothing to do'
show container-rebuild plan --detailed-exitcode --allow forward-blocked /root/host.nix
show container-rebuild switch --yes --allow forward-blocked /root/host.nix
grep -q '^No changes\.$' <<<"$output" || fail 'the second switch found something to do'
[[ $(leader) == "$before" ]] || fail 'the container was restarted'

step "Done: all checks passed, and the guest's first process is still $before"
