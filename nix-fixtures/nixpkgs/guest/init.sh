# The first program of a guest, PID 1 on a root that may be empty: no shell, no loader, no libraries but the store.
# @system@, @debianGuest@ and @busybox@ are filled in by `system/toplevel.nix`; the interpreter is @busybox@ itself.
#
# It may run on a root of an earlier boot, of another version of this system, or of another Debian tree.

bb=@busybox@/bin/busybox
export PATH=

# To systemd this signal means "halt"; it must mean that before systemd runs as well.
trap 'exit 0' 37

# The system's programs. A bind mount ends with the guest, so that the root at rest holds an ordinary folder (which
# systemd-nspawn insists on) and no link into a store path that may be gone by then.
$bb mkdir -p /usr
$bb mount -o bind @debianGuest@/usr /usr || exit 1
for dir in bin sbin lib lib64; do
  [ -L "/$dir" ] || [ -e "/$dir" ] || $bb ln -s "usr/$dir" "/$dir"
done

@system@/activate || exit 1

# These have nothing to do in a guest, and each is a process at every boot and reload (systemd.generator(7)).
$bb mkdir -p /etc/systemd/system-generators
for generator in debug gpt-auto hibernate-resume import rc-local run ssh system-update sysv tpm2; do
  $bb ln -sfn /dev/null "/etc/systemd/system-generators/systemd-$generator-generator"
done

$bb mkdir -p /run
$bb ln -sfn @system@ /run/current-system
$bb ln -sfn @system@ /run/booted-system

export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
trap - 37
exec /usr/lib/systemd/systemd "$@"
