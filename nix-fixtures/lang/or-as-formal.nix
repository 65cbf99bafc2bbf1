({ or }: or) { or = 1; }
