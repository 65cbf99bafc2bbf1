//! Commands in a guest, and the status of guests and foreign machines.

use crate::support::{EXAMPLE, Lab, host, web, with};

#[test]
#[ignore = "needs a lab: make scenarios"]
fn commands_run_in_the_guest_as_its_root() {
    let lab = Lab::empty();
    lab.sh("mkdir /mnt/wasabiData").ok();
    lab.switch(EXAMPLE);
    let run = |command: &[&str], input: &[u8]| {
        lab.exec_binary(&[&["container-rebuild", "run", "wasabi", "--"], command].concat(), input)
    };
    assert_eq!(
        run(&["sh", "-c", "id -u; hostname; echo complaint >&2"], b""),
        (0, b"0\nwasabi\n".to_vec(), b"complaint\n".to_vec())
    );
    assert_eq!(run(&["printf", "<%s>", "a b", "", "$HOME", "*"], b"").1, b"<a b><><$HOME><*>");
    for (command, code) in [("exit 7", 7), ("kill -TERM $$", 143), ("kill -KILL $$", 137), ("exit 255", 255)] {
        assert_eq!(run(&["sh", "-c", command], b"").0, code, "{command}");
    }
    // 1 MB with every byte in it, there and back.
    let bytes: Vec<u8> = (0..1_000_000u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let (code, out, err) = run(&["cat"], &bytes);
    assert!(code == 0 && out == bytes && err.is_empty(), "{code}, {} bytes, {err:?}", out.len());

    let shell = |input: &str| lab.exec(&["container-rebuild", "shell", "wasabi"], input.as_bytes());
    let said = shell("hostname; exit 3\n");
    assert_eq!((said.code, said.out.as_str()), (3, "wasabi\n"), "{said:?}");
    // script(1) provides a terminal.
    let terminal = "script --quiet --return --command 'container-rebuild shell wasabi' /dev/null";
    let said = lab.exec(&["bash", "-c", terminal], b"tty; hostname; exit 4\n");
    assert!(said.code == 4 && said.out.contains("/dev/pts/") && said.out.contains("wasabi\r\n"), "{said:?}");

    lab.sh("container-rebuild run wasabi -- systemd-cat echo a-line-of-the-guest").ok();
    assert!(lab.sh("container-rebuild logs wasabi").ok().contains("a-line-of-the-guest"));
    lab.finish();
}

#[test]
#[ignore = "needs a lab: make scenarios"]
fn status_shows_ours_and_foreign_machines() {
    let lab = Lab::empty();
    lab.sh("mkdir /mnt/wasabiData").ok();
    lab.switch(EXAMPLE);
    // A foreign container, without a guest that would have to boot.
    lab.sh(
        "mkdir -p /run/other && systemd-run --quiet --unit=scenario-other --property=Type=notify --property=Delegate=yes \
         systemd-nspawn --quiet --keep-unit -M other -D / --volatile=yes --private-network sleep 600 \
         && for i in {1..100}; do machinectl show other >/dev/null 2>&1 && break; sleep 0.1; done && machinectl show other >/dev/null",
    )
    .ok();
    let table = lab.sh("container-rebuild status").ok();
    let line = |name: &str| {
        let line =
            table.lines().find(|line| line.starts_with(name)).unwrap_or_else(|| panic!("no {name} in\n{table}"));
        line.split_whitespace().map(String::from).collect::<Vec<_>>()
    };
    assert_eq!(
        line("wasabi")[..6],
        ["wasabi", "running", "ours", "192.168.100.11", "tcp:2222->22", "tcp:8080->80"]
    );
    assert_eq!(line("other")[..3], ["other", "running", "foreign"]);
    let json: serde_json::Value =
        serde_json::from_str(&lab.sh("container-rebuild status --json wasabi").ok()).expect("JSON");
    let rows = json["containers"].as_array().expect("a list");
    assert_eq!(
        (rows.len(), &rows[0]["state"], &rows[0]["addresses"][0]),
        (1, &"running".into(), &"192.168.100.11".into())
    );

    // On a terminal (from script(1)), the table fits the width and has colours.
    let on_terminal = |columns: usize, options: &str| {
        let command = format!("stty rows 24 cols {columns}; {options} container-rebuild status");
        lab.sh(&format!("script --quiet --return --command '{command}' /dev/null")).ok().replace('\r', "")
    };
    let shown = on_terminal(72, "");
    assert!(shown.contains("\x1b[32mrunning\x1b[0m"), "{shown}");
    for (columns, room) in [(72, 72), (48, 48), (0, 80)] {
        let shown = on_terminal(columns, "NO_COLOR=1");
        assert!(shown.contains("wasabi  running") && !shown.contains('\x1b'), "{shown}");
        assert!(shown.lines().all(|line| line.chars().count() <= room), "{columns}:\n{shown}");
        assert!(shown.lines().any(|line| line.trim_end().contains("tcp:8080->80")), "{shown}");
    }

    lab.sh("container-rebuild stop wasabi").ok();
    assert!(lab.sh("container-rebuild status").ok().contains("wasabi  stopped"));
    lab.sh("container-rebuild start wasabi").ok();
    lab.sh("container-rebuild kill wasabi").ok();
    assert_eq!(lab.observe().running(), ["other"]);
    // A switch that brings our containers back does not touch foreign ones.
    let back = lab.switch(EXAMPLE);
    assert!(back.before.kept(&back.after, "other"));
    lab.sh("systemctl stop scenario-other").ok();
    lab.finish();
}

#[test]
#[ignore = "needs a lab: make scenarios"]
fn bash_completes_the_names_of_containers() {
    let lab = Lab::empty();
    let stopped = with(&web("c10", 13), "autoStart = true;", "");
    lab.switch(&host(&[&web("c2", 12), &stopped]));
    let script = r#"
        source <(container-rebuild completions bash)
        function=$(complete -p container-rebuild | sed 's/.* -F \([^ ]*\) .*/\1/')
        COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMP_TYPE=9 COMPREPLY=()
        "$function" container-rebuild "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
        echo "${COMPREPLY[@]}"
    "#;
    let offered = |user: &[&str], words: &str| {
        let words = words.split('|');
        let command: Vec<&str> = user
            .iter()
            .copied()
            .chain(["bash", "--norc", "-c", script, "bash", "container-rebuild"])
            .chain(words)
            .collect();
        lab.exec(&command, b"").ok().split_whitespace().map(String::from).collect::<Vec<_>>()
    };
    for command in ["start", "stop", "restart", "kill", "shell", "run", "logs", "status", "plan|--only", "stop|c2"]
    {
        // Completion must not ask for privileges, so it works for ordinary users too.
        for user in [&[][..], &["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]] {
            assert_eq!(offered(user, &format!("{command}|c")), ["c2", "c10"], "{command}");
        }
    }
    assert_eq!(offered(&[], "start|c1"), ["c10"]);
    lab.switch(&host(&[&web("c2", 12)]));
    assert_eq!(offered(&[], "start|c"), ["c2"], "removed");
    lab.finish();
}
