"""The hub: keeps track of the nodes, and runs the router that they meet at."""
