/**
 * One training, from a checked experiment to a written report. Open {@link
 * ffc.runs.train.TrainingRun} first.
 */
package ffc.runs.train;
