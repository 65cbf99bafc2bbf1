<fixtures/text>
