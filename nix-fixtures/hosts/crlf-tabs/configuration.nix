# Files with CRLF line ends and tabs; a multi-line string keeps what Nix keeps of both.
{ lib, ... }:
let
	notes = ''
		first line
		second line
	'';
	count = lib.length (lib.splitString "\n" notes);
in
{
	networking.hostName = "crlf";
	containers.legacy = {
		autoStart = true;
		privateNetwork = true;
		hostAddress = "10.66.0.1";
		localAddress = "10.66.0.2";
		extraFlags = [ "--setenv=LINES=${toString count}" ];
		timeoutStartSec = lib.head (lib.splitString " " "45s left");
		bindMounts."/with	tab".hostPath = "/srv/tab";
		config = { };
	};
	networking.nat.extraCommands = ''
	  echo one
	  echo two
	'';
	system.stateVersion = "21.11";
}
