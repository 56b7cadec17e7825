/**
 * Experiment files: YAML read strictly, every mistake reported at once with its place, bound to
 * immutable records. Open {@link ffc.runs.experiment.ConfigLoader} first.
 */
package ffc.runs.experiment;
