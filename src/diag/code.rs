//! The stable names of all findings.

/// Declares the closed list of codes, each with its documented name.
macro_rules! codes {
    ($($(#[$doc:meta])+ $variant:ident = $name:literal;)+) => {
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
        }
    };
}

codes! {
    /// The text is not Nix.
    Syntax = "syntax";
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
    /// A module that is not here and is assumed to define nothing for containers.
    MissingModule = "missing-module";
    /// A module argument that nothing around the module supplies.
    MissingArgument = "missing-argument";
    /// An assertion of the configuration's own that does not hold.
    Assertion = "assertion";
    /// A warning of the configuration's own.
    UserWarning = "user-warning";
    /// A value that only nixpkgs knows, where a known one is needed.
    UnknownValue = "unknown-value";
    /// A name that NixOS refuses for a container.
    ContainerName = "container-name";
    /// One host port forwarded twice.
    PortTaken = "port-taken";
    /// One address given twice.
    AddressTaken = "address-taken";
    /// An address that is none.
    AddressSyntax = "address-syntax";
    /// Options that exclude or need each other.
    OptionCombination = "option-combination";
    /// An option of NixOS that this version does not act on yet.
    NotSupported = "not-supported";
    /// Containers are declared, but `boot.enableContainers` is false.
    ContainersDisabled = "containers-disabled";
    /// The `hostPath` of a bind mount does not exist on the host.
    MissingHostPath = "missing-host-path";
    /// The network interface that NAT names does not exist on the host.
    MissingInterface = "missing-interface";
    /// A container of that name belongs to somebody else.
    NotOurs = "not-ours";
    /// The host is not as it was left.
    Drift = "drift";
    /// Something of the host could not be looked at.
    NotObserved = "not-observed";
    /// The configuration is not in the revision that is compared with.
    NotThere = "not-there";
    /// Part of the configuration that belongs to the host's own generation.
    NeedsNixosRebuild = "needs-nixos-rebuild";
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
