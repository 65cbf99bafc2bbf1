//! What a change costs: the table of the contract's §6.
//!
//! [`Row::of`] sorts a changed option into a row of that table, and [`Row::cost`] gives the row's cost, which is also the
//! cost of what [`crate::apply`] then does.

use schemars::JsonSchema;
use serde::Serialize;

use crate::model::Effect;

/// How much a change disrupts a running container, from nothing to everything.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Disruption {
    /// No running process or connection is affected.
    #[default]
    None,
    /// Firewall rules are replaced in one transaction.
    Firewall,
    /// The guest keeps running while something in it changes.
    Reload,
    /// The guest stops and starts.
    Restart,
    /// The guest stops.
    Stop,
}

impl Disruption {
    /// The name in the `disruption` field of the JSON plan.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Firewall => "firewall",
            Self::Reload => "reload",
            Self::Restart => "restart",
            Self::Stop => "stop",
        }
    }

    /// All costs, lowest first.
    pub const ALL: [Self; 5] = [Self::None, Self::Firewall, Self::Reload, Self::Restart, Self::Stop];

    /// Parses a name that [`Self::as_str`] gave.
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|disruption| disruption.as_str() == word)
    }
}

/// What the cost of a change depends on besides the option.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Situation {
    /// Whether the container starts with an empty root each time.
    pub ephemeral: bool,
    /// Whether the container has a user namespace.
    pub private_users: bool,
    /// Whether the change adds a whole attribute to the option, and changes or removes nothing.
    pub added: bool,
    /// Whether the container has a veth to the host both before and after.
    pub keeps_interface: bool,
}

/// A row of the contract's table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Row {
    /// The container is created or started.
    Appears,
    /// An option that is only read at the next start, or by the next switch.
    Bookkeeping,
    /// Forwarded ports and NAT.
    Rules,
    /// A bind mount is added, and the container has no user namespace.
    BindAdded,
    /// Any other change of bind mounts.
    BindChanged,
    /// The address of the host's end of the veth.
    HostAddress,
    /// Another guest system, on a kept root.
    GuestInPlace,
    /// Another guest system, on a kept root, that a running guest cannot switch to.
    GuestNotInPlace,
    /// Another guest system, on an ephemeral root.
    GuestAnew,
    /// Everything else.
    Other,
    /// The container is stopped or removed.
    Goes,
}

impl Row {
    /// All rows, cheapest first.
    pub const ALL: [Self; 11] = [
        Self::Appears,
        Self::Bookkeeping,
        Self::Rules,
        Self::BindAdded,
        Self::HostAddress,
        Self::GuestInPlace,
        Self::BindChanged,
        Self::GuestNotInPlace,
        Self::GuestAnew,
        Self::Other,
        Self::Goes,
    ];

    /// What changes, as the table in docs/disruption.md words it.
    pub fn change(self) -> &'static str {
        match self {
            Self::Appears => "create, start",
            Self::Bookkeeping => "`autoStart`, `timeoutStartSec`, `restartIfChanged`, resource limits, order",
            Self::Rules => "`forwardPorts`, `networking.nat.*`",
            Self::BindAdded => "bind mount added, without private users",
            Self::HostAddress => "`hostAddress`, `hostAddress6`, `mtu`, while the interface stays",
            Self::GuestInPlace => "guest system, root kept",
            Self::GuestNotInPlace => {
                "guest system, root kept, with another switch inhibitor or without `switch-to-configuration`"
            }
            Self::BindChanged => "bind mount removed or changed; any bind mount change with private users",
            Self::GuestAnew => "guest system, ephemeral",
            Self::Other => "everything else",
            Self::Goes => "stop, remove",
        }
    }

    /// The row for a change of an option with this effect. What is known of systems may move a guest to
    /// [`Self::GuestNotInPlace`].
    pub fn of(effect: Effect, situation: Situation) -> Self {
        match effect {
            Effect::NextStart => Self::Bookkeeping,
            Effect::Rules => Self::Rules,
            Effect::BindMounts if situation.added && !situation.private_users => Self::BindAdded,
            Effect::BindMounts => Self::BindChanged,
            Effect::HostAddress if situation.keeps_interface => Self::HostAddress,
            // Here the change creates or removes the veth itself.
            Effect::HostAddress => Self::Other,
            Effect::Guest if situation.ephemeral => Self::GuestAnew,
            Effect::Guest => Self::GuestInPlace,
            Effect::Start => Self::Other,
        }
    }

    /// The cost of a change in this row.
    pub fn cost(self) -> Disruption {
        match self {
            Self::Appears | Self::Bookkeeping => Disruption::None,
            Self::Rules => Disruption::Firewall,
            Self::BindAdded | Self::HostAddress | Self::GuestInPlace => Disruption::Reload,
            Self::BindChanged | Self::GuestNotInPlace | Self::GuestAnew | Self::Other => Disruption::Restart,
            Self::Goes => Disruption::Stop,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ContainerOption;

    #[test]
    fn the_table_is_the_contracts() {
        use ContainerOption as O;
        use Disruption as D;
        let of =
            |ephemeral, private_users, added| Situation { ephemeral, private_users, added, keeps_interface: true };
        #[rustfmt::skip]
        let table = [
            // option            ephemeral, userns, added
            (O::AutoStart,        of(false, false, false), D::None),
            (O::TimeoutStartSec,  of(false, false, false), D::None),
            (O::RestartIfChanged, of(true,  true,  false), D::None),
            (O::ForwardPorts,     of(true,  false, true),  D::Firewall),
            (O::BindMounts,       of(false, false, true),  D::Reload),
            (O::BindMounts,       of(false, true,  true),  D::Restart),
            (O::BindMounts,       of(false, false, false), D::Restart),
            (O::HostAddress,      of(false, false, false), D::Reload),
            (O::HostAddress6,     of(false, false, false), D::Reload),
            (O::HostAddress,      Situation { keeps_interface: false, ..of(false, false, false) }, D::Restart),
            (O::Path,             of(false, false, false), D::Reload),
            (O::Path,             of(true,  false, false), D::Restart),
            (O::LocalAddress,     of(false, false, false), D::Restart),
        ];
        for (option, situation, cost) in table {
            assert_eq!(Row::of(option.effect(), situation).cost(), cost, "{option:?} {situation:?}");
        }
    }
}
