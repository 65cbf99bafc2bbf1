//! Reads our nftables table with `nft -j` (libnftables-json(5)), and loads it with `nft -f` (nft(8)).

use std::collections::BTreeSet;
use std::io;
use std::process::Command;

use super::{child, waiting};
use crate::render::nft::{Before, Counters, Ruleset, TABLE};
use crate::state::{NixosNat, Rules};

/// The `nft` that was set when packaging; otherwise the one on `PATH`.
const NFT: &str = match option_env!("CONTAINER_REBUILD_NFT") {
    Some(path) => path,
    None => "nft",
};

/// The name of NixOS's tables of NAT (`nixos/modules/services/networking/nat-nftables.nix`).
const NIXOS_NAT: &str = "nixos-nat";
/// The chains of NixOS's NAT in iptables' table `nat` (`nat-iptables.nix`).
const NIXOS_NAT_CHAINS: [&str; 3] = ["nixos-nat-pre", "nixos-nat-post", "nixos-nat-out"];

/// Why `nft` failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum NftError {
    /// The program could not be run.
    #[error("cannot run `{NFT}`")]
    Run {
        /// The kernel's error.
        source: io::Error,
    },
    /// nft exited with an error message.
    #[error("nft: {0}")]
    Refused(String),
    /// nft's output could not be parsed.
    #[error("could not parse nft's output as JSON: {0}")]
    Unexpected(serde_json::Error),
}

/// Runs `nft` to completion and returns its output. Its error messages are captured, which the nftables crate would
/// let through to the terminal.
fn execute(arguments: &[&str], input: &str) -> Result<Vec<u8>, NftError> {
    let failed = |source| NftError::Run { source };
    let mut command = Command::new(NFT);
    command.args(arguments);
    tracing::debug!(?command, bytes = input.len(), "run");
    // If it is killed, it has changed nothing: the kernel applies a transaction as a whole.
    let output = child::output(command, input, waiting::RULES).map_err(failed)?;
    if output.status.success() {
        Ok(output.stdout)
    } else {
        Err(NftError::Refused(String::from_utf8_lossy(&output.stderr).trim().to_owned()))
    }
}

/// nft's version, as `nft --version` prints it after the program's name.
pub(super) fn version() -> Result<String, NftError> {
    let output = execute(&["--version"], "")?;
    let text = String::from_utf8_lossy(&output);
    let text = text.trim();
    Ok(text.strip_prefix("nftables v").unwrap_or(text).to_owned())
}

/// Reads our table from the kernel.
pub(super) fn rules() -> Result<Rules, NftError> {
    match list(&["list", "table", "inet", TABLE]) {
        // nft reports a missing table only in words, so ask for the list of tables to be certain.
        Err(NftError::Refused(_)) if !is_there()? => Ok(Rules::Absent),
        listing => listing.map(Rules::Present),
    }
}

/// Whether the kernel has our table.
fn is_there() -> Result<bool, NftError> {
    let tables = list(&["list", "tables", "inet"])?;
    let is_ours = |object: &serde_json::Value| object["table"]["name"] == TABLE;
    Ok(tables["nftables"].as_array().is_some_and(|objects| objects.iter().any(is_ours)))
}

/// Whether another table has a chain for forwarded packets.
pub(super) fn others_filter_forwards() -> Result<bool, NftError> {
    Ok(!tables_with_chains(&["forward"])?.is_empty())
}

/// The tables of others that have a chain for packets which are forwarded or for the host, without the elements of their sets.
pub(super) fn packet_filters() -> Result<Vec<serde_json::Value>, NftError> {
    let tables = tables_with_chains(&["forward", "input"])?.into_iter();
    tables.map(|(family, table)| list(&["-t", "list", "table", &family, &table])).collect()
}

/// NixOS's own NAT, with everything in its tables. The chains of iptables are there if nft made them, which the iptables of NixOS
/// does by default.
pub(super) fn nixos_nat() -> Result<NixosNat, NftError> {
    let listing = list(&["list", "chains"])?;
    let chains = || objects(&listing).iter().map(|object| &object["chain"]);
    let families: BTreeSet<&str> =
        chains().filter(|it| it["table"] == NIXOS_NAT).filter_map(|it| it["family"].as_str()).collect();
    if !families.is_empty() {
        let tables = families.into_iter().map(|family| list(&["list", "table", family, NIXOS_NAT]));
        return tables.collect::<Result<_, _>>().map(NixosNat::Tables);
    }
    let is_of_iptables = |it: &serde_json::Value| {
        it["table"] == "nat" && it["name"].as_str().is_some_and(|name| NIXOS_NAT_CHAINS.contains(&name))
    };
    Ok(if chains().any(is_of_iptables) { NixosNat::Chains } else { NixosNat::Absent })
}

fn objects(listing: &serde_json::Value) -> &[serde_json::Value] {
    listing["nftables"].as_array().map(Vec::as_slice).unwrap_or_default()
}

/// The families and names of the tables of others with chains at these hooks.
fn tables_with_chains(hooks: &[&str]) -> Result<BTreeSet<(String, String)>, NftError> {
    let chains = list(&["list", "chains"])?;
    let is_there = |chain: &&serde_json::Value| chain["hook"].as_str().is_some_and(|hook| hooks.contains(&hook));
    let chains = objects(&chains).iter().map(|object| &object["chain"]).filter(is_there);
    let tables =
        chains.filter_map(|it| Some((it["family"].as_str()?.to_owned(), it["table"].as_str()?.to_owned())));
    Ok(tables.filter(|(family, table)| (family.as_str(), table.as_str()) != ("inet", TABLE)).collect())
}

fn list(arguments: &[&str]) -> Result<serde_json::Value, NftError> {
    let output = execute(&[&["-j"], arguments].concat(), "")?;
    serde_json::from_slice(&output).map_err(NftError::Unexpected)
}

/// Makes these rules our table in one transaction, on a host that `routes` packets of IPv4 and IPv6 without our doing. What stays
/// is not touched, so connections and counters of forwards go on.
pub(super) fn load(ruleset: &Ruleset, routes: [bool; 2]) -> Result<(), NftError> {
    let listed = match rules() {
        Ok(Rules::Present(listing)) => listing,
        Ok(Rules::Absent) => serde_json::Value::Null,
        // If nft does not work, loading the rules will say so.
        Err(error) => {
            tracing::debug!(%error, "cannot list the rules; counters begin with zero");
            serde_json::Value::Null
        }
    };
    load_over(ruleset, &listed, routes)
}

/// [`load`], where the kernel has what is `listed`.
fn load_over(ruleset: &Ruleset, listed: &serde_json::Value, routes: [bool; 2]) -> Result<(), NftError> {
    let before = Before { counted: Counters::read(listed), routes };
    match ruleset.update(listed, &before).map(|update| if update.is_empty() { Ok(()) } else { load_text(&update) })
    {
        Some(Ok(())) => return Ok(()),
        // Somebody has changed the table since it was listed, or this nft cannot do it.
        Some(Err(error)) => tracing::debug!(%error, "replace the whole table"),
        None => {}
    }
    load_text(&ruleset.text_after(&before))
}

fn load_text(text: &str) -> Result<(), NftError> {
    execute(&["-f", "-"], text).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::netns::tests::isolated;
    use crate::model::spec::{HostSpec, NatSpec};

    #[test]
    fn loaded_rules_are_listed_and_refused_ones_explained() {
        if !crate::host::namespaces::has_nft() {
            return;
        }
        isolated(|_| {
            assert_eq!(rules().expect("listed"), Rules::Absent);
            let nat = NatSpec {
                enable: true,
                internal_interfaces: vec!["ve-*".to_owned()],
                external_interface: Some("eth0".to_owned()),
                ..NatSpec::default()
            };
            let ruleset = Ruleset::new(&HostSpec { containers: vec![], nat });
            load(&ruleset, [false; 2]).expect("loaded");
            assert!(!others_filter_forwards().expect("listed"));
            let Rules::Present(listing) = rules().expect("listed") else { panic!("it was loaded") };
            assert!(ruleset.differences(&listing).is_empty());
            let error = load_text("delete table inet none\n").expect_err("refused");
            assert!(error.to_string().contains("No such file or directory"), "{error}");
            load(&Ruleset::default(), [false; 2]).expect("emptied");
            assert_eq!(rules().expect("listed"), Rules::Absent);
            let theirs = "add table ip theirs; add chain ip theirs c { type filter hook forward priority 0; }";
            execute(&[theirs], "").expect("added");
            assert!(others_filter_forwards().expect("listed"));
        });
    }

    #[test]
    fn both_forms_of_nixos_nat_are_found() {
        if !crate::host::namespaces::has_nft() {
            return;
        }
        isolated(|_| {
            assert_eq!(nixos_nat().expect("listed"), NixosNat::Absent);
            execute(&["add table ip nat; add chain ip nat theirs; add table ip nixos-nat"], "").expect("added");
            assert_eq!(nixos_nat().expect("listed"), NixosNat::Absent, "nothing in them");
            execute(&["add chain ip nat nixos-nat-post"], "").expect("added");
            assert_eq!(nixos_nat().expect("listed"), NixosNat::Chains);
            execute(&["add chain ip nixos-nat post; add table ip6 nixos-nat; add chain ip6 nixos-nat post"], "")
                .expect("added");
            let NixosNat::Tables(tables) = nixos_nat().expect("listed") else { panic!("there are tables") };
            assert_eq!(tables.len(), 2);
        });
    }

    /// What the kernel has is not what was listed: somebody changed it in between.
    #[test]
    fn a_change_that_nft_refuses_becomes_the_whole_table() {
        if !crate::host::namespaces::has_nft() {
            return;
        }
        isolated(|_| {
            let nat = |interface: &str| NatSpec {
                enable: true,
                internal_interfaces: vec![interface.to_owned()],
                external_interface: Some("eth0".to_owned()),
                ..NatSpec::default()
            };
            let ruleset = |interface| Ruleset::new(&HostSpec { containers: vec![], nat: nat(interface) });
            load(&ruleset("ve-a"), [false; 2]).expect("loaded");
            let Rules::Present(listing) = rules().expect("listed") else { panic!("it was loaded") };
            load_text(&format!("delete table inet {TABLE}")).expect("deleted");
            load_over(&ruleset("ve-b"), &listing, [false; 2]).expect("loaded as a whole");
            let Rules::Present(listing) = rules().expect("listed") else { panic!("it was loaded") };
            assert!(ruleset("ve-b").differences(&listing).is_empty());
        });
    }
}
