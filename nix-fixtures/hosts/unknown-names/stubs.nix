{ vary, ... }: { args.tenant = vary "acme" "umbrella"; }
