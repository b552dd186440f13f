"""People for the sandbox: those who visit, write and buy, and those who sell to them."""
