//! What a change costs: the table of the contract's §6, in one place.
//!
//! A change is put into a [`Row`]; a row has one cost. [`WITHOUT_EXECUTOR`] lists the rows that the contract makes
//! cheaper than this version can: their cost is a restart, because that is what apply does, and the plan never promises
//! less. Whoever writes the executor takes the row out of that list, and nothing else changes.

/// How much a change disturbs, from nothing to everything.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Disruption {
    /// Nobody notices.
    #[default]
    None,
    /// Rules are replaced in one step.
    Firewall,
    /// The guest goes on running while something in it changes.
    Reload,
    /// The guest stops and starts.
    Restart,
    /// The guest stops.
    Stop,
}

impl Disruption {
    /// The word in `disruption`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Firewall => "firewall",
            Self::Reload => "reload",
            Self::Restart => "restart",
            Self::Stop => "stop",
        }
    }
}

/// Declares the options of `containers.<name>`, each with its name.
macro_rules! options {
    ($($variant:ident = $name:literal,)+) => {
        /// The options of a container: closed, so that a new one does not go without a cost.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[allow(missing_docs, reason = "named after the options")]
        pub enum ContainerOption { $($variant,)+ }

        impl ContainerOption {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// NixOS's name of the option.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// The option called `name`.
            pub fn named(name: &str) -> Option<Self> {
                match name { $($name => Some(Self::$variant),)+ _ => None }
            }
        }
    };
}

options! {
    AdditionalCapabilities = "additionalCapabilities",
    AllowedDevices = "allowedDevices",
    AutoStart = "autoStart",
    BindMounts = "bindMounts",
    CopyResolvConf = "copyResolvConf",
    DropCapabilities = "dropCapabilities",
    EnableTun = "enableTun",
    Ephemeral = "ephemeral",
    ExtraFlags = "extraFlags",
    ExtraVeths = "extraVeths",
    Flake = "flake",
    Interfaces = "interfaces",
    Macvlans = "macvlans",
    NetworkNamespace = "networkNamespace",
    Path = "path",
    PrivateNetwork = "privateNetwork",
    PrivateUsers = "privateUsers",
    RestartIfChanged = "restartIfChanged",
    TimeoutStartSec = "timeoutStartSec",
    Tmpfs = "tmpfs",
    ForwardPorts = "forwardPorts",
    HostAddress = "hostAddress",
    HostAddress6 = "hostAddress6",
    HostBridge = "hostBridge",
    LocalAddress = "localAddress",
    LocalAddress6 = "localAddress6",
    LocalMacAddress = "localMacAddress",
}

/// What the cost of a change depends on, besides the option.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Situation {
    /// Whether the root of the container is empty at each start.
    pub ephemeral: bool,
    /// Whether the container has a user namespace.
    pub private_users: bool,
    /// Whether a whole attribute of the option is new (and nothing was changed or removed).
    pub added: bool,
}

/// A row of the contract's table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Row {
    /// Read only when the container starts or a switch decides.
    Bookkeeping,
    /// Forwards.
    Rules,
    /// A bind mount more, in a container without a user namespace.
    BindAdded,
    /// Any other change of bind mounts.
    BindChanged,
    /// The host's end of the veth.
    HostAddress,
    /// Another guest system on a root that is kept.
    GuestInPlace,
    /// Another guest system on a root that is not.
    GuestAnew,
    /// All else.
    Other,
}

/// The rows for which this version knows nothing cheaper than a restart.
pub const WITHOUT_EXECUTOR: &[Row] = &[Row::BindAdded, Row::HostAddress, Row::GuestInPlace];

impl Row {
    /// The row that a change of `option` belongs to.
    pub fn of(option: ContainerOption, situation: Situation) -> Self {
        use ContainerOption as O;
        match option {
            O::AutoStart | O::TimeoutStartSec | O::RestartIfChanged => Self::Bookkeeping,
            O::ForwardPorts => Self::Rules,
            O::BindMounts if situation.added && !situation.private_users => Self::BindAdded,
            O::BindMounts => Self::BindChanged,
            O::HostAddress | O::HostAddress6 => Self::HostAddress,
            O::Path if situation.ephemeral => Self::GuestAnew,
            O::Path => Self::GuestInPlace,
            O::AdditionalCapabilities
            | O::AllowedDevices
            | O::CopyResolvConf
            | O::DropCapabilities
            | O::EnableTun
            | O::Ephemeral
            | O::ExtraFlags
            | O::ExtraVeths
            | O::Flake
            | O::Interfaces
            | O::Macvlans
            | O::NetworkNamespace
            | O::PrivateNetwork
            | O::PrivateUsers
            | O::Tmpfs
            | O::HostBridge
            | O::LocalAddress
            | O::LocalAddress6
            | O::LocalMacAddress => Self::Other,
        }
    }

    /// What the contract says that it costs.
    pub fn least(self) -> Disruption {
        match self {
            Self::Bookkeeping => Disruption::None,
            Self::Rules => Disruption::Firewall,
            Self::BindAdded | Self::HostAddress | Self::GuestInPlace => Disruption::Reload,
            Self::BindChanged | Self::GuestAnew | Self::Other => Disruption::Restart,
        }
    }

    /// What it costs in this version.
    pub fn cost(self) -> Disruption {
        if WITHOUT_EXECUTOR.contains(&self) { Disruption::Restart } else { self.least() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Container;

    #[test]
    fn every_option_of_a_container_has_a_cost() {
        let container = serde_json::to_value(Container::with_defaults(String::new().into())).expect("JSON");
        let mut options: Vec<_> = container.as_object().expect("an object").keys().map(String::as_str).collect();
        let mut costed: Vec<_> = ContainerOption::ALL.iter().map(|option| option.name()).collect();
        options.sort_unstable();
        costed.sort_unstable();
        assert_eq!(options, costed);
        for option in ContainerOption::ALL {
            assert_eq!(ContainerOption::named(option.name()), Some(*option));
        }
    }

    #[test]
    fn the_table_is_the_contracts() {
        use ContainerOption as O;
        use Disruption as D;
        let of = |ephemeral, private_users, added| Situation { ephemeral, private_users, added };
        #[rustfmt::skip]
        let table = [
            // option            ephemeral, userns, added      contract     this version
            (O::AutoStart,        of(false, false, false),      D::None,     D::None),
            (O::TimeoutStartSec,  of(false, false, false),      D::None,     D::None),
            (O::RestartIfChanged, of(true,  true,  false),      D::None,     D::None),
            (O::ForwardPorts,     of(true,  false, true),       D::Firewall, D::Firewall),
            (O::BindMounts,       of(false, false, true),       D::Reload,   D::Restart),
            (O::BindMounts,       of(false, true,  true),       D::Restart,  D::Restart),
            (O::BindMounts,       of(false, false, false),      D::Restart,  D::Restart),
            (O::HostAddress,      of(false, false, false),      D::Reload,   D::Restart),
            (O::HostAddress6,     of(false, false, false),      D::Reload,   D::Restart),
            (O::Path,             of(false, false, false),      D::Reload,   D::Restart),
            (O::Path,             of(true,  false, false),      D::Restart,  D::Restart),
            (O::LocalAddress,     of(false, false, false),      D::Restart,  D::Restart),
        ];
        for (option, situation, least, now) in table {
            let row = Row::of(option, situation);
            assert_eq!((row.least(), row.cost()), (least, now), "{option:?} {situation:?}");
        }
    }

    #[test]
    fn no_row_costs_less_than_the_contract_says() {
        for option in ContainerOption::ALL {
            for bits in 0..8u8 {
                let (ephemeral, private_users, added) = (bits & 1 != 0, bits & 2 != 0, bits & 4 != 0);
                let row = Row::of(*option, Situation { ephemeral, private_users, added });
                assert!(row.cost() >= row.least(), "{row:?}");
            }
        }
    }
}
