({ wanted }: wanted) { another = 1; }
