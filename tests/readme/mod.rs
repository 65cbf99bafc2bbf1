//! Checks that the README's examples show what the program prints.
//!
//! In its `console` blocks, a line after `$ ` is a command that an ordinary user runs without a host (`tests/it/readme.rs`),
//! and one after `# ` is a command that root runs on a host (`tests/lab/scenarios/readme.rs`). The lines that follow are its
//! whole output, on both streams; durations may differ. `README_UPDATE=1` rewrites the file instead.

/// The text with each duration of the form `1.2 s` replaced.
fn masked(text: &str) -> String {
    let mut masked = String::new();
    let mut rest = text;
    while let Some(index) = rest.find(" s") {
        let (before, after) = rest.split_at(index);
        let number = before.rfind(|c: char| !c.is_ascii_digit() && c != '.').map_or(0, |at| at + 1);
        let is_duration = before[number..].contains('.') && !after[2..].starts_with(char::is_alphabetic);
        masked.push_str(if is_duration { &before[..number] } else { before });
        masked.push_str(if is_duration { "N s" } else { " s" });
        rest = &after[2..];
    }
    masked + rest
}

/// Runs the commands after `prompt`, and compares their output with the README.
#[track_caller]
pub(crate) fn check(prompt: &str, mut run: impl FnMut(&str) -> String) {
    let written = std::fs::read_to_string("README.md").expect("the README");
    let (mut real, mut commands, mut in_console) = (String::new(), 0, false);
    let mut lines = written.lines().peekable();
    while let Some(line) = lines.next() {
        real.extend([line, "\n"]);
        if line.starts_with("```") {
            in_console = line == "```console";
        }
        let Some(command) = line.strip_prefix(prompt).filter(|_| in_console) else { continue };
        commands += 1;
        while lines.next_if(|line| !["$ ", "# ", "```"].iter().any(|end| line.starts_with(end))).is_some() {}
        real.push_str(&run(command));
    }
    assert!(commands > 0, "no commands after {prompt:?} in the README");
    if std::env::var_os("README_UPDATE").is_some() {
        std::fs::write("README.md", real).expect("written");
    } else {
        assert!(
            masked(&real) == masked(&written),
            "README.md is out of date (README_UPDATE=1 writes it anew). It should be:\n{real}"
        );
    }
}
