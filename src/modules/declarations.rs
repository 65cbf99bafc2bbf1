//! The NixOS options that concern containers, with their types and defaults.
//!
//! Source: the options of `nixos/modules/virtualisation/nixos-containers.nix`,
//! `nixos/modules/services/networking/{nat,firewall,nftables}.nix` and `nixos/modules/misc/version.nix`, in their newest form.
//! All other options belong to nixpkgs and stay open.

use crate::model::options::{container_options, network_options};

use super::types::{Declaration, Default, Extra, Options, PORT, Type, U32};

const fn option(name: &'static str, ty: Type, default: Default) -> Declaration {
    Declaration { name, ty, default, extra: Extra::None }
}

const fn ports(name: &'static str, shared: bool) -> Declaration {
    let extra = Extra::Ports { sorted: true, shared };
    Declaration { name, ty: LIST_OF_PORT, default: Default::EmptyList, extra }
}

const fn port_ranges(name: &'static str, shared: bool) -> Declaration {
    let extra = Extra::Ports { sorted: false, shared };
    Declaration { name, ty: LIST_OF_PORT_RANGE, default: Default::EmptyList, extra }
}

const STR: Type = Type::Str;
const NULL_OR_STR: Type = Type::NullOr(&STR);
const LIST_OF_STR: Type = Type::ListOf(&STR);
const LIST_OF_PORT: Type = Type::ListOf(&PORT);
const PORT_RANGE: Type = Type::AttrsOf(&PORT);
const LIST_OF_PORT_RANGE: Type = Type::ListOf(&PORT_RANGE);

static CONTAINER_TYPE: Type = Type::Submodule(&CONTAINER);
static ALLOWED_DEVICE_TYPE: Type = Type::Submodule(&ALLOWED_DEVICE);
static BIND_MOUNT_TYPE: Type = Type::Submodule(&BIND_MOUNT);
static EXTRA_VETH_TYPE: Type = Type::Submodule(&EXTRA_VETH);
static FORWARD_PORT_TYPE: Type = Type::Submodule(&FORWARD_PORT);
static NAT_FORWARD_TYPE: Type = Type::Submodule(&NAT_FORWARD);
static INTERFACE_PORTS_TYPE: Type = Type::Submodule(&INTERFACE_PORTS);

/// The options of a host that are known here.
pub(crate) static HOST: Options = Options {
    options: &[
        option("containers", Type::AttrsOf(&CONTAINER_TYPE), Default::EmptySet),
        // Only the configuration's own definitions: NixOS adds many, which are not evaluated here.
        option("assertions", Type::ListOf(&Type::Anything), Default::EmptyList),
        option("warnings", LIST_OF_STR, Default::EmptyList),
    ],
    groups: &[
        (
            "boot",
            Options {
                options: &[option("enableContainers", Type::Bool, Default::EnableContainers)],
                groups: &[],
                open: true,
            },
        ),
        (
            "networking",
            Options {
                options: &[option("hostName", STR, Default::Str("nixos"))],
                groups: &[("nat", NAT), ("firewall", FIREWALL), ("nftables", NFTABLES)],
                open: true,
            },
        ),
        (
            "nixpkgs",
            Options {
                options: &[Declaration {
                    name: "hostPlatform",
                    ty: Type::Either(&STR, &Type::Anything),
                    default: Default::Unknown("the platform of the host is not set"),
                    extra: Extra::Platform,
                }],
                groups: &[],
                open: true,
            },
        ),
        (
            "services",
            Options {
                options: &[Declaration {
                    name: "container-rebuild",
                    ty: Type::Anything,
                    default: Default::EmptySet,
                    extra: Extra::OfModule,
                }],
                groups: &[],
                open: true,
            },
        ),
        (
            "system",
            Options {
                options: &[option(
                    "stateVersion",
                    STR,
                    Default::Unknown("`system.stateVersion` is not set: its default is the release of nixpkgs"),
                )],
                groups: &[],
                open: true,
            },
        ),
    ],
    open: true,
};

const BOOL: Type = Type::Bool;
const PATH: Type = Type::Path;
const NULL_OR_PATH: Type = Type::NullOr(&PATH);
const ALLOWED_DEVICES: Type = Type::ListOf(&ALLOWED_DEVICE_TYPE);
const BIND_MOUNTS: Type = Type::AttrsOf(&BIND_MOUNT_TYPE);
const EXTRA_VETHS: Type = Type::AttrsOf(&EXTRA_VETH_TYPE);
const FORWARD_PORTS: Type = Type::ListOf(&FORWARD_PORT_TYPE);
const PRIVATE_USERS: Type = Type::Either(&U32, &Type::Enum(&["no", "identity", "pick"]));
const NULL_OR_MAC_ADDRESS: Type =
    Type::NullOr(&Type::StrMatching { pattern: "([0-9a-fA-F]{2}:){5}[0-9a-fA-F]{2}", matches: is_mac_address });

/// Declares [`CONTAINER`] by the options that have a JSON form, and the others.
macro_rules! declare_container {
    ($($(#[$doc:meta])* $variant:ident, $field:ident: $model:ty =
        $name:literal; $nix:ident, $default:ident $(($value:literal))?; $effect:ident; $support:ident;)*) => {
        /// `containers.<name>`
        pub(crate) static CONTAINER: Options = Options {
            options: &[
                $(option($name, $nix, Default::$default $(($value))?),)*
                option("config", Type::Guest, Default::Unknown("this container has no `config`")),
                option("nixpkgs", PATH, Default::Unknown("`nixpkgs` of a container is the host's `pkgs.path`")),
                option("specialArgs", Type::Anything, Default::EmptySet),
            ],
            groups: &[],
            open: false,
        };
    };
}

container_options! { declare_container }

macro_rules! declare_extra_veth {
    ($($(#[$doc:meta])* $variant:ident, $field:ident: $model:ty =
        $name:literal; $nix:ident, $default:ident $(($value:literal))?; $effect:ident; $support:ident;)*) => {
        static EXTRA_VETH: Options = Options {
            options: &[$(option($name, $nix, Default::$default $(($value))?),)*],
            groups: &[],
            open: false,
        };
    };
}

network_options! { declare_extra_veth {} {} {} }

static BIND_MOUNT: Options = Options {
    options: &[
        option("mountPoint", STR, Default::AttrName),
        option("hostPath", NULL_OR_STR, Default::Null),
        option("isReadOnly", Type::Bool, Default::Bool(true)),
    ],
    groups: &[],
    open: false,
};

static FORWARD_PORT: Options = Options {
    options: &[
        option("protocol", STR, Default::Str("tcp")),
        option("hostPort", PORT, Default::Mandatory),
        option("containerPort", Type::NullOr(&PORT), Default::Null),
    ],
    groups: &[],
    open: false,
};

static ALLOWED_DEVICE: Options = Options {
    options: &[option("node", STR, Default::Mandatory), option("modifier", STR, Default::Mandatory)],
    groups: &[],
    open: false,
};

/// `networking.nat`
const NAT: Options = Options {
    options: &[
        option("enable", Type::Bool, Default::Bool(false)),
        option("enableIPv6", Type::Bool, Default::Bool(false)),
        option("internalInterfaces", LIST_OF_STR, Default::EmptyList),
        option("internalIPs", LIST_OF_STR, Default::EmptyList),
        option("internalIPv6s", LIST_OF_STR, Default::EmptyList),
        option("externalInterface", NULL_OR_STR, Default::Null),
        option("externalIP", NULL_OR_STR, Default::Null),
        option("externalIPv6", NULL_OR_STR, Default::Null),
        option("forwardPorts", Type::ListOf(&NAT_FORWARD_TYPE), Default::EmptyList),
        option("dmzHost", NULL_OR_STR, Default::Null),
        option("extraCommands", Type::Lines, Default::Str("")),
        option("extraStopCommands", Type::Lines, Default::Str("")),
    ],
    groups: &[],
    open: false,
};

static NAT_FORWARD: Options = Options {
    options: &[
        option(
            "sourcePort",
            Type::Either(
                &super::types::INT,
                &Type::StrMatching { pattern: "[[:digit:]]+:[[:digit:]]+", matches: is_port_range },
            ),
            Default::Mandatory,
        ),
        option("destination", STR, Default::Mandatory),
        option("proto", STR, Default::Str("tcp")),
        option("loopbackIPs", LIST_OF_STR, Default::EmptyList),
    ],
    groups: &[],
    open: false,
};

/// `networking.firewall`
const FIREWALL: Options = Options {
    options: &[
        option("enable", Type::Bool, Default::Bool(true)),
        option("allowPing", Type::Bool, Default::Bool(true)),
        ports("allowedTCPPorts", true),
        ports("allowedUDPPorts", true),
        port_ranges("allowedTCPPortRanges", true),
        port_ranges("allowedUDPPortRanges", true),
        option("interfaces", Type::AttrsOf(&INTERFACE_PORTS_TYPE), Default::EmptySet),
        Declaration {
            name: "trustedInterfaces",
            ty: LIST_OF_STR,
            default: Default::EmptyList,
            extra: Extra::Loopback,
        },
        Declaration {
            name: "checkReversePath",
            ty: Type::Either(&Type::Bool, &Type::Enum(&["strict", "loose"])),
            default: Default::Bool(true),
            extra: Extra::ReversePath,
        },
        option("filterForward", Type::Bool, Default::Bool(false)),
    ],
    groups: &[],
    open: true,
};

/// `networking.firewall.interfaces.<name>`
static INTERFACE_PORTS: Options = Options {
    options: &[
        ports("allowedTCPPorts", false),
        ports("allowedUDPPorts", false),
        port_ranges("allowedTCPPortRanges", false),
        port_ranges("allowedUDPPortRanges", false),
    ],
    groups: &[],
    open: false,
};

/// `networking.nftables`
const NFTABLES: Options = Options {
    options: &[
        option("enable", Type::Bool, Default::Bool(false)),
        option("flushRuleset", Type::Bool, Default::FlushRuleset),
    ],
    groups: &[],
    open: true,
};

fn is_mac_address(text: &str) -> bool {
    let bytes: Vec<&str> = text.split(':').collect();
    bytes.len() == 6 && bytes.iter().all(|byte| byte.len() == 2 && byte.bytes().all(|b| b.is_ascii_hexdigit()))
}

fn is_port_range(text: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    text.split_once(':').is_some_and(|(from, to)| digits(from) && digits(to))
}
