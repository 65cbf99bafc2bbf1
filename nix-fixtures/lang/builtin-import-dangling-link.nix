import ./links/dangling
