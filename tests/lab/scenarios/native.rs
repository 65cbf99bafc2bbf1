//! NixOS's own containers: compared with what NixOS wrote for them, and never touched.

use crate::support::Lab;

/// What NixOS writes for `containers.web` of [`CONFIGURATION`] (specification: sections 4 and 5 of the NixOS reference).
const AS_NIXOS: &str = r#"
mkdir -p /etc/systemd/system /etc/nixos-containers /opt/native /srv/www
cat >/opt/native/start <<'START'
#!/bin/bash
exec systemd-nspawn --keep-unit -M "$INSTANCE" -D "$root" --private-network --private-users="$PRIVATE_USERS" \
  --network-veth --notify-ready=yes --kill-signal=SIGRTMIN+3 --capability="CAP_SYS_TIME" --tmpfs=/scratch \
  $EXTRA_NSPAWN_FLAGS ${SYSTEM_PATH:-/nix/var/nix/profiles/system}/init
START
chmod 755 /opt/native/start
cat >/etc/systemd/system/container@web.service <<'UNIT'
[Unit]
Description=Container 'web'

[Service]
Environment="INSTANCE=web"
Environment="root=/var/lib/nixos-containers/web"
EnvironmentFile=-/etc/nixos-containers/%i.conf
ExecStart=/opt/native/start
TimeoutStartSec=1min
Type=notify
UNIT
cat >/etc/nixos-containers/web.conf <<'CONF'
SYSTEM_PATH=/nix/store/00000000000000000000000000000000-nixos-system-web
COPY_RESOLV_CONF=1
PRIVATE_NETWORK=1
HOST_PORT=tcp:8080:80
HOST_ADDRESS=10.1.0.1
LOCAL_ADDRESS=10.1.0.2
PRIVATE_USERS=no
INTERFACES=""
MACVLANS=""
AUTO_START=1
EXTRA_NSPAWN_FLAGS=" --bind-ro=/srv/www:/www"
CONF
systemctl daemon-reload
"#;

const CONFIGURATION: &str = r#"{
  containers.web = {
    autoStart = true;
    privateNetwork = true;
    hostAddress = "10.1.0.1";
    localAddress = "10.1.0.2";
    additionalCapabilities = [ "CAP_SYS_TIME" ];
    tmpfs = [ "/scratch" ];
    forwardPorts = [ { hostPort = 8080; containerPort = 80; } ];
    bindMounts."/www".hostPath = "/srv/www";
    config = { };
  };
}
"#;

#[test]
#[ignore = "needs a lab: make scenarios"]
fn an_untouched_host_shows_no_difference_and_a_changed_one_is_planned_and_refused() {
    let lab = Lab::empty();
    lab.sh(AS_NIXOS).ok();
    let before = lab.observe();
    lab.write("/root/host.nix", CONFIGURATION);
    let (plan, code) = lab.plan();
    assert_eq!((code, &plan["changes"]), (0, &serde_json::json!([])), "{plan:#}");
    assert!(plan["diagnostics"].to_string().contains("owned by nixos-rebuild"), "{plan:#}");

    lab.write("/root/host.nix", &CONFIGURATION.replace("containerPort = 80", "containerPort = 8000"));
    let (plan, code) = lab.plan();
    assert_eq!(code, 2, "{plan:#}");
    assert_eq!(plan["changes"][0]["reasons"][0]["option"], "forwardPorts.\"tcp:8080\".containerPort", "{plan:#}");
    assert_eq!((&plan["order"]["nodes"], &plan["firewall"]["changed"]), (&serde_json::json!([]), &false.into()));
    let refused = lab.sh("container-rebuild switch --yes /root/host.nix");
    assert_eq!(refused.code, 1, "{refused:#?}");
    assert!(refused.err.contains("belongs to nixos-rebuild"), "{refused:#?}");
    let after = lab.observe();
    assert_eq!((&before.traces, before.nft_generation), (&after.traces, after.nft_generation));
    assert_eq!(before.nix_calls, after.nix_calls, "it was refused before anything was built");
    lab.sh("rm -r /etc/systemd/system/container@web.service /etc/nixos-containers/web.conf /opt/native /srv/www; systemctl daemon-reload").ok();
    lab.finish();
}

#[test]
#[ignore = "needs a lab: make scenarios"]
fn one_with_links_of_every_kind_shows_no_difference_either() {
    let lab = Lab::empty();
    lab.sh("ip link add br-lab type bridge").ok();
    // Written as NixOS does for the configuration below.
    let native = AS_NIXOS
        .replace(
            "HOST_PORT=tcp:8080:80\nHOST_ADDRESS=10.1.0.1\nLOCAL_ADDRESS=10.1.0.2\n",
            "HOST_BRIDGE=br-lab\nHOST_PORT=tcp:8080:80\nHOST_ADDRESS=10.1.0.1\nLOCAL_ADDRESS=10.1.0.2/24\n\
             LOCAL_MAC_ADDRESS=02:00:00:00:00:0A\n",
        )
        .replace("COPY_RESOLV_CONF=1", "COPY_RESOLV_CONF=0")
        .replace("INTERFACES=\"\"\nMACVLANS=\"\"", "INTERFACES=\"eth0\"\nMACVLANS=\"eth0 br-lab\"")
        .replace(
            "--capability=\"CAP_SYS_TIME\"",
            "--network-veth-extra=side --capability=\"CAP_SYS_TIME,CAP_NET_ADMIN\"",
        )
        .replace(
            "Type=notify\n",
            "Type=notify\nDevicePolicy=closed\nDeviceAllow=/dev/fuse rw\nDeviceAllow=/dev/net/tun rwm\n",
        );
    let configuration = CONFIGURATION.replace("localAddress = \"10.1.0.2\";", "localAddress = \"10.1.0.2/24\"; \
        hostBridge = \"br-lab\"; localMacAddress = \"02:00:00:00:00:0A\"; copyResolvConf = false; enableTun = true; \
        interfaces = [ \"eth0\" ]; macvlans = [ \"eth0\" \"br-lab\" ]; extraVeths.side.hostBridge = \"br-lab\"; \
        allowedDevices = [ { node = \"/dev/fuse\"; modifier = \"rw\"; } ];");
    lab.sh(&native).ok();
    lab.write("/root/host.nix", &configuration);
    let (plan, code) = lab.plan();
    assert_eq!((code, &plan["changes"]), (0, &serde_json::json!([])), "{plan:#}");
    for (from, to, option) in [
        ("hostBridge = \"br-lab\"; localMac", "hostBridge = null; localMac", "hostBridge"),
        ("copyResolvConf = false", "copyResolvConf = true", "copyResolvConf"),
        ("enableTun = true", "enableTun = false", "enableTun"),
        ("interfaces = [ \"eth0\" ]", "interfaces = [ ]", "interfaces"),
        ("[ \"eth0\" \"br-lab\" ]", "[ \"br-lab\" ]", "macvlans"),
        ("00:0A", "00:0B", "localMacAddress"),
        ("modifier = \"rw\"", "modifier = \"r\"", "allowedDevices.\"/dev/fuse\".modifier"),
    ] {
        assert!(configuration.contains(from), "{from}");
        lab.write("/root/host.nix", &configuration.replace(from, to));
        let (plan, code) = lab.plan();
        assert_eq!((code, &plan["changes"][0]["reasons"][0]["option"]), (2, &option.into()), "{plan:#}");
    }
    lab.sh("rm -r /etc/systemd/system/container@web.service /etc/nixos-containers/web.conf /opt/native /srv/www; systemctl daemon-reload; ip link delete br-lab").ok();
    lab.finish();
}
