<fixtures/../files/text>
