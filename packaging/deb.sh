#!/bin/sh
# Makes dist/zerot-kiosk_VERSION_ARCH.deb from dist/zerot (built by packaging/build.sh). Needs dpkg-deb only.
set -eu
cd "$(dirname "$0")/.."
[ -x dist/zerot/zerot ] || { printf 'Build first: ./run package\n' >&2; exit 1; }
VERSION=$(sed -n 's/^version = "\(.*\)"$/\1/p' pyproject.toml)
ARCH=$(dpkg --print-architecture)
STAGE=$(mktemp -d)
chmod 755 "$STAGE" # mktemp makes it private, and its mode becomes that of / in the package
trap 'rm -rf "$STAGE"' EXIT

put() { install -D -m "$1" "$2" "$STAGE$3"; }

mkdir -p "$STAGE/usr/lib/zerot" "$STAGE/DEBIAN"
cp -a dist/zerot "$STAGE/usr/lib/zerot/app"
put 755 packaging/session/session /usr/lib/zerot/session
put 644 packaging/systemd/zerot-kiosk.service /usr/lib/systemd/system/zerot-kiosk.service
put 644 packaging/udev/70-zerot.rules /usr/lib/udev/rules.d/70-zerot.rules
put 644 packaging/modprobe.d/zerot.conf /usr/lib/modprobe.d/zerot.conf
put 644 packaging/polkit/50-zerot-pcsc.rules /usr/share/polkit-1/rules.d/50-zerot-pcsc.rules
put 644 packaging/tmpfiles.d/zerot.conf /usr/lib/tmpfiles.d/zerot.conf
put 644 packaging/sysusers.d/zerot.conf /usr/lib/sysusers.d/zerot.conf
put 644 packaging/README.md /usr/share/doc/zerot-kiosk/README.md
mkdir -p "$STAGE/usr/bin"
ln -s ../lib/zerot/app/zerot "$STAGE/usr/bin/zerot"

cat >"$STAGE/DEBIAN/control" <<CONTROL
Package: zerot-kiosk
Version: $VERSION
Architecture: $ARCH
Maintainer: Zér'ot <packaging@zerot.invalid>
Installed-Size: $(du -sk "$STAGE/usr" | cut -f1)
Section: misc
Priority: optional
Depends: libc6, libpcsclite1, pcscd, libccid, bluez, dbus, policykit-1 | polkitd, tzdata, libgl1, libgl1-mesa-dri,
 libegl1, libgles2, libmtdev1, xserver-xorg-core, xserver-xorg-input-libinput, xserver-xorg-legacy, xinit,
 x11-xserver-utils
Recommends: tpm2-tools
Description: touch kiosk of a rural territory
 Shows what there is to do, reads the city card, sells activities and listens to the territory's beacons,
 with or without a network.
CONTROL
# Fixed text, no build path in it: account first, then the folders that belong to it.
cat >"$STAGE/DEBIAN/postinst" <<'POSTINST'
#!/bin/sh
set -e
if [ "$1" = configure ]; then
    systemd-sysusers /usr/lib/sysusers.d/zerot.conf
    systemd-tmpfiles --create /usr/lib/tmpfiles.d/zerot.conf
    if [ -d /run/systemd/system ]; then
        systemctl daemon-reload
        udevadm control --reload || true
        systemctl enable zerot-kiosk.service
        systemctl try-restart zerot-kiosk.service
    fi
fi
POSTINST
cat >"$STAGE/DEBIAN/prerm" <<'PRERM'
#!/bin/sh
set -e
if [ "$1" = remove ] && [ -d /run/systemd/system ]; then
    systemctl disable --now zerot-kiosk.service
fi
PRERM
chmod 755 "$STAGE/DEBIAN/postinst" "$STAGE/DEBIAN/prerm"
dpkg-deb --root-owner-group -Zxz -z1 --build "$STAGE" "dist/zerot-kiosk_${VERSION}_${ARCH}.deb"
