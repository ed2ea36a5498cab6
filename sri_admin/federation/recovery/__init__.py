"""What happens after a restore, a copy or a fork: a new incarnation, a new epoch, and nothing dropped."""
