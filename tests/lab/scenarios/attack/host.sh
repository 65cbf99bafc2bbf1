# What a switch may leave on a host, beside what observe.py lists. Numbers that are given at random are cut off.
echo "failed: $(systemctl list-units --failed --plain --no-legend 'container*' | cut -d' ' -f1 | sort | xargs)"
echo "jobs: $(systemctl list-jobs --plain --no-legend | xargs)"
ip -brief address show | sed 's/@if[0-9]*//; s/fe80[^ ]*//; s/ *$//' | sort
ip route show | sort
ip -6 route show | grep -v ^fe80 | sort
ip netns list | cut -d' ' -f1 | sort
findmnt --raw --noheadings --output TARGET,FSTYPE | grep -v ' proc$\|^/run/credentials\|^/tmp/\|^/run/host' | sort
{
    find /tmp -mindepth 1 -maxdepth 1 ! -name '.*-unix' ! -name 'container-rebuild-*' ! -name 'systemd-private-*'
    # Which generation was booted is noted at a boot alone, and whether the host forwarded before us differs after one.
    find /run/container-rebuild /etc/nixos-containers -maxdepth 2 ! -name booted-generation ! -name sysctls.json
    find /run/nixos-containers -maxdepth 1 ! -name '*.lck'
    find /nix/var/nix/gcroots/container-rebuild ! -name 'generation-*'
    find /var/lib/container-rebuild /var/lib/nixos-containers -maxdepth 1 ! -name '*.lck'
} | sed -E 's/[0-9a-f]{16}$//' | sort
grep -s . /run/systemd/network/*container-rebuild* /run/NetworkManager/conf.d/*container-rebuild* || true
nft --stateless list ruleset
sysctl net.ipv4.ip_forward net.ipv4.conf.all.forwarding net.ipv6.conf.all.forwarding
