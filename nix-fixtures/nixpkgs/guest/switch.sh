# `switch-to-configuration`: makes a running guest the guest of this system. `boot` and `dry-activate` change nothing,
# since what boots is chosen from outside. Exit code 100: only a restart will do.

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
failed=0
[ -z "$restart" ] || systemctl try-restart $restart || failed=4
# Whatever the targets want by now and did not before.
systemctl start default.target timers.target sockets.target || failed=4
exit $failed
