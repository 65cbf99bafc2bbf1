[ ./.hidden ./a..b ./...x /a/...b ]
