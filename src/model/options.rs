//! The options of `containers.<name>`: each is declared here, once.
//!
//! Source: `nixos/modules/virtualisation/nixos-containers.nix`, newest form. `config`, `pkgs`, `nixpkgs` and
//! `specialArgs` have no JSON form and are not among them, as the contract says.
//!
//! A line says everything that is known about an option:
//!
//! ```text
//! /// What it means.
//! Variant, field: type in the model = "NixOS's name"; type in the module system, default; effect; support;
//! ```
//!
//! [`container_options`] and [`network_options`] pass these lines to a macro of each layer that needs them:
//! [`super::Container`] has a field for each, `modules::declarations` the NixOS option, `plan::cost` its cost.

/// Calls the macro `$consumer` with all options of a container, in alphabetical order, in which they are printed.
macro_rules! container_options {
    ($consumer:ident) => {
        $crate::model::options::network_options! { $consumer {
        /// Capabilities to add: `--capability=`, joined by commas.
        AdditionalCapabilities, additional_capabilities: List<String> = "additionalCapabilities"; LIST_OF_STR, EmptyList; Start; Supported;
        /// Device nodes that the unit allows (`DeviceAllow=`).
        AllowedDevices, allowed_devices: List<AllowedDevice> = "allowedDevices"; ALLOWED_DEVICES, EmptyList; Start; Supported;
        /// Whether the container starts with the host.
        AutoStart, auto_start: Field<bool> = "autoStart"; BOOL, Bool(false); NextStart; Supported;
        /// Bind mounts by attribute name, which is the default mount point.
        BindMounts, bind_mounts: Field<BTreeMap<String, Field<BindMount>>> = "bindMounts"; BIND_MOUNTS, EmptySet; BindMounts; Supported;
        /// Whether the host's `/etc/resolv.conf` is copied into the root at each start.
        CopyResolvConf, copy_resolv_conf: Field<bool> = "copyResolvConf"; BOOL, Bool(true); Start; Supported;
        /// Capabilities to drop: `--drop-capability=`. Our module declares this option; NixOS has no such option.
        DropCapabilities, drop_capabilities: List<String> = "dropCapabilities"; LIST_OF_STR, EmptyList; Start; Supported;
        /// Whether the guest gets `/dev/net/tun` and `CAP_NET_ADMIN`.
        EnableTun, enable_tun: Field<bool> = "enableTun"; BOOL, Bool(false); Start; Supported;
        /// Whether the root is empty at each start.
        Ephemeral, ephemeral: Field<bool> = "ephemeral"; BOOL, Bool(false); Start; Supported;
        /// Additional arguments for systemd-nspawn.
        ExtraFlags, extra_flags: List<String> = "extraFlags"; LIST_OF_STR, EmptyList; Start; Supported;
        /// Additional veth pairs by name.
        ExtraVeths, extra_veths: Field<BTreeMap<String, Field<ExtraVeth>>> = "extraVeths"; EXTRA_VETHS, EmptySet; Start; Supported;
        /// A flake to build the guest from, instead of `config`.
        Flake, flake: Field<Option<String>> = "flake"; NULL_OR_STR, Null; Start; Refused;
        } {
        /// Host interfaces to move into the guest.
        Interfaces, interfaces: List<String> = "interfaces"; LIST_OF_STR, EmptyList; Start; Supported;
        } {
        /// Host interfaces on which the guest gets a macvlan.
        Macvlans, macvlans: List<String> = "macvlans"; LIST_OF_STR, EmptyList; Start; Supported;
        /// The path of an existing network namespace to join.
        NetworkNamespace, network_namespace: Field<Option<String>> = "networkNamespace"; NULL_OR_PATH, Null; Start; Supported;
        /// The guest system: a store path that contains `init`.
        Path, path: Field<String> = "path"; PATH, SystemPath; Guest; Supported;
        /// Whether the guest has its own network.
        PrivateNetwork, private_network: Field<bool> = "privateNetwork"; BOOL, Bool(false); Start; Supported;
        /// The user namespace of the guest.
        PrivateUsers, private_users: Field<PrivateUsers> = "privateUsers"; PRIVATE_USERS, Str("no"); Start; Supported;
        /// Whether a switch may restart the container.
        RestartIfChanged, restart_if_changed: Field<bool> = "restartIfChanged"; BOOL, Bool(true); NextStart; Supported;
        /// How long the start may take (systemd.time(7)).
        TimeoutStartSec, timeout_start_sec: Field<String> = "timeoutStartSec"; STR, Str("1min"); NextStart; Supported;
        /// Paths on which to mount a tmpfs, in nspawn's form `PATH[:OPTIONS]`.
        Tmpfs, tmpfs: List<String> = "tmpfs"; LIST_OF_STR, EmptyList; Start; Supported;
        } }
    };
}

/// Calls the macro `$consumer` with the options that containers and their `extraVeths` share (`networkOptions`), and with
/// those that stand before, between and after them.
macro_rules! network_options {
    ($consumer:ident { $($before:tt)* } { $($between:tt)* } { $($after:tt)* }) => { $consumer! {
        $($before)*
        /// Host ports to forward into the guest.
        ForwardPorts, forward_ports: List<ForwardPort> = "forwardPorts"; FORWARD_PORTS, EmptyList; Rules; Supported;
        /// IPv4 address of the host's end of the veth pair.
        HostAddress, host_address: Field<Option<String>> = "hostAddress"; NULL_OR_STR, Null; HostAddress; Supported;
        /// IPv6 address of the host's end of the veth pair.
        HostAddress6, host_address6: Field<Option<String>> = "hostAddress6"; NULL_OR_STR, Null; HostAddress; Supported;
        /// The bridge to attach the host's end to.
        HostBridge, host_bridge: Field<Option<String>> = "hostBridge"; NULL_OR_STR, Null; Start; Supported;
        $($between)*
        /// IPv4 address of the guest's end of the veth pair.
        LocalAddress, local_address: Field<Option<String>> = "localAddress"; NULL_OR_STR, Null; Start; Supported;
        /// IPv6 address of the guest's end of the veth pair.
        LocalAddress6, local_address6: Field<Option<String>> = "localAddress6"; NULL_OR_STR, Null; Start; Supported;
        /// MAC address of the guest's end of the veth pair.
        LocalMacAddress, local_mac_address: Field<Option<String>> = "localMacAddress"; NULL_OR_MAC_ADDRESS, Null; Start; Supported;
        $($after)*
    } };
}

pub(crate) use {container_options, network_options};

/// What takes up a changed option, which decides what the change costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// The next start, or the next switch: nothing has to happen now.
    NextStart,
    /// The firewall rules.
    Rules,
    /// The mounts of the running guest.
    BindMounts,
    /// The host's end of the veth pair.
    HostAddress,
    /// The guest, which becomes another system.
    Guest,
    /// A start: the guest has to stop first.
    Start,
}

/// Whether this version acts on an option.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Support {
    Supported,
    /// Commands that apply refuse it: to ignore an option that is set would be worse.
    Refused,
}

macro_rules! declare_option {
    ($($(#[$doc:meta])* $variant:ident, $field:ident: $model:ty =
        $name:literal; $nix:ident, $default:ident $(($value:literal))?; $effect:ident; $support:ident;)*) => {
        /// The options of a container.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum ContainerOption { $($(#[$doc])* $variant,)* }

        impl ContainerOption {
            /// All options.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// NixOS's name of the option.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// The option called `name`.
            pub fn named(name: &str) -> Option<Self> {
                match name { $($name => Some(Self::$variant),)* _ => None }
            }

            /// What takes up a change.
            pub fn effect(self) -> Effect {
                match self { $(Self::$variant => Effect::$effect,)* }
            }

            /// Whether this version acts on it.
            pub fn is_supported(self) -> bool {
                match self { $(Self::$variant => Support::$support == Support::Supported,)* }
            }
        }
    };
}

container_options! { declare_option }
