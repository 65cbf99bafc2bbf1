builtins.toXML [ (first: { second }: first) ({ first }: second: first) ((first: { second }: first) 1) ]
