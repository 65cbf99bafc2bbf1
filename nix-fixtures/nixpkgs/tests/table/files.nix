# lib.path, lib.filesystem, lib.sources, lib.fileset: files that are there, and paths.
{ lib, manual, known, throws }:
let
  p = lib.path;
  f = lib.filesystem;
  s = lib.sources;
  fs = lib.fileset;
  # Paths without the folder that the table happens to lie in.
  below = path: lib.removePrefix (toString ./files + "/") (toString path);
  list = set: map below (fs.toList set);
  tree = ./files/tree;
  revision = "0123456789abcdef0123456789abcdef01234567";
in
{
  "path.append" = [ (manual (p.append /foo "bar/baz") /foo/bar/baz) (manual (p.append /foo "./bar//baz/./") /foo/bar/baz) (manual (p.append /. "foo/bar") /foo/bar) (throws (p.append "/foo" "bar")) (throws (p.append /foo /bar)) (throws (p.append /foo "")) (throws (p.append /foo "/bar")) (throws (p.append /foo "../bar")) ];
  "path.hasPrefix" = [ (manual (p.hasPrefix /foo /foo/bar) true) (manual (p.hasPrefix /foo /foo) true) (manual (p.hasPrefix /foo/bar /foo) false) (manual (p.hasPrefix /. /foo) true) (known (p.hasPrefix /fo /foo) false) (throws (p.hasPrefix "/foo" /foo)) ];
  "path.removePrefix" = [ (manual (p.removePrefix /foo /foo/bar/baz) "./bar/baz") (manual (p.removePrefix /foo /foo) "./.") (manual (p.removePrefix /. /foo) "./foo") (throws (p.removePrefix /foo/bar /foo)) ];
  "path.splitRoot" = [ (manual (p.splitRoot /foo/bar) { root = /.; subpath = "./foo/bar"; }) (manual (p.splitRoot /.) { root = /.; subpath = "./."; }) (throws (p.splitRoot "/foo/bar")) ];
  "path.hasStorePathPrefix" = [ (manual (p.hasStorePathPrefix /nix/store/nvl9ic0pj1fpyln3zaqrf4cclbqdfn1j-foo/bar/baz) true) (manual (p.hasStorePathPrefix /nix/store/nvl9ic0pj1fpyln3zaqrf4cclbqdfn1j-foo) true) (manual (p.hasStorePathPrefix /nix/store) false) (manual (p.hasStorePathPrefix /home/user) false) (manual (p.hasStorePathPrefix /nix/store/.links/10gg8k3rmbw8p7gszarbk7qyd9jwxhcfq9i6s5i0qikx8alkk4hq) false) ];
  "path.subpath" = [
    (manual (map p.subpath.isValid [ null "" "/foo" "../foo" "foo/bar" "./foo//bar/" ]) [ false false false false true true ])
    (known (map p.subpath.isValid [ "." "..." "a/.." "a/../b" "..a" ]) [ true true false false true ])
    (manual (p.subpath.join [ "foo" "bar/baz" ]) "./foo/bar/baz")
    (manual (p.subpath.join [ "./foo" "." "bar//./baz/" ]) "./foo/bar/baz")
    (manual (p.subpath.join [ ]) "./.")
    (throws (p.subpath.join [ /foo ]))
    (throws (p.subpath.join [ "" ]))
    (manual (p.subpath.components ".") [ ])
    (manual (p.subpath.components "./foo//bar/./baz/") [ "foo" "bar" "baz" ])
    (throws (p.subpath.components "../foo"))
    (manual (map p.subpath.normalise [ "foo//bar" "foo/./bar" "foo/bar" "foo/bar/" "." "./." ]) [ "./foo/bar" "./foo/bar" "./foo/bar" "./foo/bar" "./." "./." ])
    (throws (p.subpath.normalise "/foo"))
  ];

  "filesystem.pathType" = [ (manual (f.pathType ./files/text) "regular") (manual (f.pathType tree) "directory") ];
  "filesystem.pathIsDirectory" = [ (known (map f.pathIsDirectory [ tree ./files/text ./files/nothing ]) [ true false false ]) ];
  "filesystem.pathIsRegularFile" = [ (known (map f.pathIsRegularFile [ tree ./files/text ./files/nothing ]) [ false true false ]) ];
  "filesystem.listFilesRecursive" = [ (known (map below (f.listFilesRecursive tree)) [ "tree/a.nix" "tree/b.txt" "tree/sub/default.nix" ]) ];
  "filesystem.haskellPathsInDir" = [ (known (f.haskellPathsInDir tree) { }) ];
  "filesystem.locateDominatingFile" = [ (known (let found = f.locateDominatingFile "(a)\\.nix" ./files/tree/sub/default.nix; in { path = below found.path; inherit (found) matches; }) { path = "tree"; matches = [ [ "a" ] ]; }) (known (f.locateDominatingFile "no-such-file-anywhere" tree) null) ];
  "filesystem.packagesFromDirectoryRecursive" = [ (known (f.packagesFromDirectoryRecursive { callPackage = path: _: below path; directory = tree; }) { a = "tree/a.nix"; sub.default = "tree/sub/default.nix"; }) ];
  "filesystem.resolveDefaultNix" = [ (known (below (f.resolveDefaultNix tree)) "tree/default.nix") (known (below (f.resolveDefaultNix ./files/text)) "text") (known (f.resolveDefaultNix "some/") "some/default.nix") ];
  "filesystem.baseNameOf" = [ (known (map f.baseNameOf [ "a/b" /c/d "a/b/" ]) [ "b" "d" "b" ]) ];
  "filesystem.dirOf" = [ (known (map f.dirOf [ "a/b" "/a" "a" ]) [ "a" "/" "." ]) ];
  "filesystem.isPath" = [ (known (f.isPath ./files) true) ];

  "sources.cleanSourceFilter" = [ (known (map ({ n, t ? "regular" }: s.cleanSourceFilter n t) [ { n = "/a/.git"; t = "directory"; } { n = "/a/.svn"; t = "directory"; } { n = "/a/.svn"; } { n = "/a/x~"; } { n = "/a/.x.swp"; } { n = "/a/x.o"; } { n = "/a/result"; t = "symlink"; } { n = "/a/result"; } { n = "/a/sock"; t = "unknown"; } { n = "/a/x.nix"; } ]) [ false false true false false false false true false true ]) ];
  "sources.cleanSourceWith" = [ (known (let src = s.cleanSourceWith { src = tree; name = "n"; filter = path: type: lib.hasSuffix ".nix" path; }; in [ src.name (below src.origSrc) (src.filter "/x/a.nix" "regular") (src.filter "/x/a" "regular") ]) [ "n" "tree" true false ]) (known (let src = s.cleanSourceWith { src = s.cleanSourceWith { src = tree; filter = path: _: lib.hasInfix "a" path; }; filter = path: _: lib.hasInfix "b" path; }; in map (path: src.filter path "regular") [ "/a" "/b" "/ab" ]) [ false false true ]) ];
  "sources.cleanSource" = [ (known (map (path: (s.cleanSource tree).filter path "regular") [ "/x~" "/x" ]) [ false true ]) ];
  "sources.sourceByRegex" = [ (known (let src = s.sourceByRegex tree [ ".*\\.txt" "sub" ]; in map (name: src.filter (toString tree + "/" + name) "regular") [ "b.txt" "a.nix" "sub" ]) [ true false true ]) ];
  "sources.sourceFilesBySuffices" = [ (known (let src = s.sourceFilesBySuffices tree [ ".nix" ]; in [ (src.filter "/a.nix" "regular") (src.filter "/a.txt" "regular") (src.filter "/d" "directory") ]) [ true false true ]) ];
  "sources.trace" = [ (known ((s.trace tree).filter "/a" "regular") true) ];
  "sources.pathHasContext" = [ (known (s.pathHasContext "/a") false) ];
  "sources.canCleanSource" = [ (known (map s.canCleanSource [ tree (s.cleanSource tree) ]) [ true true ]) ];
  "sources.pathIsGitRepo" = [ (known (s.pathIsGitRepo tree) false) ];
  "sources.commitIdFromGitRepo" = [ (throws (s.commitIdFromGitRepo tree)) ];
  "sources.shortRev" = [ (known (map s.shortRev [ revision "v1.0" "abc" "refs/tags/v12.0" "release" 7 ]) [ "0123456" "1.0" "abc" "12.0" "release" "7" ]) ];
  "sources.revOrTag" = [ (known (s.revOrTag "r" null) "r") (known (s.revOrTag null "t") "t") (known (s.revOrTag "r" "t") "t") (known (s.revOrTag null null) "HEAD") ];
  "sources.urlToName" = [ (known (map s.urlToName [ "https://example.org/a/repo.git" "https://example.org/repo/" "git@example.org:x/other" "https://example.org/x.tar.gz" ]) [ "repo" "repo" "other" "x" ]) ];
  "sources.repoRevToName" = [
    (known (map (kind: s.repoRevToName kind "https://example.org/a/repo.git" revision "git") [ "source" "versioned" "full" ]) [ "source" "repo-0123456-source" "repo-0123456-git-source" ])
    (known (s.repoRevToName "full" "repo" null null) "repo-source")
    (throws (s.repoRevToName "pretty" "repo" null null))
  ];
  "filesystem.hashFile" = [ (known (f.hashFile "sha256" (tree + "/a.nix") == builtins.hashFile "sha256" (tree + "/a.nix")) true) ];
  "filesystem.readDir" = [ (known (f.readDir tree) { "a.nix" = "regular"; "b.txt" = "regular"; sub = "directory"; }) ];
  "filesystem.readFileType" = [ (known (map f.readFileType [ tree (tree + "/a.nix") ]) [ "directory" "regular" ]) ];
  "sources.filterSource" = [ (known (baseNameOf (s.filterSource (path: _: baseNameOf path != "b.txt") tree) != "") true) ];
  "sources.sourceByGlobs" = [
    (known (let at = globs: (s.sourceByGlobs tree globs).filter; in map (globs: map (x: at globs (toString (tree + x.path)) x.type) [ { path = "/a.nix"; type = "regular"; } { path = "/b.txt"; type = "regular"; } { path = "/sub"; type = "directory"; } { path = "/sub/default.nix"; type = "regular"; } ]) [ [ "*.nix" ] [ "**" ] [ "sub/**" ] [ "**/default.nix" ] [ "a.nix" "sub/*" ] [ ] ]) [
      [ true false false false ]
      [ true true true true ]
      [ false false true true ]
      [ false false true true ]
      [ true false true true ]
      [ false false false false ]
    ])
  ];

  "fileset.isFileset" = [ (known (map fs.isFileset [ (fs.unions [ ]) ./files { } ./no-such ]) [ true true false false ]) ];
  "fileset.empty" = [ (known (fs.toList fs.empty) [ ]) (known (fs.toList (fs.union fs.empty tree) == fs.toList tree) true) ];
  "fileset.maybeMissing" = [ (known (list (fs.maybeMissing ./files/nothing)) [ ]) (known (list (fs.maybeMissing ./files/text)) [ "text" ]) (throws (fs.maybeMissing "x")) ];
  "fileset.unions" = [ (known (list (fs.unions [ ./files/text ./files/tree/sub ])) [ "text" "tree/sub/default.nix" ]) (known (list (fs.unions [ ])) [ ]) (throws (fs.toList (fs.unions [ ./files/nothing ]))) (throws (fs.toList (fs.unions [ "text" ]))) ];
  "fileset.union" = [ (known (list (fs.union ./files/tree/a.nix ./files/tree)) [ "tree/a.nix" "tree/b.txt" "tree/sub/default.nix" ]) ];
  "fileset.intersection" = [ (known (list (fs.intersection tree (fs.unions [ ./files/text ./files/tree/a.nix ]))) [ "tree/a.nix" ]) ];
  "fileset.difference" = [ (known (list (fs.difference tree ./files/tree/sub)) [ "tree/a.nix" "tree/b.txt" ]) (known (list (fs.difference tree tree)) [ ]) ];
  "fileset.fileFilter" = [ (known (list (fs.fileFilter (file: file.hasExt "nix") tree)) [ "tree/a.nix" "tree/sub/default.nix" ]) (known (list (fs.fileFilter (file: file.name == "b.txt" && file.type == "regular") tree)) [ "tree/b.txt" ]) (throws (fs.fileFilter 1 tree)) (throws (fs.fileFilter (_: true) (fs.unions [ ]))) ];
  "fileset.fromSource" = [ (known (list (fs.fromSource (s.cleanSourceWith { src = tree; filter = path: _: !(lib.hasSuffix ".txt" path); }))) [ "tree/a.nix" "tree/sub/default.nix" ]) ];
  "fileset.toList" = [ (known (list ./files/tree/sub) [ "tree/sub/default.nix" ]) (throws (fs.toList "x")) ];
  "fileset.toSource" = [ (known (let src = fs.toSource { root = tree; fileset = ./files/tree/a.nix; }; in [ src.name (src.filter (toString ./files/tree/a.nix) "regular") (src.filter (toString ./files/tree/b.txt) "regular") (src.filter (toString ./files/tree/sub) "directory") ]) [ "source" true false false ]) (throws (fs.toSource { root = ./files/tree/sub; fileset = tree; }).name) (throws (fs.toSource { root = ./files/text; fileset = tree; }).name) ];
  "fileset.trace" = [ (known (fs.trace ./files/text 1) 1) ];
  "fileset.traceVal" = [ (known (list (fs.traceVal ./files/text)) [ "text" ]) ];
}
