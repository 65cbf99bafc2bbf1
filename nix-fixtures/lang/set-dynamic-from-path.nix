{ ${./files} = 1; }
