"""What a scenario compares, as JSON: run in the lab, by the lab's own Python, without the product.

`observe.py mark` leaves a file in the root of every running guest first, by which an emptied root is known.
"""

import json
import os
import socket
import struct
import subprocess
import sys

MARK = ".scenario-mark"


def lines(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()


def machine(name):
    leader = int(lines("machinectl", "show", "--property=Leader", "--value", name)[0])
    with open(f"/proc/{leader}/stat") as stat:
        started = int(stat.read().rpartition(")")[2].split()[19])
    mark = f"/proc/{leader}/root/{MARK}"
    if "mark" in sys.argv:
        open(mark, "w").close()
    return {"leader": leader, "started": started, "marked": os.path.exists(mark)}


def nft_generation():
    """The number that the kernel raises with every transaction (NFT_MSG_GETGEN)."""
    nfnetlink, get_generation, request = 12, 10 << 8 | 16, 1
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, nfnetlink) as kernel:
        kernel.settimeout(10)
        kernel.send(struct.pack("=IHHIIBBH", 20, get_generation, request, 1, 0, 0, 0, 0))
        answer = kernel.recv(4096)
    # Behind both headers the first attribute, NFTA_GEN_ID: length, type, value.
    _, kind, generation = struct.unpack_from("=HH", answer, 20) + struct.unpack_from(">I", answer, 24)
    assert kind == 1, answer
    return generation


def listed(folder):
    return sorted(os.listdir(folder)) if os.path.isdir(folder) else []


def forwarding():
    """The sysctls by which the host forwards; a lab boots without."""
    settings = ["net/ipv4/conf/all/forwarding", "net/ipv6/conf/all/forwarding"]
    return [setting for setting in settings if open(f"/proc/sys/{setting}").read() != "0\n"]


def main():
    names = [line.split()[0] for line in lines("machinectl", "list", "--no-legend")]
    units = lines("systemctl", "list-units", "--all", "--plain", "--no-legend", "container@*", "container-rebuild-restore@*")
    links = [line.split()[0].partition("@")[0] for line in lines("ip", "-brief", "link")]
    tables = lines("nft", "list", "tables")
    print(json.dumps({
        "machines": {name: machine(name) for name in names},
        "nft_generation": nft_generation(),
        "nix_calls": open("/var/log/nix-calls").read().splitlines(),
        # What is left when nothing is configured any more.
        "traces": {
            "units": [unit.split()[0] for unit in units],
            "unit files": [f for f in listed("/run/systemd/system") if f.startswith("container")]
            + [f for folder in listed("/run/systemd/system") if folder.endswith(".wants")
               for f in listed(f"/run/systemd/system/{folder}") if f.startswith("container")],
            "links": [link for link in links if link.startswith(("ve-", "vb-"))],
            "routes": [route for route in lines("ip", "route") if " ve-" in route],
            "namespaces": [f for f in listed("/run/netns") if f.startswith("container-")],
            "tables": [table for table in tables if "container-rebuild" in table],
            "forwarding": forwarding(),
            "confs": listed("/etc/nixos-containers"),
            "records": listed("/run/container-rebuild/containers") + listed("/run/container-rebuild/booted"),
            "mapped mounts": listed("/run/container-rebuild/mapped"),
            "live roots": listed("/run/nixos-containers"),
            "manager files": [f for folder in ("/run/systemd/network", "/run/NetworkManager/conf.d") for f in listed(folder)
                              if "container-rebuild" in f],
            "held systems": [f for f in listed("/nix/var/nix/gcroots/container-rebuild")
                             if f.startswith(("booted-", "current-"))],
        },
    }))


main()
