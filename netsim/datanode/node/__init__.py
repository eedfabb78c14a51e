"""The nodes that ship: what each kind serves, and how it is run."""
