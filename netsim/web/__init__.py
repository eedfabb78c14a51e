"""What the pages of netsim share: the chart library, the style, the security headers."""
