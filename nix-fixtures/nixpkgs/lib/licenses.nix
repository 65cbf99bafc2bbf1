# Licences that packages name.
{ lib }:
let
  make =
    shortName:
    {
      fullName ? shortName,
      spdxId ? null,
      free ? true,
      redistributable ? free,
      deprecated ? false,
      url ? null,
    }:
    {
      inherit
        deprecated
        free
        fullName
        redistributable
        shortName
        ;
    }
    // lib.optionalAttrs (spdxId != null) {
      inherit spdxId;
      url = if url != null then url else "https://spdx.org/licenses/${spdxId}.html";
    }
    // lib.optionalAttrs (url != null) { inherit url; };
  spdx = spdxId: fullName: { inherit spdxId fullName; };
  unfree = fullName: {
    inherit fullName;
    free = false;
  };
in
builtins.mapAttrs make {
  afl20 = spdx "AFL-2.0" "Academic Free License v2.0";
  afl3 = spdx "AFL-3.0" "Academic Free License v3.0";
  agpl3Only = spdx "AGPL-3.0-only" "GNU Affero General Public License v3.0 only";
  agpl3Plus = spdx "AGPL-3.0-or-later" "GNU Affero General Public License v3.0 or later";
  agpl3 = spdx "AGPL-3.0" "GNU Affero General Public License v3.0" // { deprecated = true; };
  artistic1 = spdx "Artistic-1.0" "Artistic License 1.0";
  artistic2 = spdx "Artistic-2.0" "Artistic License 2.0";
  asl20 = spdx "Apache-2.0" "Apache License 2.0";
  bitstreamVera = spdx "Bitstream-Vera" "Bitstream Vera Font License";
  boost = spdx "BSL-1.0" "Boost Software License 1.0";
  bsd0 = spdx "0BSD" "BSD Zero Clause License";
  bsd1 = spdx "BSD-1-Clause" "BSD 1-Clause License";
  bsd2 = spdx "BSD-2-Clause" "BSD 2-clause \"Simplified\" License";
  bsd2Patent = spdx "BSD-2-Clause-Patent" "BSD-2-Clause Plus Patent License";
  bsd3 = spdx "BSD-3-Clause" "BSD 3-clause \"New\" or \"Revised\" License";
  bsdOriginal = spdx "BSD-4-Clause" "BSD 4-clause \"Original\" or \"Old\" License";
  cc0 = spdx "CC0-1.0" "Creative Commons Zero v1.0 Universal";
  cc-by-30 = spdx "CC-BY-3.0" "Creative Commons Attribution 3.0";
  cc-by-40 = spdx "CC-BY-4.0" "Creative Commons Attribution 4.0";
  cc-by-sa-30 = spdx "CC-BY-SA-3.0" "Creative Commons Attribution Share Alike 3.0";
  cc-by-sa-40 = spdx "CC-BY-SA-4.0" "Creative Commons Attribution Share Alike 4.0";
  cddl = spdx "CDDL-1.0" "Common Development and Distribution License 1.0";
  cecill20 = spdx "CECILL-2.0" "CeCILL Free Software License Agreement v2.0";
  cecill21 = spdx "CECILL-2.1" "CeCILL Free Software License Agreement v2.1";
  cpl10 = spdx "CPL-1.0" "Common Public License 1.0";
  curl = spdx "curl" "curl License";
  ecl20 = spdx "ECL-2.0" "Educational Community License v2.0";
  efl20 = spdx "EFL-2.0" "Eiffel Forum License v2.0";
  epl10 = spdx "EPL-1.0" "Eclipse Public License 1.0";
  epl20 = spdx "EPL-2.0" "Eclipse Public License 2.0";
  eupl11 = spdx "EUPL-1.1" "European Union Public License 1.1";
  eupl12 = spdx "EUPL-1.2" "European Union Public License 1.2";
  fdl11Plus = spdx "GFDL-1.1-or-later" "GNU Free Documentation License v1.1 or later";
  fdl12Plus = spdx "GFDL-1.2-or-later" "GNU Free Documentation License v1.2 or later";
  fdl13Plus = spdx "GFDL-1.3-or-later" "GNU Free Documentation License v1.3 or later";
  free.fullName = "Unspecified free software license";
  gpl1Only = spdx "GPL-1.0-only" "GNU General Public License v1.0 only";
  gpl1Plus = spdx "GPL-1.0-or-later" "GNU General Public License v1.0 or later";
  gpl2 = spdx "GPL-2.0" "GNU General Public License v2.0" // { deprecated = true; };
  gpl2Only = spdx "GPL-2.0-only" "GNU General Public License v2.0 only";
  gpl2Plus = spdx "GPL-2.0-or-later" "GNU General Public License v2.0 or later";
  gpl3 = spdx "GPL-3.0" "GNU General Public License v3.0" // { deprecated = true; };
  gpl3Only = spdx "GPL-3.0-only" "GNU General Public License v3.0 only";
  gpl3Plus = spdx "GPL-3.0-or-later" "GNU General Public License v3.0 or later";
  hpnd = spdx "HPND" "Historic Permission Notice and Disclaimer";
  icu = spdx "ICU" "ICU";
  ijg = spdx "IJG" "Independent JPEG Group License";
  isc = spdx "ISC" "ISC License";
  lgpl2 = spdx "LGPL-2.0" "GNU Library General Public License v2" // { deprecated = true; };
  lgpl2Only = spdx "LGPL-2.0-only" "GNU Library General Public License v2 only";
  lgpl2Plus = spdx "LGPL-2.0-or-later" "GNU Library General Public License v2 or later";
  lgpl21 = spdx "LGPL-2.1" "GNU Lesser General Public License v2.1" // { deprecated = true; };
  lgpl21Only = spdx "LGPL-2.1-only" "GNU Lesser General Public License v2.1 only";
  lgpl21Plus = spdx "LGPL-2.1-or-later" "GNU Lesser General Public License v2.1 or later";
  lgpl3 = spdx "LGPL-3.0" "GNU Lesser General Public License v3.0" // { deprecated = true; };
  lgpl3Only = spdx "LGPL-3.0-only" "GNU Lesser General Public License v3.0 only";
  lgpl3Plus = spdx "LGPL-3.0-or-later" "GNU Lesser General Public License v3.0 or later";
  libpng = spdx "Libpng" "libpng License";
  libpng2 = spdx "libpng-2.0" "libpng License v2";
  lppl13c = spdx "LPPL-1.3c" "LaTeX Project Public License v1.3c";
  mit = spdx "MIT" "MIT License";
  mit0 = spdx "MIT-0" "MIT No Attribution";
  mpl10 = spdx "MPL-1.0" "Mozilla Public License 1.0";
  mpl11 = spdx "MPL-1.1" "Mozilla Public License 1.1";
  mpl20 = spdx "MPL-2.0" "Mozilla Public License 2.0";
  mspl = spdx "MS-PL" "Microsoft Public License";
  mulan-psl2 = spdx "MulanPSL-2.0" "Mulan Permissive Software License, Version 2";
  ncsa = spdx "NCSA" "University of Illinois/NCSA Open Source License";
  odbl = spdx "ODbL-1.0" "Open Data Commons Open Database License v1.0";
  ofl = spdx "OFL-1.1" "SIL Open Font License 1.1";
  openldap = spdx "OLDAP-2.8" "Open LDAP Public License v2.8";
  openssl = spdx "OpenSSL" "OpenSSL License";
  php301 = spdx "PHP-3.01" "PHP License v3.01";
  postgresql = spdx "PostgreSQL" "PostgreSQL License";
  publicDomain.fullName = "Public Domain";
  psfl = spdx "Python-2.0" "Python Software Foundation License version 2";
  qpl = spdx "QPL-1.0" "Q Public License 1.0";
  ruby = spdx "Ruby" "Ruby License";
  sleepycat = spdx "Sleepycat" "Sleepycat License";
  tcltk = spdx "TCL" "TCL/TK License";
  unfree = unfree "Unfree";
  unfreeRedistributable = unfree "Unfree redistributable" // { redistributable = true; };
  unfreeRedistributableFirmware = unfree "Unfree redistributable firmware" // { redistributable = true; };
  unicode-30 = spdx "Unicode-3.0" "Unicode License v3";
  unicode-dfs-2016 = spdx "Unicode-DFS-2016" "Unicode License Agreement - Data Files and Software (2016)";
  unlicense = spdx "Unlicense" "The Unlicense";
  upl = spdx "UPL-1.0" "Universal Permissive License";
  vim = spdx "Vim" "Vim License";
  w3c = spdx "W3C" "W3C Software Notice and License";
  wtfpl = spdx "WTFPL" "Do What The F*ck You Want To Public License";
  x11 = spdx "X11" "X11 License";
  zlib = spdx "Zlib" "zlib License";
  zpl20 = spdx "ZPL-2.0" "Zope Public License 2.0";
  zpl21 = spdx "ZPL-2.1" "Zope Public License 2.1";
}
