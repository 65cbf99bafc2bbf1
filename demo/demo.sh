#!/usr/bin/env bash
# The main job on real input, in a throwaway systemd host (docs/lab.md): a configuration goes in, a running container comes
# out, and a second run changes nothing. Every step is checked; the first that fails ends it. Nothing but build outputs and
# the cached trees stays behind, also after Ctrl-C.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."

export LAB_NAME=${LAB_NAME:-demo}
example=examples/wasabi/host.nix
binary=target/release/container-rebuild
expected='<html><body><h1>It works!</h1> wasabi foo@example.org</body></html>'

step() { printf '\n\033[1m== %s\033[0m\n' "$*"; }
fail() { printf 'demo: %s\n' "$*" >&2; exit 1; }
lab() { tests/lab/lab "$@"; }
# What is shown is what is checked: a command of the lab, on the terminal and in $output.
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

((EUID == 0)) || fail 'boots a machine of its own, which needs root'

step 'What is needed: Rust is here, the rest comes from the distribution'
lab prepare

step 'Building container-rebuild'
"${CARGO:-cargo}" build --release --locked

# This shows what is found in it, once: later steps allow it.
step 'The plan of the example, on this machine, as nobody: no Nix, no systemd, no nft'
# Copied to where an ordinary user may read, wherever the clone is.
public=$(mktemp -d)
chmod 755 "$public"
cp "$binary" "$example" "$public"
plan=$(cd "$public" && setpriv --reuid=65534 --regid=65534 --clear-groups env -i PATH=/nonexistent \
    ./container-rebuild plan host.nix) || { rm -r "$public"; fail 'the plan failed'; }
rm -r "$public"
printf '%s\n' "$plan"
grep -q '^Plan: .*1 to create, ' <<<"$plan" || fail 'the plan does not create the container'

step 'A throwaway systemd host'
# What an earlier run left that was killed.
lab down
lab up
lab push "$binary" /usr/local/bin/container-rebuild
lab push "$example" /root/host.nix
lab exec -- mkdir -p /mnt/wasabiData

step 'switch: evaluates, builds the guest with Nix, starts it, loads the rules'
show container-rebuild switch --yes --allow forward-blocked /root/host.nix

step 'The container'
show container-rebuild status
grep -q '^wasabi  *running  *ours  *192\.168\.100\.11' <<<"$output" || fail 'wasabi does not run'
show systemctl is-active container@wasabi.service
before=$(leader)

step 'Its page, for the host'
show curl --silent --show-error --max-time 10 http://192.168.100.11/
[[ $output == "$expected" ]] || fail 'that is another page'

step 'Its page, for a machine on the LAN, through the forwarded port'
show ip netns exec lan curl --silent --show-error --max-time 10 http://10.77.0.2:8080/
[[ $output == "$expected" ]] || fail 'that is another page'

step 'A command in it'
show container-rebuild run wasabi -- hostname
[[ $output == wasabi ]] || fail 'that is not its name'

step 'switch again: nothing to do'
show container-rebuild plan --detailed-exitcode --allow forward-blocked /root/host.nix
show container-rebuild switch --yes --allow forward-blocked /root/host.nix
grep -q '^No changes\.$' <<<"$output" || fail 'the second switch found something to do'
[[ $(leader) == "$before" ]] || fail 'the container was restarted'

step "Done: all of it held, and the guest's first process is still $before"
