//! Derivations and their outputs have the same paths as in real Nix (`nix-fixtures/derivations`).

use std::path::Path;

use container_rebuild::eval::{Settings, on_big_stack, print_text};
use container_rebuild::host::files::RealFiles;
use container_rebuild::source::SourceMap;

/// The version of Nix that counts.
const VERSION: &str = "2.34.8";

#[test]
fn derivations_have_the_paths_that_nix_gives_them() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("nix-fixtures/derivations");
    let entries = std::fs::read_dir(&directory).expect("the fixtures are there");
    let mut names: Vec<String> = entries
        .filter_map(|entry| entry.expect("the directory can be read").file_name().into_string().ok())
        .filter(|name| name.ends_with(".nix"))
        .collect();
    names.sort_unstable();
    let mut paths = 0;
    for name in &names {
        let stored = std::fs::read_to_string(directory.join(name.replace(".nix", ".exp"))).expect("a result");
        let expected =
            stored.strip_prefix(&format!("Nix {VERSION}\n")).expect("a result of the version that counts");
        let text = format!(
            "builtins.mapAttrs
               (name: d: map (output: [ d.${{output}}.drvPath d.${{output}}.outPath ]) (d.outputs or [ \"out\" ]))
               (import ./{name})"
        );
        let printed = on_big_stack(|| {
            print_text(&RealFiles, &SourceMap::new(), Settings::default(), &directory, &text)
                .map(|printed| String::from_utf8_lossy(&printed).into_owned())
        })
        .expect("a thread can be started");
        // One attribute per line makes a difference readable.
        let lines = |text: &str| text.trim_end().replace("; ", ";\n");
        assert_eq!(printed.map(|text| lines(&text)), Ok(lines(expected)), "{name}");
        paths += expected.matches(".drv\"").count();
    }
    assert!(paths >= 60, "only {paths} outputs");
}
