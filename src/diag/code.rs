//! The stable names of all findings.

/// Which kind of finding a code stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A verdict on a configuration that evaluates. Documented in `docs/lints.md`; users can allow it.
    Lint,
    /// Like [`Self::Lint`], but nothing could run such a configuration: documented in `docs/lints.md`, and cannot be
    /// allowed.
    Refusal,
    /// Everything else: not a verdict on a configuration, or the message itself says what to do.
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

/// Declares the closed list of codes, each with its documentation, its name, and whether it is a lint.
macro_rules! codes {
    ($($(#[$doc:meta])+ $variant:ident = $name:literal $(, $lint:ident)?;)+) => {
        /// The stable name of a kind of finding, printed as `severity[code]`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code { $($(#[$doc])+ $variant,)+ }

        impl Code {
            /// All codes.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The name that users see.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// The kind of finding this code stands for.
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
    /// A setting of Nix that makes Nix print a warning.
    NixSetting = "nix-setting";
    /// Evaluation failed; the message is Nix's own if Nix has one.
    Evaluation = "evaluation";
    /// A file cannot be read.
    Unreadable = "unreadable";
    /// An option that NixOS does not have.
    UnknownOption = "unknown-option";
    /// A value whose type the option does not accept.
    OptionType = "option-type";
    /// Two definitions of the same priority that contradict each other.
    Conflict = "conflicting-definitions";
    /// A mandatory option without a value.
    MissingOption = "missing-option";
    /// A module that is unavailable and assumed to define nothing for containers; an error if it is missing from the
    /// checkout.
    MissingModule = "missing-module";
    /// A module argument that the module's importer does not supply.
    MissingArgument = "missing-argument";
    /// An assertion of the configuration itself that fails.
    Assertion = "assertion";
    /// A warning of the configuration itself.
    UserWarning = "user-warning", lint;
    /// A value that only nixpkgs knows, where a known one is needed.
    UnknownValue = "unknown-value";
    /// A name that NixOS refuses for a container.
    ContainerName = "container-name", refusal;
    /// A host port that is forwarded twice.
    PortTaken = "port-taken", lint;
    /// An address that is assigned twice.
    AddressTaken = "address-taken", lint;
    /// A MAC address that is assigned twice.
    MacTaken = "mac-taken", lint;
    /// An address outside the subnet that it must be in.
    AddressOutsideSubnet = "address-outside-subnet", lint;
    /// Ports forwarded to a container that shares the host's network.
    ForwardWithoutPrivateNetwork = "forward-without-private-network", lint;
    /// A forward to a port that the guest's firewall does not open.
    ForwardBlocked = "forward-blocked", lint;
    /// A port opened by a guest that shares the host's network, but not by the host's firewall.
    GuestPortBlocked = "guest-port-blocked", lint;
    /// A guest that needs the internet from a private network without NAT.
    NoNat = "no-nat", lint;
    /// A guest on a bridge without a default gateway.
    NoGateway = "no-gateway", lint;
    /// A guest whose traffic leaves by a bridge that `networking.nat` does not name.
    NatMissesBridge = "nat-misses-bridge", lint;
    /// An address on a bridge without a prefix length.
    AddressWithoutPrefix = "address-without-prefix", lint;
    /// A guest that uses a name server on the host's loopback address.
    LoopbackResolver = "loopback-resolver", lint;
    /// Name servers set in a guest that takes its resolver settings from the host.
    IgnoredNameservers = "ignored-nameservers", lint;
    /// A reverse proxy on the host whose target is not a container.
    ProxyToNowhere = "proxy-to-nowhere", lint;
    /// A reverse proxy on the host whose target is a port that the guest's firewall does not open.
    ProxyBlocked = "proxy-blocked", lint;
    /// Virtual hosts of an nginx that is not enabled.
    NginxDisabled = "nginx-disabled", lint;
    /// A network interface name that the kernel rejects or that is already taken.
    InterfaceName = "interface-name", lint;
    /// A bind mount that is not mapped into the guest's user namespace.
    PrivateUsersBinds = "private-users-binds", lint;
    /// A capability that is both added and dropped.
    CapabilityConflict = "capability-conflict", lint;
    /// An option of ours that is set, although no module declares it: plain NixOS refuses it.
    ModuleNotImported = "module-not-imported", lint;
    /// A tmpfiles rule of the host that covers the source of a bind mount.
    TmpfilesOnBindMount = "tmpfiles-on-bind-mount", lint;
    /// A secret written as text in the configuration: every user can read it in the Nix store.
    SecretInStore = "secret-in-store", lint;
    /// A service that keeps state in a root that is wiped at each start.
    EphemeralState = "ephemeral-state", lint;
    /// A device node that the guest sees but may not open, or may open but does not see.
    DeviceAccess = "device-access", lint;
    /// An option under a name that NixOS has dropped.
    RenamedOption = "renamed-option", lint;
    /// A guest with data whose `system.stateVersion` follows nixpkgs.
    GuestStateVersion = "guest-state-version", lint;
    /// A comment that allows a lint that does not exist.
    UnknownLint = "unknown-lint", lint;
    /// Text that is not a valid address.
    AddressSyntax = "address-syntax", refusal;
    /// Options that exclude or require each other.
    OptionCombination = "option-combination", lint;
    /// A NixOS option that this version does not act on yet.
    NotSupported = "not-supported", lint;
    /// Containers are declared, but `boot.enableContainers` is false.
    ContainersDisabled = "containers-disabled", lint;
    /// The `hostPath` of a bind mount does not exist on the host.
    MissingHostPath = "missing-host-path", lint;
    /// A network interface or bridge that the configuration names does not exist on the host.
    MissingInterface = "missing-interface", lint;
    /// Another program's rules drop the packets of a forward.
    ForwardDropped = "forward-dropped";
    /// Another program of the host configures the interfaces of containers.
    InterfaceManaged = "interface-managed";
    /// Another tool owns a container of that name.
    NotOurs = "not-ours";
    /// A container's unit is masked.
    Masked = "masked";
    /// The host differs from the last generation though nobody configured it.
    Drift = "drift";
    /// Something is mounted in a root that is to be removed.
    ForeignMount = "foreign-mount";
    /// Part of the host's state could not be read.
    NotObserved = "not-observed";
    /// The revision that is compared with does not contain the configuration.
    NotThere = "not-there";
    /// A part of the configuration that only `nixos-rebuild` can apply.
    NeedsNixosRebuild = "needs-nixos-rebuild";
    /// The host or the configuration has changed since a saved plan was made.
    PlanMoved = "plan-moved";
    /// Containers that wait for each other in a cycle.
    OrderCycle = "order-cycle";
    /// Nothing will start the containers at the next boot.
    NoBootService = "no-boot-service";
    /// Nix computed a value that differs from the one shown as known.
    Contradiction = "contradiction";
    /// A required program is missing or failed.
    Program = "program";
    /// The command line asks for something that does not exist.
    Usage = "usage";
    /// The host refused an operation.
    Host = "host";
    /// The output could not be written.
    Output = "output";
    /// The last switch of this host did not finish its plan.
    LastSwitch = "last-switch";
    /// A guest runs, but some of its units failed.
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
