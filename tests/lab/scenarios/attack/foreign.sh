# A machine that is not ours, and needs no guest that would have to boot.
if ! machinectl show foreign >/dev/null 2>&1; then
    systemctl reset-failed scenario-foreign 2>/dev/null || true
    systemd-run --quiet --unit=scenario-foreign --property=Type=notify --property=Delegate=yes \
        systemd-nspawn --quiet --keep-unit -M foreign -D / --volatile=yes --private-network sleep infinity
fi
machinectl show --property=Leader foreign
