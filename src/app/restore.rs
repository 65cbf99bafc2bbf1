//! Puts back what containers have lost because another program of the host was restarted or reloaded.

use super::live_host::{LiveHost, Lock};
use super::plan::observe;
use crate::diag::{Code, Diagnostic};
use crate::plan::Lost;

/// Puts back rules, and the host's ends of interfaces, as they were last applied. Evaluates nothing, and neither starts, stops nor
/// changes a guest. Returns what it cannot put back, as warnings.
///
/// # Errors
///
/// If the host cannot be observed or locked, or something could not be put back; the rest is put back even so.
pub fn restore(host: &dyn LiveHost) -> Result<Vec<Diagnostic>, Vec<Diagnostic>> {
    // Most often nothing is lost. Without the lock: a command that changes the host must not fail because we look at it.
    let lost = Lost::on(&observe(host)?);
    if lost.is_nothing() {
        return Ok(gone(&lost));
    }
    // Programs make bridges after systemd takes them for started.
    let bridges = lost.bridges();
    let missing = if bridges.is_empty() { bridges } else { host.await_interfaces(&bridges) };
    // Whoever has the lock may be about to put it back. If so, ours must not be in the way of the next command.
    drop(lock(host)?);
    if Lost::on(&observe(host)?).is_nothing() {
        return Ok(Vec::new());
    }
    let held = lock(host)?;
    let lost = Lost::on(&observe(host)?);
    let mut errors = Vec::new();
    if lost.rules.is_some() || !lost.sysctls.is_empty() {
        let loaded = host
            .set_sysctls(&lost.sysctls)
            .and_then(|()| lost.rules.as_ref().map_or(Ok(()), |it| host.load_rules(it)));
        errors.extend(loaded.err().map(|error| Diagnostic::caused_by(Code::Host, &error)));
    }
    for (name, pair) in &lost.pairs {
        if let Some(bridge) = pair.veth.bridge.as_ref().filter(|bridge| missing.contains(*bridge)) {
            let message = format!("`{name}`: the bridge `{bridge}` is gone");
            let help = "create it again; then `container-rebuild switch` attaches the container to it";
            errors.push(Diagnostic::error(Code::MissingInterface, message).help(help));
        } else if let Err(error) = host.readdress(name, pair, pair) {
            errors.push(Diagnostic::caused_by(Code::Host, &error));
        }
    }
    drop(held);
    if errors.is_empty() { Ok(gone(&lost)) } else { Err([errors, gone(&lost)].concat()) }
}

fn lock(host: &dyn LiveHost) -> Result<Lock, Vec<Diagnostic>> {
    host.lock(true).map_err(|error| vec![Diagnostic::caused_by(Code::Locked, &error)])
}

/// Warnings about interfaces that only a restart of their containers brings back.
fn gone(lost: &Lost) -> Vec<Diagnostic> {
    let warning = |name| {
        let message = format!("`{name}`: its interface on the host is gone");
        Diagnostic::warning(Code::Drift, message).help("`container-rebuild switch` restarts the container")
    };
    lost.gone.iter().map(warning).collect()
}
