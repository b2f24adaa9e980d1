"""Looking inside a model: traces, units that respond to a feature, ablation, clamps."""
