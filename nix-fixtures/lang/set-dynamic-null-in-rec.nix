rec { ${null} = 1; b = 2; c = b; }
