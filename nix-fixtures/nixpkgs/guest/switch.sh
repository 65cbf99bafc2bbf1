# `switch-to-configuration`: makes a running guest the guest of this system. `boot` and `dry-activate` change nothing,
# since what boots is chosen from outside. Exit codes as NixOS's: 1 if a check forbids it, 4 if units have failed, even before,
# 100 if only a restart will do.

bb=@busybox@/bin/busybox
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

case "$1" in
  switch | test) ;;
  boot | dry-activate) exit 0 ;;
  *)
    echo "usage: switch-to-configuration switch|boot|test|dry-activate" >&2
    exit 2
    ;;
esac

old=$($bb readlink -f /run/current-system)
new=@system@
[ "$old" != "$new" ] || exit 0

# ---- switch inhibitors: no value may differ of those that both systems have ----

pairs() { [ ! -f "$1/switch-inhibitors" ] || $bb sed 's/[{}]//g; s/","/"\n"/g' "$1/switch-inhibitors" && echo; }

echo "Checking switch inhibitors..."
pairs "$new" | while IFS= read -r pair; do
  name=${pair%%:*}
  was=$(pairs "$old" | $bb grep -F "$name:")
  [ -z "$name" ] || [ -z "$was" ] || [ "$was" = "$pair" ] || echo "$was -> ${pair#*:}"
done >/run/inhibited
if [ -s /run/inhibited ]; then
  { echo "critical components change:"; $bb cat /run/inhibited; echo "Pre-switch check 'switchInhibitors' failed"; } >&2
  exit 1
fi

# Another Debian tree is another systemd.
$bb cmp -s "$old/init-interface-version" "$new/init-interface-version" || exit 100

units() { [ ! -d "$1/etc/systemd/system" ] || (cd "$1/etc/systemd/system" && $bb find . -maxdepth 1 ! -type d | $bb sed 's|^\./||'); }

stop= start= restart=
for unit in $(units "$old"); do
  if [ ! -e "$new/etc/systemd/system/$unit" ]; then
    stop="$stop $unit"
  elif ! $bb cmp -s "$old/etc/systemd/system/$unit" "$new/etc/systemd/system/$unit" \
    && ! $bb grep -q '^X-RestartIfChanged=false$' "$new/etc/systemd/system/$unit"; then
    restart="$restart $unit"
  fi
done
[ -z "$stop" ] || systemctl stop $stop 2>/dev/null

$new/activate || exit 2
$bb ln -sfn "$new" /run/current-system

systemctl daemon-reload || exit 3
$bb hostname -F /etc/hostname
systemd-tmpfiles --create --remove --exclude-prefix=/dev >/dev/null 2>&1
[ -z "$restart" ] || systemctl try-restart $restart
# Whatever the targets want by now and did not before.
systemctl start default.target timers.target sockets.target
failed=$(systemctl list-units --failed --plain --no-legend | $bb cut -d' ' -f1)
[ -n "$failed" ] || exit 0
echo "warning: the following units failed:" $failed >&2
exit 4
