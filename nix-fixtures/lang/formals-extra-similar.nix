({ enable ? true }: enable) { enabel = false; }
