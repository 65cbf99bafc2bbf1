//! Says whether the forward or input chains of other tables let a packet through.
//!
//! Takes: tables as `nft -j -t list table` prints them (libnftables-json(5)), and a packet. Gives: what may become of it.
//!
//! Every base chain of a hook sees a packet, and a drop in any of them is final, while an accept only ends that chain (nft(8),
//! "verdict statements"). A rule whose condition is not understood, or that is about something unknown such as the source
//! address, may match or not: then both ways are followed, and nothing is certain.

use std::collections::BTreeMap;
use std::net::IpAddr;

use serde_json::Value;

use crate::model::spec::{Prefix, Protocol};

/// The deepest jumps that the kernel allows (`NFT_JUMP_STACK_SIZE`).
const DEEPEST: usize = 16;
/// The most rules that are looked at for one packet. A ruleset with more of them gets no opinion.
const MOST_RULES: usize = 100_000;

/// The first packet of a connection from another machine: a forwarded one, after its destination was changed, or one to the host.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Packet<'a> {
    /// The interface by which it came in, if that is known.
    pub incoming: Option<&'a str>,
    /// The interface by which it leaves; `None` if it is for the host itself.
    pub outgoing: Option<&'a str>,
    pub protocol: Protocol,
    /// Where it goes. If it is for the host, only the family is certain.
    pub destination: IpAddr,
    pub port: u16,
}

/// Where a packet is dropped.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Dropped {
    /// The table, with its family: `ip filter`.
    pub table: String,
    /// The chain that drops it.
    pub chain: String,
    /// Whether no rule of the chain does, but its policy.
    pub by_policy: bool,
}

/// What becomes of a packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fate {
    /// Every chain accepts it.
    Passes,
    /// It depends on what is not known.
    Unclear,
    /// This is where it ends in any case.
    Dropped(Dropped),
}

impl Packet<'_> {
    /// The hook at which it is filtered.
    fn hook(&self) -> &'static str {
        if self.outgoing.is_some() { "forward" } else { "input" }
    }
}

/// What becomes of the packet in the chains of these tables.
pub(crate) fn fate(tables: &[Value], packet: Packet<'_>) -> Fate {
    let mut is_unclear = false;
    for table in tables.iter().filter_map(Table::read) {
        let mut left = MOST_RULES;
        for chain in table.chains.values().filter(|chain| chain.hook == Some(packet.hook()) && table.sees(packet)) {
            let mut ways = table.walk(chain, packet, 0, &mut left);
            if ways.falls_through {
                match chain.drops {
                    true => _ = ways.dropped.get_or_insert(table.dropped(chain, true)),
                    false => ways.is_accepted = true,
                }
            }
            match ways.dropped {
                Some(dropped) if !ways.is_accepted && left > 0 => return Fate::Dropped(dropped),
                Some(_) => is_unclear = true,
                None => {}
            }
        }
    }
    if is_unclear { Fate::Unclear } else { Fate::Passes }
}

struct Table<'a> {
    family: &'a str,
    name: &'a str,
    chains: BTreeMap<&'a str, Chain<'a>>,
}

struct Chain<'a> {
    name: &'a str,
    /// The hook of a base chain that filters packets.
    hook: Option<&'a str>,
    /// Whether its policy drops.
    drops: bool,
    rules: Vec<&'a [Value]>,
}

/// The ways in which a packet may leave a chain.
#[derive(Default)]
struct Ways {
    is_accepted: bool,
    dropped: Option<Dropped>,
    /// It comes to the end of the chain, or returns from it.
    falls_through: bool,
}

impl Ways {
    fn add(&mut self, other: Self) {
        self.is_accepted |= other.is_accepted;
        self.dropped = self.dropped.take().or(other.dropped);
    }
}

/// Whether a rule is about the packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Match {
    Yes,
    No,
    Unknown,
}

impl Match {
    fn of(is_it: bool) -> Self {
        if is_it { Self::Yes } else { Self::No }
    }

    fn not(self) -> Self {
        match self {
            Self::Yes => Self::No,
            Self::No => Self::Yes,
            Self::Unknown => Self::Unknown,
        }
    }
}

impl<'a> Table<'a> {
    fn read(listing: &'a Value) -> Option<Self> {
        let objects = || listing["nftables"].as_array().map(Vec::as_slice).unwrap_or_default().iter();
        let table = objects().find_map(|object| object.get("table"))?;
        let mut chains = BTreeMap::new();
        for chain in objects().filter_map(|object| object.get("chain")) {
            let name = chain["name"].as_str()?;
            let hook = chain["hook"].as_str().filter(|_| chain["type"] == "filter");
            chains.insert(name, Chain { name, hook, drops: chain["policy"] == "drop", rules: Vec::new() });
        }
        for rule in objects().filter_map(|object| object.get("rule")) {
            let chain = rule["chain"].as_str().and_then(|name| chains.get_mut(name));
            if let (Some(chain), Some(statements)) = (chain, rule["expr"].as_array()) {
                chain.rules.push(statements);
            }
        }
        Some(Self { family: table["family"].as_str()?, name: table["name"].as_str()?, chains })
    }

    fn sees(&self, packet: Packet<'_>) -> bool {
        match self.family {
            "ip" => packet.destination.is_ipv4(),
            "ip6" => packet.destination.is_ipv6(),
            "inet" => true,
            _ => false,
        }
    }

    fn dropped(&self, chain: &Chain<'_>, by_policy: bool) -> Dropped {
        Dropped { table: format!("{} {}", self.family, self.name), chain: chain.name.to_owned(), by_policy }
    }

    fn walk(&self, chain: &Chain<'a>, packet: Packet<'_>, depth: usize, left: &mut usize) -> Ways {
        let mut ways = Ways::default();
        if depth > DEEPEST {
            return ways;
        }
        for rule in &chain.rules {
            *left = left.saturating_sub(1);
            if *left == 0 {
                return ways;
            }
            let (mut is_about, mut end) = (Match::Yes, None);
            for statement in *rule {
                match self.step(chain, statement, packet, depth, left) {
                    Step::Condition(Match::No) => {
                        is_about = Match::No;
                        break;
                    }
                    Step::Condition(Match::Unknown) => is_about = Match::Unknown,
                    Step::Condition(Match::Yes) => {}
                    Step::End(ends) => {
                        end = Some(ends);
                        break;
                    }
                }
            }
            let (false, Some(end)) = (is_about == Match::No, end) else { continue };
            let goes_on = end.goes_on || is_about == Match::Unknown;
            ways.falls_through |= end.ways.falls_through;
            ways.add(end.ways);
            if !goes_on {
                return ways;
            }
        }
        ways.falls_through = true;
        ways
    }

    fn step(
        &self,
        chain: &Chain<'a>,
        statement: &'a Value,
        packet: Packet<'_>,
        depth: usize,
        left: &mut usize,
    ) -> Step {
        let Some((kind, body)) = statement.as_object().and_then(|object| object.iter().next()) else {
            return Step::Condition(Match::Unknown);
        };
        match kind.as_str() {
            "match" => Step::Condition(condition(body, packet)),
            // They do not decide.
            "counter" | "log" | "mangle" | "comment" | "notrack" | "flow" => Step::Condition(Match::Yes),
            "vmap" => self.map_to_verdict(chain, body, packet, depth, left),
            _ => match self.verdict(chain, (kind, body), packet, depth, left) {
                Some(end) => Step::End(end),
                None => Step::Condition(Match::Unknown),
            },
        }
    }

    /// What a verdict does; `None` if it is none.
    fn verdict(
        &self,
        chain: &Chain<'a>,
        (kind, body): (&str, &'a Value),
        packet: Packet<'_>,
        depth: usize,
        left: &mut usize,
    ) -> Option<End> {
        let final_ = |ways| Some(End { ways, goes_on: false });
        match kind {
            "accept" => final_(Ways { is_accepted: true, ..Ways::default() }),
            "drop" | "reject" => final_(Ways { dropped: Some(self.dropped(chain, false)), ..Ways::default() }),
            "return" => final_(Ways { falls_through: true, ..Ways::default() }),
            "continue" => Some(End { ways: Ways::default(), goes_on: true }),
            "jump" | "goto" => {
                let target = self.chains.get(body["target"].as_str()?)?;
                let mut ways = self.walk(target, packet, depth + 1, left);
                let goes_on = kind == "jump" && ways.falls_through;
                // After a jump, the end of the other chain is not that of this one.
                ways.falls_through &= kind == "goto";
                Some(End { ways, goes_on })
            }
            // Another program decides.
            "queue" => final_(self.unclear(chain)),
            _ => None,
        }
    }

    /// A map to verdicts. Each of its verdicts may apply if the key or the map is unknown.
    fn map_to_verdict(
        &self,
        chain: &Chain<'a>,
        body: &'a Value,
        packet: Packet<'_>,
        depth: usize,
        left: &mut usize,
    ) -> Step {
        let Some(pairs) = body["data"]["set"].as_array() else {
            return Step::End(End { ways: self.unclear(chain), goes_on: true });
        };
        let mut ways = Ways::default();
        let mut goes_on = true;
        for pair in pairs.iter().filter_map(Value::as_array).filter(|pair| pair.len() == 2) {
            let is_it = compare(&body["key"], &pair[0], packet);
            let verdict = pair[1].as_object().and_then(|object| object.iter().next());
            let end = verdict.and_then(|(kind, body)| self.verdict(chain, (kind, body), packet, depth, left));
            match (is_it, end) {
                (Match::No, _) => {}
                (_, None) => ways.add(self.unclear(chain)),
                (is_it, Some(end)) => {
                    ways.falls_through |= end.ways.falls_through;
                    ways.add(end.ways);
                    if is_it == Match::Yes {
                        goes_on = end.goes_on;
                        break;
                    }
                }
            }
        }
        Step::End(End { ways, goes_on })
    }

    /// It may be accepted or dropped.
    fn unclear(&self, chain: &Chain<'_>) -> Ways {
        Ways { is_accepted: true, dropped: Some(self.dropped(chain, false)), falls_through: false }
    }
}

/// What a statement does to a packet.
enum Step {
    /// The rule goes on if it is true.
    Condition(Match),
    End(End),
}

/// How a rule ends.
struct End {
    ways: Ways,
    /// Whether the next rule may follow.
    goes_on: bool,
}

fn condition(body: &Value, packet: Packet<'_>) -> Match {
    let is_it = compare(&body["left"], &body["right"], packet);
    match body["op"].as_str() {
        Some("==" | "in") | None => is_it,
        // A field of the other family is not there, whatever it is compared with.
        Some("!=") if is_of_other_family(&body["left"], packet) => Match::No,
        Some("!=") => is_it.not(),
        Some(_) => Match::Unknown,
    }
}

fn is_of_other_family(left: &Value, packet: Packet<'_>) -> bool {
    match left["payload"]["protocol"].as_str() {
        Some("ip") => packet.destination.is_ipv6(),
        Some("ip6") => packet.destination.is_ipv4(),
        Some(header) => {
            Protocol::ALL.iter().any(|known| known.as_str() == header) && header != packet.protocol.as_str()
        }
        None => false,
    }
}

/// Whether a field of the packet has this value, or one of these.
fn compare(left: &Value, right: &Value, packet: Packet<'_>) -> Match {
    let several = right.get("set").unwrap_or(right);
    if let Some(values) = several.as_array() {
        let each = values.iter().map(|value| compare(left, value, packet));
        return each.fold(Match::No, |found, one| match (found, one) {
            (Match::Yes, _) | (_, Match::Yes) => Match::Yes,
            (Match::Unknown, _) | (_, Match::Unknown) => Match::Unknown,
            _ => Match::No,
        });
    }
    if is_of_other_family(left, packet) {
        return Match::No;
    }
    let named = right.as_str().is_some_and(|name| name.starts_with('@'));
    let (Some((kind, body)), false) = (left.as_object().and_then(|object| object.iter().next()), named) else {
        return Match::Unknown;
    };
    match kind.as_str() {
        "meta" => of_meta(body["key"].as_str().unwrap_or_default(), right, packet),
        "payload" => of_payload(body, right, packet),
        // It is the first packet of a connection. If it is forwarded, its destination was changed.
        "ct" => match (body["key"].as_str(), right.as_str()) {
            (Some("state"), Some(state)) => Match::of(state == "new"),
            (Some("status"), Some("dnat")) => Match::of(packet.outgoing.is_some()),
            _ => Match::Unknown,
        },
        _ => Match::Unknown,
    }
}

/// Whether a protocol by its name or number is that of the packet.
fn of_protocol(right: &Value, packet: Packet<'_>) -> Match {
    match right.as_u64() {
        Some(number) => Match::of(Protocol::numbered(number) == Some(packet.protocol)),
        None => right.as_str().map_or(Match::Unknown, |name| Match::of(name == packet.protocol.as_str())),
    }
}

fn of_meta(key: &str, right: &Value, packet: Packet<'_>) -> Match {
    if key == "l4proto" {
        return of_protocol(right, packet);
    }
    let Some(right) = right.as_str() else { return Match::Unknown };
    let is_called = |interface: &str| match right.strip_suffix('*') {
        Some(prefix) => interface.starts_with(prefix),
        None => interface == right,
    };
    match key {
        // It comes from another machine.
        "iifname" | "iif" if packet.incoming.is_none() && right == "lo" => Match::No,
        "iifname" | "iif" => packet.incoming.map_or(Match::Unknown, |name| Match::of(is_called(name))),
        "oifname" | "oif" => packet.outgoing.map_or(Match::No, |name| Match::of(is_called(name))),
        "nfproto" => Match::of(right == if packet.destination.is_ipv4() { "ipv4" } else { "ipv6" }),
        _ => Match::Unknown,
    }
}

fn of_payload(body: &Value, right: &Value, packet: Packet<'_>) -> Match {
    match (body["protocol"].as_str(), body["field"].as_str()) {
        (Some("ip" | "ip6"), Some("daddr")) if packet.outgoing.is_none() => Match::Unknown,
        (Some("ip" | "ip6"), Some("daddr")) => within(right, packet.destination),
        (Some("ip"), Some("protocol")) | (Some("ip6"), Some("nexthdr")) => of_protocol(right, packet),
        (Some("tcp" | "udp" | "th"), Some("dport")) => {
            let number = |value: &Value| value.as_u64();
            match right["range"].as_array().map(Vec::as_slice) {
                Some([first, last]) => match (number(first), number(last)) {
                    (Some(first), Some(last)) => Match::of((first..=last).contains(&packet.port.into())),
                    _ => Match::Unknown,
                },
                _ => number(right).map_or(Match::Unknown, |port| Match::of(port == u64::from(packet.port))),
            }
        }
        _ => Match::Unknown,
    }
}

/// Whether an address lies in what nft writes as an address, a prefix or a range.
fn within(right: &Value, address: IpAddr) -> Match {
    let parse = |value: &Value| value.as_str()?.parse::<IpAddr>().ok();
    if let Some(one) = parse(right) {
        return Match::of(one == address);
    }
    let length = right["prefix"]["len"].as_u64().and_then(|length| u8::try_from(length).ok());
    if let (Some(first), Some(length)) = (parse(&right["prefix"]["addr"]), length) {
        let one = Prefix { address, length: if address.is_ipv4() { 32 } else { 128 } };
        return Match::of(Prefix { address: first, length }.contains(&one));
    }
    match right["range"].as_array().map(Vec::as_slice) {
        Some([first, last]) => match (parse(first), parse(last)) {
            (Some(first), Some(last)) => Match::of((first..=last).contains(&address)),
            _ => Match::Unknown,
        },
        _ => Match::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// A table of family `ip` with a forward chain of this policy, and rules: the chain and the statements of each.
    fn table(policy: &str, rules: &[(&str, Value)]) -> Value {
        let mut objects = vec![
            json!({"metainfo": {"version": "1.0.6"}}),
            json!({"table": {"family": "ip", "name": "filter"}}),
            json!({"chain": {"family": "ip", "table": "filter", "name": "FORWARD", "type": "filter", "hook": "forward", "policy": policy}}),
            json!({"chain": {"family": "ip", "table": "filter", "name": "more"}}),
        ];
        objects.extend(rules.iter().map(|(chain, expr)| json!({"rule": {"chain": chain, "expr": expr}})));
        json!({ "nftables": objects })
    }

    /// The chain's policy, the rules, and what becomes of the packet.
    type Case = (&'static str, Vec<(&'static str, Value)>, Fate);

    fn packet(incoming: Option<&str>) -> Packet<'_> {
        let destination = [192, 168, 100, 11].into();
        Packet { incoming, outgoing: Some("ve-wasabi"), protocol: Protocol::Tcp, destination, port: 80 }
    }

    fn is(left: Value, op: &str, right: Value) -> Value {
        json!({"match": {"op": op, "left": left, "right": right}})
    }

    fn meta(key: &str, op: &str, name: &str) -> Value {
        is(json!({"meta": {"key": key}}), op, name.into())
    }

    fn dropped(by_policy: bool, chain: &str) -> Fate {
        Fate::Dropped(Dropped { table: "ip filter".to_owned(), chain: chain.to_owned(), by_policy })
    }

    #[test]
    fn a_drop_is_reported_only_if_no_other_way_is_possible() {
        let accept = json!({"accept": null});
        let drop = json!({"drop": null});
        let more = json!({"jump": {"target": "more"}});
        let state = |state: Value| is(json!({"ct": {"key": "state"}}), "in", state);
        let forwarded = is(json!({"ct": {"key": "status"}}), "in", "dnat".into());
        let to = |address: Value| is(json!({"payload": {"protocol": "ip", "field": "daddr"}}), "==", address);
        let port = |port: Value| is(json!({"payload": {"protocol": "tcp", "field": "dport"}}), "==", port);
        let by_state = json!({"vmap": {"key": {"ct": {"key": "state"}}, "data": {"set": [
            ["established", accept.clone()], ["invalid", drop.clone()], ["new", more.clone()]]}}});
        let unclear = json!({"xt": null});
        let policy = dropped(true, "FORWARD");
        let by_rule = dropped(false, "FORWARD");
        #[rustfmt::skip]
        let cases: Vec<Case> = vec![
            ("accept", vec![], Fate::Passes),
            ("drop", vec![], policy.clone()),
            // Docker's rules are about its own bridges.
            ("drop", vec![("FORWARD", json!([meta("oifname", "==", "docker0"), unclear, accept])),
                          ("FORWARD", json!([meta("iifname", "==", "docker0"), meta("oifname", "!=", "docker0"), accept]))], policy.clone()),
            // The rules of NixOS's firewall with `filterForward`.
            ("drop", vec![("FORWARD", json!([by_state])), ("more", json!([forwarded, accept]))], Fate::Passes),
            ("drop", vec![("FORWARD", json!([by_state])), ("more", json!([meta("iifname", "==", "lo"), accept]))], policy.clone()),
            ("drop", vec![("FORWARD", json!([unclear, accept]))], Fate::Unclear),
            ("accept", vec![("FORWARD", json!([unclear, drop]))], Fate::Unclear),
            ("drop", vec![("FORWARD", json!([state(json!(["established", "related"])), accept]))], policy.clone()),
            ("drop", vec![("FORWARD", json!([state(json!({"set": ["new", "established"]})), {"counter": {"packets": 1, "bytes": 2}}, accept]))], Fate::Passes),
            ("drop", vec![("FORWARD", json!([meta("oifname", "==", "ve-*"), accept]))], Fate::Passes),
            ("drop", vec![("FORWARD", json!([meta("oifname", "==", "@mine"), accept]))], Fate::Unclear),
            ("drop", vec![("FORWARD", json!([to(json!({"prefix": {"addr": "192.168.100.0", "len": 24}})), accept]))], Fate::Passes),
            ("drop", vec![("FORWARD", json!([to(json!({"prefix": {"addr": "192.168.101.0", "len": 24}})), accept]))], policy.clone()),
            ("drop", vec![("FORWARD", json!([port(json!({"set": [22, {"range": [79, 81]}]})), accept]))], Fate::Passes),
            ("drop", vec![("FORWARD", json!([port(443.into()), accept]))], policy.clone()),
            ("accept", vec![("FORWARD", json!([meta("l4proto", "==", "tcp"), {"reject": {"type": "icmp"}}]))], by_rule),
            ("accept", vec![("FORWARD", json!([meta("l4proto", "==", "udp"), drop]))], Fate::Passes),
            ("accept", vec![("FORWARD", json!([is(json!({"meta": {"key": "l4proto"}}), "==", 6.into()), drop]))], dropped(false, "FORWARD")),
            ("accept", vec![("FORWARD", json!([more])), ("more", json!([drop]))], dropped(false, "more")),
            ("accept", vec![("FORWARD", json!([more])), ("more", json!([{"return": null}])), ("more", json!([drop]))], Fate::Passes),
            // After a goto, the policy decides.
            ("drop", vec![("FORWARD", json!([{"goto": {"target": "more"}}])), ("FORWARD", json!([accept]))], policy.clone()),
            ("drop", vec![("FORWARD", json!([more])), ("FORWARD", json!([accept]))], Fate::Passes),
            // The kernel refuses a loop; if it is shown one, there is an end all the same.
            ("accept", vec![("FORWARD", json!([more])), ("more", json!([more]))], Fate::Passes),
        ];
        for (policy, rules, expected) in cases {
            assert_eq!(fate(&[table(policy, &rules)], packet(Some("eth0"))), expected, "{policy}: {rules:#?}");
        }
    }

    #[test]
    fn a_packet_to_the_host_is_seen_by_input_chains_only() {
        let input = |rules: &[Value]| {
            let mut table = table("accept", &[("FORWARD", json!([{"drop": null}]))]);
            let objects = table["nftables"].as_array_mut().expect("a list");
            objects.push(json!({"chain": {"family": "ip", "table": "filter", "name": "INPUT", "type": "filter", "hook": "input", "policy": "drop"}}));
            objects.extend(rules.iter().map(|expr| json!({"rule": {"chain": "INPUT", "expr": expr}})));
            table
        };
        let accept = json!({"accept": null});
        let loopback = json!([meta("iifname", "==", "lo"), accept]);
        let port = |port: u16| {
            let field = json!({"payload": {"protocol": "tcp", "field": "dport"}});
            json!([is(field, "==", port.into()), accept])
        };
        let to_host = Packet { outgoing: None, destination: [0; 4].into(), ..packet(None) };
        let fate = |rules: &[Value]| fate(&[input(rules)], to_host);
        assert_eq!(fate(&[loopback.clone(), port(22)]), dropped(true, "INPUT"));
        assert_eq!(fate(&[loopback.clone(), port(80)]), Fate::Passes);
        let forwarded = is(json!({"ct": {"key": "status"}}), "in", "dnat".into());
        assert_eq!(fate(&[json!([forwarded, accept])]), dropped(true, "INPUT"));
        let at = is(json!({"payload": {"protocol": "ip", "field": "daddr"}}), "==", "10.0.0.1".into());
        assert_eq!(fate(&[json!([at, accept])]), Fate::Unclear);
        assert_eq!(fate(&[json!([meta("iifname", "==", "eth0"), accept])]), Fate::Unclear);
    }

    #[test]
    fn what_is_unknown_of_the_packet_makes_it_unclear() {
        let from_docker = json!([meta("iifname", "==", "docker0"), {"accept": null}]);
        let tables = [table("drop", &[("FORWARD", from_docker)])];
        assert_eq!(fate(&tables, packet(Some("eth0"))), dropped(true, "FORWARD"));
        assert_eq!(fate(&tables, packet(None)), Fate::Unclear);
        let six = Packet { destination: "fd00::11".parse().expect("an address"), ..packet(None) };
        assert_eq!(fate(&tables, six), Fate::Passes, "a table of IPv4 does not see it");
        assert_eq!(fate(&[Value::Null, json!({"nftables": [{"table": {}}]})], packet(None)), Fate::Passes);
    }
}
