"""The search for failures: schedules of faults are drawn or enumerated, run, shrunk and kept."""
