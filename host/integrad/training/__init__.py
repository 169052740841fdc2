"""The training loop and what it needs: data splits, schedules, checkpoints, workers."""
