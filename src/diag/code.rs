//! The stable names of all findings.

/// What can be done about findings of a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A verdict on a configuration that evaluates; documented in `docs/lints.md`, and can be allowed.
    Lint,
    /// The same of what nothing could run: documented there, and cannot be allowed.
    Refusal,
    /// What is no verdict on a configuration, or says itself what to do.
    Other,
}

macro_rules! kind {
    () => {
        Kind::Other
    };
    (lint) => {
        Kind::Lint
    };
    (refusal) => {
        Kind::Refusal
    };
}

/// Declares the closed list of codes, each with its documented name, and whether it is a lint.
macro_rules! codes {
    ($($(#[$doc:meta])+ $variant:ident = $name:literal $(, $lint:ident)?;)+) => {
        /// The stable name of a kind of finding, printed as `severity[code]`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code { $($(#[$doc])+ $variant,)+ }

        impl Code {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The name as users see it.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// What kind of finding it is.
            pub fn kind(self) -> Kind {
                match self { $(Self::$variant => kind!($($lint)?),)+ }
            }
        }
    };
}

codes! {
    /// The text is not Nix.
    Syntax = "syntax";
    /// A URL that is not a string.
    UrlLiteral = "url-literal";
    /// A relative path without `./`.
    ShortPathLiteral = "short-path-literal";
    /// A path from the root or the home directory.
    AbsolutePathLiteral = "absolute-path-literal";
    /// A setting of Nix's of which Nix would warn.
    NixSetting = "nix-setting";
    /// Evaluation failed: the message is Nix's own where it has one.
    Evaluation = "evaluation";
    /// A file cannot be read.
    Unreadable = "unreadable";
    /// An option that NixOS does not have.
    UnknownOption = "unknown-option";
    /// A value of a type that the option does not take.
    OptionType = "option-type";
    /// Two definitions of the same priority that do not agree.
    Conflict = "conflicting-definitions";
    /// A mandatory option without a value.
    MissingOption = "missing-option";
    /// A module that is not here and is assumed to define nothing for containers; an error where the checkout lacks it.
    MissingModule = "missing-module";
    /// A module argument that nothing around the module supplies.
    MissingArgument = "missing-argument";
    /// An assertion of the configuration's own that does not hold.
    Assertion = "assertion";
    /// A warning of the configuration's own.
    UserWarning = "user-warning", lint;
    /// A value that only nixpkgs knows, where a known one is needed.
    UnknownValue = "unknown-value";
    /// A name that NixOS refuses for a container.
    ContainerName = "container-name", refusal;
    /// One host port forwarded twice.
    PortTaken = "port-taken", lint;
    /// One address given twice.
    AddressTaken = "address-taken", lint;
    /// One MAC address given twice.
    MacTaken = "mac-taken", lint;
    /// An address that is outside the subnet that it has to be in.
    AddressOutsideSubnet = "address-outside-subnet", lint;
    /// Ports forwarded to a container that shares the host's network.
    ForwardWithoutPrivateNetwork = "forward-without-private-network", lint;
    /// A port forwarded to one that the guest's firewall does not open.
    ForwardBlocked = "forward-blocked", lint;
    /// A port opened by a guest in the host's network, which the host's firewall does not open.
    GuestPortBlocked = "guest-port-blocked", lint;
    /// A guest that needs the outside, in a private network without a way out.
    NoNat = "no-nat", lint;
    /// A guest on a bridge that nothing tells the way on.
    NoGateway = "no-gateway", lint;
    /// A guest that goes out by a bridge which `networking.nat` does not name.
    NatMissesBridge = "nat-misses-bridge", lint;
    /// An address on a bridge without the length of its network's prefix.
    AddressWithoutPrefix = "address-without-prefix", lint;
    /// A guest that is to ask a name server on the host's loopback.
    LoopbackResolver = "loopback-resolver", lint;
    /// Name servers of a guest that has the host's instead.
    IgnoredNameservers = "ignored-nameservers", lint;
    /// A reverse proxy on the host that leads to no container.
    ProxyToNowhere = "proxy-to-nowhere", lint;
    /// A reverse proxy on the host that leads to a port which the guest's firewall does not open.
    ProxyBlocked = "proxy-blocked", lint;
    /// Virtual hosts of an nginx that is not enabled.
    NginxDisabled = "nginx-disabled", lint;
    /// The name of a network interface that the kernel cannot have, or that somebody else has.
    InterfaceName = "interface-name", lint;
    /// A bind mount that is not mapped into the guest's own range of users.
    PrivateUsersBinds = "private-users-binds", lint;
    /// A capability that is both added and dropped.
    CapabilityConflict = "capability-conflict", lint;
    /// A rule of the host's tmpfiles for the source of a bind mount.
    TmpfilesOnBindMount = "tmpfiles-on-bind-mount", lint;
    /// A secret as text in the configuration, which everybody can read in the store.
    SecretInStore = "secret-in-store", lint;
    /// A service that keeps state in a root that is empty at each start.
    EphemeralState = "ephemeral-state", lint;
    /// A device that is shown to a guest and closed, or open and not shown.
    DeviceAccess = "device-access", lint;
    /// An option under a name that NixOS has given up.
    RenamedOption = "renamed-option", lint;
    /// A guest with data whose version follows nixpkgs.
    GuestStateVersion = "guest-state-version", lint;
    /// A comment that allows a lint which there is not.
    UnknownLint = "unknown-lint", lint;
    /// An address that is none.
    AddressSyntax = "address-syntax", refusal;
    /// Options that exclude or need each other.
    OptionCombination = "option-combination", lint;
    /// An option of NixOS that this version does not act on yet.
    NotSupported = "not-supported", lint;
    /// Containers are declared, but `boot.enableContainers` is false.
    ContainersDisabled = "containers-disabled", lint;
    /// The `hostPath` of a bind mount does not exist on the host.
    MissingHostPath = "missing-host-path", lint;
    /// A network interface or bridge that is named does not exist on the host.
    MissingInterface = "missing-interface", lint;
    /// A container of that name belongs to somebody else.
    NotOurs = "not-ours";
    /// systemd is told not to start a container.
    Masked = "masked";
    /// The host is not as it was left.
    Drift = "drift";
    /// Something is mounted in a root that should be gone.
    ForeignMount = "foreign-mount";
    /// Something of the host could not be looked at.
    NotObserved = "not-observed";
    /// The configuration is not in the revision that is compared with.
    NotThere = "not-there";
    /// Part of the configuration that belongs to the host's own generation.
    NeedsNixosRebuild = "needs-nixos-rebuild";
    /// The host or the configuration is not what a plan that was kept in a file was made from.
    PlanMoved = "plan-moved";
    /// Containers are told to wait for each other in a circle.
    OrderCycle = "order-cycle";
    /// Nothing will start the containers at the next boot.
    NoBootService = "no-boot-service";
    /// Nix computed something else than was shown as known.
    Contradiction = "contradiction";
    /// A program that is needed is missing or failed.
    Program = "program";
    /// The command line asks for something that is not there.
    Usage = "usage";
    /// The host refused an operation.
    Host = "host";
    /// What was to be printed could not be written.
    Output = "output";
    /// The last switch of this host did not do all that it was to do.
    LastSwitch = "last-switch";
    /// A guest runs, and units of it failed.
    Degraded = "degraded";
    /// Another run holds the lock.
    Locked = "locked";
    /// A defect of this program.
    Internal = "internal";
}

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
