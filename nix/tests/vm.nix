# A NixOS host in a virtual machine: container-rebuild plans and starts a container beside one of NixOS's own, and changes it.
{ lib, ... }:
let
  # The system of the guest is built before, since there is no nixpkgs in the virtual machine.
  guest =
    pkgs:
    (import (pkgs.path + "/nixos/lib/eval-config.nix") {
      system = null;
      modules = [
        {
          nixpkgs.pkgs = pkgs;
          boot.isContainer = true;
          networking.hostName = "web";
          networking.useDHCP = false;
          system.stateVersion = lib.trivial.release;
          services.nginx.enable = true;
          services.nginx.virtualHosts.localhost.locations."/".return = "200 'hello from the guest'";
          networking.firewall.allowedTCPPorts = [ 80 ];
        }
      ];
    }).config.system.build.toplevel;
  configuration = path: hostPort: ''
    {
      networking.nat = { enable = true; internalInterfaces = [ "ve-*" ]; externalInterface = "eth0"; };
      containers.web = {
        path = "${path}";
        autoStart = true;
        privateNetwork = true;
        hostAddress = "10.231.0.1";
        localAddress = "10.231.0.2";
        forwardPorts = [ { hostPort = ${toString hostPort}; containerPort = 80; } ];
        dropCapabilities = [ "CAP_SYS_PTRACE" ];
      };
      services.container-rebuild.containers.web.resourceControl.MemoryMax = "512M";
    }
  '';
in
{
  name = "container-rebuild";

  nodes.host =
    { config, pkgs, ... }:
    {
      imports = [ ../module.nix ];
      environment.systemPackages = [ config.services.container-rebuild.package ];
      environment.etc."containers/before.nix".text = configuration (guest pkgs) 8080;
      environment.etc."containers/after.nix".text = configuration (guest pkgs) 8081;
      # NixOS's own, which has to stay as it is.
      containers.native = {
        path = guest pkgs;
        autoStart = true;
        privateNetwork = true;
        hostAddress = "10.232.0.1";
        localAddress = "10.232.0.2";
        dropCapabilities = [ "CAP_SYS_PTRACE" ];
      };
      virtualisation.memorySize = 2048;
    };

  testScript = ''
    def container_rebuild(arguments):
        return host.succeed("container-rebuild " + arguments + " 2>&1")

    def leader(name):
        return host.succeed(f"machinectl show --property Leader --value {name}").strip()

    host.wait_for_unit("container@native.service")
    native = leader("native")

    with subtest("NixOS drops the capability of its own container"):
        status = host.succeed(f"grep CapBnd /proc/{native}/status").split()[1]
        assert not int(status, 16) & 1 << 19, status

    with subtest("a plan changes nothing"):
        said = container_rebuild("plan /etc/containers/before.nix")
        assert "web: create and start" in said, said
        host.fail("machinectl show web")

    with subtest("a switch starts the container"):
        container_rebuild("switch --yes /etc/containers/before.nix")
        assert container_rebuild("run web -- hostname").splitlines()[-1] == "web"
        host.wait_until_succeeds("curl --fail --silent http://10.231.0.2/ | grep 'hello from the guest'", timeout=60)
        host.succeed("curl --fail --silent http://127.0.0.1:8080/ | grep 'hello from the guest'")
        assert host.succeed("systemctl show --property MemoryMax --value container@web").strip() == str(512 << 20)
        status = host.succeed(f"grep CapBnd /proc/{leader('web')}/status").split()[1]
        assert not int(status, 16) & 1 << 19, status

    with subtest("a second switch has nothing to do"):
        said = container_rebuild("switch --yes /etc/containers/before.nix")
        assert "No changes." in said, said

    with subtest("a changed forward leaves the guest running"):
        before = leader("web")
        container_rebuild("switch --yes /etc/containers/after.nix")
        host.succeed("curl --fail --silent http://127.0.0.1:8081/ | grep 'hello from the guest'")
        host.fail("curl --fail --silent http://127.0.0.1:8080/")
        assert leader("web") == before

    with subtest("NixOS's own container did not notice"):
        assert leader("native") == native
  '';
}
