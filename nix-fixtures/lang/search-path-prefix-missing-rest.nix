<fixtures/not-there>
