//! `docs/disruption.md` matches the code: its tables are generated from `src/plan/cost.rs`, and every scenario that it names
//! exists. `UPDATE_DOCS=1` rewrites the tables.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use container_rebuild::model::ContainerOption;
use container_rebuild::plan::cost::{Row, Situation};

/// The lab scenarios that prove each row by observation, as `file::function`.
fn scenarios(row: Row) -> &'static [&'static str] {
    match row {
        Row::Appears => &["live::addresses_and_ports_are_swapped_and_names_change_in_one_run"],
        Row::Bookkeeping => &[
            "live::bookkeeping_costs_nothing_and_takes_effect_at_the_next_start",
            "settings::limits_change_and_go_under_a_running_guest",
        ],
        Row::Rules => &[
            "changes::forwarded_ports_change_under_open_connections",
            "main_job::a_guest_is_masqueraded_by_networking_nat_and_not_without_it",
        ],
        Row::BindAdded => &["live::a_bind_mount_is_added_under_a_running_guest_and_one_that_goes_costs_a_restart"],
        Row::HostAddress => &["live::the_hosts_address_changes_under_an_open_connection"],
        Row::GuestInPlace => &[
            "live::a_guest_with_a_kept_root_switches_to_its_new_system_while_it_runs",
            "live::a_system_that_can_only_be_booted_is_and_that_is_said",
        ],
        Row::GuestNotInPlace => &[
            "switching::a_switch_inhibitor_that_differs_means_a_restart_which_the_plan_shows",
            "switching::a_guest_without_switch_to_configuration_is_restarted",
        ],
        Row::BindChanged => &[
            "changes::a_changed_bind_mount_restarts_its_container_and_no_other",
            "live::a_bind_mount_is_added_under_a_running_guest_and_one_that_goes_costs_a_restart",
            "private_users::with_private_users_every_change_of_bind_mounts_is_a_restart",
        ],
        Row::GuestAnew => &["changes::a_changed_guest_is_built_anew_and_no_other"],
        Row::Other => &[
            "changes::a_root_that_is_not_ephemeral_is_kept_over_a_restart",
            "network::a_container_moves_to_a_bridge_and_back_by_a_restart",
            "network::extra_veths_come_and_go_by_a_restart_with_what_is_on_them",
            "network::a_guest_gets_a_macvlan_of_an_interface_and_others_on_it_reach_it",
            "network::an_interface_is_a_guests_while_it_runs_and_the_hosts_again_after_that",
            "network::a_hardware_address_is_given_by_a_restart",
            "network::devices_are_let_through_by_a_restart",
            "network::the_hosts_resolv_conf_is_copied_or_not_by_a_restart",
            "private_users::a_guest_with_private_users_lacks_nothing_and_its_root_is_nobody_on_the_host",
            "network::a_container_joins_a_namespace_that_is_there_and_leaves_it_by_a_restart",
        ],
        Row::Goes => &["changes::a_removed_container_leaves_nothing_but_its_data"],
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn rows() -> String {
    let mut table = String::from("| change | cost | proved by |\n|---|---|---|\n");
    for row in Row::ALL {
        let proofs: Vec<String> = scenarios(row).iter().map(|scenario| format!("`{scenario}`")).collect();
        writeln!(table, "| {} | {} | {} |", row.change(), row.cost().as_str(), proofs.join(", ")).expect("text");
    }
    table
}

fn options() -> String {
    let mut table = String::from("| option | cost |\n|---|---|\n");
    for option in ContainerOption::ALL {
        let mut costs: Vec<String> = Vec::new();
        // All situations, the cheapest first; those without a difference need no words.
        for (situation, words) in [
            (Situation { added: true, keeps_interface: true, ..Situation::default() }, "added"),
            (Situation { keeps_interface: true, ..Situation::default() }, ""),
            (
                Situation { added: true, private_users: true, keeps_interface: true, ..Situation::default() },
                "private users",
            ),
            (Situation { ephemeral: true, keeps_interface: true, ..Situation::default() }, "ephemeral"),
            (Situation::default(), "the interface comes or goes"),
        ] {
            let cost = Row::of(option.effect(), situation).cost().as_str();
            let plain = Row::of(option.effect(), Situation { keeps_interface: true, ..Situation::default() })
                .cost()
                .as_str();
            if words.is_empty() {
                costs.push(cost.to_owned());
            } else if cost != plain {
                costs.push(format!("{cost} ({words})"));
            }
        }
        writeln!(table, "| `{}` | {} |", option.name(), costs.join(", ")).expect("text");
    }
    table
}

/// Replaces the part of a text between two marks.
fn with_part(text: &str, name: &str, part: &str) -> String {
    let (begin, end) = (format!("<!-- {name} -->\n"), format!("<!-- end of {name} -->\n"));
    let (before, rest) = text.split_once(&begin).unwrap_or_else(|| panic!("no {begin}"));
    let (_, after) = rest.split_once(&end).unwrap_or_else(|| panic!("no {end}"));
    format!("{before}{begin}{part}{end}{after}")
}

#[test]
fn the_page_has_the_tables_of_the_code() {
    let path = root().join("docs/disruption.md");
    let page = std::fs::read_to_string(&path).expect("the page");
    let wanted = with_part(&with_part(&page, "rows", &rows()), "options", &options());
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, &wanted).expect("docs/ can be written to");
    }
    assert_eq!(page, wanted, "run with UPDATE_DOCS=1");
}

#[test]
fn each_row_names_scenarios_that_there_are() {
    let directory: PathBuf = root().join("tests/lab/scenarios");
    for row in Row::ALL {
        assert!(!scenarios(row).is_empty(), "{row:?}");
        for scenario in scenarios(row) {
            let (file, function) = scenario.split_once("::").expect("file::function");
            let code = std::fs::read_to_string(directory.join(format!("{file}.rs"))).expect("a file of scenarios");
            let is_one = format!("#[test]\n#[ignore = \"needs a lab: make scenarios\"]\nfn {function}() {{");
            assert!(code.contains(&is_one), "{scenario}");
        }
    }
}
