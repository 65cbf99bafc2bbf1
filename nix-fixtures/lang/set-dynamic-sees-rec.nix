rec { n = "k"; ${n} = n; }
