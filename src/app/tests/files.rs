//! Workflows that read or change other files of the user: fixes, saved plans, and expressions.

use std::path::Path;

use super::*;
use crate::app::{
    Disk as _, Expression, ExpressionOptions, config_of_plan, expressions, fix, save_plan, saved_plan,
};
use crate::source::Files as _;

const CONFIGURATION: &str = "/etc/nixos/configuration.nix";

fn text(disk: &MemoryDisk, path: &str) -> String {
    String::from_utf8(disk.read(Path::new(path)).expect("a file")).expect("text")
}

#[test]
fn fixes_are_made_only_with_consent_and_until_none_is_left() {
    let world = World::new(&[&WEB.replace("hostAddress", "hostAdress").replace("8080", "\"8080\"")]);
    let disk = MemoryDisk::new(world.files.clone());
    let before = text(&disk, CONFIGURATION);
    let run = |yes: bool| {
        world.with_disk(&disk, |cx| fix(cx, &config(), None, (yes, &[]))).map_err(messages).expect("evaluated")
    };
    world.ui.refuse();
    let declined = run(false);
    assert!(declined.is_declined);
    assert!(declined.findings.iter().any(|finding| finding.message.contains("hostAdress")));
    assert_eq!(text(&disk, CONFIGURATION), before);
    let shown = world.ui.take();
    assert!(shown[0].contains("-") && shown[0].contains("hostAddress"), "{shown:#?}");
    assert_eq!(shown[1], "Change this file?");

    let fixed = run(true);
    assert!(!fixed.is_declined);
    assert_eq!(fixed.findings.iter().filter(|finding| !finding.edits.is_empty()).count(), 0);
    let after = text(&disk, CONFIGURATION);
    assert_eq!(after, before.replace("hostAdress", "hostAddress").replace("\"8080\"", "8080"));
    let shown = world.ui.take();
    assert!(shown.iter().all(|line| line != "Change this file?"), "{shown:#?}");
    assert!(shown.iter().any(|line| line == "changed configuration.nix"), "{shown:#?}");
}

#[test]
fn a_plan_is_read_as_it_was_saved() {
    let world = World::new(&[WEB]);
    let disk = MemoryDisk::new(world.files.clone());
    let file = Path::new("/home/plan.json");
    world.with_disk(&disk, |cx| {
        let planned = plan(cx, &config(), &world.host, (RestartMode::Auto, true)).expect("planned");
        let saved = planned.saved(cx, &config()).expect("a plan for this host");
        save_plan(cx.disk, file, &saved).expect("saved");
        assert_eq!(saved_plan(cx.disk, file), Ok(saved.clone()));
        let given = ConfigOptions { max_time: Some(5), ..ConfigOptions::default() };
        let config = config_of_plan(given, &saved);
        assert_eq!((config.config.as_str(), config.max_time), ("/etc/nixos", Some(5)));
    });
    disk.write(file, b"{ }").expect("written");
    for (path, reason) in [("/home/plan.json", "missing field"), ("/home/nowhere.json", "entity not found")] {
        let error = messages(saved_plan(&disk, Path::new(path)).expect_err("no plan"));
        assert!(error[0].starts_with(path) && error[0].contains(reason), "{error:?}");
    }
}

/// What the expressions print, and the error that ends it.
fn values(world: &World, config: &ConfigOptions, options: &ExpressionOptions) -> (String, Vec<String>) {
    let mut out = Vec::new();
    let result = world.with(|cx| expressions(cx, config, options, &mut |value| out.extend(value)));
    (String::from_utf8(out).expect("text"), result.err().map(messages).unwrap_or_default())
}

#[test]
fn expressions_are_printed_one_per_line_until_one_fails() {
    let mut world = World::new(&[]);
    world.files.insert("/home/add.nix", "{ a, b ? \"!\" }: { text = a + b; list = [ 1 2 ]; }");
    let pair = |name: &str, text: &str| (name.to_owned(), text.to_owned());
    let file = ExpressionOptions {
        expressions: vec![Expression::File(PathBuf::from("/home/add.nix"))],
        attributes: vec![String::from("text"), String::from("list.1")],
        arguments: vec![pair("b", "\"b\"")],
        string_arguments: vec![pair("a", "a")],
        ..ExpressionOptions::default()
    };
    assert_eq!(values(&world, &ConfigOptions::default(), &file), (String::from("\"ab\"\n2\n"), vec![]));
    let json = ExpressionOptions {
        expressions: vec![
            Expression::Text(String::from("{ a = ./x; }.a")),
            Expression::Stdin(String::from("{ a = 1; }")),
            Expression::Text(String::from("1 + null")),
            Expression::Text(String::from("2")),
        ],
        ..ExpressionOptions::default()
    };
    let (printed, errors) = values(&world, &ConfigOptions::default(), &json);
    assert_eq!(printed, "/home/x\n{ a = 1; }\n");
    assert_eq!(errors, ["cannot add null to an integer"]);
    let json = ExpressionOptions { json: true, expressions: json.expressions[1..2].to_vec(), ..json };
    assert_eq!(values(&world, &ConfigOptions::default(), &json).0, "{\"a\":1}\n");
}

#[test]
fn restricted_expressions_read_only_around_themselves() {
    let mut world = World::new(&[]);
    world.files.insert("/home/in.nix", "1");
    world.files.insert("/srv/out.nix", "2");
    let config = ConfigOptions { restrict: true, ..ConfigOptions::default() };
    let read = |path: &str| {
        let expressions = vec![Expression::Text(format!("import {path}"))];
        values(&world, &config, &ExpressionOptions { expressions, ..ExpressionOptions::default() })
    };
    assert_eq!(read("./in.nix"), (String::from("1\n"), vec![]));
    let (printed, errors) = read("/srv/out.nix");
    assert!(printed.is_empty() && errors[0].starts_with("cannot read /srv/out.nix"), "{errors:?}");
}
