<no-such-thing>
