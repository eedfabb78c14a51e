"""The bridge from HTTP to the nodes: data sources of Grafana, and a page."""
