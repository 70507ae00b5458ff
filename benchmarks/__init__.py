"""What the README's figures come from: each printed with its floor, measured in the same run."""
