{
  containers.web = {
    autoStart = true;
    path = "/nix/store/00000000000000000000000000000000-web";
    extraFlags = [ "--a=`|`\\" "</code></td></tr>" "```\nx" "\\|" "![x](http://x)" ];
    bindMounts."/a|b`c</details><img src=x>\n\n# hi\n@all" = { hostPath = "/x\\|y`````\r\n|---|\n"; };
  };
  containers.guest.config = {
    "we`ird|\n</summary>".text = "| a | b |\n```\n</details>\n@everyone <script>alert(1)</script> [x](http://x)";
    "a\\|b" = "x\\";
    "`" = "\t``";
  };
  containers.new = {
    autoStart = true;
    path = "/nix/store/00000000000000000000000000000000-new";
    tmpfs = [ "/`|`<b>@all</b>\\|" ];
  };
  networking.nat = {
    enable = true;
    internalInterfaces = [ "ve-+" ];
    externalInterface = "e`|th</details>";
  };
  warnings = [ "x | `y` </details>\n\n# z @all ${builtins.fromJSON ''"\u001b[31m"''}" ];
}
