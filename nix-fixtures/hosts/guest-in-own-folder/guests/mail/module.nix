{ config, lib, ... }: { services.postfix.enable = true; environment.etc."aliases".source = ./aliases; }
