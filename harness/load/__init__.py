"""Load runs: when customers come, how long they and their messages took, what went wrong."""
