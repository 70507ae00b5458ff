"""All benchmarks: `python -m benchmarks`, or `make bench`."""

from __future__ import annotations

from benchmarks import bench_codec, bench_explore, bench_live, bench_scenarios, bench_sim

if __name__ == "__main__":
    bench_codec.main()
    bench_sim.main()
    bench_scenarios.main()
    bench_explore.main()
    bench_live.main()
