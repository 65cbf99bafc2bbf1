//! Saved plans: `switch --plan` carries out exactly what was shown, or nothing.

use crate::support::{Lab, host, web, with};

#[test]
#[ignore = "needs a lab: make scenarios"]
fn a_kept_plan_is_carried_out_as_it_was_shown_or_refused() {
    let lab = Lab::empty();
    let (sambal, wasabi) = (web("sambal", 12), web("wasabi", 11));
    lab.switch(&host(&[&sambal, &wasabi]));
    let bound = with(&wasabi, "config =", "tmpfs = [ \"/scratch\" ]; config =");
    let changed = host(&[&sambal, &bound]);
    lab.write("/root/host.nix", &changed);
    let keep = || lab.sh("cd /root && container-rebuild plan --out /root/plan.conf host.nix").ok();
    // The saved plan records its configuration, so the current directory does not matter.
    let carry_out = || lab.sh("cd / && container-rebuild switch --yes --plan /root/plan.conf");
    let refused = |why: &str| {
        let before = lab.observe();
        let said = carry_out();
        assert_eq!(said.code, 1, "{said:#?}");
        assert!(said.err.contains("error[plan-moved]") && said.err.contains(why), "{said:#?}");
        // A plan that is refused is not shown.
        assert_eq!(said.out, "", "{said:#?}");
        let after = lab.observe();
        assert_eq!(before.running(), after.running());
        assert!(before.kept(&after, "wasabi"));
        assert_eq!((before.nft_generation, before.nix_calls), (after.nft_generation, after.nix_calls));
    };

    keep();
    // The configuration changed: first an option, then only the guest.
    lab.write("/root/host.nix", &with(&changed, "/scratch", "/other"));
    refused("the configuration has changed since the plan was made");
    lab.write("/root/host.nix", &with(&changed, "one@example.org", "two@example.org"));
    refused("the configuration has changed since the plan was made");
    // The host changed.
    lab.write("/root/host.nix", &changed);
    lab.sh("systemctl stop container@sambal").ok();
    refused("the host has changed since the plan was made: sambal");
    lab.sh("container-rebuild start sambal").ok();
    // Nothing changed, so the plan is carried out; a second time, there is nothing left to do.
    let before = lab.mark();
    let done = carry_out();
    assert_eq!(done.code, 0, "{done:#?}");
    let after = lab.observe();
    assert!(before.kept(&after, "sambal") && !before.kept(&after, "wasabi"));
    assert_eq!(lab.sh("container-rebuild run wasabi -- findmnt -no FSTYPE /scratch").ok(), "tmpfs\n");
    assert_eq!(lab.plan().1, 0);
    refused("the host has changed since the plan was made: wasabi");

    // Plans for another host are refused, even if there is nothing to do.
    keep();
    let name = lab.sh("hostname").ok();
    lab.sh("hostname elsewhere").ok();
    let said = carry_out();
    assert_eq!((said.code, said.out.as_str()), (1, ""), "{said:#?}");
    assert!(said.err.contains("but this host is `elsewhere`"), "{said:#?}");
    lab.sh(&format!("hostname {}", name.trim())).ok();

    // The guest is not built yet: the plan names its changed options without calling Nix, and still holds after the build.
    lab.write("/root/host.nix", &with(&changed, "one@example.org", "two@example.org"));
    let before = lab.observe();
    let (plan, _) = lab.plan();
    let reasons = plan["changes"][0]["reasons"].to_string();
    assert!(reasons.contains("config.services.httpd.adminAddr") && reasons.contains("one@example.org"), "{plan:#}");
    assert_eq!((plan["changes"][0]["may"].as_bool(), lab.observe().nix_calls), (Some(false), before.nix_calls));
    keep();
    let done = carry_out();
    assert_eq!(done.code, 0, "{done:#?}");
    assert!(done.out.contains("config.services.httpd.adminAddr"), "{done:#?}");
    assert!(lab.page("http://192.168.100.11/").contains("two@"));
    lab.finish();
}
