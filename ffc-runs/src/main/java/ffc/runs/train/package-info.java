/**
 * One training, from an experiment to a written report: the entry for programs. Open {@link
 * ffc.runs.train.Training} first.
 */
package ffc.runs.train;
