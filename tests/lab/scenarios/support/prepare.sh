# Makes a booted lab ready for scenarios; run in it, again after each boot and each new build.

# Every call of Nix is written down: all of its commands are links to this one file. The daemon's own do not count.
if [[ ! -e /usr/lib/nix-itself ]]; then
    mv /usr/bin/nix /usr/lib/nix-itself
    cat >/usr/bin/nix <<'RECORDER'
#!/bin/bash
[[ ${0##*/} == nix-daemon || $1 == __build-remote ]] || echo "$EUID $0 ${*@Q}" >>/var/log/nix-calls
exec -a "${0##*/}" /usr/lib/nix-itself "$@"
RECORDER
    chmod 755 /usr/bin/nix
    touch /var/log/nix-calls
    # Users build too.
    chmod 666 /var/log/nix-calls
fi
